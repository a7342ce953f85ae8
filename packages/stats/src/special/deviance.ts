import {
  addDouble2,
  divideDouble2,
  logDouble2,
  low,
  multiplyDouble2,
  twoProduct,
  twoSum,
} from './double-double.ts'
import { logGammaOnePlus, stirlingError } from './stirling.ts'

const TWO_PI = 6.283185307179586

/**
 * a log(a/x) + x - a in double-double (low part in `low`): the exponent of the gamma density and of
 * the Poisson probability. a > 0, x > 0; zero where x = a.
 */
export function gammaDeviance(a: number, x: number): number {
  const qh = divideDouble2(x, 0, a, 0)
  if (x > 1e290 || qh === Number.POSITIVE_INFINITY) {
    low[0] = 0
    return x - a * (Math.log(x) - Math.log(a) + 1)
  }
  const lh = logDouble2(qh, low[0]!)
  const ll = low[0]!
  const ph = twoProduct(-a, lh)
  const pl = low[0]! - a * ll
  const dh = twoSum(x, -a)
  const dl = low[0]!
  return addDouble2(dh, dl, ph, pl)
}

/** x^a exp(-x) / Gamma(a + 1) is exp(-gammaDeviance) times this. */
export function gammaPrefactor(a: number): number {
  return a < 1e-3
    ? Math.exp(a * Math.log(a) - a - logGammaOnePlus(a))
    : Math.exp(-stirlingError(a)) / Math.sqrt(TWO_PI * a)
}

/**
 * a log(a/(n x)) + b log(b/(n y)) with n = a + b, in double-double (low part in `low`): the exponent
 * of the beta density and of the binomial probability. x + y = 1, both given to double-double, since
 * a rounding of x near 1e-16 costs a * 1e-16. Zero where x = a/n.
 */
export function betaDeviance(
  a: number,
  b: number,
  xh: number,
  xl: number,
  yh: number,
  yl: number,
): number {
  const nh = twoSum(a, b)
  const nl = low[0]!
  let ph = multiplyDouble2(xh, xl, nh, nl)
  let qh = divideDouble2(ph, low[0]!, a, 0)
  const lx = logDouble2(qh, low[0]!)
  const lxl = low[0]!
  ph = multiplyDouble2(yh, yl, nh, nl)
  qh = divideDouble2(ph, low[0]!, b, 0)
  const ly = logDouble2(qh, low[0]!)
  const lyl = low[0]!
  const sh = twoProduct(-a, lx)
  const sl = low[0]! - a * lxl
  const th = twoProduct(-b, ly)
  const tl = low[0]! - b * lyl
  return addDouble2(sh, sl, th, tl)
}

/** x^a y^b / B(a, b) is exp(-betaDeviance) times this. */
export function betaPrefactor(a: number, b: number): number {
  const p = Math.min(a, b)
  const q = Math.max(a, b)
  const n = p + q
  if (p < 1e-3) {
    // 1/B(p, q) = p Gamma(p+q) / (Gamma(1+p) Gamma(q)); with q as small, the same formula once more
    const log =
      q < 1e-3
        ? logGammaOnePlus(n) -
          logGammaOnePlus(p) -
          logGammaOnePlus(q) +
          Math.log(q / n) +
          p * Math.log(p / n) +
          q * Math.log(q / n)
        : stirlingError(n) -
          stirlingError(q) -
          logGammaOnePlus(p) +
          p * Math.log(p) -
          p +
          0.5 * Math.log(q / n)
    return p * Math.exp(log)
  }
  const s = stirlingError(n) - stirlingError(q) - stirlingError(p)
  return Math.sqrt((p * (q / n)) / TWO_PI) * Math.exp(s)
}

/**
 * -log of C(n, k) x^k y^(n-k) / binomialFactor(k, n) in double-double (low part in `low`), for whole
 * 0 <= k <= n and x + y = 1, both to double-double.
 *
 * Source: C. Loader, "Fast and accurate computation of binomial probabilities" (2000).
 */
export function binomialDeviance(
  k: number,
  n: number,
  xh: number,
  xl: number,
  yh: number,
  yl: number,
): number {
  if (n === 0) {
    low[0] = 0
    return 0
  }
  if (k > 0 && k < n) return betaDeviance(k, n - k, xh, xl, yh, yl)
  const lh = k === 0 ? logDouble2(yh, yl) : logDouble2(xh, xl)
  const ll = low[0]!
  if (lh === Number.NEGATIVE_INFINITY) return Number.POSITIVE_INFINITY
  const eh = twoProduct(-n, lh)
  low[0] = low[0]! - n * ll
  return eh
}

/** See {@link binomialDeviance}. */
export function binomialFactor(k: number, n: number): number {
  if (k === 0 || k === n) return 1
  const s = stirlingError(n) - stirlingError(k) - stirlingError(n - k)
  return Math.sqrt(n / k / (TWO_PI * (n - k))) * Math.exp(s)
}
