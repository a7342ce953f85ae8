import { passesFor } from './choose-passes.ts'

/** Smallest and largest value; NaN-free input, at least one value. */
export function extent(values: Float64Array): readonly [number, number] {
  return passesFor(values.length).extent(values)
}

/**
 * A power of two of about a bucket for 16 values: with fewer, too many values share a bucket that must
 * be sorted; with more, the table costs more than the values.
 */
export function bucketCount(values: number, most: number): number {
  return Math.min(most, Math.max(1024, 2 ** Math.ceil(Math.log2(values / 16))))
}

/**
 * Factor of the linear bucket index `((x - min) * scale) | 0` in 0..buckets-1, or undefined where
 * the range is empty, infinite or so small that no factor exists. The index is monotone in x, and
 * equal values share a bucket: so bucket borders are exact cuts of the sorted sample.
 */
export function bucketScale(min: number, max: number, buckets: number): number | undefined {
  // The last bucket is left to max alone, so that rounding cannot produce an index = buckets.
  const scale = (buckets - 1) / (max - min)
  return scale > 0 && scale < Infinity && (max - min) * scale < buckets ? scale : undefined
}

/** Adds the bucket occupancies of the values to `counts`. */
export function countBuckets(
  values: Float64Array,
  min: number,
  scale: number,
  counts: Int32Array,
): void {
  passesFor(values.length).countBuckets(values, min, scale, counts)
}

/**
 * The values of the wanted buckets, bucket by bucket in ascending order, unsorted inside.
 * `start[b]` is where bucket b begins; buckets not wanted have length 0.
 */
export function gatherBuckets(
  values: Float64Array,
  min: number,
  scale: number,
  counts: Int32Array,
  wanted: Uint8Array,
): { readonly gathered: Float64Array; readonly start: Int32Array } {
  const start = new Int32Array(counts.length + 1)
  for (let b = 0; b < counts.length; b++) start[b + 1] = start[b]! + (wanted[b] ? counts[b]! : 0)
  const size = start[counts.length]!
  const found = passesFor(values.length).gather(values, min, scale, wanted, size)
  const gathered = new Float64Array(size)
  const next = start.slice()
  for (let i = 0; i < size; i++) {
    const x = found[i]!
    gathered[next[((x - min) * scale) | 0]!++] = x
  }
  return { gathered, start }
}
