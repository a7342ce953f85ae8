import { type ColumnInput, givenOptions, invalid, readColumn } from '@mlops/core'
import type { CategoryBinning } from './binning.ts'

export interface CategoryBinningOptions {
  /** Categories with a smaller share of the present values are left to `other`. @default 0 */
  readonly minShare?: number
  /** At most this many categories, the most frequent ones. @default Infinity */
  readonly most?: number
  /** Where categories not listed are counted later. @default 'own-bin' */
  readonly other?: 'own-bin' | 'drop'
  /** Where missing values are counted later. @default 'drop' */
  readonly missing?: 'own-bin' | 'drop'
}

/**
 * One bin per category of a column, in code-point order, with a rule for rare and unseen ones.
 *
 * Input: a column of texts, booleans or numbers (numbers are read as categories by their text).
 * Output: plain JSON. Cost: O(n).
 *
 * @throws `invalid`: `stats.bad-share` for `minShare` outside [0, 1) or `most` below 1; what
 * `readColumn` throws.
 * @example
 * ```ts
 * import { categoryBinning, countBins } from '@mlops/stats'
 *
 * const colours = categoryBinning(['red', 'blue', 'red', null])
 * console.log(colours.categories) // [ 'blue', 'red' ]
 * console.log(countBins(colours, ['red', 'green', null]).counts) // [ 0, 1, 1 ]
 * ```
 */
export function categoryBinning(
  column: ColumnInput,
  options: CategoryBinningOptions = {},
): CategoryBinning {
  const {
    minShare = 0,
    most = Number.POSITIVE_INFINITY,
    other = 'own-bin',
    missing = 'drop',
  } = givenOptions(options)
  if (!(minShare >= 0 && minShare < 1 && most >= 1)) {
    throw invalid(
      'stats.bad-share',
      `minShare is ${minShare} and most is ${most}; minShare must lie in [0, 1) and most be >= 1.`,
    )
  }
  const counts = categoryCounts(column)
  let present = 0
  for (const count of counts.values()) present += count
  const kept = [...counts]
    .filter(([, count]) => count >= minShare * present)
    .sort(([a, x], [b, y]) => y - x || byCodePoint(a, b))
    .slice(0, most)
    .map(([category]) => category)
    .sort(byCodePoint)
  return { kind: 'categories', categories: kept, other, missing }
}

/** How often each category occurs, in order of first appearance. Missing values are left out. */
export function categoryCounts(column: ColumnInput): Map<string, number> {
  const read = readColumn(column, { type: 'categorical' })
  const counts = new Map<string, number>()
  if (read.type !== 'categorical') return counts
  const perCode = new Float64Array(read.categories.length)
  for (let i = 0; i < read.codes.length; i++) {
    if (read.codes[i]! >= 0) perCode[read.codes[i]!]!++
  }
  read.categories.forEach((category, code) => {
    counts.set(category, perCode[code]!)
  })
  return counts
}

/** Unicode code-point order, which UTF-16 order is not. */
function byCodePoint(a: string, b: string): number {
  const [x, y] = [[...a], [...b]]
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const d = x[i]!.codePointAt(0)! - y[i]!.codePointAt(0)!
    if (d !== 0) return d
  }
  return x.length - y.length
}
