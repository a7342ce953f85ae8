import { sharePair } from './shares.ts'

/**
 * Bhattacharyya distance of two histograms over the same bins.
 *
 * `d = −ln(sum √(r·c))`, which is −ln(1 − h²) with h the Hellinger distance.
 *
 * Input: counts per bin, reference and current. Output: 0 (equal shares) … Infinity (disjoint).
 * Cost: O(bins).
 *
 * @throws `invalid`: `stats.length-mismatch`, `stats.bad-count`, `stats.empty-histogram`.
 * @example
 * ```ts
 * import { bhattacharyyaDistance } from '@mlops/stats'
 *
 * console.log(bhattacharyyaDistance([3, 1], [1, 3]).toFixed(4)) // '0.1438'
 * ```
 * Source: Bhattacharyya 1943.
 * Differs from: Frouros, which adds the machine epsilon to the sum, so that disjoint histograms are
 * 36.04 apart.
 */
export function bhattacharyyaDistance(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
): number {
  const { reference: r, current: c } = sharePair(reference, current)
  let coefficient = 0
  for (let i = 0; i < r.length; i++) coefficient += Math.sqrt(r[i]! * c[i]!)
  return coefficient === 0 ? Number.POSITIVE_INFINITY : Math.max(0, -Math.log(coefficient))
}
