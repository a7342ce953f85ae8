import { givenOptions } from '@mlops/core'
import type { Proportion } from '../hypothesis/two-proportion-z.ts'
import { criticalZ, type IntervalOptions } from './proportion.ts'
import { boundary } from './proportion-difference.ts'

/** An interval for a ratio; null stands for an upper bound that does not exist (∞). */
export interface RatioInterval {
  readonly lower: number
  readonly upper: number | null
}

/**
 * Katz's log interval for the ratio p1/p2 of two proportions.
 *
 * `exp(ln(p1/p2) ± z·sqrt(1/x1 − 1/n1 + 1/x2 − 1/n2))`
 *
 * Input: successes and trials of both sides, n >= 1. Output: null where a side has no success (the
 * logarithm does not exist); {@link koopmanRatio} covers that case. Cost: constant.
 *
 * @throws `invalid`: `stats.bad-proportion`, `stats.empty-sample`, `stats.bad-level`.
 * @example
 * ```ts
 * import { katzLogRatio } from '@mlops/stats'
 *
 * const interval = katzLogRatio({ successes: 56, n: 70 }, { successes: 48, n: 80 })
 * console.log(interval?.lower.toFixed(4), interval?.upper?.toFixed(4)) // '1.0766' '1.6512'
 * ```
 * Source: Katz et al. 1978, method C.
 */
export function katzLogRatio(
  first: Proportion,
  second: Proportion,
  options: IntervalOptions = {},
): { readonly lower: number; readonly upper: number } | null {
  const { confidence = 0.95 } = givenOptions(options)
  const z = criticalZ(confidence, first, second)
  if (first.successes === 0 || second.successes === 0) return null
  const ratio = first.successes / first.n / (second.successes / second.n)
  const variance = 1 / first.successes - 1 / first.n + 1 / second.successes - 1 / second.n
  const reach = z * Math.sqrt(Math.max(0, variance))
  return { lower: ratio * Math.exp(-reach), upper: ratio * Math.exp(reach) }
}

/**
 * Koopman's score interval for the ratio p1/p2, with Miettinen and Nurminen's variance factor
 * N/(N − 1): all ratios that a score test would not reject.
 *
 * Input and errors as for {@link katzLogRatio}. Output: lower 0 where x1 = 0, upper null (∞) where
 * x2 = 0. Cost: about a hundred steps.
 *
 * @example
 * ```ts
 * import { koopmanRatio } from '@mlops/stats'
 *
 * const { lower, upper } = koopmanRatio({ successes: 7, n: 34 }, { successes: 1, n: 34 }, { correction: 'none' })
 * console.log(lower.toFixed(3), upper?.toFixed(2)) // '1.221' '42.58'
 * ```
 * Source: Koopman 1984; Miettinen & Nurminen 1985, eq. 12.
 */
export function koopmanRatio(
  first: Proportion,
  second: Proportion,
  options: IntervalOptions & {
    /** Whether the variance is multiplied by N/(N − 1). @default 'miettinen-nurminen' */
    readonly correction?: 'miettinen-nurminen' | 'none'
  } = {},
): RatioInterval {
  const { confidence = 0.95, correction = 'miettinen-nurminen' } = givenOptions(options)
  const z = criticalZ(confidence, first, second)
  const n = first.n + second.n
  const factor = correction === 'none' ? 1 : n / (n - 1)
  const score = (logRatio: number) => ratioScore(first, second, Math.exp(logRatio), factor)
  const estimate = Math.log(first.successes / first.n) - Math.log(second.successes / second.n)
  if (Number.isNaN(estimate)) return { lower: 0, upper: null }
  return {
    lower: first.successes === 0 ? 0 : Math.exp(outward(estimate, -1, (w) => score(w) <= z)),
    upper: second.successes === 0 ? null : Math.exp(outward(estimate, 1, (w) => score(w) >= -z)),
  }
}

/** Walks from the estimate until the score rejects, then bisects. An infinite estimate starts at its finite side. */
function outward(
  estimate: number,
  direction: 1 | -1,
  accepts: (logRatio: number) => boolean,
): number {
  let inside = Number.isFinite(estimate) ? estimate : -direction * 50
  let step = direction
  while (accepts(inside + step) && Math.abs(inside) < 700) {
    inside += step
    step = (step * 2) as 1 | -1
  }
  return boundary(Math.min(inside, inside + step), Math.max(inside, inside + step), (w) =>
    direction > 0 ? accepts(w) : !accepts(w),
  )
}

/** (p1 − ρ·p2) over its standard error when the true ratio is ρ. */
function ratioScore(first: Proportion, second: Proportion, rho: number, factor: number): number {
  const [x1, n1, x2, n2] = [first.successes, first.n, second.successes, second.n]
  // Maximum-likelihood p2 under p1 = ρ·p2: the smaller root of a quadratic.
  const a = (n1 + n2) * rho
  const b = -(n1 * rho + x1 + n2 + x2 * rho)
  const c = x1 + x2
  const p2 = (2 * c) / (-b + Math.sqrt(Math.max(0, b * b - 4 * a * c)))
  const p1 = Math.min(1, p2 * rho)
  const variance = ((p1 * (1 - p1)) / n1 + (rho * rho * p2 * (1 - p2)) / n2) * factor
  const gap = x1 / n1 - (rho * x2) / n2
  if (gap === 0) return 0
  return variance > 0 ? gap / Math.sqrt(variance) : Math.sign(gap) * Infinity
}

/**
 * Logit (Woolf) interval for the odds ratio of two proportions.
 *
 * `exp(ln(or) ± z·sqrt(1/x1 + 1/(n1 − x1) + 1/x2 + 1/(n2 − x2)))`
 *
 * Input, cost and errors as for {@link katzLogRatio}. Output: null where a cell is 0; `fisherExact`
 * gives an exact interval there.
 *
 * @example
 * ```ts
 * import { oddsRatioLogit } from '@mlops/stats'
 *
 * const interval = oddsRatioLogit({ successes: 56, n: 70 }, { successes: 48, n: 80 })
 * console.log(interval?.oddsRatio.toFixed(3), interval?.lower.toFixed(3)) // '2.667' '1.276'
 * ```
 * Source: Woolf 1955.
 */
export function oddsRatioLogit(
  first: Proportion,
  second: Proportion,
  options: IntervalOptions = {},
): { readonly oddsRatio: number; readonly lower: number; readonly upper: number } | null {
  const { confidence = 0.95 } = givenOptions(options)
  const z = criticalZ(confidence, first, second)
  const [a, b] = [first.successes, first.n - first.successes]
  const [c, d] = [second.successes, second.n - second.successes]
  if (Math.min(a, b, c, d) === 0) return null
  const oddsRatio = (a * d) / (b * c)
  const reach = z * Math.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
  return { oddsRatio, lower: oddsRatio * Math.exp(-reach), upper: oddsRatio * Math.exp(reach) }
}
