import { invalid } from '@mlops/core'
import { beta, gamma, logBeta, logGamma, normal } from '@mlops/stats'
import { checkLevel } from '../analysis/compare-arms.ts'
import { given } from '../given.ts'
import { oneOf } from './bounds.ts'

/**
 * A test supermartingale that mixes over effects: of the sum of deviations `s` with intrinsic time
 * (accumulated variance) `v`.
 */
export interface MixtureBoundary {
  /** Logarithm of the e-value at (s, v): may be looked at whenever one likes. */
  logMixture(s: number, v: number): number
  /** The s that is ever exceeded with probability at most alpha. */
  bound(v: number, alpha: number): number
}

export interface MixtureOptions {
  /** Intrinsic time at which the bound is to be tightest, > 0. */
  readonly tightestAt: number
  /** Level for which it is tightest there. @default 0.05 */
  readonly tightestAlpha?: number
}

export interface SidedMixtureOptions extends MixtureOptions {
  /** `two`: bounds |s|. @default 'two' */
  readonly sides?: 'two' | 'one'
}

/**
 * The scale ρ of a normal mixture that is tightest at an intrinsic time.
 *
 * `ρ = v/(2·ln(1/α) + ln(1 + 2·ln(1/α)))`; one-sided with 2α.
 *
 * @throws `invalid` `abtest.invalid-option`.
 * @example
 * ```ts
 * import { normalMixtureScale } from '@mlops/abtest/sequential'
 *
 * console.log(normalMixtureScale({ tightestAt: 100 }).toFixed(4)) // 12.6006
 * ```
 * Source: Howard, Ramdas, McAuliffe & Sekhon 2021, section 3.5.
 */
export function normalMixtureScale(options: SidedMixtureOptions): number {
  const { tightestAt, tightestAlpha = 0.05, sides = 'two' } = given(options)
  positive('tightestAt', tightestAt)
  oneOf('sides', sides, ['two', 'one'])
  const alpha = sides === 'two' ? tightestAlpha : 2 * tightestAlpha
  checkLevel(alpha)
  const log = -2 * Math.log(alpha)
  return tightestAt / (log + Math.log1p(log))
}

/**
 * The normal mixture, for sums that are sub-Gaussian.
 *
 * Two-sided `ln M = ½ln(ρ/(v + ρ)) + s²/(2(v + ρ))`, bound `√((v + ρ)(ln(1 + v/ρ) + 2·ln(1/α)))`; one-sided
 * `½ln(4ρ/(v + ρ)) + s²/(2(v + ρ)) + ln Φ(s/√(v + ρ))`, bound by bisection.
 *
 * @throws `invalid` `abtest.invalid-option`.
 * @example
 * ```ts
 * import { normalMixture } from '@mlops/abtest/sequential'
 *
 * console.log(normalMixture({ tightestAt: 100 }).bound(100, 0.05).toFixed(4)) // 30.3521
 * ```
 * Source: Howard et al. 2021, propositions 5 and 6.
 */
export function normalMixture(options: SidedMixtureOptions): MixtureBoundary {
  const { tightestAt, tightestAlpha = 0.05, sides = 'two' } = given(options)
  const scale = normalMixtureScale({ tightestAt, tightestAlpha, sides })
  if (sides === 'two') {
    return {
      logMixture: (s, v) => 0.5 * Math.log(scale / (v + scale)) + (s * s) / (2 * (v + scale)),
      bound: (v, alpha) => {
        checkLevel(alpha)
        return Math.sqrt((v + scale) * (Math.log1p(v / scale) - 2 * Math.log(alpha)))
      },
    }
  }
  return searched(
    (s, v) =>
      0.5 * Math.log((4 * scale) / (v + scale)) +
      (s * s) / (2 * (v + scale)) +
      normal.logCdf(s / Math.sqrt(v + scale)),
  )
}

/**
 * The gamma-exponential mixture, for sums that are sub-exponential with scale `c`; one-sided.
 *
 * @throws `invalid` `abtest.invalid-option`.
 * @example
 * ```ts
 * import { gammaExponentialMixture } from '@mlops/abtest/sequential'
 *
 * console.log(gammaExponentialMixture({ tightestAt: 100, c: 2 }).bound(100, 0.05).toFixed(4)) // 33.0202
 * ```
 * Source: Howard et al. 2021, proposition 9.
 */
export function gammaExponentialMixture(
  options: MixtureOptions & { readonly c: number },
): MixtureBoundary {
  const { tightestAt, tightestAlpha = 0.05, c } = given(options)
  positive('c', c)
  const scale = normalMixtureScale({ tightestAt, tightestAlpha, sides: 'one' }) / (c * c)
  const constant = scale * Math.log(scale) - logGamma(scale) - gamma.logCdf(scale, scale)
  return searched((s, v) => {
    const [time, sum] = [v / (c * c) + scale, s / c + v / (c * c)]
    const at = sum + scale
    return constant + logGamma(time) + gamma.logCdf(at, time) - time * Math.log(at) + sum
  })
}

/**
 * The gamma-Poisson mixture, for sums that are sub-Poisson with scale `c`; one-sided.
 *
 * @throws `invalid` `abtest.invalid-option`.
 * @example
 * ```ts
 * import { gammaPoissonMixture } from '@mlops/abtest/sequential'
 *
 * console.log(gammaPoissonMixture({ tightestAt: 100, c: 2 }).bound(100, 0.05).toFixed(4)) // 30.1949
 * ```
 * Source: Howard et al. 2021, proposition 10.
 */
export function gammaPoissonMixture(
  options: MixtureOptions & { readonly c: number },
): MixtureBoundary {
  const { tightestAt, tightestAlpha = 0.05, c } = given(options)
  positive('c', c)
  const scale = normalMixtureScale({ tightestAt, tightestAlpha, sides: 'one' }) / (c * c)
  const constant = scale * Math.log(scale) - logGamma(scale) - gamma.logSf(scale, scale)
  return searched((s, v) => {
    const time = v / (c * c) + scale
    const sum = s / c + time
    return constant + logGamma(sum) + gamma.logSf(time, sum) - sum * Math.log(time) + v / (c * c)
  })
}

/**
 * The beta-binomial mixture, for values within `g` below and `h` above their mean (sub-Bernoulli).
 *
 * Input: `v` is `g·h` times the number of values. Output: the bound never exceeds `v/g`, the largest sum there is.
 *
 * @throws `invalid` `abtest.invalid-option`.
 * @example
 * ```ts
 * import { betaBinomialMixture } from '@mlops/abtest/sequential'
 *
 * console.log(betaBinomialMixture({ tightestAt: 100, g: 0.2, h: 0.8 }).bound(100, 0.05).toFixed(3)) // 31.431
 * ```
 * Source: Howard et al. 2021, propositions 7 and 8.
 */
export function betaBinomialMixture(
  options: SidedMixtureOptions & { readonly g: number; readonly h: number },
): MixtureBoundary {
  const { tightestAt, tightestAlpha = 0.05, sides = 'two', g, h } = given(options)
  positive('g', g)
  positive('h', h)
  const scale = normalMixtureScale({ tightestAt, tightestAlpha, sides })
  const r = Math.max(scale - g * h, 1e-3 * g * h)
  const range = g + h
  const logIncomplete = (a: number, b: number) =>
    logBeta(a, b) + (sides === 'two' ? 0 : beta.logCdf(h / range, a, b))
  const constant = logIncomplete(r / (g * range), r / (h * range))
  return searched(
    (s, v) =>
      (v / (g * h)) * Math.log(range) -
      ((v + h * s) / (h * range)) * Math.log(g) -
      ((v - g * s) / (g * range)) * Math.log(h) +
      logIncomplete((r + v - g * s) / (g * range), (r + v + h * s) / (h * range)) -
      constant,
    (v) => v / g,
  )
}

/** A boundary whose bound is found by bisection: the mixture rises with s > 0. */
function searched(
  logMixture: (s: number, v: number) => number,
  largest: (v: number) => number = () => Number.POSITIVE_INFINITY,
): MixtureBoundary {
  return {
    logMixture,
    bound(v, alpha) {
      checkLevel(alpha)
      positive('v', v)
      const target = -Math.log(alpha)
      let low = 0
      let high = Math.min(v, largest(v))
      while (high < largest(v) && logMixture(high, v) < target)
        [low, high] = [high, Math.min(2 * high, largest(v))]
      if (logMixture(high, v) < target) return high
      for (let i = 0; i < 100 && high - low > 1e-13 * high; i++) {
        const middle = (low + high) / 2
        if (logMixture(middle, v) < target) low = middle
        else high = middle
      }
      return high
    },
  }
}

function positive(name: string, value: number): void {
  if (value > 0 && value < Number.POSITIVE_INFINITY) return
  throw invalid('abtest.invalid-option', `${name} must be > 0 and finite, got ${value}`, {
    [name]: value,
  })
}
