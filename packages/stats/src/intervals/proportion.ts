import { givenOptions, invalid } from '@mlops/core'
import { beta } from '../distributions/beta.ts'
import { normal } from '../distributions/normal.ts'
import { checkLevel } from '../hypothesis/test-result.ts'
import { checkProportion, type Proportion } from '../hypothesis/two-proportion-z.ts'

/** A closed interval. */
export interface Interval {
  readonly lower: number
  readonly upper: number
}

export interface IntervalOptions {
  /** @default 0.95 */
  readonly confidence?: number
}

/**
 * Wilson's score interval for a proportion. Good from small n on; the default choice.
 *
 * `(p + z²/2n ± z·sqrt(p(1 − p)/n + z²/4n²))/(1 + z²/n)`
 *
 * Input: successes and trials, n >= 1. Output: within [0, 1]. Cost: constant.
 *
 * @throws `invalid`: `stats.bad-proportion`, `stats.empty-sample`, `stats.bad-level`.
 * @example
 * ```ts
 * import { wilsonInterval } from '@mlops/stats'
 *
 * const { lower, upper } = wilsonInterval({ successes: 15, n: 148 })
 * console.log(lower.toFixed(4), upper.toFixed(4)) // '0.0624' '0.1605'
 * ```
 * Source: Wilson 1927.
 */
export function wilsonInterval(
  { successes, n }: Proportion,
  options: IntervalOptions = {},
): Interval {
  const { confidence = 0.95 } = givenOptions(options)
  const z = criticalZ(confidence, { successes, n })
  const p = successes / n
  const center = p + (z * z) / (2 * n)
  const reach = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n))
  const divisor = 1 + (z * z) / n
  // At the ends the bound is 0 or 1 exactly; rounding must not move it.
  return {
    lower: successes === 0 ? 0 : (center - reach) / divisor,
    upper: successes === n ? 1 : (center + reach) / divisor,
  }
}

/**
 * Agresti and Coull's interval: Wald's around Wilson's centre.
 *
 * Input, output, cost and errors as for {@link wilsonInterval}; clipped to [0, 1].
 *
 * @example
 * ```ts
 * import { agrestiCoull } from '@mlops/stats'
 *
 * console.log(agrestiCoull({ successes: 15, n: 148 }).lower.toFixed(4)) // '0.0614'
 * ```
 * Source: Agresti & Coull 1998.
 */
export function agrestiCoull(
  { successes, n }: Proportion,
  options: IntervalOptions = {},
): Interval {
  const { confidence = 0.95 } = givenOptions(options)
  const z = criticalZ(confidence, { successes, n })
  const more = n + z * z
  const p = (successes + (z * z) / 2) / more
  return around(p, z * Math.sqrt((p * (1 - p)) / more))
}

/**
 * Wald's interval `p ± z·sqrt(p(1 − p)/n)`: the textbook one, too narrow near 0 and 1. For comparison;
 * use {@link wilsonInterval}.
 *
 * Input, output, cost and errors as there; clipped to [0, 1].
 *
 * @example
 * ```ts
 * import { waldInterval } from '@mlops/stats'
 *
 * console.log(waldInterval({ successes: 50, n: 100 }).lower.toFixed(4)) // '0.4020'
 * ```
 */
export function waldInterval(
  { successes, n }: Proportion,
  options: IntervalOptions = {},
): Interval {
  const { confidence = 0.95 } = givenOptions(options)
  const z = criticalZ(confidence, { successes, n })
  const p = successes / n
  return around(p, z * Math.sqrt((p * (1 - p)) / n))
}

/**
 * Clopper and Pearson's exact interval: never covers less than it promises, often more.
 *
 * `[B(α/2; x, n − x + 1), B(1 − α/2; x + 1, n − x)]`, B the beta quantile.
 *
 * Input, output and errors as for {@link wilsonInterval}. Cost: two beta quantiles.
 *
 * @example
 * ```ts
 * import { clopperPearson } from '@mlops/stats'
 *
 * console.log(clopperPearson({ successes: 0, n: 20 }).upper.toFixed(6)) // '0.168433'
 * ```
 * Source: Clopper & Pearson 1934.
 */
export function clopperPearson(
  { successes, n }: Proportion,
  options: IntervalOptions = {},
): Interval {
  const { confidence = 0.95 } = givenOptions(options)
  checkTrials({ successes, n }, confidence)
  const tail = (1 - confidence) / 2
  return {
    lower: successes === 0 ? 0 : beta.quantile(tail, successes, n - successes + 1),
    upper: successes === n ? 1 : beta.quantileSf(tail, successes + 1, n - successes),
  }
}

/**
 * Jeffreys' interval: equal tails of Beta(x + ½, n − x + ½).
 *
 * Input, output and errors as for {@link wilsonInterval}. Cost: two beta quantiles.
 *
 * @example
 * ```ts
 * import { jeffreysInterval } from '@mlops/stats'
 *
 * console.log(jeffreysInterval({ successes: 15, n: 148 }).lower.toFixed(4)) // '0.0604'
 * ```
 * Source: Brown, Cai & DasGupta 2001, §3.1 (there with 0 and 1 at the ends, as here).
 * Differs from: statsmodels, which keeps the beta quantile even for x = 0 and x = n.
 */
export function jeffreysInterval(
  { successes, n }: Proportion,
  options: IntervalOptions = {},
): Interval {
  const { confidence = 0.95 } = givenOptions(options)
  checkTrials({ successes, n }, confidence)
  const tail = (1 - confidence) / 2
  const [a, b] = [successes + 0.5, n - successes + 0.5]
  return {
    lower: successes === 0 ? 0 : beta.quantile(tail, a, b),
    upper: successes === n ? 1 : beta.quantileSf(tail, a, b),
  }
}

/** The two-sided normal critical value, after checking level and proportions. */
export function criticalZ(confidence: number, ...proportions: readonly Proportion[]): number {
  for (const proportion of proportions) checkTrials(proportion, confidence)
  return -normal.quantile((1 - confidence) / 2)
}

function checkTrials(proportion: Proportion, confidence: number): void {
  checkLevel(confidence)
  checkProportion('given', proportion)
  if (proportion.n === 0) {
    throw invalid('stats.empty-sample', 'n is 0; an interval needs at least one trial.')
  }
}

function around(center: number, reach: number): Interval {
  return { lower: Math.max(0, center - reach), upper: Math.min(1, center + reach) }
}
