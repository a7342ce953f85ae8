import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The peers' interpreter: ready to run, or why there is none and what helps. */
export type PeerPython = { readonly path: string } | { readonly missing: string }

/**
 * An interpreter with the packages of a requirements.txt, made under the OS temp folder on first use and kept
 * there. The folder's name follows the pins, so changed pins make a new one.
 */
export function peerPython(requirements: string): PeerPython {
  const pins = readFileSync(requirements, 'utf8')
  const key = createHash('sha256').update(pins).digest('hex').slice(0, 12)
  const folder = join(tmpdir(), `mlops-bench-python-${key}`)
  const path = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
  const ready = join(folder, '.ready')
  if (existsSync(ready)) return { path }

  console.log(`Making a Python environment in ${folder}: ${pins.trim().split('\n').join(', ')}`)
  rmSync(folder, { recursive: true, force: true })
  const steps = [
    ['python3', '-m', 'venv', folder],
    [path, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements],
  ] as const
  for (const [command, ...args] of steps) {
    const { status, error, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' })
    if (status !== 0) {
      const said = error?.message ?? `${stdout}${stderr}`.trim().split('\n').at(-1)
      return {
        missing: `\`${command} ${args.join(' ')}\` failed: ${said}\nThe peers need Python 3.11 or later with venv and pip (Debian: apt install python3-venv) and a package index. Give an interpreter that has ${pins.trim().split('\n').join(' and ')} with --python PATH, or leave the peers out with --no-python.`,
      }
    }
  }
  writeFileSync(ready, '')
  return { path }
}
