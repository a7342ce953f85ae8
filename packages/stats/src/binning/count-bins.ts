import { type ColumnInput, readColumn } from '@mlops/core'
import { edgeCounts } from '../kernels/edge-counts.ts'
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
    ? countNumbers(binning, column as NumericSample)
    : countCategories(binning, column)
}

function countNumbers(binning: NumericBinning, column: NumericSample): BinCounts {
  const { values, dropped } = presentValues(numbersOf(column), 'column')
  const counts = Array.from(
    binning.closed === 'left'
      ? edgeCounts(values, Float64Array.from(binning.innerEdges))
      : // (a, b] is [−b, −a) seen in a mirror.
        edgeCounts(
          values.map((x) => -x),
          Float64Array.from(binning.innerEdges, (e) => -e).reverse(),
        ).reverse(),
  )
  let outside = 0
  if (binning.range !== null) {
    const [low, high] = binning.range
    let below = 0
    for (let i = 0; i < values.length; i++) {
      if (values[i]! < low) below++
      else if (values[i]! > high) outside++
    }
    if (binning.outside === 'own-bin') {
      counts[0]! -= below
      counts[counts.length - 1]! -= outside
      counts.push(below + outside)
    }
    outside += below
  }
  return {
    labels: binLabels(binning),
    counts,
    total: values.length,
    missing: dropped,
    outside,
  }
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
