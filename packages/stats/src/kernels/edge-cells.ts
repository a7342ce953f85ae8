import { edgeIndex } from './edge-index.ts'

const CELLS = 4096
const SMALL = 1024

/** What a cell of the table tells about the values in it. */
const NO_EDGE = 0
const ONE_EDGE = 1
const EDGES = 2

/**
 * Counts by cells: values are counted into 4096 equal cells; most cells hold no edge, and their counts
 * belong to one bin. A value in a cell with an edge is compared with it, one beyond the table or among
 * several edges is found by bisection: both are rare, so their branches are well predicted. The cell is
 * monotone in the value and an edge's cell comes from the same formula, so rounding cannot misplace a
 * value.
 */
export function countByEdges(values: Float64Array, edges: Float64Array): Float64Array {
  const counts = new Float64Array(edges.length + 1)
  const table = values.length < SMALL ? undefined : cellTable(edges)
  if (table === undefined) countBySearch(values, edges, counts)
  else countByCells(values, edges, table, counts)
  return counts
}

interface CellTable {
  readonly low: number
  readonly scale: number
  readonly content: Uint8Array
  /** Number of edges before the cell. */
  readonly before: Int32Array
  readonly edge: Float64Array
  readonly crowded: boolean
}

/** Far outer edges (a sample's extremes) would leave the others too few cells: then they stay outside. */
function cellTable(edges: Float64Array): CellTable | undefined {
  const whole = tableOver(edges, edges)
  if (whole?.crowded === false || edges.length < 4) return whole
  return tableOver(edges, edges.subarray(1, -1)) ?? whole
}

/** Cells from the first to the last of the core edges and half as much again on either side. */
function tableOver(edges: Float64Array, core: Float64Array): CellTable | undefined {
  const [first, last] = [core[0]!, core[core.length - 1]!]
  const low = first - (last - first) / 2
  const scale = CELLS / (2 * (last - first))
  if (!(scale > 0 && scale < Infinity && low > -Infinity)) return undefined

  const content = new Uint8Array(CELLS)
  const before = new Int32Array(CELLS)
  const edge = new Float64Array(CELLS)
  let crowded = false
  let cell = 0
  for (let j = 0; j < edges.length; j++) {
    const t = (edges[j]! - low) * scale
    const end = t < 0 ? 0 : t < CELLS ? (t | 0) + 1 : CELLS
    while (cell < end) before[cell++] = j
    if (t < 0 || t >= CELLS) continue
    crowded ||= content[end - 1] !== NO_EDGE
    content[end - 1] = content[end - 1] === NO_EDGE ? ONE_EDGE : EDGES
    edge[end - 1] = edges[j]!
  }
  before.fill(edges.length, cell)
  return { low, scale, content, before, edge, crowded }
}

function countByCells(
  values: Float64Array,
  edges: Float64Array,
  { low, scale, content, before, edge }: CellTable,
  counts: Float64Array,
): void {
  const inCell = new Int32Array(CELLS)
  const n = values.length
  let i = 0
  // Two by two, so that one pair of predictable branches serves both.
  for (; i + 1 < n; i += 2) {
    const x = values[i]!
    const y = values[i + 1]!
    const t = (x - low) * scale
    const u = (y - low) * scale
    if (t >= 0 && t < CELLS && u >= 0 && u < CELLS) {
      const cellOfX = t | 0
      const cellOfY = u | 0
      if ((content[cellOfX]! | content[cellOfY]!) === NO_EDGE) {
        inCell[cellOfX]!++
        inCell[cellOfY]!++
        continue
      }
    }
    countOne(x)
    countOne(y)
  }
  if (i < n) countOne(values[i]!)
  for (let cell = 0; cell < CELLS; cell++) {
    counts[before[cell]!]! += inCell[cell]!
  }

  function countOne(x: number): void {
    const t = (x - low) * scale
    if (t >= 0 && t < CELLS && content[t | 0] !== EDGES) {
      const cell = t | 0
      counts[before[cell]! + (content[cell] === ONE_EDGE && x >= edge[cell]! ? 1 : 0)]!++
    } else if (!Number.isNaN(x)) counts[edgeIndex(x, edges)]!++
  }
}

function countBySearch(values: Float64Array, edges: Float64Array, counts: Float64Array): void {
  for (let i = 0; i < values.length; i++) {
    const x = values[i]!
    if (!Number.isNaN(x)) counts[edgeIndex(x, edges)]!++
  }
}
