import { invalid } from '@mlops/core'
import type { NumericSample } from '../samples/sample.ts'

/**
 * x − y pair by pair, without the pairs that miss a side.
 *
 * @throws `invalid`, `stats.length-mismatch`.
 */
export function pairDifferences(x: NumericSample, y: NumericSample) {
  if (x.length !== y.length) {
    throw invalid(
      'stats.length-mismatch',
      `paired samples must be of one length; they have ${x.length} and ${y.length} values.`,
      { x: x.length, y: y.length },
    )
  }
  const differences: number[] = []
  for (let i = 0; i < x.length; i++) {
    const [a, b] = [x[i] ?? Number.NaN, y[i] ?? Number.NaN]
    // Two equal infinities differ by 0, not by NaN.
    if (!Number.isNaN(a) && !Number.isNaN(b)) differences.push(a === b ? 0 : a - b)
  }
  return { differences, dropped: x.length - differences.length }
}
