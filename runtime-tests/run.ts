// Would a stranger's project run with what is published? Packs every package, installs the tarballs
// into a blank project, then imports, type-checks and runs them on every runtime that is promised.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { conclude, root, workspacePackages } from '../tools/workspace.ts'

const RUNTIMES = {
  'node-22': 'node@22',
  'node-24': 'node@24',
  deno: 'deno@2.9.6',
  bun: 'bun@1.4.5',
}
const TYPESCRIPT = 'typescript@5.9.3'

const work = mkdtempSync(join(tmpdir(), 'runtime-tests-'))
const here = join(root, 'runtime-tests')
const faults: string[] = []
const packages = workspacePackages()

function must(command: string, args: readonly string[], cwd: string): void {
  const done = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (done.status !== 0) {
    conclude(
      'runtime-tests',
      [`\`${command} ${args.join(' ')}\` failed:\n${done.stdout}${done.stderr}`],
      '',
    )
  }
}

function attempt(name: string, command: string, args: readonly string[], cwd: string): void {
  const started = performance.now()
  const done = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: 120_000 })
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  console.log(`${done.status === 0 ? 'pass' : 'FAIL'}  ${name} (${seconds} s)`)
  if (done.status !== 0) faults.push(`${name}:\n${done.stdout}${done.stderr}${done.error ?? ''}`)
}

const tarballs = join(work, 'tarballs')
mkdirSync(tarballs)
for (const { dir } of packages) must('pnpm', ['pack', '--pack-destination', tarballs], dir)

// The runtimes live apart, so that the project under test holds nothing but the packages.
const runtimes = join(work, 'runtimes')
for (const [name, version] of Object.entries(RUNTIMES)) {
  const dir = join(runtimes, name)
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, 'package.json'), '{"private":true}')
  must('npm', ['install', '--no-audit', '--no-fund', '--silent', version], dir)
}
const runtime = (name: keyof typeof RUNTIMES, bin: string) =>
  join(runtimes, name, 'node_modules/.bin', bin)

const project = join(work, 'project')
mkdirSync(project)
writeFileSync(
  join(project, 'package.json'),
  JSON.stringify({
    private: true,
    dependencies: Object.fromEntries(
      packages.map(({ manifest, folder }) => {
        const file = readdirSync(tarballs).find((name) =>
          name.startsWith(`mlops-${folder}-${manifest.version}`),
        )
        return [manifest.name, `file:../tarballs/${file}`]
      }),
    ),
  }),
)
must(
  'npm',
  ['install', '--no-audit', '--no-fund', '--silent', TYPESCRIPT, '@types/node@20'],
  project,
)
for (const file of [
  'journey.mjs',
  'use.mjs',
  'use.cjs',
  'use.ts',
  'tsconfig.json',
  'tsconfig.cjs.json',
]) {
  cpSync(join(here, 'project', file), join(project, file))
}
cpSync(join(here, 'project', 'use.ts'), join(project, 'use.cts'))

const tsc = join(project, 'node_modules/.bin/tsc')
attempt('types, ES module', tsc, ['-p', 'tsconfig.json'], project)
attempt('types, CommonJS', tsc, ['-p', 'tsconfig.cjs.json'], project)
attempt(`Node ${process.versions.node}, ES module`, process.execPath, ['use.mjs'], project)
attempt(`Node ${process.versions.node}, CommonJS`, process.execPath, ['use.cjs'], project)
for (const name of ['node-22', 'node-24'] as const) {
  attempt(`${RUNTIMES[name]}, ES module`, runtime(name, 'node'), ['use.mjs'], project)
  attempt(`${RUNTIMES[name]}, CommonJS`, runtime(name, 'node'), ['use.cjs'], project)
}
attempt('Deno, run', runtime('deno', 'deno'), ['run', '--allow-all', 'use.mjs'], project)
attempt('Deno, check', runtime('deno', 'deno'), ['check', 'use.ts'], project)
attempt('Bun, ES module', runtime('bun', 'bun'), ['use.mjs'], project)
attempt('Bun, CommonJS', runtime('bun', 'bun'), ['use.cjs'], project)

if (faults.length === 0) rmSync(work, { recursive: true, force: true })
conclude(
  'runtime-tests',
  faults,
  'the packed packages import, type-check and run on every promised runtime',
)
