// Updates per second of the streaming detectors of @mlops/drift against river: the same stream, one run.
//
//   pnpm bench streams-vs-river [-- --n 1000000 --repeats 10]
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createRng } from '@mlops/core'
import type { StreamDetector } from '@mlops/drift/stream'
import { adwin, ddm, eddm, fhddm, hddmA, hddmW, kswin, pageHinkley } from '@mlops/drift/stream'

interface Peer {
  readonly version: string
  /** Seconds and drifts. */
  readonly tasks: Readonly<Record<string, readonly [number, number]>>
}

const { values: options } = parseArgs({
  options: {
    n: { type: 'string', default: '1000000' },
    repeats: { type: 'string', default: '10' },
    python: { type: 'string' },
  },
})
const n = Number(options.n)
const repeats = Number(options.repeats)
const rng = createRng(1)
// A shift every 100 000 values, in numbers and in errors.
const numbers = Float64Array.from({ length: n }, (_, i) => rng.next() + (Math.floor(i / 1e5) % 2))
const errors = Float64Array.from({ length: n }, (_, i) =>
  rng.next() < 0.2 + 0.4 * (Math.floor(i / 1e5) % 2) ? 1 : 0,
)

// KSWIN is far slower than the others on both sides, so it sees fewer values.
const short = Math.min(n, 20_000)
const tasks: Readonly<Record<string, readonly [StreamDetector, Float64Array]>> = {
  ADWIN: [adwin(), numbers],
  'Page-Hinkley': [pageHinkley(), numbers],
  DDM: [ddm(), errors],
  EDDM: [eddm(), errors],
  'HDDM-A': [hddmA(), errors],
  'HDDM-W': [hddmW(), errors],
  FHDDM: [fhddm(), errors],
  KSWIN: [kswin({ alpha: 1e-4 }), numbers.subarray(0, short)],
}

const peer = timePeer()
console.log(
  `${n} values (KSWIN: ${short}), best of ${repeats}, or of what river does in 10 s. Node ${process.versions.node}; ${peer?.version ?? 'no peer'}\n`,
)
console.log(
  '| detector | ours, M/s | river, M/s | ratio | drifts, ours and river |\n|---|---|---|---|---|',
)
for (const [name, [detector, values]] of Object.entries(tasks)) {
  let best = Infinity
  let drifts = 0
  for (let r = 0; r < repeats; r++) {
    const run = detector.run()
    const start = performance.now()
    for (let i = 0; i < values.length; i++) run.update(values[i]!)
    best = Math.min(best, (performance.now() - start) / 1000)
    drifts = run.reading().detections
  }
  const ours = values.length / best / 1e6
  const [seconds, theirDrifts] = peer?.tasks[name] ?? [Number.NaN, Number.NaN]
  const theirs = values.length / seconds / 1e6
  const cells =
    peer === undefined
      ? ['–', '–', `${drifts}`]
      : [theirs.toPrecision(3), `${(ours / theirs).toFixed(1)}×`, `${drifts}, ${theirDrifts}`]
  console.log(`| ${name} | ${ours.toPrecision(3)} | ${cells.join(' | ')} |`)
}

/** river's times on the same streams, or undefined without an interpreter. */
function timePeer(): Peer | undefined {
  if (options.python === undefined) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'streams-vs-river-'))
  try {
    const files = [join(folder, 'numbers.f64'), join(folder, 'errors.f64')] as const
    writeFileSync(files[0], numbers)
    writeFileSync(files[1], errors)
    const script = join(dirname(fileURLToPath(import.meta.url)), 'river_times.py')
    const args = [script, ...files, String(repeats), String(short)]
    const run = spawnSync(options.python, args, { encoding: 'utf8' })
    if (run.status !== 0)
      throw new Error(`river was not timed: ${run.error?.message ?? run.stderr.trim()}`)
    return JSON.parse(run.stdout) as Peer
  } finally {
    rmSync(folder, { recursive: true })
  }
}
