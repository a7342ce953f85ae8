import { invalid } from '@mlops/core'
import * as simpleStatistics from 'simple-statistics'
import { excessKurtosisOf, moments, skewnessOf, varianceOf } from '../moments/moments.ts'
import { type NumericSample, someFiniteValues } from '../samples/sample.ts'
import { quantiles } from './quantiles.ts'

/** The usual numbers about a sample. What is undefined for it is null. */
export interface Description {
  readonly n: number
  readonly dropped: number
  readonly mean: number | null
  /** ddof 1 */
  readonly variance: number | null
  readonly sd: number | null
  readonly min: number | null
  readonly q05: number | null
  readonly q25: number | null
  readonly median: number | null
  readonly q75: number | null
  readonly q95: number | null
  readonly max: number | null
  /** g1 */
  readonly skewness: number | null
  /** g2, 0 for a normal law */
  readonly excessKurtosis: number | null
}

/**
 * Count, mean, spread, quantiles (type 7) and shape of a sample.
 *
 * Input: numbers; missing values are left out and counted in `dropped`.
 * Output: plain JSON; all null but `n` and `dropped` for an empty sample, and null where powers of the
 * values overflow a double.
 * Cost: O(n), no full sort.
 *
 * @throws `invalid`: `stats.infinite-value`, `stats.not-a-number`.
 * @example
 * ```ts
 * import { describe } from '@mlops/stats'
 *
 * const { n, mean, sd, median } = describe([2, 4, 4, 4, 5, 5, 7, 9, null])
 * console.log(n, mean, sd?.toFixed(4), median) // 8 5 '2.1381' 4.5
 * ```
 */
export function describe(sample: NumericSample): Description {
  const m = moments(sample)
  const some = m.n > 0
  const [q05, q25, middle, q75, q95] = some ? quantiles(sample, [0.05, 0.25, 0.5, 0.75, 0.95]) : []
  const variance = known(varianceOf(m))
  return {
    n: m.n,
    dropped: m.dropped,
    mean: some ? known(m.mean) : null,
    variance,
    sd: variance === null ? null : Math.sqrt(variance),
    min: m.min,
    q05: q05 ?? null,
    q25: q25 ?? null,
    median: middle ?? null,
    q75: q75 ?? null,
    q95: q95 ?? null,
    max: m.max,
    skewness: known(skewnessOf(m)),
    excessKurtosis: known(excessKurtosisOf(m)),
  }
}

function known(value: number | null): number | null {
  return Number.isFinite(value) ? value : null
}

/**
 * Median absolute deviation from the median: a spread that half of the values can be wrong about.
 *
 * Input: a sample with at least one value; missing values are left out. Output: >= 0, not scaled to
 * the normal law (multiply by 1.4826 for that). Cost: O(n).
 *
 * @throws `invalid`: `stats.empty-sample`, `stats.infinite-value`, `stats.not-a-number`.
 * @example
 * ```ts
 * import { medianAbsoluteDeviation } from '@mlops/stats'
 *
 * console.log(medianAbsoluteDeviation([1, 1, 2, 2, 4, 6, 9])) // 1
 * ```
 */
export function medianAbsoluteDeviation(sample: NumericSample): number {
  return simpleStatistics.medianAbsoluteDeviation(plain(someFiniteValues(sample)))
}

/**
 * Geometric mean `exp(mean(ln x))`; 0 where a value is 0.
 *
 * Input: values >= 0, at least one; missing values are left out. Cost: O(n).
 *
 * @throws `invalid`: `stats.negative-value`, and as {@link medianAbsoluteDeviation}.
 * @example
 * ```ts
 * import { geometricMean } from '@mlops/stats'
 *
 * console.log(geometricMean([1, 4, 16]).toFixed(12)) // '4.000000000000'
 * ```
 */
export function geometricMean(sample: NumericSample): number {
  const values = plain(someFiniteValues(sample))
  const negative = values.find((x) => x < 0)
  if (negative !== undefined) {
    throw invalid(
      'stats.negative-value',
      `a value is ${negative}; the geometric mean is defined for values >= 0.`,
    )
  }
  return values.includes(0) ? 0 : simpleStatistics.logAverage(values)
}

/**
 * Covariance (ddof 1) of two samples pair by pair; null with fewer than 2 complete pairs.
 *
 * Input: two samples of one length; pairs with a missing side are left out. Cost: two passes.
 *
 * @throws `invalid`: `stats.length-mismatch`, `stats.infinite-value`.
 * @example
 * ```ts
 * import { covariance } from '@mlops/stats'
 *
 * console.log(covariance([1, 2, 3], [2, 4, null])) // 1
 * ```
 */
export function covariance(x: NumericSample, y: NumericSample): number | null {
  const pairs = completePairs(x, y)
  return pairs.x.length < 2 ? null : simpleStatistics.sampleCovariance(pairs.x, pairs.y)
}

/**
 * Pearson's correlation of two samples pair by pair: −1 … 1; null with fewer than 2 complete pairs or
 * where a side is constant.
 *
 * Input, cost and errors as for {@link covariance}.
 *
 * @example
 * ```ts
 * import { correlation } from '@mlops/stats'
 *
 * console.log(correlation([1, 2, 3], [1, 2, 4])?.toFixed(4), correlation([1, 1], [1, 2])) // '0.9820' null
 * ```
 */
export function correlation(x: NumericSample, y: NumericSample): number | null {
  const pairs = completePairs(x, y)
  if (pairs.x.length < 2 || constant(pairs.x) || constant(pairs.y)) return null
  const r = simpleStatistics.sampleCorrelation(pairs.x, pairs.y)
  return Math.max(-1, Math.min(1, r))
}

function constant(values: readonly number[]): boolean {
  return values.every((v) => v === values[0])
}

function plain(values: Float64Array): number[] {
  return Array.from(values)
}

function completePairs(x: NumericSample, y: NumericSample): { x: number[]; y: number[] } {
  if (x.length !== y.length) {
    throw invalid(
      'stats.length-mismatch',
      `paired samples must be of one length; they have ${x.length} and ${y.length} values.`,
      { x: x.length, y: y.length },
    )
  }
  const pairs = { x: [] as number[], y: [] as number[] }
  for (let i = 0; i < x.length; i++) {
    const [a, b] = [x[i] ?? Number.NaN, y[i] ?? Number.NaN]
    const sum = a + b
    if (Number.isNaN(a) || Number.isNaN(b)) continue
    if (!Number.isFinite(sum)) {
      throw invalid(
        'stats.infinite-value',
        `pair ${i} is (${a}, ${b}); this quantity is defined for finite numbers only.`,
        { index: i },
      )
    }
    pairs.x.push(a)
    pairs.y.push(b)
  }
  return pairs
}
