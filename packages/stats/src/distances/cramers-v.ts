import { givenOptions, invalid } from '@mlops/core'
import { chiSquareContingency } from '../hypothesis/chi-square-contingency.ts'
import { roundHalfEven } from '../kernels/round-half-even.ts'
import { sharePair } from './shares.ts'

export interface CramersVOptions {
  /** Bergsma's correction, unbiased near 0. @default 'bergsma' */
  readonly bias?: 'bergsma' | 'none'
  /** Yates' correction of tables with two categories. @default 'none' */
  readonly correction?: 'none' | 'yates'
  /**
   * `to-smaller`: the larger side is scaled down to the size of the smaller, in whole counts, so that
   * the value does not depend on the ratio of the sizes. `balance-classes`: each category weighs the
   * same, however rare it was in the reference. @default 'none'
   */
  readonly resize?: 'none' | 'to-smaller' | 'balance-classes'
}

/**
 * Cramér's V between side (reference or current) and category: how far the two distributions differ.
 *
 * `v = sqrt(φ²c/(min(k̃, r̃) − 1))` with φ²c = max(0, chi²/n − (k − 1)(r − 1)/(n − 1)) and
 * x̃ = x − (x − 1)²/(n − 1); without bias correction sqrt(chi²/n), since one side of the table is 2.
 *
 * Input: counts per category, reference and current. Output: 0 (equal shares) … 1 (disjoint).
 * One category alone gives 0.
 * Cost: O(categories).
 *
 * @throws `invalid`: `stats.length-mismatch`, `stats.bad-count`, `stats.empty-histogram`.
 * @example
 * ```ts
 * import { cramersV } from '@mlops/stats'
 *
 * console.log(cramersV([200, 800], [400, 600]).toFixed(4)) // '0.2171'
 * ```
 * Source: Cramér 1946, §21.9; Bergsma 2013.
 * Differs from: Deepchecks, whose values are those of `{ correction: 'yates', resize: 'to-smaller' }`.
 */
export function cramersV(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
  options: CramersVOptions = {},
): number {
  const { bias = 'bergsma', correction = 'none', resize = 'none' } = givenOptions(options)
  sharePair(reference, current)
  const sides = resized([Array.from(reference), Array.from(current)], resize)
  const used = sides[0]!.map((_, i) => i).filter((i) => sides.some((side) => side[i]! > 0))
  const table = sides.map((side) => used.map((i) => side[i]!))
  if (used.length < 2) return 0
  const { statistic, sizes } = chiSquareContingency(table, { correction })
  if (statistic === null) return 0
  const n = sizes[0]!
  const phi2 = statistic / n
  if (bias === 'none') return Math.min(1, Math.sqrt(phi2))
  const k = used.length
  const corrected = Math.max(0, phi2 - (k - 1) / (n - 1))
  const divisor = Math.min(2 - 1 / (n - 1), k - (k - 1) ** 2 / (n - 1)) - 1
  return divisor > 0 ? Math.min(1, Math.sqrt(corrected / divisor)) : 0
}

/**
 * Counts of two sides with the categories that are rare in the reference pooled into one.
 *
 * Input: counts over the same categories; `minShare` of the reference below which a category is rare.
 * Output: the counts kept, then the pool. `keepPool: 'if-common'` leaves the pool out (and its rows
 * with it) unless it holds more than `minShare` of a side.
 * Cost: O(categories).
 *
 * @throws `invalid`: `stats.bad-share`; those of `sharePair`.
 * @example
 * ```ts
 * import { poolRareCategories } from '@mlops/stats'
 *
 * console.log(poolRareCategories([90, 9, 1], [80, 10, 10], { minShare: 0.1 }))
 * // { reference: [ 90, 10 ], current: [ 80, 20 ], pooled: 2 }
 * ```
 */
export function poolRareCategories(
  reference: readonly number[],
  current: readonly number[],
  options: {
    readonly minShare: number
    /** @default 'always' */
    readonly keepPool?: 'always' | 'if-common'
  },
): { readonly reference: number[]; readonly current: number[]; readonly pooled: number } {
  const { minShare, keepPool = 'always' } = givenOptions(options)
  if (!(minShare >= 0 && minShare < 1)) {
    throw invalid('stats.bad-share', `minShare is ${minShare}; it must lie in [0, 1).`, {
      minShare,
    })
  }
  sharePair(reference, current)
  const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0)
  const [n, m] = [total(reference), total(current)]
  const rare = reference.map((count) => count < minShare * n)
  const kept = (counts: readonly number[]) => counts.filter((_, i) => !rare[i])
  const pool = (counts: readonly number[]) => total(counts.filter((_, i) => rare[i]))
  const pooled = rare.filter(Boolean).length
  const shown =
    pooled > 0 &&
    (keepPool === 'always' || pool(reference) > minShare * n || pool(current) > minShare * m)
  return {
    reference: [...kept(reference), ...(shown ? [pool(reference)] : [])],
    current: [...kept(current), ...(shown ? [pool(current)] : [])],
    pooled,
  }
}

function resized(
  [reference, current]: readonly [number[], number[]],
  resize: NonNullable<CramersVOptions['resize']>,
): readonly number[][] {
  if (resize === 'none') return [reference, current]
  const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0)
  const smaller = Math.min(total(reference), total(current))
  const scale = (counts: number[]) => {
    const n = total(counts)
    return n > smaller ? counts.map((count) => count * (smaller / n)) : counts
  }
  const [r, c] = [scale(reference), scale(current)]
  if (resize === 'to-smaller') return [r.map(roundHalfEven), c.map(roundHalfEven)]
  // One added to every count keeps a category that the reference lacks from weighing without bound.
  const even = Math.floor((total(c) + c.length) / c.length)
  const changed = c.map((count, i) => roundHalfEven((even * (count + 1)) / (r[i]! + 1)))
  const back = (even * c.length) / total(changed)
  return [c.map(() => even), changed.map((count) => roundHalfEven(count * back))]
}
