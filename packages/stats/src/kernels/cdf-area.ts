import { gatherBuckets, gridOver, type Tally, tallyBuckets } from './buckets.ts'
import { type BucketPair, contenders, type KsExtremes, walkBuckets } from './ks-extremes.ts'
import type { Grid } from './passes.ts'

/** The largest table that has places: see `Passes.tallyBuckets`. */
const MOST_BUCKETS = 16384
const SMALL = 4096

/**
 * `∫|F_x(t) − F_y(t)| dt` of two empirical distribution functions without sorting the samples, or
 * undefined where that would not pay: small samples, and such as mostly share a bucket.
 *
 * Both samples are counted into at most 16384 linear buckets, and their places inside the buckets added up.
 * Where F_x − F_y keeps its sign over a bucket, the integral of the absolute value is the absolute value
 * of the integral, and that needs the sums only. The few other buckets, and the outer two, which have no
 * far end, are gathered and sorted.
 *
 * Input: finite values, none empty. Cost: O(n + m). Rounding: 1e-16 of the pooled range.
 */
export function cdfArea(x: Float64Array, y: Float64Array): number | undefined {
  return overBuckets(x, y, false)?.area
}

/** {@link cdfArea} and the extremes of F_x − F_y from the same tables, or undefined as there. */
export function cdfAreaAndExtremes(
  x: Float64Array,
  y: Float64Array,
): { readonly area: number; readonly extremes: KsExtremes } | undefined {
  const found = overBuckets(x, y, true)
  return found && { area: found.area, extremes: walkBuckets(found.pair) }
}

function overBuckets(x: Float64Array, y: Float64Array, extremesToo: boolean) {
  const total = x.length + y.length
  const grid = total < SMALL ? undefined : gridOver([x, y], MOST_BUCKETS)
  if (grid === undefined) return undefined
  const fromX = tallyBuckets(x, grid)
  const fromY = tallyBuckets(y, grid)
  const wanted = crossings(fromX.counts, fromY.counts, x.length, y.length)
  if (extremesToo) addTo(wanted, contenders(fromX.counts, fromY.counts, x.length, y.length))
  if (sizeOf(wanted, fromX.counts, fromY.counts) > total / 3) return undefined
  const pair = {
    n: x.length,
    m: y.length,
    countX: fromX.counts,
    countY: fromY.counts,
    wanted,
    insideX: gatherBuckets(x, grid, fromX.counts, wanted),
    insideY: gatherBuckets(y, grid, fromY.counts, wanted),
  }
  const area = areaOver(pair, grid, fromX, fromY)
  // Where places overflow, only the sorted samples can tell.
  return Number.isFinite(area) ? { pair, area } : undefined
}

function areaOver(pair: BucketPair, grid: Grid, fromX: Tally, fromY: Tally): number {
  const { n, m, countX, countY, wanted } = pair
  let i = 0
  let j = 0
  let sum = 0
  let carry = 0
  for (let b = 0; b < grid.buckets; b++) {
    const inX = countX[b]!
    const inY = countY[b]!
    const area =
      wanted[b] === 0
        ? Math.abs(i / n - j / m + (inX - fromX.places[b]!) / n - (inY - fromY.places[b]!) / m)
        : areaInside(pair, grid, b, i, j)
    i += inX
    j += inY
    // Kahan, as in the integral over the sorted samples.
    const slice = area - carry
    const next = sum + slice
    carry = next - sum - slice
    sum = next
  }
  return sum / grid.scale
}

/** The integral over a wanted bucket, of width 1, from the sorted values in it; i and j lie below it. */
function areaInside(
  { n, m, insideX, insideY }: BucketPair,
  { low, scale }: Grid,
  bucket: number,
  i: number,
  j: number,
): number {
  const { values: x, start: startX } = insideX
  const { values: y, start: startY } = insideY
  let a = startX[bucket]!
  let b = startY[bucket]!
  const endX = startX[bucket + 1]!
  const endY = startY[bucket + 1]!
  const i0 = i - a
  const j0 = j - b
  let last = 0
  let area = 0
  while (a < endX || b < endY) {
    const fromX = b >= endY || (a < endX && x[a]! <= y[b]!)
    const place = ((fromX ? x[a]! : y[b]!) - low) * scale - bucket
    const gap = Math.abs((i0 + a) / n - (j0 + b) / m)
    // Below the first value of all both functions are 0, however far down the bucket reaches.
    if (gap !== 0) area += gap * (place - last)
    last = place
    if (fromX) a++
    else b++
  }
  // Above the last value of all both are 1.
  const rest = Math.abs((i0 + a) / n - (j0 + b) / m)
  return rest === 0 ? area : area + rest * (1 - last)
}

/** The buckets in which F_x − F_y may change its sign, and the outer two. */
function crossings(countX: Int32Array, countY: Int32Array, n: number, m: number): Uint8Array {
  const buckets = new Uint8Array(countX.length)
  let i = 0
  let j = 0
  for (let b = 0; b < countX.length; b++) {
    const inX = countX[b]!
    const inY = countY[b]!
    if ((i + inX) / n > j / m && i / n < (j + inY) / m) buckets[b] = 1
    i += inX
    j += inY
  }
  buckets[0] = 1
  buckets[buckets.length - 1] = 1
  return buckets
}

function addTo(wanted: Uint8Array, more: Uint8Array): void {
  for (let b = 0; b < wanted.length; b++) wanted[b]! |= more[b]!
}

/** How many values lie in the wanted buckets. */
function sizeOf(wanted: Uint8Array, countX: Int32Array, countY: Int32Array): number {
  let size = 0
  for (let b = 0; b < wanted.length; b++) if (wanted[b]) size += countX[b]! + countY[b]!
  return size
}
