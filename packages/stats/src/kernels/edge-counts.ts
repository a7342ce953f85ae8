const CELLS = 4096

/**
 * How many values fall between each pair of neighbouring edges.
 *
 * With inner edges e1 < … < ek there are k+1 bins; a value's bin is the number of edges <= value, so
 * bins are half-open `[e_i, e_i+1)` and the outer ones are open-ended. NaN is counted nowhere:
 * missing = length − sum of the counts.
 *
 * A table of 4096 cells over [e1, ek) and half as much again on either side holds, per cell, the bin at
 * its start and the one edge inside it. The cell index is monotone in the value, so one comparison
 * decides, whatever the rounding. The margins keep the branch for values beyond the table rare, and so
 * well predicted. Edges so uneven that two share a cell are searched by bisection instead.
 *
 * Cost: one pass; 4 interleaved histograms, so that runs of equal values do not wait for each other.
 */
export function edgeCounts(values: Float64Array, edges: Float64Array): Float64Array {
  const k = edges.length
  if (k === 0) return new Float64Array([countPresent(values)])
  const table = k > 1 ? lookupTable(edges) : undefined
  return table === undefined ? bySearch(values, edges) : byTable(values, edges, table)
}

interface LookupTable {
  readonly low: number
  readonly high: number
  readonly scale: number
  readonly base: Int32Array
  readonly edgeInside: Float64Array
}

function lookupTable(edges: Float64Array): LookupTable | undefined {
  const k = edges.length
  const margin = (edges[k - 1]! - edges[0]!) / 2
  const low = edges[0]! - margin
  const high = edges[k - 1]! + margin
  const scale = CELLS / (high - low)
  if (!(scale > 0 && scale < Infinity && low < edges[0]! && high > edges[k - 1]!)) return undefined
  const cellOf = (x: number) => Math.min(CELLS, ((x - low) * scale) | 0)
  const base = new Int32Array(CELLS + 1)
  const edgeInside = new Float64Array(CELLS + 1).fill(Infinity)
  for (let j = 0; j < k; j++) {
    const cell = cellOf(edges[j]!)
    if (edgeInside[cell] !== Infinity) return undefined
    edgeInside[cell] = edges[j]!
    for (let c = cell + 1; c <= CELLS; c++) base[c] = j + 1
  }
  return { low, high, scale, base, edgeInside }
}

function byTable(
  values: Float64Array,
  edges: Float64Array,
  { low, high, scale, base, edgeInside }: LookupTable,
): Float64Array {
  const k = edges.length
  const lanes = new Int32Array(4 * (k + 1))
  const n = values.length
  for (let i = 0; i < n; i++) {
    const x = values[i]!
    const lane = (i & 3) * (k + 1)
    if (x < low) lanes[lane]!++
    else if (x >= high) lanes[lane + k]!++
    else if (!Number.isNaN(x)) {
      const cell = Math.min(CELLS, ((x - low) * scale) | 0)
      lanes[lane + base[cell]! + (x >= edgeInside[cell]! ? 1 : 0)]!++
    }
  }
  const counts = new Float64Array(k + 1)
  for (let b = 0; b <= k; b++) {
    counts[b] = lanes[b]! + lanes[b + k + 1]! + lanes[b + 2 * (k + 1)]! + lanes[b + 3 * (k + 1)]!
  }
  return counts
}

function bySearch(values: Float64Array, edges: Float64Array): Float64Array {
  const counts = new Float64Array(edges.length + 1)
  for (let i = 0; i < values.length; i++) {
    const x = values[i]!
    if (!Number.isNaN(x)) counts[edgeIndex(x, edges)]!++
  }
  return counts
}

/** The number of edges <= x: the bin of x. */
export function edgeIndex(x: number, edges: ArrayLike<number>): number {
  let low = 0
  let high = edges.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (edges[middle]! <= x) low = middle + 1
    else high = middle
  }
  return low
}

function countPresent(values: Float64Array): number {
  let n = 0
  for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i]!)) n++
  return n
}
