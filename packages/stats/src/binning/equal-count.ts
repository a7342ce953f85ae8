import { givenOptions, invalid } from '@mlops/core'

/**
 * Cuts n sorted values into ranges of equal size by their ranks: what calibration curves are binned by.
 *
 * width = ⌊n/bins⌋; the last range takes the rest; where n <= 2·bins there are ⌊n/2⌋ ranges.
 *
 * Input: n >= 2 values, at least one bin.
 * Output: `[from, to)` by rank, from 0 to n.
 * Cost: O(bins).
 *
 * @throws `invalid`: `stats.bad-bin-count`, `stats.empty-sample`.
 * @example
 * ```ts
 * import { equalCountRanges } from '@mlops/stats'
 *
 * console.log(equalCountRanges(11, { bins: 3 })) // [ [ 0, 3 ], [ 3, 6 ], [ 6, 11 ] ]
 * ```
 * Source: the convention of NannyML's calibrator.
 * Differs from: `quantileBinning`, which keeps equal values together.
 */
export function equalCountRanges(
  n: number,
  options: { readonly bins?: number } = {},
): [from: number, to: number][] {
  const { bins = 10 } = givenOptions(options)
  if (!(Number.isInteger(bins) && bins >= 1)) {
    throw invalid('stats.bad-bin-count', `bins is ${bins}; it must be a whole number from 1 up.`, {
      bins,
    })
  }
  if (!(Number.isSafeInteger(n) && n >= 2)) {
    throw invalid('stats.empty-sample', `n is ${n}; ranges need at least 2 values.`, { n })
  }
  const count = n <= 2 * bins ? Math.floor(n / 2) : bins
  const width = Math.floor(n / count)
  return Array.from({ length: count }, (_, i) => [i * width, i === count - 1 ? n : (i + 1) * width])
}
