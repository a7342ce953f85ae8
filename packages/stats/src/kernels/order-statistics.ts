import { bucketCount, bucketScale, countBuckets, extent, gatherBuckets } from './buckets.ts'
import { radixSort } from './radix-sort.ts'

const MOST_BUCKETS = 16384
const SMALL = 2048

/**
 * The values at the given ranks (0-based, ascending) of the sorted sample, without sorting it.
 *
 * Values are counted into at most 16384 linear buckets; only the buckets that hold a wanted rank are
 * gathered and sorted. Exact. Where the range is infinite or most values share a bucket, the sample
 * is sorted instead. Input: no NaN, at least one value. Cost: two to three passes.
 */
export function orderStatistics(values: Float64Array, ranks: ArrayLike<number>): Float64Array {
  const n = values.length
  const result = new Float64Array(ranks.length)
  const [min, max] = extent(values)
  const buckets = bucketCount(n, MOST_BUCKETS)
  const scale = n < SMALL ? undefined : bucketScale(min, max, buckets)
  if (scale === undefined) return fromSorted(radixSort(values), ranks, result)

  const counts = new Int32Array(buckets)
  countBuckets(values, min, scale, counts)
  const before = new Int32Array(buckets + 1)
  for (let b = 0; b < buckets; b++) before[b + 1] = before[b]! + counts[b]!

  const bucketOfRank = new Int32Array(ranks.length)
  const wanted = new Uint8Array(buckets)
  let size = 0
  for (let r = 0; r < ranks.length; r++) {
    const bucket = lastAtMost(before, ranks[r]!)
    bucketOfRank[r] = bucket
    if (wanted[bucket] === 0) {
      wanted[bucket] = 1
      size += counts[bucket]!
    }
  }
  if (size > n / 2) return fromSorted(radixSort(values), ranks, result)

  const { gathered, start } = gatherBuckets(values, min, scale, counts, wanted)
  for (let b = 0; b < buckets; b++) {
    if (wanted[b]) gathered.subarray(start[b]!, start[b + 1]!).sort()
  }
  for (let r = 0; r < ranks.length; r++) {
    const b = bucketOfRank[r]!
    result[r] = gathered[start[b]! + ranks[r]! - before[b]!]!
  }
  return result
}

function fromSorted(sorted: Float64Array, ranks: ArrayLike<number>, result: Float64Array) {
  for (let r = 0; r < ranks.length; r++) result[r] = sorted[ranks[r]!]!
  return result
}

/** The bucket holding `rank`: the largest b with before[b] <= rank (empty buckets are passed over). */
function lastAtMost(before: Int32Array, rank: number): number {
  let low = 0
  let high = before.length - 1
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    if (before[middle]! <= rank) low = middle
    else high = middle
  }
  return low
}
