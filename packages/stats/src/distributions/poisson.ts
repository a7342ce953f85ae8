import { gammaDeviance, gammaPrefactor } from '../special/deviance.ts'
import { expNegative, low } from '../special/double-double.ts'
import { gammaTail } from '../special/incomplete-gamma.ts'
import { normalQuantile } from '../special/normal-quantile.ts'
import { emptyTail, logTailProbability, type Tail, tailProbability } from '../special/tail.ts'
import { smallestReached } from './discrete-quantile.ts'
import { requireNumber, requirePositive, requireProbability } from './parameters.ts'

/**
 * The Poisson distribution with mean `mean`.
 *
 * pmf(k) = mean^k exp(-mean) / k!; `cdf` is P(X <= k), `sf` is P(X > k), `quantile(u)` the smallest k
 * with cdf(k) >= u, `quantileSf(u)` the smallest k with sf(k) <= u.
 *
 * Input: k any number (cdf and sf use its floor, the pmf of a fraction is 0), mean > 0, u in [0, 1].
 * Cost: 0.2 microseconds for a pmf, 0.5 for a tail, 10 for a quantile.
 *
 * @throws invalid `stats.invalid-parameter` for NaN, a mean that is not positive and finite, or a
 * probability outside [0, 1]
 *
 * @example
 * ```ts
 * import { poisson } from '@mlops/stats'
 *
 * console.log(poisson.pmf(3, 2.5).toFixed(10)) // '0.2137630172'
 * console.log(poisson.quantile(0.99, 2.5)) // 7
 * ```
 *
 * Source: C. Loader (2000) for the pmf; P(X <= k) = Q(k+1, mean).
 */
export const poisson = /* @__PURE__ */ Object.freeze({
  pmf(k: number, mean: number): number {
    return mass(k, mean, false)
  },
  logPmf(k: number, mean: number): number {
    return mass(k, mean, true)
  },
  cdf(k: number, mean: number): number {
    return tailProbability(tail(k, mean), true)
  },
  sf(k: number, mean: number): number {
    return tailProbability(tail(k, mean), false)
  },
  logCdf(k: number, mean: number): number {
    return logTailProbability(tail(k, mean), true)
  },
  logSf(k: number, mean: number): number {
    return logTailProbability(tail(k, mean), false)
  },
  quantile(u: number, mean: number): number {
    requireProbability('u', u)
    check(0, mean)
    if (u === 1) return Number.POSITIVE_INFINITY
    return smallestReached(
      (k) => poisson.cdf(k, mean) >= u,
      guess(u, 1 - u, mean),
      0,
      Number.MAX_SAFE_INTEGER,
    )
  },
  quantileSf(u: number, mean: number): number {
    requireProbability('u', u)
    check(0, mean)
    if (u === 0) return Number.POSITIVE_INFINITY
    return smallestReached(
      (k) => poisson.sf(k, mean) <= u,
      guess(1 - u, u, mean),
      0,
      Number.MAX_SAFE_INTEGER,
    )
  },
})

function guess(u: number, v: number, mean: number): number {
  return u > 0 && v > 0 ? mean + normalQuantile(u, v) * Math.sqrt(mean) : 0
}

// The gamma tail of the mean: its upper side is P(X <= k).
function tail(k: number, mean: number): Tail {
  check(k, mean)
  const i = Math.floor(k)
  if (i < 0 || i === Number.POSITIVE_INFINITY) return emptyTail(i < 0)
  return gammaTail(i + 1, mean)
}

function mass(k: number, mean: number, log: boolean): number {
  check(k, mean)
  if (!Number.isInteger(k) || k < 0) return log ? Number.NEGATIVE_INFINITY : 0
  if (k === 0) return log ? -mean : Math.exp(-mean)
  const eh = gammaDeviance(k, mean)
  const el = low[0]!
  const factor = gammaPrefactor(k)
  return log ? Math.log(factor) - el - eh : expNegative(eh, el, factor)
}

function check(k: number, mean: number): void {
  requireNumber('k', k)
  requirePositive('mean', mean)
}
