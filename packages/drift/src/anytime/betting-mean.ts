import { givenOptions } from '@mlops/core'
import { requireChoice, requireOption } from '../stream/require-option.ts'
import { requireBounded, requireBounds, requireState } from './bounded-value.ts'

export interface BettingMeanOptions {
  /** The mean under the hypothesis, strictly between the bounds. */
  readonly mean: number
  /** What values can be. @default 0 */
  readonly lower?: number
  /** @default 1 */
  readonly upper?: number
  /** Which mean is evidence: a larger one, a smaller one, or either. @default 'both' */
  readonly alternative?: 'greater' | 'less' | 'both'
  /** How bets are sized: aGRAPA, or online Newton steps. @default 'agrapa' */
  readonly bets?: 'agrapa' | 'newton'
}

/** Capital of both bettors, as logarithms, with what their next bets rest on. Plain JSON. */
export interface BettingMeanState {
  readonly kind: 'betting-mean'
  readonly n: number
  /** Sum of the values, and of their squared deviations from the running mean, scaled to [0, 1]. */
  readonly sum: number
  readonly squares: number
  readonly logUp: number
  readonly logDown: number
  /** Bet and sum of squared gradients of the online Newton steps, up and down. */
  readonly betUp: number
  readonly betDown: number
  readonly gradientsUp: number
  readonly gradientsDown: number
}

/** Largest share of the safe bet; 1/2 keeps the capital from ever being lost. */
const CAUTION = 0.5
const NEWTON_STEP = 2 / (2 - Math.log(3))

/** The state before the first value. */
export const emptyBettingMean: BettingMeanState = Object.freeze({
  kind: 'betting-mean',
  n: 0,
  sum: 0,
  squares: 0,
  logUp: 0,
  logDown: 0,
  betUp: 0,
  betDown: 0,
  gradientsUp: 0,
  gradientsDown: 0,
})

/**
 * A betting test of a bounded mean, one value at a time: the logarithm of an e-value that may be
 * looked at after every value.
 *
 * A gambler with 1 bets `λ_t` on the next value: `K_t = K_{t−1}·(1 + λ_t(x_t − m))`. If every value has
 * mean m given the past, K is a fair game, so `P(K ever >= 1/alpha) <= alpha`. `both` splits the money
 * between a bettor on a rise and one on a fall. aGRAPA bets `(μ − m)/(σ² + (μ − m)²)` with the running
 * mean and variance; Newton steps follow the gradient of the log capital.
 *
 * Hypothesis: `E[x_t | past] = mean` for all t (`greater`: at most, `less`: at least). Independence is
 * not needed. Input: the state and a value within the bounds. Output: the new state and `logEValue`; reject
 * when it reaches `ln(1/alpha)`. Cost: constant.
 *
 * @throws `invalid`: `drift.invalid-option`, `drift.bad-value`, `drift.not-an-anytime-state`.
 * @example
 * ```ts
 * import { bettingMean, emptyBettingMean } from '@mlops/drift/anytime'
 *
 * let step = { state: emptyBettingMean, logEValue: 0 }
 * let n = 0
 * while (step.logEValue < Math.log(1 / 0.05)) {
 *   step = bettingMean(step.state, n++ % 4 === 0 ? 0 : 1, { mean: 0.5 })
 * }
 * console.log(n) // 36
 * ```
 * Source: Waudby-Smith & Ramdas, "Estimating means of bounded random variables by betting", JRSS B 86
 * (2024), section 4 and appendix B.3; Newton steps: Cutkosky & Orabona 2018.
 */
export function bettingMean(
  state: BettingMeanState,
  x: number,
  options: BettingMeanOptions,
): { readonly state: BettingMeanState; readonly logEValue: number } {
  const {
    mean,
    lower = 0,
    upper = 1,
    alternative = 'both',
    bets = 'agrapa',
  } = givenOptions(options)
  requireBounds(lower, upper)
  requireOption('mean', mean, mean > lower && mean < upper, `lie in (${lower}, ${upper})`)
  requireChoice('alternative', alternative, ['greater', 'less', 'both'])
  requireChoice('bets', bets, ['agrapa', 'newton'])
  requireState(state, 'betting-mean', Number.isFinite(state?.logUp) && Number.isFinite(state.sum))
  requireBounded(x, lower, upper)
  const m = (mean - lower) / (upper - lower)
  const y = (x - lower) / (upper - lower)
  const gap = y - m
  const { up, down } = betsOf(state, m, bets)
  const n = state.n + 1
  const sum = state.sum + y
  const center = (0.5 + sum) / (n + 1)
  const gradientUp = gap / (1 + up * gap)
  const gradientDown = -gap / (1 - down * gap)
  const next: BettingMeanState = {
    kind: 'betting-mean',
    n,
    sum,
    squares: state.squares + (y - center) ** 2,
    logUp: state.logUp + Math.log1p(up * gap),
    logDown: state.logDown + Math.log1p(-down * gap),
    betUp: up,
    betDown: down,
    gradientsUp: state.gradientsUp + gradientUp ** 2,
    gradientsDown: state.gradientsDown + gradientDown ** 2,
  }
  if (bets === 'agrapa') return { state: next, logEValue: logEValueOf(next, alternative) }
  const moved = {
    ...next,
    betUp: up + (NEWTON_STEP * gradientUp) / (1 + next.gradientsUp),
    betDown: down + (NEWTON_STEP * gradientDown) / (1 + next.gradientsDown),
  }
  return { state: moved, logEValue: logEValueOf(moved, alternative) }
}

/** Both bets on the next value, fixed before it is seen. */
function betsOf(
  { n, sum, squares, betUp, betDown }: BettingMeanState,
  m: number,
  bets: 'agrapa' | 'newton',
): { readonly up: number; readonly down: number } {
  const most = CAUTION / m
  const mostDown = CAUTION / (1 - m)
  if (bets === 'newton') return { up: clamp(betUp, 0, most), down: clamp(betDown, 0, mostDown) }
  const edge = (0.5 + sum) / (n + 1) - m
  const variance = (0.25 + squares) / (n + 1)
  const bet = edge / (variance + edge * edge)
  return { up: clamp(bet, 0, most), down: clamp(-bet, 0, mostDown) }
}

function logEValueOf(
  { logUp, logDown }: BettingMeanState,
  alternative: 'greater' | 'less' | 'both',
): number {
  if (alternative === 'greater') return logUp
  if (alternative === 'less') return logDown
  return logMean(logUp, logDown)
}

/** ln((e^a + e^b)/2), without overflow. */
function logMean(a: number, b: number): number {
  const top = Math.max(a, b)
  return top + Math.log((Math.exp(a - top) + Math.exp(b - top)) / 2)
}

function clamp(x: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, x))
}
