// Would the packages work for whoever installs them: publint and are-the-types-wrong on each.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { conclude, root, workspacePackages } from './workspace.ts'

const bin = (name: string) => join(root, 'node_modules/.bin', name)
const faults: string[] = []
const packages = workspacePackages()

for (const { dir, manifest } of packages) {
  const checks: [string, string[]][] = [
    ['publint', ['--strict', dir]],
    // The packages are ES modules only; CommonJS callers load them by Node's require(esm).
    ['attw', ['--pack', dir, '--profile', 'esm-only', '--format', 'ascii', '--no-emoji']],
  ]
  for (const [name, args] of checks) {
    const done = spawnSync(bin(name), args, { cwd: dir, encoding: 'utf8' })
    if (done.status !== 0)
      faults.push(`${manifest.name}: ${name} says\n${done.stdout}${done.stderr}`)
  }
}
conclude(
  'check-packages',
  faults,
  `publint and are-the-types-wrong pass on ${packages.length} packages`,
)
