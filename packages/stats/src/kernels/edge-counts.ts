import { passesFor } from './choose-passes.ts'
import { countByEdges } from './edge-cells.ts'

/** More edges than this are found through a table of cells, fewer by comparing with each of them. */
const FEW_EDGES = 31

/**
 * How many values fall between each pair of neighbouring edges.
 *
 * With inner edges e1 <= … <= ek there are k+1 bins; a value's bin is the number of edges <= value, so
 * bins are half-open `[e_i, e_i+1)` and the outer ones are open-ended. NaN is counted nowhere:
 * missing = length − sum of the counts. Cost: one pass.
 */
export function edgeCounts(values: Float64Array, edges: Float64Array): Float64Array {
  return edges.length <= FEW_EDGES
    ? passesFor(values.length).edgeCounts(values, edges)
    : countByEdges(values, edges)
}
