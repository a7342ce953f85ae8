import { passesFor } from './choose-passes.ts'

/** Mean and sum of squared deviations, what the t family needs. */
export interface MeanVariance {
  readonly n: number
  readonly mean: number
  /** What the double `mean` is too coarse to hold: the mean is mean + meanTail. */
  readonly meanTail: number
  /** sum((x − mean)²) */
  readonly m2: number
}

const BLOCK = 2048

/**
 * Mean and centred sum of squares in one sweep over memory.
 *
 * All values are taken relative to the mean of the first block, summed in blocks of 2048 with four
 * accumulators, and joined by Chan's formula. The shift keeps the squares small, so nothing cancels
 * even for data like 1e9 ± 1; the accumulators keep the processor's adders busy. Input: finite.
 */
export function meanVariance(values: Float64Array): MeanVariance {
  const total = values.length
  if (total === 0) return { n: 0, mean: 0, meanTail: 0, m2: 0 }
  const shift = leadingMean(values)
  const passes = passesFor(total)
  const sums = new Float64Array(2)
  let offset = 0
  let m2 = 0
  for (let start = 0; start < total; start += BLOCK) {
    const end = Math.min(start + BLOCK, total)
    const n = end - start
    passes.shiftedSums(values, start, end, shift, sums)
    const blockOffset = sums[0]! / n
    const squares = n * blockOffset * blockOffset
    let blockM2 = sums[1]! - squares
    // The block lies far from the shift relative to its own spread: measure it again.
    if (squares > 16 * blockM2) blockM2 = aroundOwnMean(values, start, end, shift + blockOffset)
    const d = blockOffset - offset
    m2 += blockM2 + (d * d * start * n) / (start + n)
    offset += (d * n) / (start + n)
  }
  const mean = shift + offset
  return { n: total, mean, meanTail: offset - (mean - shift), m2 }
}

/** The mean of the first block: near the data, and not at the mercy of one first outlier. */
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
