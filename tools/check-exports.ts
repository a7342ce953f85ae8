// Each public door three times over: what package.json promises, what was built, and what the docs
// tell. Every exported function, class and constant has a docstring.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import type { WorkspacePackage } from './workspace.ts'
import { conclude, root, workspacePackages } from './workspace.ts'

const faults: string[] = []
let names = 0

for (const { folder, dir, manifest, doors } of workspacePackages()) {
  const dist = join(dir, 'dist')
  if (!existsSync(dist)) {
    faults.push(`packages/${folder} is not built; run \`npm run build\``)
    continue
  }
  const readme = existsSync(join(dir, 'README.md'))
    ? readFileSync(join(dir, 'README.md'), 'utf8')
    : ''
  if (readme === '') faults.push(`packages/${folder}/README.md is missing`)
  if (!existsSync(join(root, 'docs', 'guides', `${folder}.md`)))
    faults.push(`docs/guides/${folder}.md is missing`)

  const js = new Set<string>()
  for (const { specifier, files } of doors) {
    for (const file of Object.values(files)) {
      if (!existsSync(join(dir, file)))
        faults.push(`${specifier}: package.json exports ${file}, but it was not built`)
    }
    js.add(files.default.replace('./dist/', ''))
    if (!readme.includes(specifier))
      faults.push(`${specifier}: not mentioned in packages/${folder}/README.md`)
  }
  for (const file of readdirSync(dist)) {
    const chunk = /^chunk-|-[A-Z0-9]{8}\.js$/.test(file)
    // What runs in a thread is loaded by its URL and is nobody's door.
    const thread = file.endsWith('-worker.js')
    if (file.endsWith('.js') && !chunk && !thread && !js.has(file)) {
      faults.push(`packages/${folder}/dist/${file} was built, but package.json has no door to it`)
    }
  }
  names += undocumented(manifest.name, dir, doors)
}

conclude('check-exports', faults, `${names} exported names: promised, built and documented`)

function undocumented(packageName: string, dir: string, doors: WorkspacePackage['doors']): number {
  const files = doors.map(({ files }) => join(dir, files.types)).filter(existsSync)
  const program = ts.createProgram(files, {
    module: ts.ModuleKind.Preserve,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    skipLibCheck: true,
    types: [],
  })
  const checker = program.getTypeChecker()
  let count = 0
  for (const file of files) {
    const source = program.getSourceFile(file)
    const symbol = source && checker.getSymbolAtLocation(source)
    if (!symbol) {
      faults.push(`${packageName}: ${file} exports nothing`)
      continue
    }
    for (const exported of checker.getExportsOfModule(symbol)) {
      count++
      const target =
        exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
      const isValue = (target.flags & ts.SymbolFlags.Value) !== 0
      if (isValue && target.getDocumentationComment(checker).length === 0) {
        faults.push(`${packageName}: '${exported.name}' has no docstring`)
      }
    }
  }
  return count
}
