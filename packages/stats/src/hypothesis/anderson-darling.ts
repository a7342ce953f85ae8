import { givenOptions } from '@mlops/core'
import { edgeIndex } from '../kernels/edge-index.ts'
import { radixSort } from '../kernels/radix-sort.ts'
import { type NumericSample, presentValues } from '../samples/sample.ts'
import type { TestResult } from './test-result.ts'

export interface AndersonDarlingOptions {
  /** How equal values are weighed: Scholz & Stephens' midrank form (eq. 7) or the right-hand one (eq. 6). @default 'midrank' */
  readonly ties?: 'midrank' | 'right'
}

export interface AndersonDarlingResult extends TestResult {
  /** Critical values of the statistic at 25, 10, 5, 2.5, 1, 0.5 and 0.1 %. */
  readonly criticalValues: readonly number[]
}

const LEVELS = [0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.001]
const B0 = [0.675, 1.281, 1.645, 1.96, 2.326, 2.573, 3.085]
const B1 = [-0.245, 0.25, 0.678, 1.149, 1.822, 2.364, 3.615]
const B2 = [-0.105, -0.305, -0.362, -0.391, -0.396, -0.345, -0.154]

/**
 * Anderson-Darling test that k samples come from one distribution; weighs the tails more than
 * Kolmogorov-Smirnov or Cramér-von Mises do.
 *
 * Output: the statistic A² standardised by its mean and variance. Its p-value is interpolated between
 * seven tabulated levels (a quadratic in log p, scipy's convention) and so never leaves
 * [0.001, 0.25]: at the ends it is a bound, and `p-value-capped` says so.
 * Input: two or more samples; missing values are left out and counted, infinities are legal. An
 * empty sample gives `insufficient-data`, all values equal `undefined`.
 * Cost: one sort per sample.
 *
 * @throws `invalid`, `stats.not-a-number`.
 * @example
 * ```ts
 * import { andersonDarlingKSample } from '@mlops/stats'
 *
 * const x = [38.7, 41.5, 43.8, 44.5, 45.5, 46, 47.7, 58]
 * const y = [39.2, 39.3, 39.7, 41.4, 41.8, 42.9, 43.3, 45.8]
 * const { statistic, pValue } = andersonDarlingKSample([x, y])
 * console.log(statistic?.toFixed(4), pValue?.toFixed(4)) // '1.7183' '0.0635'
 * ```
 * Source: Scholz & Stephens 1987, eq. 6, 7 and Table 1.
 */
export function andersonDarlingKSample(
  samples: readonly NumericSample[],
  options: AndersonDarlingOptions = {},
): AndersonDarlingResult {
  const { ties = 'midrank' } = givenOptions(options)
  const present = samples.map((sample, i) => presentValues(sample, `sample ${i}`))
  const sorted = present.map(({ values }) => radixSort(values))
  const sizes = sorted.map(({ length }) => length)
  const n = sizes.reduce((sum, size) => sum + size, 0)
  const k = sizes.length
  const outline = {
    method: 'anderson-darling-k-sample',
    alternative: 'two-sided' as const,
    sizes,
    dropped: present.map(({ dropped }) => dropped),
    effectSize: null,
  }
  const nothing = { ...outline, statistic: null, pValue: null, criticalValues: [] }
  if (k < 2 || n < 4 || sizes.includes(0)) {
    return {
      ...nothing,
      status: 'insufficient-data',
      warnings: [
        {
          code: 'too-few-values',
          message: `at least 2 samples, none empty, and 4 values in all are needed; there are ${sizes.join(', ')}.`,
        },
      ],
    }
  }
  const pooled = radixSort(Float64Array.from(sorted.flatMap((s) => Array.from(s))))
  const distinct = Float64Array.from(new Set(pooled))
  if (distinct.length < 2) {
    return {
      ...nothing,
      status: 'undefined',
      warnings: [{ code: 'all-equal', message: 'all values are equal: nothing can be compared.' }],
    }
  }
  const raw =
    ties === 'midrank' ? midrankForm(sorted, pooled, distinct) : rightForm(sorted, pooled, distinct)
  const m = k - 1
  const statistic = (raw - m) / Math.sqrt(varianceUnderNull(sizes))
  const criticalValues = B0.map((b0, i) => b0 + B1[i]! / Math.sqrt(m) + B2[i]! / m)
  const pValue = interpolatedP(statistic, criticalValues)
  const capped = pValue === LEVELS[0] || pValue === LEVELS.at(-1)
  return {
    ...outline,
    status: 'ok',
    statistic,
    pValue,
    criticalValues,
    warnings: capped
      ? [
          {
            code: 'p-value-capped',
            message: `the table ends here: p is ${pValue === LEVELS[0] ? 'at least 0.25' : 'at most 0.001'}. A permutation test gives a number.`,
          },
        ]
      : [],
  }
}

function midrankForm(
  sorted: readonly Float64Array[],
  pooled: Float64Array,
  distinct: Float64Array,
) {
  const n = pooled.length
  let total = 0
  for (const sample of sorted) {
    let inner = 0
    for (const z of distinct) {
      const upTo = edgeIndex(z, pooled)
      const ties = upTo - below(z, pooled)
      const b = upTo - ties / 2
      const own = edgeIndex(z, sample)
      const mij = own - (own - below(z, sample)) / 2
      inner += ((ties / n) * (n * mij - b * sample.length) ** 2) / (b * (n - b) - (n * ties) / 4)
    }
    total += inner / sample.length
  }
  return (total * (n - 1)) / n
}

function rightForm(sorted: readonly Float64Array[], pooled: Float64Array, distinct: Float64Array) {
  const n = pooled.length
  let total = 0
  for (const sample of sorted) {
    let inner = 0
    for (const z of distinct.subarray(0, -1)) {
      const b = edgeIndex(z, pooled)
      const ties = b - below(z, pooled)
      const mij = edgeIndex(z, sample)
      inner += ((ties / n) * (n * mij - b * sample.length) ** 2) / (b * (n - b))
    }
    total += inner / sample.length
  }
  return total
}

/** How many sorted values lie strictly below z. */
function below(z: number, sorted: Float64Array): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle]! < z) low = middle + 1
    else high = middle
  }
  return low
}

function varianceUnderNull(sizes: readonly number[]): number {
  const n = sizes.reduce((sum, size) => sum + size, 0)
  const k = sizes.length
  const reciprocals = sizes.reduce((sum, size) => sum + 1 / size, 0)
  let h = 0
  let g = 0
  // g = Σ_{i=1}^{n−2} Σ_{j=i+1}^{n−1} 1/((n − i)·j), gathered by partial harmonic sums.
  let tail = 0
  for (let j = n - 1; j >= 1; j--) {
    if (j >= 2) {
      tail += 1 / j
      g += tail / (n - j + 1)
    }
    h += 1 / j
  }
  const a = (4 * g - 6) * (k - 1) + (10 - 6 * g) * reciprocals
  const b = (2 * g - 4) * k * k + 8 * h * k + (2 * g - 14 * h - 4) * reciprocals - 8 * h + 4 * g - 6
  const c =
    (6 * h + 2 * g - 2) * k * k + (4 * h - 4 * g + 6) * k + (2 * h - 6) * reciprocals + 4 * h
  const d = (2 * h + 6) * k * k - 4 * h * k
  return (a * n ** 3 + b * n ** 2 + c * n + d) / ((n - 1) * (n - 2) * (n - 3))
}

/** Least-squares quadratic of log p over the critical values, clipped to the table. */
function interpolatedP(statistic: number, critical: readonly number[]): number {
  if (statistic < Math.min(...critical)) return LEVELS[0]!
  if (statistic > Math.max(...critical)) return LEVELS.at(-1)!
  const center = critical.reduce((sum, c) => sum + c, 0) / critical.length
  const x = critical.map((c) => c - center)
  const y = LEVELS.map(Math.log)
  const s = [0, 1, 2, 3, 4].map((power) => x.reduce((sum, v) => sum + v ** power, 0))
  const t = [0, 1, 2].map((power) => x.reduce((sum, v, i) => sum + v ** power * y[i]!, 0))
  const [c0, c1, c2] = solve3(
    [s[0]!, s[1]!, s[2]!, s[1]!, s[2]!, s[3]!, s[2]!, s[3]!, s[4]!],
    [t[0]!, t[1]!, t[2]!],
  )
  const u = statistic - center
  return Math.exp(c0 + c1 * u + c2 * u * u)
}

type Vector3 = readonly [number, number, number]

/** Cramer's rule; the matrix is row-major and well conditioned after centring. */
function solve3(m: readonly number[], v: Vector3): Vector3 {
  const [a, b, c, d, e, f, g, h, i] = m as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const det = (
    p: number,
    q: number,
    r: number,
    s: number,
    t: number,
    u: number,
    w: number,
    x: number,
    z: number,
  ) => p * (t * z - u * x) - q * (s * z - u * w) + r * (s * x - t * w)
  const whole = det(a, b, c, d, e, f, g, h, i)
  return [
    det(v[0], b, c, v[1], e, f, v[2], h, i) / whole,
    det(a, v[0], c, d, v[1], f, g, v[2], i) / whole,
    det(a, b, v[0], d, e, v[1], g, h, v[2]) / whole,
  ]
}
