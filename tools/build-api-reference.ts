// Writes docs/api from the docstrings: one Markdown file a door. With --check it only tells whether
// the committed files are the ones that would be written.
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { Application } from 'typedoc'
import { conclude, filesBelow, root, workspacePackages } from './workspace.ts'

const check = process.argv.includes('--check')
const out = mkdtempSync(join(tmpdir(), 'api-'))
const packages = workspacePackages()

// Options of the Markdown plugin, which typedoc's own types do not know.
const markdown: object = {
  outputFileStrategy: 'modules',
  hideBreadcrumbs: true,
  hidePageHeader: true,
  useCodeBlocks: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
}

const app = await Application.bootstrapWithPlugins({
  plugin: ['typedoc-plugin-markdown'],
  entryPoints: packages.flatMap(({ dir, doors }) =>
    doors.map(({ entry }) => {
      const nested = join(dir, 'src', entry, 'index.ts')
      return existsSync(nested) ? nested : join(dir, 'src', `${entry}.ts`)
    }),
  ),
  tsconfig: join(root, 'tsconfig.api.json'),
  skipErrorChecking: true,
  excludeInternal: true,
  readme: 'none',
  disableSources: true,
  gitRevision: 'main',
  logLevel: 'Error',
  name: '@mlops API reference',
  outputs: [{ name: 'markdown', path: out }],
  excludeExternals: true,
  ...markdown,
})
const project = await app.convert()
if (!project) throw new Error('typedoc could not read the packages')
for (const child of project.children ?? []) {
  // `core/src/schema` → `@mlops/core/schema`
  const [folder, , ...door] = child.name.split('/')
  child.name = ['@mlops', folder, ...door].join('/')
}
await app.generateOutputs(project)

const target = join(root, 'docs', 'api')
if (!check) {
  rmSync(target, { recursive: true, force: true })
  cpSync(out, target, { recursive: true })
  rmSync(out, { recursive: true })
  conclude('build-api-reference', [], `wrote ${relative(root, target)}`)
}
const list = (dir: string) =>
  existsSync(dir) ? filesBelow(dir, () => true).map((path) => relative(dir, path)) : []
const names = new Set([...list(out), ...list(target)])
const read = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '')
const stale = [...names].filter((name) => read(join(out, name)) !== read(join(target, name)))
rmSync(out, { recursive: true })
conclude(
  'build-api-reference',
  stale.map((name) => `docs/api/${name} is stale; run \`pnpm docs:api\``),
  `${names.size} files are up to date`,
)
