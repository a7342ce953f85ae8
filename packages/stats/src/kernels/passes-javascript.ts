import { countByEdges } from './edge-cells.ts'
import type { Grid, Passes } from './passes.ts'

/** The passes in plain JavaScript: everywhere, and the measure of the others. */
export const javascriptPasses: Passes = {
  allFinite,
  extent,
  countBuckets,
  tallyBuckets,
  gather,
  edgeCounts: countByEdges,
  shiftedSums,
}

// Without a branch per value: x·0 is 0 for finite x and NaN for all others, and one NaN spoils the sum.
function allFinite(values: Float64Array): boolean {
  const n = values.length
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  let i = 0
  for (; i + 3 < n; i += 4) {
    a += values[i]! * 0
    b += values[i + 1]! * 0
    c += values[i + 2]! * 0
    d += values[i + 3]! * 0
  }
  for (; i < n; i++) a += values[i]! * 0
  return a + b + c + d === 0
}

function extent(values: Float64Array): readonly [number, number] {
  const n = values.length
  let min = values[n - 1]!
  let max = min
  let otherMin = min
  let otherMax = min
  // Two by two and without a branch: half as long a chain, and nothing to predict.
  for (let i = 0; i + 1 < n; i += 2) {
    min = Math.min(min, values[i]!)
    max = Math.max(max, values[i]!)
    otherMin = Math.min(otherMin, values[i + 1]!)
    otherMax = Math.max(otherMax, values[i + 1]!)
  }
  // Zeros lose their sign, so that it does not depend on the order of the values.
  return [Math.min(min, otherMin) + 0, Math.max(max, otherMax) + 0]
}

function countBuckets(
  values: Float64Array,
  { low, scale, buckets }: Grid,
  counts: Int32Array,
): boolean {
  const last = buckets - 1
  let odd = 0
  for (let i = 0; i < values.length; i++) {
    const x = values[i]!
    odd += x * 0
    counts[clamped((x - low) * scale, last)]!++
  }
  return odd === 0
}

function tallyBuckets(
  values: Float64Array,
  { low, scale, buckets }: Grid,
  counts: Int32Array,
  places: Float64Array,
): void {
  const last = buckets - 1
  for (let i = 0; i < values.length; i++) {
    const t = (values[i]! - low) * scale
    const bucket = clamped(t, last)
    counts[bucket]!++
    places[bucket]! += t - bucket
  }
}

function gather(
  values: Float64Array,
  { low, scale, buckets }: Grid,
  wanted: Uint8Array,
  size: number,
): Float64Array {
  const last = buckets - 1
  const gathered = new Float64Array(size)
  let next = 0
  for (let i = 0; i < values.length; i++) {
    const x = values[i]!
    if (wanted[clamped((x - low) * scale, last)]) gathered[next++] = x
  }
  return gathered
}

function clamped(t: number, last: number): number {
  return t >= last ? last : t > 0 ? t | 0 : 0
}

function shiftedSums(
  values: Float64Array,
  start: number,
  end: number,
  shift: number,
  sums: Float64Array,
): void {
  let s0 = 0
  let s1 = 0
  let s2 = 0
  let s3 = 0
  let q0 = 0
  let q1 = 0
  let q2 = 0
  let q3 = 0
  let i = start
  for (; i + 3 < end; i += 4) {
    const a = values[i]! - shift
    const b = values[i + 1]! - shift
    const c = values[i + 2]! - shift
    const d = values[i + 3]! - shift
    s0 += a
    s1 += b
    s2 += c
    s3 += d
    q0 += a * a
    q1 += b * b
    q2 += c * c
    q3 += d * d
  }
  for (; i < end; i++) {
    const a = values[i]! - shift
    s0 += a
    q0 += a * a
  }
  sums[0] = s0 + s1 + (s2 + s3)
  sums[1] = q0 + q1 + (q2 + q3)
}
