import { type ColumnInput, readColumn } from '@mlops/core'
import { edgeCounts } from '../kernels/edge-counts.ts'
import { edgeIndex } from '../kernels/edge-index.ts'
import { nextUp } from '../kernels/next-up.ts'
import { type NumericSample, presentValues } from '../samples/sample.ts'
import {
  type Binning,
  binLabels,
  type CategoryBinning,
  checkBinning,
  type NumericBinning,
} from './binning.ts'
import { categoryCounts } from './fit-categories.ts'

/** How many values fell into each bin, and what fell into none. */
export interface BinCounts {
  readonly labels: readonly string[]
  readonly counts: readonly number[]
  /** Sum of the counts. */
  readonly total: number
  /** Missing values, whether counted in a bin of their own or left out. */
  readonly missing: number
  /** Values beyond the fitted range or categories not listed, wherever they were counted. */
  readonly outside: number
}

/**
 * Counts a column into bins.
 *
 * Input: a {@link Binning} (fitted now or read back from JSON) and a column: numbers for a numeric
 * binning, anything for categories. Missing means null, undefined or NaN; infinities fall into the
 * open end bins.
 * Output: counts in the order of `binLabels(binning)`.
 * Cost: one pass.
 *
 * @throws `invalid`: `stats.bad-binning`, `stats.not-a-number`; what `readColumn` throws.
 * @example
 * ```ts
 * import { countBins, quantileBinning } from '@mlops/stats'
 *
 * const deciles = quantileBinning([1, 2, 3, 4], { bins: 2 })
 * console.log(countBins(deciles, [0, 2, 3, 99, null]).counts) // [ 2, 2 ]
 * ```
 */
export function countBins(binning: Binning, column: NumericSample | ColumnInput): BinCounts {
  checkBinning(binning)
  return binning.kind === 'numeric'
    ? countBinsTogether([binning], numbersOf(column))[0]!
    : countCategories(binning, column)
}

/**
 * Counts a column of numbers into several binnings in one pass over it; see {@link countBins}.
 *
 * Output: one result for each binning, in their order, equal to that of `countBins`.
 * Cost: one pass, dearer the more edges there are in all.
 *
 * @throws as `countBins`.
 * @example
 * ```ts
 * import { countBinsTogether, explicitBinning } from '@mlops/stats'
 *
 * const [rough, fine] = countBinsTogether([explicitBinning([2]), explicitBinning([1, 2, 3])], [0, 1, 2, 9])
 * console.log(rough?.counts, fine?.counts) // [ 2, 2 ] [ 1, 1, 1, 1 ]
 * ```
 */
export function countBinsTogether(
  binnings: readonly NumericBinning[],
  column: NumericSample,
): BinCounts[] {
  for (const binning of binnings) checkBinning(binning)
  // NaN is counted nowhere, so a Float64Array needs no pass of its own to leave missing values out.
  const values = column instanceof Float64Array ? column : presentValues(column, 'column').values
  const all = binnings.map(cutsOf)
  const cuts = Float64Array.from(new Set(all.flat())).sort()
  const between = edgeCounts(values, cuts)
  return binnings.map((binning) => gatherCounts(binning, cuts, between, column.length))
}

/** The edges of the bins, and the ends of the fitted range: what lies outside is counted too. */
function cutsOf({ innerEdges, closed, range }: NumericBinning): number[] {
  const edges = closed === 'left' ? innerEdges : innerEdges.map(nextUp)
  return range === null ? [...edges] : [...edges, range[0], nextUp(range[1])]
}

/** The counts of a binning from those between cuts, all of its edges being among them. */
function gatherCounts(
  binning: NumericBinning,
  cuts: Float64Array,
  between: Float64Array,
  length: number,
): BinCounts {
  const { innerEdges, closed, range } = binning
  const edges = closed === 'left' ? innerEdges : innerEdges.map(nextUp)
  const [low, beyond] = range === null ? [-Infinity, Infinity] : [range[0], nextUp(range[1])]
  const counts = new Array<number>(edges.length + 1).fill(0)
  let total = 0
  let outside = 0
  between.forEach((count, i) => {
    const start = i === 0 ? -Infinity : cuts[i - 1]!
    const isOutside = range !== null && (start < low || start >= beyond)
    total += count
    if (isOutside) outside += count
    if (!isOutside || binning.outside === 'end-bins') counts[edgeIndex(start, edges)]! += count
  })
  if (binning.outside === 'own-bin') counts.push(outside)
  return { labels: binLabels(binning), counts, total, missing: length - total, outside }
}

function numbersOf(column: NumericSample | ColumnInput): NumericSample {
  if (ArrayBuffer.isView(column) || Array.isArray(column)) return column as NumericSample
  const read = readColumn(column as ColumnInput, { type: 'numeric' })
  return read.type === 'numeric' ? read.values : []
}

function countCategories(binning: CategoryBinning, column: ColumnInput): BinCounts {
  const found = categoryCounts(column)
  const counts = binning.categories.map((category) => found.get(category) ?? 0)
  let present = 0
  for (const count of found.values()) present += count
  const listed = counts.reduce((sum, count) => sum + count, 0)
  const missing = column.length - present
  if (binning.other === 'own-bin') counts.push(present - listed)
  if (binning.missing === 'own-bin') counts.push(missing)
  return {
    labels: binLabels(binning),
    counts,
    total: counts.reduce((sum, count) => sum + count, 0),
    missing,
    outside: present - listed,
  }
}
