// Prepares a fresh clone with nothing but Node and npm: pinned pnpm, frozen lockfile, build.
// Plain JavaScript, because it runs before anything is installed.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `This project needs Node ${manifest.engines.node}; this is Node ${process.versions.node}.`,
  )
  process.exit(1)
}

// turbo looks for pnpm on PATH; npm puts node_modules/.bin there only for scripts.
const bin = join(root, 'node_modules', '.bin')
const env = {
  ...process.env,
  PATH: `${bin}${delimiter}${process.env.PATH}`,
  TURBO_TELEMETRY_DISABLED: '1',
}

function run(command, args) {
  const done = spawnSync(command, args, { cwd: root, stdio: 'inherit', env })
  if (done.status !== 0) {
    console.error(`\nSet-up stopped: \`${command} ${args.join(' ')}\` failed.`)
    process.exit(done.status ?? 1)
  }
}

// The install is skipped while the lockfile is the one that was installed last.
const stamp = join(root, 'node_modules', '.installed-lockfile')
const lock = createHash('sha256')
  .update(readFileSync(join(root, 'pnpm-lock.yaml')))
  .digest('hex')
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  console.log('Installing dependencies (frozen lockfile)…')
  run('npx', ['--yes', manifest.packageManager, 'install', '--frozen-lockfile', '--silent'])
  writeFileSync(stamp, lock)
}
run(join(bin, 'turbo'), ['run', 'build', '--output-logs=errors-only', '--no-update-notifier'])
