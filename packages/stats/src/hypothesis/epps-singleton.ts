import { givenOptions, invalid } from '@mlops/core'
import { quantiles } from '../descriptive/quantiles.ts'
import { chiSquare } from '../distributions/chi-square.ts'
import { finiteValues, type NumericSample } from '../samples/sample.ts'
import type { TestResult } from './test-result.ts'

/** Epps and Singleton's test result. */
export interface EppsSingletonResult extends TestResult {
  readonly degreesOfFreedom: number | null
}

export interface EppsSingletonOptions {
  /** Points at which the characteristic functions are compared, in half interquartile ranges. @default [0.4, 0.8] */
  readonly points?: readonly number[]
}

/**
 * Epps-Singleton test: compares two samples by their empirical characteristic functions. Unlike
 * Kolmogorov-Smirnov it is valid for discrete data.
 *
 * `W = n·d'·S⁻¹·d`, d the differences of mean cos and sin at the points, S their covariance;
 * chi-square with twice as many degrees of freedom as points. Below 25 values a side W is shrunk.
 *
 * Input: two samples; missing values are left out and counted.
 * Output: W. Fewer than 5 values on a side give `insufficient-data`; a zero interquartile range or a
 * singular covariance `undefined`.
 * Cost: O(n).
 *
 * @throws `invalid`: `stats.infinite-value`, `stats.bad-points`, `stats.not-a-number`.
 * @example
 * ```ts
 * import { eppsSingleton } from '@mlops/stats'
 *
 * const { pValue } = eppsSingleton([1, 2, 2, 3, 5, 6, 7], [2, 4, 4, 6, 8, 9, 9])
 * console.log(pValue?.toFixed(4)) // '0.5526'
 * ```
 * Source: Epps & Singleton 1986; Goerg & Kaiser 2009.
 */
export function eppsSingleton(
  x: NumericSample,
  y: NumericSample,
  options: EppsSingletonOptions = {},
): EppsSingletonResult {
  const { points = [0.4, 0.8] } = givenOptions(options)
  if (points.length === 0 || points.some((t) => !(t > 0 && t < Infinity))) {
    throw invalid(
      'stats.bad-points',
      `points are ${points.join(', ')}; positive numbers are needed.`,
    )
  }
  const a = finiteValues(x, 'first sample')
  const b = finiteValues(y, 'second sample')
  const n = a.values.length
  const m = b.values.length
  const outline = {
    method: 'epps-singleton',
    alternative: 'two-sided' as const,
    sizes: [n, m],
    dropped: [a.dropped, b.dropped],
    effectSize: null,
  }
  const nothing = { ...outline, statistic: null, pValue: null, degreesOfFreedom: null }
  if (n < 5 || m < 5) {
    return {
      ...nothing,
      status: 'insufficient-data',
      warnings: [
        { code: 'too-few-values', message: `each side needs 5 values; there are ${n} and ${m}.` },
      ],
    }
  }
  const pooled = new Float64Array(n + m)
  pooled.set(a.values)
  pooled.set(b.values, n)
  const [q1, q3] = quantiles(pooled, [0.25, 0.75]) as [number, number]
  const scale = (q3 - q1) / 2
  const first = waves(a.values, points, scale)
  const second = waves(b.values, points, scale)
  const total = n + m
  const covariance = first.covariance.map((row, i) =>
    row.map((v, j) => (total / n) * v + (total / m) * second.covariance[i]![j]!),
  )
  const gap = first.mean.map((v, i) => v - second.mean[i]!)
  const form = scale > 0 ? quadraticForm(covariance, gap) : undefined
  if (form === undefined) {
    return {
      ...nothing,
      status: 'undefined',
      warnings: [
        {
          code: 'singular-covariance',
          message:
            'the values take too few distinct places for this test. Use chi-square on their counts.',
        },
      ],
    }
  }
  const shrink = Math.max(n, m) < 25 ? 1 / (1 + total ** -0.45 + 10.1 * (n ** -1.7 + m ** -1.7)) : 1
  const statistic = shrink * total * form
  const degreesOfFreedom = 2 * points.length
  return {
    ...outline,
    status: 'ok',
    statistic,
    pValue: chiSquare.sf(statistic, degreesOfFreedom),
    degreesOfFreedom,
    warnings: [],
  }
}

/** Means and covariances (ddof 0) of cos(t·x/scale) and sin(t·x/scale) over the points t. */
function waves(values: Float64Array, points: readonly number[], scale: number) {
  const columns = [Math.cos, Math.sin].flatMap((f) =>
    points.map((t) => values.map((x) => f((t * x) / scale))),
  )
  const n = values.length
  const mean = columns.map((c) => c.reduce((sum, v) => sum + v, 0) / n)
  const covariance = columns.map((p, i) =>
    columns.map(
      (q, j) => p.reduce((sum, v, k) => sum + (v - mean[i]!) * (q[k]! - mean[j]!), 0) / n,
    ),
  )
  return { mean, covariance }
}

/** d'·S⁻¹·d by Cholesky; undefined where S is singular to working precision. */
function quadraticForm(
  s: readonly (readonly number[])[],
  d: readonly number[],
): number | undefined {
  const k = d.length
  const l: number[][] = []
  const z: number[] = []
  for (let i = 0; i < k; i++) {
    const row: number[] = []
    for (let j = 0; j <= i; j++) {
      let v = s[i]![j]!
      for (let h = 0; h < j; h++) v -= row[h]! * (j === i ? row[h]! : l[j]![h]!)
      if (j < i) row.push(v / l[j]![j]!)
      else if (v > 1e-12 * s[i]![i]!) row.push(Math.sqrt(v))
      else return undefined
    }
    l.push(row)
    z.push((d[i]! - row.slice(0, i).reduce((sum, v, h) => sum + v * z[h]!, 0)) / row[i]!)
  }
  return z.reduce((sum, v) => sum + v * v, 0)
}
