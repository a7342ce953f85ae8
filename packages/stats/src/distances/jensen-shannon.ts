import { givenOptions } from '@mlops/core'
import { sharePair } from './shares.ts'

export interface JensenShannonOptions {
  /** Base of the logarithm; with 2 the largest value is 1. @default 2 */
  readonly base?: number
}

/**
 * Jensen-Shannon divergence of two histograms over the same bins.
 *
 * `jsd = ½·kl(r‖m) + ½·kl(c‖m)` with m = (r + c)/2. No smoothing is needed: m is never 0 alone.
 *
 * Input: counts per bin, reference and current.
 * Output: 0 for equal shares up to log_base(2) (1 with base 2) for disjoint ones.
 * Cost: O(bins).
 *
 * @throws `invalid`: `stats.length-mismatch`, `stats.bad-count`, `stats.empty-histogram`.
 * @example
 * ```ts
 * import { jensenShannonDivergence } from '@mlops/stats'
 *
 * console.log(jensenShannonDivergence([1, 0], [0, 1])) // 1
 * ```
 * Source: Lin 1991, eq. 3.1.
 * Differs from: scipy's `jensenshannon`, which is the square root of this.
 */
export function jensenShannonDivergence(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
  options: JensenShannonOptions = {},
): number {
  const { base = 2 } = givenOptions(options)
  const { reference: r, current: c } = sharePair(reference, current)
  let sum = 0
  for (let i = 0; i < r.length; i++) {
    const [a, b] = [r[i]!, c[i]!]
    if (a === b) continue
    const m = (a + b) / 2
    if (a > 0) sum += a * Math.log(a / m)
    if (b > 0) sum += b * Math.log(b / m)
  }
  return Math.min(Math.LN2, Math.max(0, sum / 2)) / Math.log(base)
}

/**
 * Jensen-Shannon distance: the square root of {@link jensenShannonDivergence}, a metric.
 *
 * Input, cost and errors as there. Output: 0 … sqrt(log_base 2); 1 with base 2 for disjoint shares.
 *
 * @example
 * ```ts
 * import { jensenShannonDistance } from '@mlops/stats'
 *
 * console.log(jensenShannonDistance([3, 1], [1, 3]).toFixed(4)) // '0.4344'
 * ```
 * Source: Endres & Schindelin 2003.
 * Differs from: Evidently, which takes base e (largest value 0.8326), and TFDV, which reports the
 * divergence.
 */
export function jensenShannonDistance(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
  options: JensenShannonOptions = {},
): number {
  return Math.sqrt(jensenShannonDivergence(reference, current, options))
}
