/**
 * Whether no value is NaN or infinite, without a branch per value: x·0 is 0 for finite x and NaN for
 * all others, and one NaN spoils the sum.
 */
export function allFinite(values: Float64Array): boolean {
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
