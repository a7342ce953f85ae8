import { binomialDeviance, binomialFactor } from '../special/deviance.ts'
import {
  addDouble2,
  divideDouble2,
  expNegative,
  low,
  multiplyDouble2,
  twoProduct,
} from '../special/double-double.ts'
import { kolmogorov } from './kolmogorov.ts'
import { requireCount, requireNumber, requireProbability } from './parameters.ts'
import { pelzGood } from './pelz-good.ts'
import { poisson } from './poisson.ts'

/**
 * The null distribution of the one-sample Kolmogorov-Smirnov statistic D_n of n values.
 *
 * `sf(d, n)` is P(D_n >= d), the exact p-value of a sample compared with a known distribution; `cdf`
 * is P(D_n < d). D_n is continuous, so it makes no difference whether d itself counts.
 *
 * Up to n = 5000, and for any n in the far tail, the answer is exact. There the sample is a Poisson
 * process given its total, carried between the two boundaries by positive convolutions (absolute
 * error below 1e-13); where n d^2 >= 4.5 it is twice the one-sided tail of Smirnov (relative error
 * below 1e-11: both sides are hardly ever crossed together). Beyond n = 5000, the expansion of Pelz
 * and Good in powers of 1/sqrt(n), whose error is below 2e-9 from there on.
 *
 * Input: d any number, n a whole number >= 1, p and q in [0, 1].
 * Cost: about 40 n^(3/2) operations: 0.1 ms at n = 100, 5 ms at 1000; a quantile 10 to 50 times that.
 *
 * @throws invalid `stats.invalid-parameter` for NaN, n that is no count, or a probability outside
 * [0, 1]
 *
 * @example
 * ```ts
 * import { ksFiniteSample } from '@mlops/stats'
 *
 * console.log(ksFiniteSample.sf(0.274, 10).toFixed(6)) // '0.371486'
 * console.log(ksFiniteSample.quantileSf(0.05, 20).toFixed(6)) // '0.294076'
 * ```
 *
 * Source: R. Simard, P. L'Ecuyer, "Computing the two-sided Kolmogorov-Smirnov distribution", J. Stat.
 * Softw. 39 (2011), for the regions; A. Moscovich, B. Nadler, "Fast calculation of boundary crossing
 * probabilities for Poisson processes", Stat. Probab. Lett. 123 (2017), for the exact method.
 * Differs from: scipy.stats.kstwo, which turns to the expansion at n = 140.
 */
export const ksFiniteSample = /* @__PURE__ */ Object.freeze({
  cdf(d: number, n: number): number {
    check(d, n)
    return probability(d, n, false)
  },
  sf(d: number, n: number): number {
    check(d, n)
    return probability(d, n, true)
  },
  logCdf(d: number, n: number): number {
    check(d, n)
    const upper = probability(d, n, true)
    return upper < 0.5 ? Math.log1p(-upper) : Math.log(probability(d, n, false))
  },
  logSf(d: number, n: number): number {
    check(d, n)
    const lower = probability(d, n, false)
    return lower < 0.5 ? Math.log1p(-lower) : Math.log(probability(d, n, true))
  },
  quantile(p: number, n: number): number {
    requireProbability('p', p)
    return quantile(p, 1 - p, n)
  },
  quantileSf(q: number, n: number): number {
    requireProbability('q', q)
    return quantile(1 - q, q, n)
  },
})

const EXACT_LIMIT = 5000
const RESCALE_ABOVE = 2 ** 256
const GRID = 2 ** 51
const LN2_LOW = 2.3190468138462996e-17

function probability(d: number, n: number, upper: boolean): number {
  if (d <= 0.5 / n) return upper ? 1 : 0
  if (d >= 1) return upper ? 0 : 1
  if (d >= 0.5 || n * d * d >= 4.5) {
    const p = 2 * smirnovTail(d, n)
    return upper ? p : 1 - p
  }
  const p = n <= EXACT_LIMIT ? insideProbability(d, n) : pelzGood(d, n)
  return upper ? 1 - p : p
}

// P(D+ >= d) = sum over j of C(n,j) d (d + j/n)^(j-1) (1 - d - j/n)^(n-j). The terms form a smooth
// bell over j/n that is flat zero at both ends, so for a large n every stride-th of them gives the
// sum to the last digit.
function smirnovTail(d: number, n: number): number {
  const stride = Math.max(1, Math.floor(n / 8192))
  let sum = 0
  for (let j = 0; j < n * (1 - d); j += stride) {
    const share = divideDouble2(j, 0, n, 0)
    const xh = addDouble2(share, low[0]!, d, 0)
    const xl = low[0]!
    const yh = addDouble2(1, 0, -xh, -xl)
    const yl = low[0]!
    if (yh <= 0) break
    const eh = binomialDeviance(j, n, xh, xl, yh, yl)
    sum += (expNegative(eh, low[0]!, binomialFactor(j, n)) * d) / xh
  }
  return sum * stride
}

// P(D < d): a Poisson process of rate 1 on [0, n], kept between t - nd and t + nd, given that it ends
// at n. A value i becomes possible at time i - nd and impossible at i + nd, so all steps between such
// events have one of three lengths, and one kernel each serves them all.
function insideProbability(d: number, n: number): number {
  const width = twoProduct(n, d)
  const widthLow = low[0]!
  const whole = Math.floor(width) - (width === Math.floor(width) && widthLow < 0 ? 1 : 0)
  const fraction = width - whole + widthLow
  const closesFirst = fraction <= 0.5
  const split = width - whole - 0.5
  const gap = 2 * Math.abs(split + widthLow)
  // all steps together must last n exactly, or the count of paths drifts: unless the gap itself is
  // what matters, it is put on a grid on which 2 outer + inner = 1 has no rounding
  const inner = gap < 1e-3 ? gap : 1 - 2 * (Math.round((0.5 - gap / 2) * GRID) / GRID)
  const outer = gap < 1e-3 ? (closesFirst ? fraction : 1 - fraction) : (1 - inner) / 2
  const band = 2 * whole + 3
  const outerKernel = poissonKernel(outer, band)
  const joinKernel = poissonKernel(2 * outer, band)
  const innerKernel = poissonKernel(inner, band)
  let state = new Float64Array(n + 2)
  let next = new Float64Array(n + 2)
  state[0] = 1
  let least = 0
  let most = Math.min(n, whole)
  let scale = 0
  let drift = 0
  const advance = ({ weights, drift: step }: Kernel): void => {
    drift += step
    let total = 0
    for (let i = least; i <= most; i++) {
      let s = 0
      const reach = Math.min(weights.length - 1, i - least)
      for (let k = 0; k <= reach; k++) s += weights[k]! * state[i - k]!
      next[i] = s
      total += s
    }
    ;[state, next] = [next, state]
    if (total > RESCALE_ABOVE) {
      for (let i = least; i <= most; i++) state[i] = state[i]! / RESCALE_ABOVE
      scale += 1
    }
  }
  const close = (k: number): void => {
    if (k >= whole && least === k - whole) least++
  }
  const open = (): void => {
    if (most < n) state[++most] = 0
  }
  advance(outerKernel)
  for (let k = 0; k < n; k++) {
    if (closesFirst) close(k)
    else open()
    advance(innerKernel)
    if (closesFirst) open()
    else close(k)
    if (least > most) return 0
    advance(k === n - 1 ? outerKernel : joinKernel)
  }
  // exp(n) pmf(n; n) = n^n / n! is the value without boundaries
  const unbounded = poisson.pmf(n, n)
  const scaled = twoProduct(-256 * scale, Math.LN2)
  const exponent = addDouble2(n, 0, scaled, low[0]! - 256 * scale * LN2_LOW)
  const correction = 1 - low[0]! - drift
  return Math.min(1, (state[n]! / unbounded) * Math.exp(-exponent) * correction)
}

interface Kernel {
  readonly weights: Float64Array
  /** The sum of the roundings of the weights, relative to the sum of the weights. */
  readonly drift: number
}

// mean^k / k!: the factors exp(-mean) cancel in the end. The same roundings return in thousands of
// steps, so they are kept, to be taken out of the result.
function poissonKernel(mean: number, length: number): Kernel {
  const weights: number[] = [1]
  let h = 1
  let l = 0
  let roundings = 0
  for (let k = 1; k < length && h > 1e-20; k++) {
    h = multiplyDouble2(h, l, mean, 0)
    h = divideDouble2(h, low[0]!, k, 0)
    l = low[0]!
    roundings -= l
    weights.push(h)
  }
  return { weights: Float64Array.from(weights), drift: roundings * Math.exp(-mean) }
}

// Regula falsi (Illinois) on the logarithm of the smaller tail
function quantile(p: number, q: number, n: number): number {
  check(0, n)
  if (p === 0) return 0.5 / n
  if (q === 0) return 1
  const upper = q < p
  const target = Math.log(upper ? q : p)
  const distance = (d: number): number =>
    (Math.max(-1e4, Math.log(probability(d, n, upper))) - target) * (upper ? -1 : 1)
  let a = 0.5 / n
  let b = 1
  let fa = Math.max(-1e4, upper ? target : -1e4)
  let fb = upper ? 1e4 : -target
  let d = Math.min(
    0.9999,
    Math.max(
      0.5 / n + 1e-9,
      (upper ? kolmogorov.quantileSf(q) : kolmogorov.quantile(p)) / Math.sqrt(n),
    ),
  )
  for (let i = 0; i < 200; i++) {
    const f = distance(d)
    if (f === 0) return d
    if (f < 0) {
      if (a > 0.5 / n) fb /= 2
      a = d
      fa = f
    } else {
      if (b < 1) fa /= 2
      b = d
      fb = f
    }
    if (b - a <= 4e-16 * b) break
    const bracketed = a > 0.5 / n && b < 1
    const secant = (a * fb - b * fa) / (fb - fa)
    const trial = bracketed
      ? secant
      : f < 0
        ? Math.min((a + b) / 2, a * 1.05)
        : Math.max((a + b) / 2, b / 1.05)
    d = trial > a && trial < b ? trial : (a + b) / 2
  }
  return d
}

function check(d: number, n: number): void {
  requireNumber('d', d)
  requireCount('n', n, 1)
}
