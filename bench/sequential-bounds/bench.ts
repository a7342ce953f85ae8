// Milliseconds for the bounds of a group-sequential test: @mlops/abtest/sequential against the recursion in numpy.
//
//   pnpm bench sequential-bounds [-- --repeats 5]
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { groupSequentialBounds } from '@mlops/abtest/sequential'

interface Peer {
  readonly version: string
  /** Seconds and the last bound. */
  readonly looks: Readonly<Record<string, readonly [number, number]>>
}

const { values: options } = parseArgs({
  options: { repeats: { type: 'string', default: '5' }, python: { type: 'string' } },
})
const repeats = Number(options.repeats)
const LOOKS = [5, 14, 60, 100]
const peer = timePeer()

console.log(
  `One-sided, alpha 0.025, spending alpha·t², CPU time, best of ${repeats}. Node ${process.versions.node}; ${peer?.version ?? 'no peer'}\n`,
)
console.log(
  '| looks | ours, ms | numpy, ms | ratio | difference of the last z |\n|---|---|---|---|---|',
)
for (const looks of LOOKS) {
  let best = Infinity
  let z = 0
  for (let r = 0; r < repeats; r++) {
    const started = process.cpuUsage()
    const bounds = groupSequentialBounds({
      looks,
      alpha: 0.025,
      sides: 'one',
      spending: { family: 'kim-demets', rho: 2 },
    })
    const { user, system } = process.cpuUsage(started)
    best = Math.min(best, (user + system) / 1000)
    z = bounds.looks.at(-1)!.z!
  }
  const [seconds, theirs] = peer?.looks[looks] ?? [Number.NaN, Number.NaN]
  const cells = peer
    ? [
        (seconds * 1000).toFixed(1),
        `${((seconds * 1000) / best).toFixed(1)}×`,
        Math.abs(z - theirs).toExponential(0),
      ]
    : ['–', '–', '–']
  console.log(`| ${looks} | ${best.toFixed(1)} | ${cells.join(' | ')} |`)
}

function timePeer(): Peer | undefined {
  if (options.python === undefined) return undefined
  const script = join(dirname(fileURLToPath(import.meta.url)), 'numpy_times.py')
  const args = [script, String(repeats), ...LOOKS.map(String)]
  const run = spawnSync(options.python, args, {
    encoding: 'utf8',
    env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
  })
  if (run.status !== 0)
    throw new Error(`numpy was not timed: ${run.error?.message ?? run.stderr.trim()}`)
  return JSON.parse(run.stdout) as Peer
}
