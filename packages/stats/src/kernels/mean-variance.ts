/** Mean and sum of squared deviations, what the t family needs. */
export interface MeanVariance {
  readonly n: number
  readonly mean: number
  /** sum((x − mean)²) */
  readonly m2: number
}

const BLOCK = 2048

/**
 * Mean and centred sum of squares in one sweep over memory.
 *
 * Blocks of 2048 values are summed relative to the running mean with four accumulators each, and
 * joined by Chan's formula. The shift keeps the squares small, so nothing cancels even for data like
 * 1e9 ± 1; the accumulators keep the processor's adders busy. Input: finite values.
 */
export function meanVariance(values: Float64Array): MeanVariance {
  const total = values.length
  if (total === 0) return { n: 0, mean: 0, m2: 0 }
  // The first shift is a mean of a few values: a first outlier must not spoil the first block.
  let mean = leadingMean(values)
  let m2 = 0
  for (let start = 0; start < total; start += BLOCK) {
    const end = Math.min(start + BLOCK, total)
    const n = end - start
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
      const a = values[i]! - mean
      const b = values[i + 1]! - mean
      const c = values[i + 2]! - mean
      const d = values[i + 3]! - mean
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
      const a = values[i]! - mean
      s0 += a
      q0 += a * a
    }
    const shift = (s0 + s1 + (s2 + s3)) / n
    let blockM2 = q0 + q1 + (q2 + q3) - n * shift * shift
    // The block lies far from the running mean relative to its own spread: measure it again.
    if (n * shift * shift > 64 * blockM2) blockM2 = aroundOwnMean(values, start, end, mean + shift)
    m2 += blockM2 + (shift * shift * start * n) / (start + n)
    mean += (shift * n) / (start + n)
  }
  return { n: total, mean, m2 }
}

function leadingMean(values: Float64Array): number {
  const n = Math.min(values.length, BLOCK)
  const first = values[0]!
  let sum = 0
  for (let i = 0; i < n; i++) sum += values[i]! - first
  return first + sum / n
}

function aroundOwnMean(values: Float64Array, start: number, end: number, mean: number): number {
  let rest = 0
  let m2 = 0
  for (let i = start; i < end; i++) {
    const d = values[i]! - mean
    rest += d
    m2 += d * d
  }
  return Math.max(0, m2 - (rest * rest) / (end - start))
}
