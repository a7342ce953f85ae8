import { invalid } from '@mlops/core'
import { extent } from '../kernels/buckets.ts'
import { meanVariance } from '../kernels/mean-variance.ts'
import type { NumericSample } from '../samples/sample.ts'

/**
 * Covariance (ddof 1) of two samples pair by pair; null with fewer than 2 complete pairs.
 *
 * Input: two samples of one length; pairs with a missing side are left out. Cost: two passes.
 *
 * @throws `invalid`: `stats.length-mismatch`, `stats.infinite-value`.
 * @example
 * ```ts
 * import { covariance } from '@mlops/stats'
 *
 * console.log(covariance([1, 2, 3], [2, 4, null])) // 1
 * ```
 */
export function covariance(x: NumericSample, y: NumericSample): number | null {
  const pairs = completePairs(x, y)
  const n = pairs.x.length
  return n < 2 ? null : sumOfProducts(deviations(pairs.x), deviations(pairs.y)) / (n - 1)
}

/**
 * Pearson's correlation of two samples pair by pair: −1 … 1; null with fewer than 2 complete pairs or
 * where a side is constant.
 *
 * Input, cost and errors as for {@link covariance}.
 *
 * @example
 * ```ts
 * import { correlation } from '@mlops/stats'
 *
 * console.log(correlation([1, 2, 3], [1, 2, 4])?.toFixed(4), correlation([1, 1], [1, 2])) // '0.9820' null
 * ```
 */
export function correlation(x: NumericSample, y: NumericSample): number | null {
  const pairs = completePairs(x, y)
  if (pairs.x.length < 2 || constant(pairs.x) || constant(pairs.y)) return null
  const [dx, dy] = [scaled(deviations(pairs.x)), scaled(deviations(pairs.y))]
  const r =
    sumOfProducts(dx, dy) / Math.sqrt(sumOfProducts(dx, dx)) / Math.sqrt(sumOfProducts(dy, dy))
  return Math.max(-1, Math.min(1, r))
}

/** From the mean with its tail: around 1e15 the mean itself is an eighth off. */
function deviations(values: Float64Array): Float64Array {
  const { mean, meanTail } = meanVariance(values)
  return values.map((x) => x - mean - meanTail)
}

/** To at most 1, so that squares of the smallest and the largest doubles neither vanish nor overflow. */
function scaled(values: Float64Array): Float64Array {
  const [low, high] = extent(values)
  const reach = Math.max(-low, high)
  return values.map((x) => x / reach)
}

function sumOfProducts(x: Float64Array, y: Float64Array): number {
  let sum = 0
  for (let i = 0; i < x.length; i++) sum += x[i]! * y[i]!
  return sum
}

function constant(values: Float64Array): boolean {
  return values.every((v) => v === values[0])
}

function completePairs(x: NumericSample, y: NumericSample) {
  if (x.length !== y.length) {
    throw invalid(
      'stats.length-mismatch',
      `paired samples must be of one length; they have ${x.length} and ${y.length} values.`,
      { x: x.length, y: y.length },
    )
  }
  const pairs = { x: new Float64Array(x.length), y: new Float64Array(x.length) }
  let n = 0
  for (let i = 0; i < x.length; i++) {
    const [a, b] = [x[i] ?? Number.NaN, y[i] ?? Number.NaN]
    const sum = a + b
    if (Number.isNaN(a) || Number.isNaN(b)) continue
    if (!Number.isFinite(sum)) {
      throw invalid(
        'stats.infinite-value',
        `pair ${i} is (${a}, ${b}); this quantity is defined for finite numbers only.`,
        { index: i },
      )
    }
    pairs.x[n] = a
    pairs.y[n++] = b
  }
  return { x: pairs.x.subarray(0, n), y: pairs.y.subarray(0, n) }
}
