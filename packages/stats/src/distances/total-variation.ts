import { sharePair } from './shares.ts'

/**
 * Total variation distance of two histograms: the share of mass that must move.
 *
 * `tv = ½·sum|r − c|`
 *
 * Input: counts per bin, reference and current. Output: 0 (equal shares) … 1 (disjoint).
 * Cost: O(bins).
 *
 * @throws `invalid`: `stats.length-mismatch`, `stats.bad-count`, `stats.empty-histogram`.
 * @example
 * ```ts
 * import { totalVariation } from '@mlops/stats'
 *
 * console.log(totalVariation([2, 2], [1, 3])) // 0.25
 * ```
 */
export function totalVariation(reference: ArrayLike<number>, current: ArrayLike<number>): number {
  const { reference: r, current: c } = sharePair(reference, current)
  let sum = 0
  for (let i = 0; i < r.length; i++) sum += Math.abs(r[i]! - c[i]!)
  return Math.min(1, sum / 2)
}
