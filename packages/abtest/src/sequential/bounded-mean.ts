import { formatNumber, invalid } from '@mlops/core'
import { checkLevel } from '../analysis/compare-arms.ts'
import { given } from '../given.ts'
import type { AlwaysValidEstimate, EarlierLook } from './always-valid.ts'
import { alwaysValid } from './always-valid.ts'
import { betaBinomialMixture } from './mixture-bounds.ts'

/** Sufficient statistics of bounded values: how many, and their sum. They add up across replicas. */
export interface BoundedSum {
  readonly n: number
  readonly sum: number
}

export interface BoundedMeanOptions {
  /** What values can be. @default 0 */
  readonly lower?: number
  /** @default 1 */
  readonly upper?: number
  /** @default 0.05 */
  readonly alpha?: number
  /** Units of an arm at which the sequence is tightest; fixed before the start. @default 1000 */
  readonly tightestAt?: number
  /** The look before this one, to keep what it showed. */
  readonly earlier?: EarlierLook
}

/**
 * An exact confidence sequence for the mean of bounded values, proportions among them: the means against
 * which the beta-binomial mixture has not reached 1/alpha.
 *
 * Hypothesis: each value has mean m given the past and lies within the bounds; nothing is asymptotic. Input:
 * count and sum. Output: the interval lies within the bounds. No values: everything is possible.
 * Cost: two bisections, 50 µs.
 *
 * @throws `invalid` `abtest.invalid-option`, `abtest.invalid-arms`.
 * @example
 * ```ts
 * import { boundedMeanSequence } from '@mlops/abtest/sequential'
 *
 * const { interval } = boundedMeanSequence({ n: 50, sum: 1 }, { tightestAt: 50 })
 * console.log(interval.lower?.toFixed(4), interval.upper?.toFixed(4)) // 0.0000 0.1349
 * ```
 * Source: Howard et al. 2021, proposition 7; values within bounds are sub-Bernoulli (Hoeffding 1963).
 * Differs from: `bettingSequence` of `@mlops/drift/anytime`, which adapts to a small variance and needs every
 * value in order.
 */
export function boundedMeanSequence(
  arm: BoundedSum,
  options: BoundedMeanOptions = {},
): AlwaysValidEstimate {
  const { lower = 0, upper = 1, alpha = 0.05, tightestAt = 1000, earlier } = given(options)
  const interval = meanInterval(arm, { lower, upper, alpha, tightestAt })
  return alwaysValid(
    {
      method: 'beta-binomial-confidence-sequence',
      estimate: arm.n === 0 ? (lower + upper) / 2 : arm.sum / arm.n,
      interval: { level: 1 - alpha, ...interval },
      pValue: null,
      alpha,
      alternative: 'two-sided',
      adjustments: [adjustment(lower, upper, tightestAt)],
    },
    earlier,
  )
}

/**
 * An exact confidence sequence for a difference of bounded means: each arm's own at alpha/2, one subtracted
 * from the other. Wider than {@link asymptoticSequence}, and right from the first unit on.
 *
 * @throws as {@link boundedMeanSequence}; `invalid` `abtest.invalid-arms` for an arm without units.
 * @example
 * ```ts
 * import { boundedDifferenceSequence } from '@mlops/abtest/sequential'
 *
 * const { interval } = boundedDifferenceSequence({ n: 5000, sum: 500 }, { n: 5000, sum: 900 })
 * console.log(interval.lower?.toFixed(3), interval.upper?.toFixed(3)) // 0.047 0.113
 * ```
 */
export function boundedDifferenceSequence(
  control: BoundedSum,
  treatment: BoundedSum,
  options: BoundedMeanOptions = {},
): AlwaysValidEstimate {
  const { lower = 0, upper = 1, alpha = 0.05, tightestAt = 1000, earlier } = given(options)
  checkLevel(alpha)
  const sides = { lower, upper, alpha: alpha / 2, tightestAt }
  const [c, t] = [meanInterval(control, sides), meanInterval(treatment, sides)]
  if (control.n === 0 || treatment.n === 0) {
    throw invalid('abtest.invalid-arms', 'an arm has no units, so there is no difference yet', {
      control: control.n,
      treatment: treatment.n,
    })
  }
  return alwaysValid(
    {
      method: 'beta-binomial-difference-sequence',
      estimate: treatment.sum / treatment.n - control.sum / control.n,
      interval: { level: 1 - alpha, lower: t.lower - c.upper, upper: t.upper - c.lower },
      pValue: null,
      alpha,
      alternative: 'two-sided',
      adjustments: [
        adjustment(lower, upper, tightestAt),
        'alpha is shared by the two arms, half for each',
      ],
    },
    earlier,
  )
}

function meanInterval(
  arm: BoundedSum,
  { lower, upper, alpha, tightestAt }: Required<Omit<BoundedMeanOptions, 'earlier'>>,
): { readonly lower: number; readonly upper: number } {
  checkLevel(alpha)
  if (!(lower < upper) || !Number.isFinite(upper - lower)) {
    throw invalid('abtest.invalid-option', `lower must be below upper, got ${lower} and ${upper}`, {
      lower,
      upper,
    })
  }
  const range = upper - lower
  const { n, sum } = given(arm, 'abtest.invalid-arms')
  const slack = 1e-9 * Math.max(1, n) * range
  if (!Number.isInteger(n) || n < 0 || !(sum >= n * lower - slack && sum <= n * upper + slack)) {
    throw invalid(
      'abtest.invalid-arms',
      `${n} values from ${lower} to ${upper} cannot add up to ${sum}`,
      { n, sum, lower, upper },
    )
  }
  if (n === 0) return { lower, upper }
  const mean = Math.min(1, Math.max(0, (sum - n * lower) / (n * range)))
  const threshold = -Math.log(alpha)
  const possible = (m: number) => {
    if (m <= 0 || m >= 1) return m === mean
    const variance = m * (1 - m)
    const mixture = betaBinomialMixture({ tightestAt: variance * tightestAt, g: m, h: 1 - m })
    return mixture.logMixture((mean - m) * n, variance * n) < threshold
  }
  return {
    lower: lower + range * edge(0, mean, possible),
    upper: lower + range * edge(1, mean, possible),
  }
}

/** Where possible means end, from the mean towards a bound; on the safe side. */
function edge(bound: number, mean: number, possible: (m: number) => boolean): number {
  let [outside, inside] = [bound, mean]
  for (let i = 0; i < 60; i++) {
    const middle = (outside + inside) / 2
    if (possible(middle)) inside = middle
    else outside = middle
  }
  return outside
}

function adjustment(lower: number, upper: number, tightestAt: number): string {
  return `adjusted for looking at any time: exact for values from ${formatNumber(lower)} to ${formatNumber(upper)}, by a beta-binomial mixture that is tightest at ${tightestAt} units an arm`
}
