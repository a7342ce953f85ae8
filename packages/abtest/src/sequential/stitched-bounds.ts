import { invalid } from '@mlops/core'
import { checkLevel } from '../analysis/compare-arms.ts'
import { given } from '../given.ts'

export interface StitchingOptions {
  /** @default 0.05 */
  readonly alpha?: number
  /** Intrinsic time from which the bound holds its shape; before, it stays constant. */
  readonly from: number
  /** Scale of a sub-gamma sum; 0 for a sub-Gaussian one. @default 0 */
  readonly c?: number
  /** Exponent of the union over epochs, > 1. @default 1.4 */
  readonly exponent?: number
  /** Growth of the epochs, > 1. @default 2 */
  readonly growth?: number
}

/**
 * A closed bound of a sum for all times: the law of the iterated logarithm with its constants.
 *
 * `√(k₁²·v·ℓ + (k₂cℓ)²) + k₂cℓ` with `ℓ = s·ln ln(ηv/m) + ln(ζ(s)/(α·ln^s η))`.
 *
 * @throws `invalid` `abtest.invalid-option`.
 * @example
 * ```ts
 * import { polynomialStitchingBound } from '@mlops/abtest/sequential'
 *
 * console.log(polynomialStitchingBound(100, { from: 10, c: 3 }).toFixed(4)) // 64.4875
 * ```
 * Source: Howard et al. 2021, theorem 1.
 */
export function polynomialStitchingBound(v: number, options: StitchingOptions): number {
  const { alpha = 0.05, from, c = 0, exponent = 1.4, growth = 2 } = given(options)
  checkLevel(alpha)
  atLeast('v', v, v >= 0)
  atLeast('from', from, from > 0)
  atLeast('c', c, c >= 0)
  atLeast('exponent', exponent, exponent > 1)
  atLeast('growth', growth, growth > 1)
  const time = Math.max(v, from)
  const { k1, k2 } = epochs(growth)
  const level =
    exponent * Math.log(Math.log((growth * time) / from)) +
    Math.log(zeta(exponent) / (alpha * Math.log(growth) ** exponent))
  const linear = k2 * c * level
  return Math.sqrt(k1 * k1 * time * level + linear * linear) + linear
}

/**
 * How far an empirical distribution function ever is from the true one, for all n >= `from` at once.
 *
 * `A·√((ln(1 + ln(t/m)) + C)/t)` with the smallest C for which the union bound stays below alpha.
 * Output: infinite before `from`.
 *
 * @throws `invalid` `abtest.invalid-option`.
 * @example
 * ```ts
 * import { empiricalProcessBound } from '@mlops/abtest/sequential'
 *
 * console.log(empiricalProcessBound(1000, { from: 100 }).toFixed(5)) // 0.08205
 * ```
 * Source: Howard & Ramdas 2022, "Sequential estimation of quantiles", theorem 2.
 */
export function empiricalProcessBound(
  n: number,
  options: {
    readonly alpha?: number
    readonly from: number
    /** A of the bound, > 1/√2. @default 0.85 */
    readonly factor?: number
  },
): number {
  const { alpha = 0.05, from, factor = 0.85 } = given(options)
  checkLevel(alpha)
  atLeast('from', from, from >= 1)
  atLeast('n', n, n >= 1)
  atLeast('factor', factor, factor > Math.SQRT1_2)
  if (n < from) return Number.POSITIVE_INFINITY
  const c = constantFor(alpha, factor)
  return factor * Math.sqrt((Math.log1p(Math.log(n / from)) + c) / n)
}

/**
 * A bound of the empirical process at one quantile that holds for all n and all quantiles at once, in units
 * of counts.
 *
 * @throws `invalid` `abtest.invalid-option`.
 * @example
 * ```ts
 * import { doubleStitchingBound } from '@mlops/abtest/sequential'
 *
 * console.log(doubleStitchingBound(0.9, 1000, { from: 100 }).toFixed(3)) // 43.721
 * ```
 * Source: Howard & Ramdas 2022, theorem 3.
 */
export function doubleStitchingBound(
  quantile: number,
  n: number,
  options: Omit<StitchingOptions, 'c'> & {
    /** Distance of neighbouring quantiles on the logit scale at `from`. @default 0.5 */
    readonly mesh?: number
  },
): number {
  const { alpha = 0.05, from, mesh = 0.5, exponent = 1.4, growth = 2 } = given(options)
  checkLevel(alpha)
  atLeast('quantile', quantile, quantile > 0 && quantile < 1)
  atLeast('n', n, n >= 1)
  atLeast('from', from, from >= 1)
  atLeast('mesh', mesh, mesh > 0)
  atLeast('exponent', exponent, exponent > 1)
  atLeast('growth', growth, growth > 1)
  const time = Math.max(n, from)
  const logit = Math.log(quantile / (1 - quantile))
  const shifted = logit + 2 * mesh * Math.sqrt((from * growth) / time)
  const r = quantile >= 0.5 ? quantile : Math.min(0.5, 1 / (1 + Math.exp(-shifted)))
  const variance = r * (1 - r)
  const rank = (Math.sqrt(time / from) * Math.abs(logit)) / (2 * mesh) + 1
  const z = zeta(exponent)
  const level =
    exponent * Math.log(Math.log((growth * time) / from)) +
    exponent * Math.log(rank) +
    Math.log((2 * z * (2 * z + 1)) / (alpha * Math.log(growth) ** exponent))
  const { k1, k2 } = epochs(growth)
  const linear = (k2 * (1 - 2 * quantile) * level) / 3
  return (
    mesh * Math.sqrt((growth * time * variance) / from) +
    Math.sqrt(k1 * k1 * variance * time * level + linear * linear) +
    linear
  )
}

function epochs(growth: number) {
  return {
    k1: (growth ** 0.25 + growth ** -0.25) / Math.SQRT2,
    k2: (Math.sqrt(growth) + 1) / 2,
  }
}

function constantFor(alpha: number, factor: number): number {
  const error = (c: number) => {
    const at = (eta: number) => {
      const gap = factor - Math.sqrt((2 * (eta - 1)) / c)
      const gammaSquared = gap > 0 ? (2 / eta) * gap ** 2 : 0
      return gammaSquared <= 1
        ? Number.POSITIVE_INFINITY
        : 4 * Math.exp(-gammaSquared * c) * (1 + 1 / ((gammaSquared - 1) * Math.log(eta)))
    }
    return smallest(at, 1, 2 * factor * factor)
  }
  let [low, high] = [0.1, 1]
  while (error(high) > alpha) high *= 2
  for (let i = 0; i < 80 && high - low > 1e-12 * high; i++) {
    const middle = (low + high) / 2
    if (error(middle) > alpha) low = middle
    else high = middle
  }
  return high
}

/** The least value between, of a function that falls and then rises; infinite from where it is not defined. */
function smallest(f: (x: number) => number, from: number, to: number): number {
  const ratio = (Math.sqrt(5) - 1) / 2
  let [low, high] = [from, to]
  for (let i = 0; i < 90; i++) {
    const [left, right] = [high - ratio * (high - low), low + ratio * (high - low)]
    // Not defined means too far to the right.
    if (f(right) === Number.POSITIVE_INFINITY || f(left) <= f(right)) high = right
    else low = left
  }
  return f((low + high) / 2)
}

/** Riemann's zeta at s > 1, by Euler and Maclaurin. */
function zeta(s: number): number {
  const n = 30
  let sum = 0
  for (let k = 1; k < n; k++) sum += k ** -s
  return (
    sum +
    n ** (1 - s) / (s - 1) +
    n ** -s / 2 +
    (s * n ** (-s - 1)) / 12 -
    (s * (s + 1) * (s + 2) * n ** (-s - 3)) / 720 +
    (s * (s + 1) * (s + 2) * (s + 3) * (s + 4) * n ** (-s - 5)) / 30_240
  )
}

function atLeast(name: string, value: number, fine: boolean): void {
  if (fine && value < Number.POSITIVE_INFINITY) return
  throw invalid('abtest.invalid-option', `${name} is out of its range: ${value}`, { [name]: value })
}
