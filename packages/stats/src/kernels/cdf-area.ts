import { bucketCount, bucketScale, extent, gatherBuckets } from './buckets.ts'

const MOST_BUCKETS = 16384
const SMALL = 4096

/**
 * `∫|F_x(t) − F_y(t)| dt` of two empirical distribution functions without sorting the samples, or
 * undefined where that would not pay: small samples, and such as mostly share a bucket.
 *
 * Both samples are counted into at most 16384 linear buckets, and their places inside the buckets added up.
 * Where F_x − F_y keeps its sign over a bucket, the integral of the absolute value is the absolute value
 * of the integral, and that needs the sums only. The few other buckets are gathered and sorted.
 *
 * Input: finite values, none empty. Cost: O(n + m). Rounding: 1e-16 of the pooled range.
 */
export function cdfArea(x: Float64Array, y: Float64Array): number | undefined {
  const total = x.length + y.length
  if (total < SMALL) return undefined
  const [minX, maxX] = extent(x)
  const [minY, maxY] = extent(y)
  const min = Math.min(minX, minY)
  const size = bucketCount(total, MOST_BUCKETS)
  const scale = bucketScale(min, Math.max(maxX, maxY), size)
  if (scale === undefined) return undefined

  const fromX = tally(x, min, scale, size)
  const fromY = tally(y, min, scale, size)
  const crossing = crossings(fromX.counts, fromY.counts, x.length, y.length)
  if (crossing.size > total / 3) return undefined
  const insideX = gatherBuckets(x, min, scale, fromX.counts, crossing.buckets)
  const insideY = gatherBuckets(y, min, scale, fromY.counts, crossing.buckets)

  const n = x.length
  const m = y.length
  let i = 0
  let j = 0
  let sum = 0
  let carry = 0
  const placesX = new Float64Array(crossing.most)
  const placesY = new Float64Array(crossing.most)
  for (let b = 0; b < size; b++) {
    const inX = fromX.counts[b]!
    const inY = fromY.counts[b]!
    const area =
      crossing.buckets[b] === 0
        ? Math.abs(i / n - j / m + (inX - fromX.places[b]!) / n - (inY - fromY.places[b]!) / m)
        : areaInside(placesOf(insideX, b, placesX), placesOf(insideY, b, placesY), {
            i,
            j,
            n,
            m,
            inX,
            inY,
          })
    i += inX
    j += inY
    // Kahan, as in the integral over the sorted samples.
    const slice = area - carry
    const next = sum + slice
    carry = next - sum - slice
    sum = next
  }
  return sum / scale

  /** The sorted places of a bucket's values, in `target`. */
  function placesOf(inside: Inside, bucket: number, target: Float64Array): Float64Array {
    const { gathered, start } = inside
    const first = start[bucket]!
    const count = start[bucket + 1]! - first
    for (let k = 0; k < count; k++) target[k] = (gathered[first + k]! - min) * scale! - bucket
    if (count > FEW) return target.subarray(0, count).sort()
    // Most buckets hold a handful: a sort of our own costs less than the call of another.
    for (let k = 1; k < count; k++) {
      const place = target[k]!
      let at = k
      for (; at > 0 && target[at - 1]! > place; at--) target[at] = target[at - 1]!
      target[at] = place
    }
    return target
  }
}

type Inside = ReturnType<typeof gatherBuckets>

const FEW = 32

/** Per bucket: how many values it holds, and the sum of their places in it, 0 to 1. */
function tally(values: Float64Array, min: number, scale: number, buckets: number) {
  const counts = new Int32Array(buckets)
  const places = new Float64Array(buckets)
  for (let i = 0; i < values.length; i++) {
    const t = (values[i]! - min) * scale
    const bucket = t | 0
    counts[bucket]!++
    places[bucket]! += t - bucket
  }
  return { counts, places }
}

/** The buckets in which F_x − F_y may change its sign; `most` values of a sample lie in one of them. */
function crossings(countX: Int32Array, countY: Int32Array, n: number, m: number) {
  const buckets = new Uint8Array(countX.length)
  let size = 0
  let most = 0
  let i = 0
  let j = 0
  for (let b = 0; b < countX.length; b++) {
    const inX = countX[b]!
    const inY = countY[b]!
    if ((i + inX) / n > j / m && i / n < (j + inY) / m) {
      buckets[b] = 1
      size += inX + inY
      most = Math.max(most, inX, inY)
    }
    i += inX
    j += inY
  }
  return { buckets, size, most }
}

interface Before {
  readonly i: number
  readonly j: number
  readonly n: number
  readonly m: number
  /** Values in the bucket. */
  readonly inX: number
  readonly inY: number
}

/** The integral over one bucket of width 1, from the sorted places in it. */
function areaInside(x: Float64Array, y: Float64Array, { i, j, n, m, inX, inY }: Before): number {
  let a = 0
  let b = 0
  let last = 0
  let area = 0
  while (a < inX || b < inY) {
    const fromX = b >= inY || (a < inX && x[a]! <= y[b]!)
    const at = fromX ? x[a]! : y[b]!
    area += Math.abs((i + a) / n - (j + b) / m) * (at - last)
    last = at
    if (fromX) a++
    else b++
  }
  return area + Math.abs((i + a) / n - (j + b) / m) * (1 - last)
}
