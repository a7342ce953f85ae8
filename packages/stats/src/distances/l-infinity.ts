import { givenOptions } from '@mlops/core'
import { sharePair } from './shares.ts'

export interface LInfinityOptions {
  /**
   * What the counts are divided by: each side's own total, or the total of both sides together, which
   * makes it the normalised absolute difference: it feels a change of volume too.
   * @default 'own'
   */
  readonly total?: 'own' | 'combined'
}

/**
 * L-infinity distance of two histograms: the largest change of a single share.
 *
 * `linf = max|r − c|`
 *
 * Input: counts per bin, reference and current. Output: 0 (equal shares) … 1. With `total:
 * 'combined'` 0 means equal counts.
 * Cost: O(bins).
 *
 * @throws `invalid`: `stats.length-mismatch`, `stats.bad-count`, `stats.empty-histogram`.
 * @example
 * ```ts
 * import { lInfinity } from '@mlops/stats'
 *
 * console.log(lInfinity([2, 2, 0], [1, 2, 1])) // 0.25
 * console.log(lInfinity([1, 5], [10, 50], { total: 'combined' }).toFixed(4)) // '0.6818'
 * ```
 * Differs from: TFDV, which calls two empty histograms equal.
 */
export function lInfinity(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
  options: LInfinityOptions = {},
): number {
  const { total = 'own' } = givenOptions(options)
  const { reference: r, current: c } = sharePair(reference, current)
  if (total === 'combined') return largestCountChange(reference, current)
  let max = 0
  for (let i = 0; i < r.length; i++) max = Math.max(max, Math.abs(r[i]! - c[i]!))
  return max
}

function largestCountChange(reference: ArrayLike<number>, current: ArrayLike<number>): number {
  let max = 0
  let sum = 0
  for (let i = 0; i < reference.length; i++) {
    sum += reference[i]! + current[i]!
    max = Math.max(max, Math.abs(reference[i]! - current[i]!))
  }
  return max / sum
}
