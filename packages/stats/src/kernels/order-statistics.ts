import { allFinite } from './all-finite.ts'
import { countBuckets, gatherBuckets, gridOver } from './buckets.ts'
import { radixSort } from './radix-sort.ts'

/** A table that stays in the nearest cache: what shares a bucket with a wanted rank is few and is sorted. */
const MOST_BUCKETS = 4096
const SMALL = 2048

/**
 * The values at the given ranks (0-based, ascending) of the sorted sample, without sorting it.
 *
 * Values are counted into at most 4096 linear buckets; only the buckets that hold a wanted rank are
 * gathered and sorted. Exact. Where there is no grid or most values share a bucket, the sample is sorted
 * instead. Input: no NaN, at least one value. Cost: two passes.
 */
export function orderStatistics(values: Float64Array, ranks: ArrayLike<number>): Float64Array {
  return selectRanks(values, ranks).at
}

/** The values at some ranks of a sorted sample. */
export interface SelectedRanks {
  readonly at: Float64Array
  /** How many values of the sample are smaller than each of them. */
  below(rankAt: number): number
}

/** As {@link orderStatistics}, with the number of values below each. */
export function selectRanks(values: Float64Array, ranks: ArrayLike<number>): SelectedRanks {
  return select(values, ranks, false)!
}

/** As {@link selectRanks}, of any values: undefined where one of them is NaN or infinite. */
export function selectRanksIfFinite(
  values: Float64Array,
  ranks: ArrayLike<number>,
): SelectedRanks | undefined {
  return select(values, ranks, true)
}

function select(
  values: Float64Array,
  ranks: ArrayLike<number>,
  refused: boolean,
): SelectedRanks | undefined {
  const n = values.length
  const grid = n < SMALL ? undefined : gridOver([values], MOST_BUCKETS)
  if (grid === undefined) {
    return refused && !allFinite(values) ? undefined : fromSorted(radixSort(values), ranks)
  }
  // The pass that counts sees every value: it tells at no cost whether all are finite.
  const counts = countBuckets(values, grid, { refused })
  if (counts === undefined) return undefined
  const before = new Int32Array(grid.buckets + 1)
  for (let b = 0; b < grid.buckets; b++) before[b + 1] = before[b]! + counts[b]!

  const bucketOfRank = new Int32Array(ranks.length)
  const wanted = new Uint8Array(grid.buckets)
  let size = 0
  for (let r = 0; r < ranks.length; r++) {
    const bucket = lastAtMost(before, ranks[r]!)
    bucketOfRank[r] = bucket
    if (wanted[bucket] === 0) {
      wanted[bucket] = 1
      size += counts[bucket]!
    }
  }
  if (size > n / 2) return fromSorted(radixSort(values), ranks)

  const { values: gathered, start } = gatherBuckets(values, grid, counts, wanted)
  // A rank's place among the gathered values: what its bucket lacks of the sorted sample.
  const offset = bucketOfRank.map((b) => before[b]! - start[b]!)
  return {
    at: Float64Array.from(offset, (skipped, r) => gathered[ranks[r]! - skipped]!),
    below: (r) => firstOfTies(gathered, ranks[r]! - offset[r]!) + offset[r]!,
  }
}

function fromSorted(sorted: Float64Array, ranks: ArrayLike<number>): SelectedRanks {
  return {
    at: Float64Array.from(ranks, (rank) => sorted[rank]!),
    below: (r) => firstOfTies(sorted, ranks[r]!),
  }
}

/** The first of the values that equal the one at `rank`. They stand side by side. */
function firstOfTies(sorted: Float64Array, rank: number): number {
  const value = sorted[rank]!
  let low = 0
  let high = rank
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
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
