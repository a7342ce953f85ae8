import { passesFor } from './choose-passes.ts'
import type { Grid } from './passes.ts'

/** Smallest and largest value; NaN-free input, at least one value. */
export function extent(values: Float64Array): readonly [number, number] {
  return passesFor(values.length).extent(values)
}

/** As many values of a sample are looked at for its range. */
const LOOKED_AT = 1024

/**
 * A grid for the samples of about a bucket for 16 values (with fewer, too many values share a bucket that
 * must be sorted; with more, the table costs more than the values), or undefined where there is none: a
 * range that is empty or too large or small for a factor.
 *
 * The range is that of 1024 values of each sample, evenly spaced: the outer buckets hold what lies beyond.
 * Buckets are monotone in the value and equal values share one, so bucket borders are exact cuts of the
 * sorted sample, wherever they lie.
 */
export function gridOver(samples: readonly Float64Array[], most: number): Grid | undefined {
  let low = Infinity
  let high = -Infinity
  let total = 0
  for (const values of samples) {
    total += values.length
    const step = Math.max(1, Math.floor(values.length / LOOKED_AT))
    for (let i = 0; i < values.length; i += step) {
      const x = values[i]!
      if (x < low && x > -Infinity) low = x
      if (x > high && x < Infinity) high = x
    }
  }
  const buckets = Math.min(most, Math.max(1024, 2 ** Math.ceil(Math.log2(total / 16))))
  const scale = (buckets - 1) / (high - low)
  return scale > 0 && scale < Infinity ? { low, scale, buckets } : undefined
}

/** The occupancy of each bucket; undefined where a value is NaN or infinite and that is `refused`. */
export function countBuckets(values: Float64Array, grid: Grid): Int32Array
export function countBuckets(
  values: Float64Array,
  grid: Grid,
  options: { readonly refused: boolean },
): Int32Array | undefined
export function countBuckets(
  values: Float64Array,
  grid: Grid,
  { refused = false }: { readonly refused?: boolean } = {},
): Int32Array | undefined {
  const counts = new Int32Array(grid.buckets)
  const finite = passesFor(values.length).countBuckets(values, grid, counts)
  return refused && !finite ? undefined : counts
}

/** The occupancy of each bucket, and the sum of the places of its values in it: 0 to 1 but in the outer two. */
export function tallyBuckets(values: Float64Array, grid: Grid): Tally {
  const counts = new Int32Array(grid.buckets)
  const places = new Float64Array(grid.buckets)
  passesFor(values.length).tallyBuckets(values, grid, counts, places)
  return { counts, places }
}

export interface Tally {
  readonly counts: Int32Array
  readonly places: Float64Array
}

/** The values of the wanted buckets in ascending order; bucket b begins at `start[b]`. */
export interface Gathered {
  readonly values: Float64Array
  readonly start: Int32Array
}

/** The values of the wanted buckets, sorted; buckets not wanted have length 0. */
export function gatherBuckets(
  values: Float64Array,
  grid: Grid,
  counts: Int32Array,
  wanted: Uint8Array,
): Gathered {
  const { low, scale, buckets } = grid
  const start = new Int32Array(buckets + 1)
  for (let b = 0; b < buckets; b++) start[b + 1] = start[b]! + (wanted[b] ? counts[b]! : 0)
  const size = start[buckets]!
  const found = passesFor(values.length).gather(values, grid, wanted, size)
  const gathered = new Float64Array(size)
  const last = buckets - 1
  // Each bucket is filled by moving its start on; then the starts are moved back by one bucket.
  for (let i = 0; i < size; i++) {
    const x = found[i]!
    const t = (x - low) * scale
    gathered[start[t >= last ? last : t > 0 ? t | 0 : 0]!++] = x
  }
  start.copyWithin(1, 0, buckets)
  start[0] = 0
  for (let b = 0; b < buckets; b++) {
    if (start[b + 1]! - start[b]! > 1) sortRange(gathered, start[b]!, start[b + 1]!)
  }
  return { values: gathered, start }
}

const FEW = 32

function sortRange(values: Float64Array, from: number, to: number): void {
  if (to - from > FEW) {
    values.subarray(from, to).sort()
    return
  }
  // Most buckets hold a handful: a sort of our own costs less than the call of another.
  for (let k = from + 1; k < to; k++) {
    const x = values[k]!
    let at = k
    for (; at > from && (values[at - 1]! > x || signsDiffer(x, values[at - 1]!)); at--)
      values[at] = values[at - 1]!
    values[at] = x
  }
}

/** Whether x is −0 and the other 0: sorted as the built-in sort does. */
function signsDiffer(x: number, before: number): boolean {
  return x === 0 && before === 0 && Object.is(x, -0) && !Object.is(before, -0)
}
