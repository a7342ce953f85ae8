import { betaDeviance, betaPrefactor } from './deviance.ts'
import { low, twoProduct, twoSum } from './double-double.ts'
import { logGammaIncrement, logGammaOnePlus } from './stirling.ts'
import { emptyTail, logTailProbability, type Tail, tailProbability } from './tail.ts'

const EPSILON = 1.1e-16

/**
 * The tail of the beta distribution that is smaller at x, or near one half, where x and y = 1 - x are
 * both given in double-double.
 *
 * Left of the mean the lower tail is computed, right of it the upper one, by the continued fraction
 * of Didonato and Morris or, where it is short, the power series with positive terms. For a small
 * first shape whose lower tail is near 1 the upper one has its own expansion.
 *
 * Source: A. R. Didonato, A. H. Morris, "Algorithm 708: significant digit computation of the
 * incomplete beta function ratios", ACM TOMS 18 (1992), equation 9.
 */
export function betaTail(
  a: number,
  b: number,
  xh: number,
  xl: number,
  yh: number,
  yl: number,
): Tail {
  if (xh <= 0) return emptyTail(false)
  if (yh <= 0) return emptyTail(true)
  const exponent = betaDeviance(a, b, xh, xl, yh, yl)
  const exponentLow = low[0]!
  if (a * yh >= b * xh) {
    return directTail(a, b, xh, xl, yh, exponent, exponentLow, false)
  }
  return directTail(b, a, yh, yl, xh, exponent, exponentLow, true)
}

function directTail(
  a: number,
  b: number,
  x: number,
  xl: number,
  y: number,
  exponent: number,
  exponentLow: number,
  upper: boolean,
): Tail {
  const deviance = exponent
  const prefactor = betaPrefactor(a, b)
  if (x <= 0.4 && (a <= 15 || (a + b) * x < 0.6 * a)) {
    const factor = (prefactor / a) * series(a, b, x)
    if (a < 1 && Math.exp(-exponent) * factor > 0.6) {
      return {
        upper: !upper,
        exponent: 0,
        exponentLow: 0,
        factor: smallShapeUpper(a, b, x),
        deviance,
      }
    }
    return { upper, exponent, exponentLow, factor, deviance }
  }
  return { upper, exponent, exponentLow, factor: prefactor * fraction(a, b, x, xl, y), deviance }
}

// 2F1(a+b, 1; a+1; x): I = x^a y^b / (a B) times this
function series(a: number, b: number, x: number): number {
  let term = 1
  let sum = 1
  let n = a + b
  for (let d = a + 1; term > sum * EPSILON; d++) {
    term *= (n / d) * x
    n++
    sum += term
  }
  return sum
}

// I / (x^a y^b / B) for x left of the mean
function fraction(a: number, b: number, x: number, xl: number, y: number): number {
  const nh = twoSum(a, b)
  const nl = low[0]!
  const ph = twoProduct(nh, x)
  const lambda = a - ph - (low[0]! + nl * x + nh * xl)
  return b < 20 ? backwardFraction(a, b, x, y, lambda) : forwardFraction(a, b, x, y, lambda)
}

// The error after m terms falls as exp(-4 sqrt(y m (m + a + b))). For m > b the terms subtract, and
// only from the far end are their roundings damped.
function backwardFraction(a: number, b: number, x: number, y: number, lambda: number): number {
  const n = a + b
  let value = 0
  const last = 360 / (y * n * n)
  const count = (0.5 * n * last) / (1 + Math.sqrt(1 + last)) + b + 8
  let m = Math.ceil(count)
  let above = 1 / (a + 2 * m + 1)
  for (; m >= 1; m--) {
    const below = 1 / (a + 2 * m - 1)
    const c = m * (b - m) * x * below
    const beta = m + c + (a + m) * above * (lambda + 1 + m * (1 + y))
    value = ((a + m - 1) * (n + m - 1) * below * x * c) / (beta + value)
    above = below
  }
  return 1 / ((a / (a + 1)) * (lambda + 1) + value)
}

function forwardFraction(a: number, b: number, x: number, y: number, lambda: number): number {
  const n = a + b
  let p0 = 0
  let q0 = 1
  let p1 = 1
  let q1 = (a / (a + 1)) * (lambda + 1)
  let value = p1 / q1
  let below = 1 / (a + 1)
  for (let m = 1; m < 100000; m++) {
    const above = 1 / (a + 2 * m + 1)
    const c = m * (b - m) * x * below
    const alpha = (a + m - 1) * (n + m - 1) * below * x * c
    const beta = m + c + (a + m) * above * (lambda + 1 + m * (1 + y))
    below = above
    const p2 = beta * p1 + alpha * p0
    const q2 = beta * q1 + alpha * q0
    p0 = p1
    q0 = q1
    p1 = p2
    q1 = q2
    if (q1 > 1e100 || (m & 3) === 0) {
      const next = p1 / q1
      if ((m & 3) === 0) {
        if (Math.abs(next - value) <= 2 * EPSILON * next) return next
        value = next
      }
      const scale = 1 / q1
      p0 *= scale
      q0 *= scale
      p1 = next
      q1 = 1
    }
  }
  return value
}

// 1 - I for a < 1 and a small x: I = u (1 + a sum), u = x^a / (a B(a, b))
function smallShapeUpper(a: number, b: number, x: number): number {
  const logU = a * Math.log(x) - logGammaOnePlus(a) + logGammaIncrement(b, a)
  let term = 1
  let sum = 0
  for (let n = 1; n < 500; n++) {
    term *= ((n - b) / n) * x
    const t = term / (a + n)
    sum += t
    if (Math.abs(t) < EPSILON * Math.abs(sum)) break
  }
  return -Math.expm1(logU) - Math.exp(logU) * a * sum
}

/**
 * The regularized incomplete beta function I_x(a, b), a, b > 0, 0 <= x <= 1; `upper` asks for
 * 1 - I_x(a, b).
 */
export function regularizedBeta(a: number, b: number, x: number, upper: boolean): number {
  if (!(a > 0 && b > 0 && x >= 0 && x <= 1)) return Number.NaN
  const yh = twoSum(1, -x)
  return tailProbability(betaTail(a, b, x, 0, yh, low[0]!), upper)
}

/** log I_x(a, b) or log(1 - I_x(a, b)), finite far beyond the underflow of either. */
export function logRegularizedBeta(a: number, b: number, x: number, upper: boolean): number {
  const yh = twoSum(1, -x)
  return logTailProbability(betaTail(a, b, x, 0, yh, low[0]!), upper)
}
