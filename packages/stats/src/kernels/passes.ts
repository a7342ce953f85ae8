/**
 * The passes over a sample that cost the time; everything else works on their small results.
 *
 * There are two implementations, equal bit for bit: plain JavaScript, and SIMD WebAssembly that works
 * through chunks of 64 KB, so that a sample of any size needs no more memory.
 */
export interface Passes {
  /** Whether no value is NaN or infinite. */
  allFinite(values: Float64Array): boolean
  /** Smallest and largest value, zeros unsigned; NaN-free input, at least one value. */
  extent(values: Float64Array): readonly [number, number]
  /** Adds the occupancies of the buckets `((x - min) * scale) | 0` to `counts`. */
  countBuckets(values: Float64Array, min: number, scale: number, counts: Int32Array): void
  /** The values of the wanted buckets, in their order; there are `size` of them. */
  gather(
    values: Float64Array,
    min: number,
    scale: number,
    wanted: Uint8Array,
    size: number,
  ): Float64Array
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
