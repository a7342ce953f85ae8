// How often the sketches keep the bounds they state, alone and merged from 20 shards. Writes docs/calibration/sketch-bounds.md.
//
//   npx tsx tools/simulations/sketch-bounds.ts [RUNS]
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createRng, type Rng } from '@mlops/core'
import {
  createHyperLogLog,
  createKll,
  distinctCount,
  type KllSketch,
  kllRankError,
  kllSteps,
  ksDistance,
  mergeKll,
  normal,
} from '@mlops/stats'

const SEED = 'sketch-bounds'
const SHARDS = 20

const LAWS: Readonly<Record<string, (rng: Rng) => number>> = {
  normal: (rng) => normal.quantile(rng.next() || 0.5),
  'log-normal, σ = 3': (rng) => Math.exp(3 * normal.quantile(rng.next() || 0.5)),
  'whole numbers 0 to 30': (rng) => rng.int(31),
}

export interface BoundRow {
  readonly law: string
  readonly k: number
  readonly way: 'one pass' | '20 merged'
  /** What the sketch states for 99 %. */
  readonly bound: number
  /** The 99 % quantile of the largest rank error over the runs. */
  readonly error99: number
  /** Share of runs in which the KS distance of two sketches lay within the sum of both bounds. */
  readonly ksCovered: number
}

/** Simulates all laws, sizes and ways. */
export function simulateBounds(runs: number, n: number, ks: readonly number[]): BoundRow[] {
  const rows: BoundRow[] = []
  for (const [law, draw] of Object.entries(LAWS)) {
    for (const k of ks) {
      for (const way of ['one pass', '20 merged'] as const) {
        const rng = createRng(`${SEED} ${law} ${k} ${way}`)
        const errors: number[] = []
        let bound = 0
        let covered = 0
        for (let run = 0; run < runs; run++) {
          const values = Float64Array.from({ length: n }, () => draw(rng))
          const others = Float64Array.from({ length: n }, () => draw(rng))
          const [a, b] = [sketchOf(values, k, way, rng), sketchOf(others, k, way, rng)]
          errors.push(largestError(values, a))
          bound = kllRankError(a)
          const gap = Math.abs(ksOf(a, b) - ksDistance(values, others))
          if (gap <= kllRankError(a) + kllRankError(b) + 1e-12) covered++
        }
        errors.sort((x, y) => x - y)
        const error99 = errors[Math.min(runs - 1, Math.ceil(0.99 * runs) - 1)]!
        rows.push({ law, k, way, bound, error99, ksCovered: covered / runs })
      }
    }
  }
  return rows
}

function sketchOf(values: Float64Array, k: number, way: BoundRow['way'], rng: Rng): KllSketch {
  const shards = way === 'one pass' ? 1 : SHARDS
  const size = Math.ceil(values.length / shards)
  const parts = Array.from({ length: shards }, (_, s) => {
    const builder = createKll({ k })
    builder.addAll(values.subarray(s * size, (s + 1) * size))
    return builder.sketch()
  })
  while (parts.length > 1) {
    const [a] = parts.splice(rng.int(parts.length), 1)
    const [b] = parts.splice(rng.int(parts.length), 1)
    parts.push(mergeKll(a!, b!))
  }
  return parts[0]!
}

/** sup |F − F̂| at the values, where both step. */
function largestError(values: Float64Array, sketch: KllSketch): number {
  const sorted = values.slice().sort()
  const { values: points, upTo, total } = kllSteps(sketch)
  let [at, largest] = [0, 0]
  for (let i = 0; i < sorted.length; i++) {
    if (sorted[i + 1] === sorted[i]) continue
    while (at < points.length && points[at]! <= sorted[i]!) at++
    const estimate = at === 0 ? 0 : upTo[at - 1]! / total
    largest = Math.max(largest, Math.abs((i + 1) / sorted.length - estimate))
  }
  return largest
}

function ksOf(a: KllSketch, b: KllSketch): number {
  const [x, y] = [kllSteps(a), kllSteps(b)]
  let [i, j, largest] = [0, 0, 0]
  while (i < x.values.length || j < y.values.length) {
    const at = Math.min(x.values[i] ?? Infinity, y.values[j] ?? Infinity)
    if (x.values[i] === at) i++
    if (y.values[j] === at) j++
    const f = i === 0 ? 0 : x.upTo[i - 1]! / x.total
    const g = j === 0 ? 0 : y.upTo[j - 1]! / y.total
    largest = Math.max(largest, Math.abs(f - g))
  }
  return largest
}

/** Standard deviation of estimate / truth over the runs. */
export function simulateDistinct(runs: number, n: number) {
  const ratios = Array.from({ length: runs }, (_, run) => {
    const builder = createHyperLogLog()
    for (let i = 0; i < n; i++) builder.addNumber(run * 1e9 + i)
    return distinctCount(builder.sketch()).estimate / n
  })
  const mean = ratios.reduce((sum, x) => sum + x, 0) / runs
  const sd = Math.sqrt(ratios.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (runs - 1))
  return { n, bias: mean - 1, sd, stated: 1.04 / Math.sqrt(4096) }
}

function main(runs: number): void {
  const started = performance.now()
  const n = 200_000
  const rows = simulateBounds(runs, n, [64, 200, 512])
  const distinct = [100, 3000, 10_000, 100_000].map((size) => simulateDistinct(runs, size))
  const percent = (x: number) => `${(100 * x).toFixed(2)} %`
  const seconds = ((performance.now() - started) / 1000).toFixed(0)
  const text = `# Bounds of the sketches

\`npx tsx tools/simulations/sketch-bounds.ts ${runs}\`, seed \`${SEED}\`, ${runs} runs of ${n} values, ${seconds} s.

KLL: the largest rank error over all values, in 99 % of the runs, beside the bound that the sketch states;
and how often the KS distance of two sketches lay within the sum of their bounds of the exact distance.

| law | k | way | stated bound | error, 99 % | KS within bound |
|---|---|---|---|---|---|
${rows.map(({ law, k, way, bound, error99, ksCovered }) => `| ${law} | ${k} | ${way} | ${percent(bound)} | ${percent(error99)} | ${percent(ksCovered)} |`).join('\n')}

HyperLogLog, precision 12: bias and standard deviation of estimate / truth beside the stated standard error.

| different values | bias | standard deviation | stated |
|---|---|---|---|
${distinct.map(({ n: size, bias, sd, stated }) => `| ${size} | ${percent(bias)} | ${percent(sd)} | ${percent(stated)} |`).join('\n')}

Frequent items have certain bounds: they are tested as properties, not simulated.
`
  const target = fileURLToPath(new URL('../../docs/calibration/sketch-bounds.md', import.meta.url))
  writeFileSync(join(target), text)
  console.log(text)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(Number(process.argv[2] ?? 200))
