import { binomialDeviance, binomialFactor } from '../special/deviance.ts'
import { expNegative, low, twoSum } from '../special/double-double.ts'
import { betaTail } from '../special/incomplete-beta.ts'
import { normalQuantile } from '../special/normal-quantile.ts'
import { emptyTail, logTailProbability, type Tail, tailProbability } from '../special/tail.ts'
import { smallestReached } from './discrete-quantile.ts'
import { requireCount, requireNumber, requireProbability } from './parameters.ts'

/**
 * The binomial distribution: successes in n independent trials with probability p.
 *
 * pmf(k) = C(n, k) p^k (1-p)^(n-k); `cdf` is P(X <= k), `sf` is P(X > k), `quantile(u)` the smallest
 * k with cdf(k) >= u, `quantileSf(u)` the smallest k with sf(k) <= u. Exact to a few ulp for any n,
 * also in the far tails.
 *
 * Input: k any number (cdf and sf use its floor, the pmf of a fraction is 0), n a whole number >= 0,
 * p and u in [0, 1]. Cost: 0.3 microseconds for a pmf, 1 for a tail, 10 to 20 for a quantile.
 *
 * @throws invalid `stats.invalid-parameter` for NaN, n that is no count, or a probability outside
 * [0, 1]
 *
 * @example
 * ```ts
 * import { binomial } from '@mlops/stats'
 *
 * console.log(binomial.pmf(3, 10, 0.5).toFixed(10)) // '0.1171875000'
 * console.log(binomial.quantile(0.975, 100, 0.12)) // 19
 * ```
 *
 * Source: C. Loader (2000) for the pmf; P(X <= k) = I_(1-p)(n-k, k+1).
 */
export const binomial = /* @__PURE__ */ Object.freeze({
  pmf(k: number, n: number, p: number): number {
    return mass(k, n, p, false)
  },
  logPmf(k: number, n: number, p: number): number {
    return mass(k, n, p, true)
  },
  cdf(k: number, n: number, p: number): number {
    return tailProbability(tail(k, n, p), true)
  },
  sf(k: number, n: number, p: number): number {
    return tailProbability(tail(k, n, p), false)
  },
  logCdf(k: number, n: number, p: number): number {
    return logTailProbability(tail(k, n, p), true)
  },
  logSf(k: number, n: number, p: number): number {
    return logTailProbability(tail(k, n, p), false)
  },
  quantile(u: number, n: number, p: number): number {
    requireProbability('u', u)
    check(0, n, p)
    return smallestReached((k) => binomial.cdf(k, n, p) >= u, guess(u, 1 - u, n, p), 0, n)
  },
  quantileSf(u: number, n: number, p: number): number {
    requireProbability('u', u)
    check(0, n, p)
    return smallestReached((k) => binomial.sf(k, n, p) <= u, guess(1 - u, u, n, p), 0, n)
  },
})

function guess(u: number, v: number, n: number, p: number): number {
  return u > 0 && v > 0
    ? n * p + normalQuantile(u, v) * Math.sqrt(n * p * (1 - p))
    : u === 0
      ? 0
      : n
}

// The beta tail of p: its upper side is P(X <= k).
function tail(k: number, n: number, p: number): Tail {
  check(k, n, p)
  const i = Math.floor(k)
  if (i < 0 || i >= n) return emptyTail(i < 0)
  const qh = twoSum(1, -p)
  return betaTail(i + 1, n - i, p, 0, qh, low[0]!)
}

function mass(k: number, n: number, p: number, log: boolean): number {
  check(k, n, p)
  if (!Number.isInteger(k) || k < 0 || k > n) return log ? Number.NEGATIVE_INFINITY : 0
  const qh = twoSum(1, -p)
  const ql = low[0]!
  if (p === 0 || qh === 0)
    return (p === 0 ? k === 0 : k === n) ? (log ? 0 : 1) : log ? Number.NEGATIVE_INFINITY : 0
  const eh = binomialDeviance(k, n, p, 0, qh, ql)
  const el = low[0]!
  const factor = binomialFactor(k, n)
  return log ? Math.log(factor) - el - eh : expNegative(eh, el, factor)
}

function check(k: number, n: number, p: number): void {
  requireNumber('k', k)
  requireCount('n', n)
  requireProbability('p', p)
}
