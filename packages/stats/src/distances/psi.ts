import { givenOptions } from '@mlops/core'
import { type Smoothing, smoothedShares, smoothingPresets } from './smoothing.ts'

export interface PsiOptions {
  /** What is done about empty bins. @default smoothingPresets.floor */
  readonly smoothing?: Smoothing
}

/**
 * Population stability index of two histograms over the same bins.
 *
 * `psi = sum((c − r)·ln(c/r))` over bins with shares r, c after smoothing.
 *
 * Input: counts per bin, reference and current, in the same order.
 * Output: >= 0, in nats, symmetric; 0 for equal shares; Infinity only with smoothing `none`.
 * Cost: O(bins).
 *
 * @throws `invalid`: `stats.length-mismatch`, `stats.bad-count`, `stats.empty-histogram`,
 * `stats.bad-smoothing`.
 * @example
 * ```ts
 * import { psi } from '@mlops/stats'
 *
 * console.log(psi([50, 30, 20], [40, 30, 30]).toFixed(5)) // '0.06286'
 * ```
 * Source: Kullback & Leibler 1951, eq. 2.6 (the divergence J).
 * Differs from: the peers by the smoothing alone; see {@link smoothingPresets}.
 */
export function psi(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
  options: PsiOptions = {},
): number {
  const { smoothing = smoothingPresets.floor } = givenOptions(options)
  const { reference: r, current: c } = smoothedShares(reference, current, smoothing)
  let sum = 0
  for (let i = 0; i < r.length; i++) {
    const [a, b] = [r[i]!, c[i]!]
    if (a !== b) sum += (b - a) * Math.log(b / a)
  }
  return sum
}
