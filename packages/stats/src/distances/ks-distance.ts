import { ksExtremes } from '../kernels/ks-extremes.ts'
import { type NumericSample, someValues } from '../samples/sample.ts'

/**
 * Kolmogorov-Smirnov distance D: the largest gap between two empirical distribution functions.
 *
 * `d = max|F_x(t) − F_y(t)|`
 *
 * Input: two samples, any sizes; missing values are left out, infinities are legal.
 * Output: 0 (equal distributions) … 1 (one lies wholly below the other). Exact, not binned.
 * Cost: O(n + m), no sort.
 *
 * @throws `invalid`: `stats.empty-sample`, `stats.not-a-number`.
 * @example
 * ```ts
 * import { ksDistance } from '@mlops/stats'
 *
 * console.log(ksDistance([1, 2, 3, 4], [3, 4, 5, 6])) // 0.5
 * ```
 * Differs from: NannyML, which bins references of 10 000 rows and more.
 */
export function ksDistance(reference: NumericSample, current: NumericSample): number {
  const { plus, minus } = ksExtremes(
    someValues(reference, 'reference'),
    someValues(current, 'current'),
  )
  return Math.max(plus, minus)
}

/**
 * Kuiper's distance V: the largest gap above plus the largest gap below. Unlike D it feels changes in
 * the tails as well as in the middle, and is invariant under rotation of circular data (hour of day).
 *
 * `v = max(F_x − F_y) + max(F_y − F_x)`
 *
 * Input, cost and errors as for {@link ksDistance}. Output: 0 … 1.
 *
 * @example
 * ```ts
 * import { kuiperDistance } from '@mlops/stats'
 *
 * console.log(kuiperDistance([1, 4], [2, 3])) // 1
 * ```
 * Source: Kuiper 1960.
 */
export function kuiperDistance(reference: NumericSample, current: NumericSample): number {
  const { plus, minus } = ksExtremes(
    someValues(reference, 'reference'),
    someValues(current, 'current'),
  )
  return plus + minus
}
