import { addDouble2, expNegative, low, twoProduct } from '../special/double-double.ts'
import { centralNormal, scaledNormalTail } from '../special/error-function.ts'
import { normalQuantile } from '../special/normal-quantile.ts'
import { requireNumber, requireProbability } from './parameters.ts'

const INVERSE_SQRT_TWO_PI = 0.3989422804014327
const LOG_SQRT_TWO_PI = 0.9189385332046728

/**
 * The standard normal distribution.
 *
 * `cdf` is P(X <= x), `sf` is P(X > x); both and their logarithms keep full relative accuracy in
 * their tails. `quantile(p)` inverts `cdf`, `quantileSf(q)` inverts `sf`, so an upper tail of 1e-300
 * has a quantile.
 *
 * Input: x any number or +-Infinity, p and q in [0, 1]. Cost: about 100 ns for a tail, 150 for a quantile.
 *
 * @throws invalid `stats.invalid-parameter` for NaN or a probability outside [0, 1]
 *
 * @example
 * ```ts
 * import { normal } from '@mlops/stats'
 *
 * console.log(normal.quantile(0.025)) // -1.9599639845400543
 * console.log(normal.sf(37).toExponential(10)) // '5.7255712225e-300'
 * ```
 *
 * Source: own Chebyshev fits of exp(x^2) erfc(x); the square of x is split exactly.
 * Differs from: scipy.stats.norm, whose tails lose 1e-13 at 30 standard deviations.
 */
export const normal = /* @__PURE__ */ Object.freeze({
  cdf(x: number): number {
    requireNumber('x', x)
    return upperTail(-x)
  },
  sf(x: number): number {
    requireNumber('x', x)
    return upperTail(x)
  },
  logCdf(x: number): number {
    requireNumber('x', x)
    return logUpperTail(-x)
  },
  logSf(x: number): number {
    requireNumber('x', x)
    return logUpperTail(x)
  },
  pdf(x: number): number {
    requireNumber('x', x)
    if (Math.abs(x) > 40) return 0
    const square = twoProduct(x, x)
    return expNegative(0.5 * square, 0.5 * low[0]!, INVERSE_SQRT_TWO_PI)
  },
  logPdf(x: number): number {
    requireNumber('x', x)
    return -0.5 * x * x - LOG_SQRT_TWO_PI
  },
  quantile(p: number): number {
    requireProbability('p', p)
    return normalQuantile(p, 1 - p)
  },
  quantileSf(q: number): number {
    requireProbability('q', q)
    return normalQuantile(1 - q, q)
  },
})

function upperTail(x: number): number {
  if (x < 1) return x > -1 ? 0.5 - centralNormal(x) : 1 - upperTail(-x)
  if (x > 40) return 0
  const square = twoProduct(x, x)
  return expNegative(0.5 * square, 0.5 * low[0]!, scaledNormalTail(x))
}

function logUpperTail(x: number): number {
  if (x < 1) return x > -1 ? Math.log(0.5 - centralNormal(x)) : Math.log1p(-upperTail(-x))
  if (x === Number.POSITIVE_INFINITY) return Number.NEGATIVE_INFINITY
  if (x > 1e100) return -0.5 * x * x
  const square = twoProduct(x, x)
  return addDouble2(-0.5 * square, -0.5 * low[0]!, Math.log(scaledNormalTail(x)), 0)
}
