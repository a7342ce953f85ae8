import { givenOptions } from '@mlops/core'
import { meanVariance } from '../kernels/mean-variance.ts'
import { type NumericSample, someFiniteValues } from '../samples/sample.ts'
import { integrateCdfGap } from './cdf-gap.ts'

/**
 * 1-Wasserstein (earth mover's) distance between two samples, exact.
 *
 * `w1 = ∫|F_x(t) − F_y(t)| dt`
 *
 * Input: two samples, any sizes; missing values are left out.
 * Output: >= 0 in the unit of the data; 0 for equal distributions. See {@link wasserstein1Normed} for
 * a number without unit.
 * Cost: O(n + m), without sorting, on all but small or degenerate samples.
 *
 * @throws `invalid`: `stats.infinite-value`, `stats.empty-sample`, `stats.not-a-number`.
 * @example
 * ```ts
 * import { wasserstein1 } from '@mlops/stats'
 *
 * console.log(wasserstein1([0, 1, 3], [5, 6, 8])) // 5
 * ```
 * Source: Vallender 1974.
 */
export function wasserstein1(reference: NumericSample, current: NumericSample): number {
  return integrateCdfGap(
    someFiniteValues(reference, 'reference'),
    someFiniteValues(current, 'current'),
    1,
  )
}

export interface Wasserstein1NormedOptions {
  /** Smallest standard deviation divided by; 0 means no floor. @default 0 */
  readonly minimumSd?: number
}

/**
 * {@link wasserstein1} divided by the standard deviation (ddof 0) of the reference: a shift in
 * reference standard deviations.
 *
 * Output: >= 0, without unit; null where the divisor is 0 (a constant reference has no scale).
 * Input, cost and errors as for `wasserstein1`.
 *
 * @example
 * ```ts
 * import { wasserstein1Normed } from '@mlops/stats'
 *
 * console.log(wasserstein1Normed([-1, 1], [1, 3])) // 2
 * console.log(wasserstein1Normed([5, 5], [5, 6])) // null
 * ```
 * Differs from: Evidently, which divides by max(sd, 0.001); say `minimumSd: 0.001` for its numbers.
 */
export function wasserstein1Normed(
  reference: NumericSample,
  current: NumericSample,
  options: Wasserstein1NormedOptions = {},
): number | null {
  const { minimumSd = 0 } = givenOptions(options)
  const { n, m2 } = meanVariance(someFiniteValues(reference, 'reference'))
  const divisor = Math.max(minimumSd, Math.sqrt(m2 / n))
  return divisor > 0 ? wasserstein1(reference, current) / divisor : null
}
