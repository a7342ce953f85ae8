import { givenOptions } from '@mlops/core'
import type { Interval } from '@mlops/stats'
import { requireChoice, requireCountOption, requireLevel } from '../stream/require-option.ts'
import { requireBounded, requireBounds, requireState } from './bounded-value.ts'

export interface ConfidenceSequenceOptions {
  /** Chance that the mean is ever outside. @default 0.05 */
  readonly alpha?: number
  /** What values can be. @default 0 */
  readonly lower?: number
  /** @default 1 */
  readonly upper?: number
  /** @default 'both' */
  readonly sides?: 'both' | 'lower' | 'upper'
}

/** What an empirical Bernstein sequence carries along; of values scaled to [0, 1]. Plain JSON. */
export interface BernsteinState {
  readonly kind: 'empirical-bernstein'
  readonly n: number
  readonly sum: number
  readonly squares: number
  /** Sums of the weights, of weighted values, and of the weighted squared surprises. */
  readonly weights: number
  readonly weighted: number
  readonly surprises: number
  /** The running intersection. */
  readonly low: number
  readonly high: number
}

/** The state before the first value: everything is possible. */
export const emptyBernstein: BernsteinState = Object.freeze({
  kind: 'empirical-bernstein',
  n: 0,
  sum: 0,
  squares: 0,
  weights: 0,
  weighted: 0,
  surprises: 0,
  low: 0,
  high: 1,
})

/**
 * A confidence sequence for a bounded mean, by the predictable plug-in empirical Bernstein bound: an
 * interval after every value, all of which hold at once.
 *
 * `Σλx/Σλ ± (ln(2/alpha) + Σ v·ψ(λ))/Σλ`, with `v_t = 4(x_t − μ_{t−1})²`, `ψ(λ) = (−ln(1 − λ) − λ)/4` and
 * `λ_t = min(1/2, sqrt(2·ln(2/alpha)/(σ²_{t−1}·t·ln(1 + t))))`; intervals are intersected as they come.
 *
 * Hypothesis: `E[x_t | past]` is the same for all t. Input: the state and a value within the bounds.
 * Output: the new state and the interval; it only shrinks. A side that is not asked for is the bound, and
 * the other one gets all of alpha. An empty intersection, which shows that the mean was not constant,
 * leaves the point at which it closed. Cost: constant.
 *
 * @throws `invalid`: `drift.invalid-option`, `drift.bad-value`, `drift.not-an-anytime-state`.
 * @example
 * ```ts
 * import { bernsteinSequence, emptyBernstein } from '@mlops/drift/anytime'
 *
 * let step = { state: emptyBernstein, interval: { lower: 0, upper: 1 } }
 * for (let i = 0; i < 2000; i++) step = bernsteinSequence(step.state, i % 4 === 0 ? 1 : 0)
 * const { lower, upper } = step.interval
 * console.log(lower.toFixed(3), upper.toFixed(3)) // '0.211' '0.291'
 * ```
 * Source: Waudby-Smith & Ramdas, "Estimating means of bounded random variables by betting", JRSS B 86
 * (2024), theorem 2.
 */
export function bernsteinSequence(
  state: BernsteinState,
  x: number,
  options: ConfidenceSequenceOptions = {},
): { readonly state: BernsteinState; readonly interval: Interval } {
  const { alpha = 0.05, lower = 0, upper = 1, sides = 'both' } = givenOptions(options)
  requireLevel('alpha', alpha)
  requireBounds(lower, upper)
  requireChoice('sides', sides, ['both', 'lower', 'upper'])
  requireState(state, 'empirical-bernstein', Number.isFinite(state?.weights))
  requireBounded(x, lower, upper)
  const y = (x - lower) / (upper - lower)
  const level = Math.log((sides === 'both' ? 2 : 1) / alpha)
  const n = state.n + 1
  const variance = (0.25 + state.squares) / n
  const lambda = Math.min(0.5, Math.sqrt((2 * level) / (variance * n * Math.log1p(n))))
  const before = (0.5 + state.sum) / n
  const sum = state.sum + y
  const after = (0.5 + sum) / (n + 1)
  const weights = state.weights + lambda
  const weighted = state.weighted + lambda * y
  const surprises = state.surprises + (y - before) ** 2 * (-Math.log1p(-lambda) - lambda)
  const center = weighted / weights
  const reach = (level + surprises) / weights
  const low = sides === 'upper' ? 0 : Math.max(state.low, Math.min(1, center - reach))
  const high = sides === 'lower' ? 1 : Math.min(state.high, Math.max(0, center + reach))
  const next: BernsteinState = {
    kind: 'empirical-bernstein',
    n,
    sum,
    squares: state.squares + (y - after) ** 2,
    weights,
    weighted,
    surprises,
    low: Math.min(low, state.high),
    high: Math.max(high, state.low),
  }
  const scale = upper - lower
  return {
    state: next,
    interval: { lower: lower + scale * next.low, upper: lower + scale * next.high },
  }
}

/** What a betting sequence carries along: the log capital of each mean still possible. Plain JSON. */
export interface BettingSequenceState {
  readonly kind: 'betting-sequence'
  readonly n: number
  readonly sum: number
  readonly squares: number
  readonly gridSize: number
  /** Grid points `first … first + logUp.length − 1` are still possible. */
  readonly first: number
  readonly logUp: readonly number[]
  readonly logDown: readonly number[]
}

export interface BettingSequenceOptions extends ConfidenceSequenceOptions {
  /** Means that are tested: the interval is exact to 1/gridSize of the range, on the safe side. @default 1000 */
  readonly gridSize?: number
}

/**
 * A confidence sequence for a bounded mean by betting: the means against which no gambler has won
 * 1/alpha. Tighter than {@link bernsteinSequence}, at a higher cost.
 *
 * For each m of a grid `K⁺ = Π(1 + min(λ_t, c/m)(x_t − m))`, `K⁻ = Π(1 − min(λ_t, c/(1 − m))(x_t − m))` with
 * c = 1/2 and λ_t as in the Bernstein sequence; m is possible while `max(K⁺, K⁻)/2 < 1/alpha`.
 *
 * Hypothesis, input, output and errors as for {@link bernsteinSequence}. The set is an interval, and its
 * ends are rounded outwards to the grid. Cost: O(means still possible) a value.
 *
 * @example
 * ```ts
 * import { bettingSequence, startBettingSequence } from '@mlops/drift/anytime'
 *
 * let step = { state: startBettingSequence(), interval: { lower: 0, upper: 1 } }
 * for (let i = 0; i < 2000; i++) step = bettingSequence(step.state, i % 4 === 0 ? 1 : 0)
 * console.log(step.interval) // { lower: 0.211, upper: 0.292 }
 * ```
 * Source: Waudby-Smith & Ramdas, JRSS B 86 (2024), theorem 3 and equation 26 (hedged capital, θ = 1/2).
 */
export function bettingSequence(
  state: BettingSequenceState,
  x: number,
  options: ConfidenceSequenceOptions = {},
): { readonly state: BettingSequenceState; readonly interval: Interval } {
  const { alpha = 0.05, lower = 0, upper = 1, sides = 'both' } = givenOptions(options)
  requireLevel('alpha', alpha)
  requireBounds(lower, upper)
  requireChoice('sides', sides, ['both', 'lower', 'upper'])
  const whole = Array.isArray(state?.logUp) && state.logUp.length === state.logDown?.length
  requireState(state, 'betting-sequence', whole)
  requireBounded(x, lower, upper)
  const y = (x - lower) / (upper - lower)
  const level = Math.log((sides === 'both' ? 2 : 1) / alpha)
  const n = state.n + 1
  const variance = (0.25 + state.squares) / n
  const lambda = Math.sqrt((2 * level) / (variance * n * Math.log1p(n)))
  const sum = state.sum + y
  const { gridSize, first } = state
  const logUp = state.logUp.map((log, i) => {
    const m = (first + i) / gridSize
    return log + Math.log1p(Math.min(lambda, m === 0 ? lambda : 0.5 / m) * (y - m))
  })
  const logDown = state.logDown.map((log, i) => {
    const m = (first + i) / gridSize
    return log + Math.log1p(-Math.min(lambda, m === 1 ? lambda : 0.5 / (1 - m)) * (y - m))
  })
  // K⁺ falls and K⁻ rises with m, so only ends can be cut off.
  let from = 0
  let to = logUp.length
  if (sides !== 'upper') while (from < to && logUp[from]! >= level) from++
  if (sides !== 'lower') while (to > from && logDown[to - 1]! >= level) to--
  // The mean may lie between the last impossible point and the first possible one.
  const low = Math.max(0, first + from - 1) / gridSize
  const high = Math.min(gridSize, first + to) / gridSize
  const scale = upper - lower
  return {
    state: {
      kind: 'betting-sequence',
      n,
      sum,
      squares: state.squares + (y - (0.5 + sum) / (n + 1)) ** 2,
      gridSize,
      first: first + from,
      logUp: logUp.slice(from, to),
      logDown: logDown.slice(from, to),
    },
    interval: {
      lower: first + from === 0 ? lower : lower + scale * low,
      upper: first + to > gridSize ? upper : lower + scale * high,
    },
  }
}

/** The state of {@link bettingSequence} before the first value: every mean is possible. */
export function startBettingSequence(
  options: Pick<BettingSequenceOptions, 'gridSize'> = {},
): BettingSequenceState {
  const { gridSize = 1000 } = givenOptions(options)
  requireCountOption('gridSize', gridSize, 10)
  const zeros = new Array<number>(gridSize + 1).fill(0)
  return {
    kind: 'betting-sequence',
    n: 0,
    sum: 0,
    squares: 0,
    gridSize,
    first: 0,
    logUp: zeros,
    logDown: [...zeros],
  }
}
