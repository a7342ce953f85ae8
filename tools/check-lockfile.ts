// The lockfile installs from whatever registry the machine is set up for: it names no host.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { conclude, root } from './workspace.ts'

const lines = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8').split('\n')
const faults = lines.flatMap((line, at) =>
  /https?:\/\/|\btarball:|\bregistry:/.test(line)
    ? [`pnpm-lock.yaml:${at + 1} names a host: ${line.trim()}`]
    : [],
)
conclude('check-lockfile', faults, 'names no host')
