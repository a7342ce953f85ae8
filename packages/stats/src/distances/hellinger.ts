import { sharePair } from './shares.ts'

/**
 * Hellinger distance of two histograms over the same bins.
 *
 * `h = sqrt(½·sum((√r − √c)²))`
 *
 * Input: counts per bin, reference and current. Output: 0 (equal shares) … 1 (disjoint).
 * Cost: O(bins).
 *
 * @throws `invalid`: `stats.length-mismatch`, `stats.bad-count`, `stats.empty-histogram`.
 * @example
 * ```ts
 * import { hellinger } from '@mlops/stats'
 *
 * console.log(hellinger([1, 0], [0, 4])) // 1
 * ```
 * Source: Le Cam & Yang 2000, §4.2 (normed to 1).
 */
export function hellinger(reference: ArrayLike<number>, current: ArrayLike<number>): number {
  const { reference: r, current: c } = sharePair(reference, current)
  let sum = 0
  for (let i = 0; i < r.length; i++) {
    const d = Math.sqrt(r[i]!) - Math.sqrt(c[i]!)
    sum += d * d
  }
  return Math.min(1, Math.sqrt(sum / 2))
}
