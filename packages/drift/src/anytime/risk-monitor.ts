import { givenOptions, invalid } from '@mlops/core'
import { requireLevel, requireNonNegative } from '../stream/require-option.ts'
import type { BettingMeanState } from './betting-mean.ts'
import { bettingMean, emptyBettingMean } from './betting-mean.ts'
import { requireBounds, requireState } from './bounded-value.ts'
import type { BernsteinState } from './confidence-sequence.ts'
import {
  bernsteinSequence,
  bettingSequence,
  emptyBernstein,
  startBettingSequence,
} from './confidence-sequence.ts'

export interface RiskMonitorOptions {
  /** How much worse than at the source is still acceptable, in the loss's unit. @default 0.05 */
  readonly tolerance?: number
  /** Chance of ever alarming while the risk is acceptable. @default 0.05 */
  readonly alpha?: number
  /** What losses can be. @default 0 */
  readonly lower?: number
  /** @default 1 */
  readonly upper?: number
}

/** What the monitor carries along. Plain JSON. */
export interface RiskMonitorState {
  readonly kind: 'risk-monitor'
  readonly options: Required<RiskMonitorOptions>
  readonly source: { readonly n: number; readonly mean: number; readonly upperLimit: number }
  /** What the target risk must not exceed: the source's upper limit and the tolerance. */
  readonly limit: number
  readonly bets: BettingMeanState
  readonly sequence: BernsteinState
  /** The loss after which the alarm was raised; null before. An alarm stands. */
  readonly alarmAt: number | null
}

export interface RiskReading {
  readonly verdict: 'pass' | 'fail' | 'inconclusive'
  readonly n: number
  readonly logEValue: number
  /** Lower limit of the mean target risk, valid at all times. */
  readonly targetLowerLimit: number
  readonly limit: number
  readonly reason: string
}

/**
 * Begins to watch the risk of a deployed model, given its losses on the source data.
 *
 * Half of alpha goes into an upper limit of the source risk (betting), half into the watch.
 *
 * Input: losses within the bounds, on data the model was not fitted on. Output: the state, plain JSON.
 * Cost: O(n).
 *
 * @throws `invalid`: `drift.empty-reference`, `drift.bad-value`, `drift.invalid-option`.
 */
export function startRiskMonitor(
  sourceLosses: ArrayLike<number>,
  options: RiskMonitorOptions = {},
): RiskMonitorState {
  const { tolerance = 0.05, alpha = 0.05, lower = 0, upper = 1 } = givenOptions(options)
  requireNonNegative('tolerance', tolerance)
  requireLevel('alpha', alpha)
  requireBounds(lower, upper)
  const n = sourceLosses?.length ?? 0
  if (n === 0) throw invalid('drift.empty-reference', 'the source must hold at least one loss', {})
  let step = { state: startBettingSequence(), interval: { lower, upper } }
  let sum = 0
  for (let i = 0; i < n; i++) {
    const options = { alpha: alpha / 2, lower, upper, sides: 'upper' } as const
    step = bettingSequence(step.state, sourceLosses[i]!, options)
    sum += sourceLosses[i]!
  }
  return {
    kind: 'risk-monitor',
    options: { tolerance, alpha, lower, upper },
    source: { n, mean: sum / n, upperLimit: step.interval.upper },
    limit: step.interval.upper + tolerance,
    bets: emptyBettingMean,
    sequence: emptyBernstein,
    alarmAt: null,
  }
}

/**
 * Tracks the risk of a deployed model: takes one loss, and alarms once the target risk is shown to exceed
 * the source risk by more than the tolerance.
 *
 * `P(alarm ever) <= alpha` while `E[loss_t | past] <= source risk + tolerance` for all t, however often it is read:
 * a betting test of that limit at alpha/2, the limit itself right with 1 − alpha/2.
 *
 * Input: the state and a loss within the bounds. Output: the new state and a reading: `fail` once alarmed,
 * `inconclusive` when the source is too small to set a limit below the largest loss.
 * Cost: constant.
 *
 * @throws `invalid`: `drift.bad-value`, `drift.not-an-anytime-state`.
 * @example
 * ```ts
 * import { riskMonitor, startRiskMonitor } from '@mlops/drift/anytime'
 *
 * let state = startRiskMonitor(Array.from({ length: 1000 }, (_, i) => (i % 10 === 0 ? 1 : 0)))
 * let n = 0
 * let verdict = 'pass'
 * while (verdict === 'pass') {
 *   const step = riskMonitor(state, n++ % 10 < 4 ? 1 : 0)
 *   state = step.state
 *   verdict = step.reading.verdict
 * }
 * console.log(verdict, n < 60) // fail true
 * ```
 * Source: Podkopaev & Ramdas, "Tracking the risk of a deployed model and detecting harmful distribution
 * shifts", ICLR 2022.
 * Differs from: the paper's main algorithm, which holds two confidence bounds together; the bet needs no
 * constant target risk.
 */
export function riskMonitor(
  state: RiskMonitorState,
  loss: number,
): { readonly state: RiskMonitorState; readonly reading: RiskReading } {
  requireState(state, 'risk-monitor', Number.isFinite(state?.limit))
  const { alpha, lower, upper } = state.options
  const sequence = bernsteinSequence(state.sequence, loss, {
    alpha: alpha / 2,
    lower,
    upper,
    sides: 'lower',
  })
  const usable = state.limit < upper && state.limit > lower
  const bets = usable
    ? bettingMean(state.bets, loss, { mean: state.limit, lower, upper, alternative: 'greater' })
    : { state: state.bets, logEValue: 0 }
  const n = sequence.state.n
  const alarmed = bets.logEValue >= Math.log(2 / alpha)
  const next: RiskMonitorState = {
    ...state,
    bets: bets.state,
    sequence: sequence.state,
    alarmAt: state.alarmAt ?? (alarmed ? n : null),
  }
  return {
    state: next,
    reading: {
      verdict: next.alarmAt !== null ? 'fail' : usable ? 'pass' : 'inconclusive',
      n,
      logEValue: bets.logEValue,
      targetLowerLimit: sequence.interval.lower,
      limit: state.limit,
      reason: reasonOf(next, usable),
    },
  }
}

function reasonOf({ alarmAt, source, limit, options }: RiskMonitorState, usable: boolean): string {
  if (!usable)
    return `${source.n} source losses leave a limit of ${limit.toFixed(3)}, which no loss can exceed; bring more, or lower the tolerance`
  return alarmAt === null
    ? `the risk is not shown to exceed ${limit.toFixed(3)} (source at most ${source.upperLimit.toFixed(3)}, tolerance ${options.tolerance})`
    : `after ${alarmAt} losses the risk was shown to exceed ${limit.toFixed(3)}; the chance of ever saying so wrongly is at most ${options.alpha}`
}
