/** Equal buckets: x lies in bucket ⌊(x − low)·scale⌋, or, beyond the ends, in the first or the last. */
export interface Grid {
  readonly low: number
  readonly scale: number
  readonly buckets: number
}

/**
 * The passes over a sample that cost the time; everything else works on their small results.
 *
 * There are two implementations, equal bit for bit: plain JavaScript, and SIMD WebAssembly that works
 * through chunks of 32 KB, so that a sample of any size needs no more memory.
 */
export interface Passes {
  /** Whether no value is NaN or infinite. */
  allFinite(values: Float64Array): boolean
  /** Smallest and largest value, zeros unsigned; NaN-free input, at least one value. */
  extent(values: Float64Array): readonly [number, number]
  /** Adds the occupancies of the buckets to `counts`, one for each; whether all values are finite. */
  countBuckets(values: Float64Array, grid: Grid, counts: Int32Array): boolean
  /** As `countBuckets`, of finite values, with the sum of their places `t - bucket` in each bucket. */
  tallyBuckets(values: Float64Array, grid: Grid, counts: Int32Array, places: Float64Array): void
  /** The values of the wanted buckets, in their order; there are `size` of them. */
  gather(values: Float64Array, grid: Grid, wanted: Uint8Array, size: number): Float64Array
  /** How many values fall between each pair of neighbouring edges; see `edgeCounts`. */
  edgeCounts(values: Float64Array, edges: Float64Array): Float64Array
  /** sum(x − shift) and sum((x − shift)²) of values[start..end), in four strands, to `sums`. */
  shiftedSums(
    values: Float64Array,
    start: number,
    end: number,
    shift: number,
    sums: Float64Array,
  ): void
}
