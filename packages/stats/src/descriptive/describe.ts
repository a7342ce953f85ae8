import { invalid } from '@mlops/core'
import * as simpleStatistics from 'simple-statistics'
import { orderStatistics } from '../kernels/order-statistics.ts'
import {
  excessKurtosisOf,
  type Moments,
  moments,
  skewnessOf,
  varianceOf,
} from '../moments/moments.ts'
import { finiteValues, type NumericSample, someFiniteValues } from '../samples/sample.ts'
import { quantilesOf } from './quantiles.ts'

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
  return describeWithQuantiles(sample, []).description
}

const DESCRIBED = [0.05, 0.25, 0.5, 0.75, 0.95]

/**
 * {@link describe}, and other quantiles of the sample from the same passes.
 *
 * Input: a sample; probabilities in [0, 1]. Output: the quantiles (type 7) in the order asked for; none
 * of an empty sample.
 *
 * @throws as `describe`, and `stats.bad-probability`.
 * @example
 * ```ts
 * import { describeWithQuantiles } from '@mlops/stats'
 *
 * const { description, quantiles } = describeWithQuantiles([1, 2, 3, 4, 5], [0.1, 0.9])
 * console.log(description.median, quantiles) // 3 [ 1.4, 4.6 ]
 * ```
 */
export function describeWithQuantiles(
  sample: NumericSample,
  probabilities: readonly number[],
): { readonly description: Description; readonly quantiles: number[] } {
  const { values, dropped } = finiteValues(sample)
  const m = { ...moments(values), dropped }
  const some = m.n > 0
  const found = some ? quantilesOf(values, [...DESCRIBED, ...probabilities]) : []
  return { description: describedBy(m, found), quantiles: found.slice(DESCRIBED.length) }
}

function describedBy(m: Moments, found: readonly number[]): Description {
  const some = m.n > 0
  const [q05, q25, middle, q75, q95] = found
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
  const values = someFiniteValues(sample)
  const middle = (values.length - 1) / 2
  const [a, b] = orderStatistics(values, [Math.floor(middle), Math.ceil(middle)])
  // The mean of two neighbours far from 0 is no double: the mean of the two differences is exact.
  const deviations = values.map((x) => Math.abs((x - a!) * 0.5 + (x - b!) * 0.5))
  return quantilesOf(deviations, [0.5])[0]!
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
  const values = Array.from(someFiniteValues(sample))
  const negative = values.find((x) => x < 0)
  if (negative !== undefined) {
    throw invalid(
      'stats.negative-value',
      `a value is ${negative}; the geometric mean is defined for values >= 0.`,
    )
  }
  return values.includes(0) ? 0 : simpleStatistics.logAverage(values)
}
