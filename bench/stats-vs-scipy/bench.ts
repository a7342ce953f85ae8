// Speed of @mlops/stats against scipy and numpy: the same two samples, one run, the best of several repeats.
//
//   pnpm bench stats-vs-scipy [-- --n 1000000 --repeats 5]
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createRng } from '@mlops/core'
import {
  countBins,
  ksTwoSampleTest,
  mannWhitney,
  psi,
  quantileBinning,
  quantiles,
  wasserstein1,
  welchT,
} from '@mlops/stats'

interface Peer {
  readonly version: string
  readonly tasks: Readonly<Record<string, readonly [number, number]>>
}

const { values: options } = parseArgs({
  options: {
    n: { type: 'string', default: '1000000' },
    repeats: { type: 'string', default: '5' },
    python: { type: 'string' },
  },
})
const n = Number(options.n)
const repeats = Number(options.repeats)
const x = gaussians(1, 0, 1)
const y = gaussians(2, 0.01, 1.02)

const deciles = Array.from({ length: 9 }, (_, i) => (i + 1) / 10)
const tasks: Readonly<Record<string, () => number>> = {
  'KS test with p-value': () => ksTwoSampleTest(x, y).statistic!,
  'Mann-Whitney with p-value': () => mannWhitney(x, y).statistic!,
  'Welch t with p-value': () => welchT(x, y).statistic!,
  'PSI, deciles of the reference': () => {
    const binning = quantileBinning(x, { bins: 10 })
    return psi(countBins(binning, x).counts, countBins(binning, y).counts)
  },
  'Wasserstein-1': () => wasserstein1(x, y),
  deciles: () => quantiles(x, deciles)[4]!,
}

const peer = timePeer()
console.log(
  `${n} against ${n} values, best of ${repeats}. Node ${process.versions.node}; ${peer?.version ?? 'no peer'}\n`,
)
console.log('| task | ours, ms | peer, ms | ratio | same value |\n|---|---|---|---|---|')
for (const [name, task] of Object.entries(tasks)) {
  const value = task()
  let best = Infinity
  for (let r = 0; r < repeats; r++) {
    const start = performance.now()
    task()
    best = Math.min(best, performance.now() - start)
  }
  const [theirs, theirValue] = peer?.tasks[name] ?? [Number.NaN, Number.NaN]
  const gap = Math.abs(value / theirValue - 1)
  const ratio = peer === undefined ? '–' : `${(theirs / best).toFixed(1)}×`
  console.log(
    `| ${name} | ${best.toFixed(1)} | ${peer === undefined ? '–' : theirs.toFixed(1)} | ${ratio} | ${peer === undefined ? '–' : gap < 1e-9 ? 'yes' : `off by ${gap.toExponential(1)}`} |`,
  )
}

function gaussians(seed: number, mean: number, sd: number): Float64Array {
  const rng = createRng(seed)
  return Float64Array.from(
    { length: n },
    () => mean + sd * Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next()),
  )
}

/** scipy's times on the same samples, or undefined without an interpreter. */
function timePeer(): Peer | undefined {
  if (options.python === undefined) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'stats-vs-scipy-'))
  try {
    const files = [join(folder, 'x.f64'), join(folder, 'y.f64')] as const
    writeFileSync(files[0], x)
    writeFileSync(files[1], y)
    const script = join(dirname(fileURLToPath(import.meta.url)), 'scipy_times.py')
    const run = spawnSync(options.python, [script, ...files, String(repeats)], { encoding: 'utf8' })
    if (run.status !== 0) {
      throw new Error(`scipy was not timed: ${run.error?.message ?? run.stderr.trim()}`)
    }
    return JSON.parse(run.stdout) as Peer
  } finally {
    rmSync(folder, { recursive: true })
  }
}
