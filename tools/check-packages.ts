// Would the packages work for whoever installs them: publint and are-the-types-wrong on each.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { conclude, root, workspacePackages } from './workspace.ts'

const run = promisify(execFile)
const bin = (name: string) => join(root, 'node_modules/.bin', name)
const packages = workspacePackages()
const queue = packages.flatMap(({ dir, manifest }) => [
  { dir, name: manifest.name, tool: 'publint', args: ['--strict', dir] },
  // The packages are ES modules only; CommonJS callers load them by Node's require(esm).
  {
    dir,
    name: manifest.name,
    tool: 'attw',
    args: ['--pack', dir, '--profile', 'esm-only', '--format', 'ascii', '--no-emoji'],
  },
])
const faults: string[] = []

async function work(): Promise<void> {
  for (let job = queue.shift(); job; job = queue.shift()) {
    const { dir, name, tool, args } = job
    await run(bin(tool), args, { cwd: dir }).catch(
      ({ stdout, stderr }: { stdout: string; stderr: string }) => {
        faults.push(`${name}: ${tool} says\n${stdout}${stderr}`)
      },
    )
  }
}
await Promise.all([work(), work()])
conclude(
  'check-packages',
  faults,
  `publint and are-the-types-wrong pass on ${packages.length} packages`,
)
