// Full only after 10^15 values.
export const MAX_ROWS = 50
export const SIZES = Float64Array.from({ length: MAX_ROWS }, (_, row) => 2 ** row)
/** Values go into the buckets together: what is merged, and in which order, is the same as one by one. */
export const BATCH = 32

/** The window of ADWIN: the newest values, and buckets of sums over 1, 2, 4, … older ones. */
export interface AdwinWindow {
  /** Buckets in a row before two are merged, and the room that a row has. */
  readonly capacity: number
  readonly room: number
  sinceCheck: number
  /** Values that are not in the buckets yet, and how many. */
  readonly pending: Float64Array
  waiting: number
  width: number
  total: number
  squares: number
  rowCount: number
  /** Buckets in each row, and the place of its oldest. */
  readonly rows: Int32Array
  readonly starts: Int32Array
  readonly totals: Float64Array
  readonly variances: Float64Array
  /** Of rows that are not `stale`: the sum, and how far sums of the row's oldest buckets stray from even steps. */
  readonly sums: Float64Array
  readonly strays: Float64Array
  readonly stale: Uint8Array
  /** The bound's logarithm, and for which width. */
  log: number
  loggedWidth: number
}

/** Takes the pending values into the window. */
export function settle(w: AdwinWindow): void {
  const { pending, waiting, rows, starts, totals, variances } = w
  if (waiting === 0) return
  w.waiting = 0
  let { width, total, squares } = w
  makeRoom(w, 0, waiting)
  const at = starts[0]! + rows[0]!
  for (let k = 0; k < waiting; k++) {
    const x = pending[k]!
    if (width > 0) {
      const gap = x - total / width
      squares += (width * gap * gap) / (width + 1)
    }
    width++
    total += x
    totals[at + k] = x
    variances[at + k] = 0
  }
  rows[0]! += waiting
  w.width = width
  w.total = total
  w.squares = squares
  merge(w)
}

/** Merges the two oldest buckets of a row into one of the next as long as it has too many. */
function merge(w: AdwinWindow): void {
  const { capacity, rows, starts, totals, variances, stale } = w
  stale[0] = 1
  // Sizes are powers of two: multiplying by the inverse is as exact as dividing.
  for (let row = 0, n = 1, inverse = 1; rows[row]! >= capacity; row++, n *= 2, inverse /= 2) {
    const merges = (rows[row]! - capacity + 2) >> 1
    if (row + 1 === w.rowCount) w.rowCount++
    makeRoom(w, row + 1, merges)
    let from = starts[row]!
    const to = starts[row + 1]! + rows[row + 1]!
    for (let k = 0; k < merges; k++, from += 2) {
      const a = totals[from]!
      const b = totals[from + 1]!
      const gap = a * inverse - b * inverse
      totals[to + k] = a + b
      variances[to + k] = variances[from]! + variances[from + 1]! + n * 0.5 * gap * gap
    }
    starts[row] = from
    rows[row]! -= 2 * merges
    rows[row + 1]! += merges
    stale[row + 1] = 1
  }
}

/** Moves a row's values back where `more` would not fit behind them. */
function makeRoom(
  { room, rows, starts, totals, variances }: AdwinWindow,
  row: number,
  more: number,
): void {
  const start = starts[row]!
  const end = start + rows[row]!
  const base = row * room
  if (end + more <= base + room) return
  totals.copyWithin(base, start, end)
  variances.copyWithin(base, start, end)
  starts[row] = base
}

/** Sum and stray of a row. */
export function measure(
  { rows, starts, totals, sums, strays, stale }: AdwinWindow,
  row: number,
): void {
  const base = starts[row]!
  const count = rows[row]!
  let sum = 0
  for (let k = base; k < base + count; k++) sum += totals[k]!
  const step = sum / count
  let prefix = 0
  let stray = 0
  for (let k = 0; k < count; k++) {
    prefix += totals[base + k]!
    stray = Math.max(stray, Math.abs(prefix - (k + 1) * step))
  }
  sums[row] = sum
  strays[row] = stray
  stale[row] = 0
}

/** Takes the oldest bucket out of the window. */
export function dropOldest(w: AdwinWindow): void {
  const row = w.rowCount - 1
  const n = SIZES[row]!
  const at = w.starts[row]!
  const total = w.totals[at]!
  w.width -= n
  w.total -= total
  const gap = total / n - w.total / w.width
  w.squares -= w.variances[at]! + (n * w.width * gap * gap) / (n + w.width)
  w.starts[row] = at + 1
  w.stale[row] = 1
  const count = --w.rows[row]!
  if (count === 0 && w.rowCount > 1) w.rowCount--
}

/** An empty window whose rows hold fewer than `capacity` buckets. */
export function emptyWindow(capacity: number): AdwinWindow {
  // A row drops its oldest buckets by moving its start; its values move back when it meets its end.
  const room = 4 * capacity + 2 * BATCH
  return {
    capacity,
    room,
    sinceCheck: 0,
    pending: new Float64Array(BATCH),
    waiting: 0,
    width: 0,
    total: 0,
    squares: 0,
    rowCount: 1,
    rows: new Int32Array(MAX_ROWS),
    starts: Int32Array.from({ length: MAX_ROWS }, (_, row) => row * room),
    totals: new Float64Array(MAX_ROWS * room),
    variances: new Float64Array(MAX_ROWS * room),
    sums: new Float64Array(MAX_ROWS),
    strays: new Float64Array(MAX_ROWS),
    stale: new Uint8Array(MAX_ROWS).fill(1),
    log: 0,
    loggedWidth: Infinity,
  }
}

/** The values of the buckets there are, row by row, the oldest first. */
export const occupied = (w: AdwinWindow, values: Float64Array) =>
  Array.from(w.rows.subarray(0, w.rowCount)).flatMap((count, row) =>
    Array.from(values.subarray(w.starts[row]!, w.starts[row]! + count)),
  )
