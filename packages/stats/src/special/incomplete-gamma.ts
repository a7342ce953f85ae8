import { gammaDeviance, gammaPrefactor } from './deviance.ts'
import { low } from './double-double.ts'
import { scaledErfcRoot } from './error-function.ts'
import { TEMME_GAMMA } from './fits.ts'
import { logGammaOnePlus, stirlingError } from './stirling.ts'
import { emptyTail, logTailProbability, type Tail, tailProbability } from './tail.ts'

const EPSILON = 1.1e-16
const SQRT_TWO_PI = 2.5066282746310007

/**
 * The tail of the gamma distribution with the given shape that is smaller at x, or near one half.
 *
 * Three regions: the uniform expansion where a >= 20 and x is near a; the power series of the lower
 * tail left of it; the continued fraction of the upper tail right of it. For a < 1 and a small x the
 * upper tail comes from its own expansion, for 1 - P would cancel.
 *
 * Source: N. M. Temme, "The asymptotic expansion of the incomplete gamma functions", SIAM J. Math.
 * Anal. 10 (1979); W. Gautschi, "A computational procedure for incomplete gamma functions", ACM TOMS
 * 5 (1979).
 */
export function gammaTail(a: number, x: number): Tail {
  if (x <= 0) return emptyTail(false)
  if (x === Number.POSITIVE_INFINITY) return emptyTail(true)
  const exponent = gammaDeviance(a, x)
  const exponentLow = low[0]!
  const deviance = exponent
  if (a < 1 && x < 0.8) {
    const factor = smallShapeUpper(a, x)
    if (factor < 0.4) return { upper: true, exponent: 0, exponentLow: 0, factor, deviance }
  }
  if (a >= 20 && exponent < 0.32 * a) {
    return { upper: x >= a, exponent, exponentLow, factor: uniformFactor(a, x, exponent), deviance }
  }
  const upper = a < 1 ? x >= 0.8 : x >= a
  const factor = gammaPrefactor(a) * (upper ? a * fraction(a, x) : series(a, x))
  return { upper, exponent, exponentLow, factor, deviance }
}

// sum of x^n / ((a+1) ... (a+n))
function series(a: number, x: number): number {
  let term = 1
  let sum = 1
  for (let d = a + 1; term > sum * EPSILON; d++) {
    term *= x / d
    sum += term
  }
  return sum
}

// 1/(x+1-a- 1(1-a)/(x+3-a- 2(2-a)/(x+5-a- ...))) for x >= min(a, 0.8)
function fraction(a: number, x: number): number {
  return a < 20 ? backwardFraction(a, x) : forwardFraction(a, x)
}

// The error after n terms falls as exp(-4 sqrt(n x)). For n > a the terms subtract, and only from the
// far end are their roundings damped.
function backwardFraction(a: number, x: number): number {
  let value = 0
  for (let n = Math.ceil(90 / x + a + 8); n >= 1; n--) {
    value = (n * (a - n)) / (x + 2 * n + 1 - a + value)
  }
  return 1 / (x + 1 - a + value)
}

// 1/(x+1-a- 1(1-a)/(x+3-a- 2(2-a)/(x+5-a- ...))), by its convergents
function forwardFraction(a: number, x: number): number {
  let p0 = 0
  let q0 = 1
  let p1 = 1
  let q1 = x + 1 - a
  let value = p1 / q1
  for (let n = 1; n < 100000; n++) {
    const alpha = n * (a - n)
    const beta = x + 2 * n + 1 - a
    const p2 = beta * p1 + alpha * p0
    const q2 = beta * q1 + alpha * q0
    p0 = p1
    q0 = q1
    p1 = p2
    q1 = q2
    if ((n & 3) === 0) {
      const next = p1 / q1
      if (Math.abs(next - value) <= EPSILON * next) return next
      value = next
      if (q1 > 1e120) {
        p0 *= 1e-120
        q0 *= 1e-120
        p1 *= 1e-120
        q1 *= 1e-120
      }
    }
  }
  return value
}

// Q = 1 - u - u * sum, u = x^a / Gamma(a+1), for a < 1
function smallShapeUpper(a: number, x: number): number {
  const logU = a * Math.log(x) - logGammaOnePlus(a)
  let term = 1
  let sum = 0
  for (let n = 1; n < 60; n++) {
    term *= -x / n
    const t = term / (a + n)
    sum += t
    if (Math.abs(t) < EPSILON * Math.abs(sum)) break
  }
  return -Math.expm1(logU) - Math.exp(logU) * a * sum
}

// Q exp(E) = erfcx(sqrt(E))/2 + S(eta)/sqrt(2 pi a), and P with eta < 0 likewise. The coefficients of
// S follow from S' - a eta S = a (1 - f(eta)/Gamma*(a)) by downward recurrence.
function uniformFactor(a: number, x: number, exponent: number): number {
  const eta = Math.sqrt((2 * exponent) / a) * (x < a ? -1 : 1)
  const scale = Math.exp(-stirlingError(a))
  let previous = 0
  let beforePrevious = 0
  let sum = 0
  // only two coefficients are alive: b[n-1] = f[n] / Gamma* + (n+1) b[n+1] / a
  for (let n = 31; n >= 1; n--) {
    const b = TEMME_GAMMA[n]! * scale + ((n + 1) * beforePrevious) / a
    beforePrevious = previous
    previous = b
    sum = sum * eta + b
  }
  const correction = sum / (SQRT_TWO_PI * Math.sqrt(a))
  const half = 0.5 * scaledErfcRoot(exponent)
  return x < a ? half - correction : half + correction
}

/**
 * The regularized incomplete gamma function P(a, x), a > 0, x >= 0; `upper` asks for Q = 1 - P.
 */
export function regularizedGamma(a: number, x: number, upper: boolean): number {
  if (!(a > 0) || Number.isNaN(x)) return Number.NaN
  return tailProbability(gammaTail(a, x), upper)
}

/** log P(a, x) or log Q(a, x), finite far beyond the underflow of either. */
export function logRegularizedGamma(a: number, x: number, upper: boolean): number {
  return logTailProbability(gammaTail(a, x), upper)
}
