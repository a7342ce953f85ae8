import { polynomial } from './double-double.ts'
import { DIGAMMA_SERIES, LOG_GAMMA_QUOTIENT, STIRLING_ERROR, STIRLING_SERIES } from './fits.ts'

const HALF_LOG_TWO_PI = 0.9189385332046728

/**
 * The error of Stirling's formula, log Gamma(z) - (z - 1/2) log z + z - log(2 pi)/2.
 *
 * Input: z > 0. Output: positive, decreasing, about 1/(12 z).
 *
 * Source: C. Loader, "Fast and accurate computation of binomial probabilities" (2000), named delta
 * there; the polynomials are our own fits (tools/golden/special_function_fits.py).
 */
export function stirlingError(z: number): number {
  if (z >= 10) {
    const w = 1 / (z * z)
    return (z > 1e9 ? STIRLING_SERIES[0]! : polynomial(STIRLING_SERIES, w)) / z
  }
  if (z >= 3.5) {
    return z >= 6
      ? polynomial(STIRLING_ERROR[4], (z - 8) * 0.5)
      : polynomial(STIRLING_ERROR[3], (z - 4.75) * 0.8)
  }
  if (z >= 1.5) {
    return z >= 2.25
      ? polynomial(STIRLING_ERROR[2], (z - 2.875) * 1.6)
      : polynomial(STIRLING_ERROR[1], ((z - 1.875) * 8) / 3)
  }
  if (z >= 1) return polynomial(STIRLING_ERROR[0], (z - 1.25) * 4)
  if (z > 1e-3) return stirlingError(z + 1) + ((z + 0.5) * Math.log1p(1 / z) - 1)
  return logGammaOnePlus(z) - (z + 0.5) * Math.log(z) + z - HALF_LOG_TWO_PI
}

/** log Gamma(1 + d) for -1 < d, with full relative accuracy near its zeros d = 0 and d = 1. */
export function logGammaOnePlus(d: number): number {
  if (d < 0) {
    if (d < -0.5) return logGammaOnePlus(d + 1) - Math.log1p(d)
    return (d + 1) * d * quotient(d + 1) - Math.log1p(d)
  }
  if (d <= 1) return d * (d - 1) * quotient(d)
  if (d <= 2) return Math.log1p(d - 1) + (d - 1) * (d - 2) * quotient(d - 1)
  return logGamma(1 + d)
}

// log Gamma(1 + d) / (d (d - 1)) on [0, 1]
function quotient(d: number): number {
  return d < 0.5
    ? polynomial(LOG_GAMMA_QUOTIENT[0], (d - 0.25) * 4)
    : polynomial(LOG_GAMMA_QUOTIENT[1], (d - 0.75) * 4)
}

/**
 * log Gamma(x), with full relative accuracy near its zeros at 1 and 2.
 *
 * Input: x > 0. Output: +Infinity at 0 and at +Infinity, NaN below 0.
 */
export function logGamma(x: number): number {
  if (!(x >= 0)) return Number.NaN
  if (x < 0.5) return x === 0 ? Number.POSITIVE_INFINITY : logGammaOnePlus(x) - Math.log(x)
  if (x <= 3) return logGammaOnePlus(x - 1)
  if (x === Number.POSITIVE_INFINITY) return x
  return (x - 0.5) * (Math.log(x) - 1) - 0.5 + HALF_LOG_TWO_PI + stirlingError(x)
}

/**
 * log Gamma(b + a) - log Gamma(b), relative to a: exact to a few ulp even for a tiny beside b, where
 * the difference of two log gammas would have no digit left. a > 0, b > 0.
 */
export function logGammaIncrement(b: number, a: number): number {
  let sum = 0
  while (b < 10) {
    sum -= Math.log1p(a / b)
    b += 1
  }
  const t = Math.log1p(a / b)
  const w = 1 / (b * b)
  let power = 1 / b
  let correction = 0
  for (let k = 0; k < STIRLING_SERIES.length; k++) {
    correction += STIRLING_SERIES[k]! * power * Math.expm1(-(2 * k + 1) * t)
    power *= w
  }
  return sum + a * Math.log(b) + ((a + b - 0.5) * t - a) + correction
}

const DIGAMMA_ROOT_HIGH = 1.4616321449683622
const DIGAMMA_ROOT_LOW = 9.549995429965697e-17

/**
 * The digamma function, d/dx log Gamma(x).
 *
 * Input: x > 0. Output: -Infinity at 0, NaN below; zero at 1.4616..., near which the relative accuracy is kept.
 */
export function digamma(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN
  if (Math.abs(x - DIGAMMA_ROOT_HIGH) < 0.2) return digammaNearRoot(x)
  let shift = 0
  while (x < 10) {
    shift -= 1 / x
    x += 1
  }
  const w = 1 / (x * x)
  return shift + (Math.log(x) - 0.5 / x - w * polynomial(DIGAMMA_SERIES, w))
}

// psi(x) - psi(root) = sum over k of (x - root) / ((k + root)(k + x)), its tail from the expansion.
function digammaNearRoot(x: number): number {
  const d = x - DIGAMMA_ROOT_HIGH - DIGAMMA_ROOT_LOW
  let sum = 0
  const n = 12
  for (let k = 0; k < n; k++) sum += d / ((k + DIGAMMA_ROOT_HIGH) * (k + x))
  const u = DIGAMMA_ROOT_HIGH + n
  const v = x + n
  const t = Math.log1p(d / u)
  let tail = t + (0.5 * d) / (u * v)
  let power = 1 / (u * u)
  for (let k = 0; k < DIGAMMA_SERIES.length; k++) {
    tail -= DIGAMMA_SERIES[k]! * power * Math.expm1(-(2 * k + 2) * t)
    power /= u * u
  }
  return sum + tail
}

/**
 * log B(a, b) = log Gamma(a) + log Gamma(b) - log Gamma(a + b), for a, b > 0, without the
 * cancellation of the three where one parameter is large.
 */
export function logBeta(a: number, b: number): number {
  if (!(a >= 0 && b >= 0)) return Number.NaN
  const p = Math.min(a, b)
  const q = Math.max(a, b)
  if (q < 10) {
    return p < 1
      ? logGammaOnePlus(p) - Math.log(p) - logGammaIncrement(q, p)
      : logGamma(p) - logGammaIncrement(q, p)
  }
  if (p < 10) return logGamma(p) - logGammaIncrement(q, p)
  const n = p + q
  return (
    HALF_LOG_TWO_PI -
    0.5 * Math.log(q) +
    (p - 0.5) * Math.log(p / n) -
    q * Math.log1p(p / q) +
    stirlingError(p) +
    (stirlingError(q) - stirlingError(n))
  )
}
