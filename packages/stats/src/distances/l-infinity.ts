import { sharePair } from './shares.ts'

/**
 * L-infinity distance of two histograms: the largest change of a single share.
 *
 * `linf = max|r − c|`
 *
 * Input: counts per bin, reference and current. Output: 0 (equal shares) … 1.
 * Cost: O(bins).
 *
 * @throws `invalid`: `stats.length-mismatch`, `stats.bad-count`, `stats.empty-histogram`.
 * @example
 * ```ts
 * import { lInfinity } from '@mlops/stats'
 *
 * console.log(lInfinity([2, 2, 0], [1, 2, 1])) // 0.25
 * ```
 */
export function lInfinity(reference: ArrayLike<number>, current: ArrayLike<number>): number {
  const { reference: r, current: c } = sharePair(reference, current)
  let max = 0
  for (let i = 0; i < r.length; i++) max = Math.max(max, Math.abs(r[i]! - c[i]!))
  return max
}
