import { quantilesOf } from '../descriptive/quantiles.ts'
import type { Matrix } from './matrix.ts'

/** The features of a matrix, each value replaced by the number of its bin. */
export interface BinnedFeatures {
  /** Inner edges per feature, ascending; a value <= edge k lies in bin k or below. */
  readonly edges: readonly Float64Array[]
  /** Bins feature by feature: `bins[feature * rows + row]`; missing values are in bin `edges + 1`. */
  readonly bins: Uint8Array
}

/**
 * Cuts every feature at the midpoints of its distinct values or, where there are more than
 * `maxBins`, at quantiles. Cost: O(rows · features · log rows).
 */
export function binFeatures({ rows, columns, values }: Matrix, maxBins: number): BinnedFeatures {
  const edges: Float64Array[] = []
  const bins = new Uint8Array(rows * columns)
  const column = new Float64Array(rows)
  for (let j = 0; j < columns; j++) {
    for (let i = 0; i < rows; i++) column[i] = values[i * columns + j]!
    const own = innerEdges(
      column.filter((x) => !Number.isNaN(x)),
      maxBins,
    )
    edges.push(own)
    for (let i = 0; i < rows; i++)
      bins[j * rows + i] = Number.isNaN(column[i]) ? own.length + 1 : binOf(column[i]!, own)
  }
  return { edges, bins }
}

function innerEdges(present: Float64Array, maxBins: number): Float64Array {
  const distinct = new Float64Array(new Set(present)).sort()
  if (distinct.length <= maxBins)
    return distinct.subarray(1).map((x, k) => between(distinct[k]!, x))
  const levels = Array.from({ length: maxBins - 1 }, (_, k) => (k + 1) / maxBins)
  return new Float64Array(new Set(quantilesOf(present, levels)))
}

/** A point that separates two values, the lower one included. */
function between(low: number, high: number): number {
  const middle = low / 2 + high / 2
  return middle >= low && middle < high ? middle : low
}

/** How many edges lie below the value. */
function binOf(x: number, edges: Float64Array): number {
  let low = 0
  let high = edges.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (x <= edges[middle]!) high = middle
    else low = middle + 1
  }
  return low
}
