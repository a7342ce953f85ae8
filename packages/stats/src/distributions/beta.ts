import { betaDeviance, betaPrefactor } from '../special/deviance.ts'
import { addDouble2, expNegative, logDouble2, low, twoSum } from '../special/double-double.ts'
import { logRegularizedBeta, regularizedBeta } from '../special/incomplete-beta.ts'
import { inverseRegularizedBeta } from '../special/inverse-beta.ts'
import { requireNumber, requirePositive, requireProbability } from './parameters.ts'

/**
 * The beta distribution on [0, 1] with shapes a and b (mean a/(a+b)).
 *
 * pdf(x) = x^(a-1) (1-x)^(b-1) / B(a, b); `cdf` is the regularized incomplete beta function. Both
 * tails and their logarithms keep full relative accuracy, for shapes up to 1e6 and beyond.
 *
 * Input: x any number or +-Infinity, a, b > 0, p and q in [0, 1]. Where the quantile is near 1, the
 * distance from 1 is `beta.quantile(1 - p, b, a)`.
 * Cost: 0.3 to 2 microseconds for a tail, about four times that for a quantile.
 *
 * @throws invalid `stats.invalid-parameter` for NaN, a shape that is not positive and finite, or a
 * probability outside [0, 1]
 *
 * @example
 * ```ts
 * import { beta } from '@mlops/stats'
 *
 * // 95% interval of a rate after 12 successes in 100 trials, uniform prior
 * console.log(beta.quantile(0.025, 13, 89).toFixed(6), beta.quantileSf(0.025, 13, 89).toFixed(6)) // '0.070350 0.198345'
 * ```
 *
 * Source: see `betaTail` and `inverseRegularizedBeta`.
 * Differs from: scipy.stats.beta, whose quantile is off by 2e-5 for some tails.
 */
export const beta = /* @__PURE__ */ Object.freeze({
  cdf(x: number, a: number, b: number): number {
    return regularizedBeta(a, b, clamped(x, a, b), false)
  },
  sf(x: number, a: number, b: number): number {
    return regularizedBeta(a, b, clamped(x, a, b), true)
  },
  logCdf(x: number, a: number, b: number): number {
    return logRegularizedBeta(a, b, clamped(x, a, b), false)
  },
  logSf(x: number, a: number, b: number): number {
    return logRegularizedBeta(a, b, clamped(x, a, b), true)
  },
  pdf(x: number, a: number, b: number): number {
    clamped(x, a, b)
    return betaDensity(x, a, b, false)
  },
  logPdf(x: number, a: number, b: number): number {
    clamped(x, a, b)
    return betaDensity(x, a, b, true)
  },
  quantile(p: number, a: number, b: number): number {
    requireProbability('p', p)
    clamped(0, a, b)
    return inverseRegularizedBeta(a, b, p, 1 - p).x
  },
  quantileSf(q: number, a: number, b: number): number {
    requireProbability('q', q)
    clamped(0, a, b)
    return inverseRegularizedBeta(a, b, 1 - q, q).x
  },
})

function clamped(x: number, a: number, b: number): number {
  requireNumber('x', x)
  requirePositive('a', a)
  requirePositive('b', b)
  return Math.max(0, Math.min(1, x))
}

function betaDensity(x: number, a: number, b: number, log: boolean): number {
  if (x <= 0 || x >= 1) {
    const shape = x === 0 ? a : b
    const p =
      (x === 0 || x === 1) && shape <= 1
        ? shape < 1
          ? Number.POSITIVE_INFINITY
          : x === 0
            ? b
            : a
        : 0
    return log ? Math.log(p) : p
  }
  const yh = twoSum(1, -x)
  const yl = low[0]!
  let eh = betaDeviance(a, b, x, 0, yh, yl)
  let el = low[0]!
  const lx = logDouble2(x)
  eh = addDouble2(eh, el, lx, low[0]!)
  el = low[0]!
  const ly = logDouble2(yh, yl)
  eh = addDouble2(eh, el, ly, low[0]!)
  el = low[0]!
  const factor = betaPrefactor(a, b)
  return log ? Math.log(factor) - el - eh : expNegative(eh, el, factor)
}
