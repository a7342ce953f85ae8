import { givenOptions, invalid } from '@mlops/core'
import { requireLevel, requireOption } from '../stream/require-option.ts'
import { requireState } from './bounded-value.ts'

/** What the online procedures carry along. Plain JSON; grows with the rejections only. */
export interface OnlineFdrState {
  readonly kind: 'online-fdr'
  /** Hypotheses so far. */
  readonly n: number
  /** The numbers, from 1 on, of the rejected ones. */
  readonly rejections: readonly number[]
  /** For SAFFRON: the numbers of the candidates, p <= lambda. */
  readonly candidates: readonly number[]
}

/** One decision of an online procedure. */
export interface OnlineDecision {
  readonly state: OnlineFdrState
  readonly rejected: boolean
  /** The level that the p-value was held against (an e-value: against its inverse). */
  readonly level: number
}

/** The state before the first hypothesis. */
export const emptyOnlineFdr: OnlineFdrState = Object.freeze({
  kind: 'online-fdr',
  n: 0,
  rejections: [],
  candidates: [],
})

// Normalised over all j >= 1.
const LORD_SCALE = 0.07720838

/** How LORD++ spreads its wealth over the tests to come. */
function lordGamma(j: number): number {
  return j < 1
    ? 0
    : (LORD_SCALE * Math.log(Math.max(j, 2))) / (j * Math.exp(Math.sqrt(Math.log(j))))
}

const ZETA = 2.28576566568013 // of 1.6: normalises the weights j^-1.6

function saffronGamma(j: number): number {
  return j < 1 ? 0 : j ** -1.6 / ZETA
}

/**
 * LORD++: decides about one p-value after the other, for ever, with the false discovery rate at most alpha.
 *
 * `α_t = γ_t·w0 + (alpha − w0)·γ_{t−τ1} + alpha·sum_{j>=2} γ_{t−τj}`, τ the times of rejection; rejects where `p <= α_t`.
 *
 * For p-values that are independent, or right given the past (a new test on new data each time).
 * Input: the state and a p-value. Output: the decision and the new state. Cost: O(rejections).
 *
 * @throws `invalid`: `drift.bad-p-value`, `drift.invalid-option`, `drift.not-an-anytime-state`.
 * @example
 * ```ts
 * import { emptyOnlineFdr, lordPlusPlus } from '@mlops/drift/anytime'
 *
 * let state = emptyOnlineFdr
 * const decisions = [1e-6, 0.3, 0.0002, 0.2].map((p) => {
 *   const step = lordPlusPlus(state, p)
 *   state = step.state
 *   return step.rejected
 * })
 * console.log(decisions) // [ true, false, true, false ]
 * ```
 * Source: Ramdas, Yang, Wainwright & Jordan, "Online control of the false discovery rate with decaying
 * memory", NeurIPS 2017; γ of Javanmard & Montanari 2018.
 */
export function lordPlusPlus(
  state: OnlineFdrState,
  pValue: number,
  options: { readonly alpha?: number; readonly initialWealth?: number } = {},
): OnlineDecision {
  const { alpha = 0.05, initialWealth = alpha / 10 } = givenOptions(options)
  requireWealth(alpha, initialWealth)
  const { n, rejections } = requireOnline(state, pValue)
  const t = n + 1
  let level = initialWealth * lordGamma(t)
  rejections.forEach((at, i) => {
    level += (i === 0 ? alpha - initialWealth : alpha) * lordGamma(t - at)
  })
  return decided(state, pValue <= level, level)
}

/**
 * SAFFRON: as {@link lordPlusPlus}, and does not pay for p-values above lambda; stronger when many
 * hypotheses are false.
 *
 * Input, output, cost and errors as there. The p-values must be independent.
 *
 * @example
 * ```ts
 * import { emptyOnlineFdr, saffron } from '@mlops/drift/anytime'
 *
 * console.log(saffron(emptyOnlineFdr, 0.001).rejected) // true
 * ```
 * Source: Ramdas, Zrnic, Wainwright & Jordan, "SAFFRON: an adaptive algorithm for online control of the false
 * discovery rate", ICML 2018, algorithm 1.
 */
export function saffron(
  state: OnlineFdrState,
  pValue: number,
  options: {
    readonly alpha?: number
    readonly lambda?: number
    readonly initialWealth?: number
  } = {},
): OnlineDecision {
  const { alpha = 0.05, lambda = 0.5, initialWealth = alpha / 4 } = givenOptions(options)
  requireLevel('lambda', lambda)
  requireWealth(alpha, initialWealth)
  requireOption(
    'initialWealth',
    initialWealth,
    initialWealth <= (1 - lambda) * alpha,
    `be at most (1 - lambda)·alpha (${(1 - lambda) * alpha})`,
  )
  const { n, rejections, candidates } = requireOnline(state, pValue)
  const t = n + 1
  const since = (at: number) => candidates.filter((c) => c > at).length
  let level = initialWealth * saffronGamma(t - since(0))
  rejections.forEach((at, i) => {
    const wealth = (1 - lambda) * alpha - (i === 0 ? initialWealth : 0)
    level += wealth * saffronGamma(t - at - since(at))
  })
  level = Math.min(lambda, level)
  const step = decided(state, pValue <= level, level)
  if (pValue > lambda) return step
  return { ...step, state: { ...step.state, candidates: [...candidates, t] } }
}

/**
 * e-LOND: decides about one e-value after the other with the false discovery rate at most alpha, whatever the
 * dependence between them.
 *
 * Rejects where `e >= 1/α_t`, `α_t = alpha·γ_t·(rejections + 1)`, γ_t as in LORD++.
 *
 * Input: the state and an e-value, 0 to Infinity. Output, cost and errors as for {@link lordPlusPlus}.
 *
 * @example
 * ```ts
 * import { eLond, emptyOnlineFdr } from '@mlops/drift/anytime'
 *
 * const { rejected, level } = eLond(emptyOnlineFdr, 500)
 * console.log(rejected, (1 / level).toFixed(0)) // true '374'
 * ```
 * Source: Xu & Ramdas, "Online multiple testing with e-values", AISTATS 2024.
 */
export function eLond(
  state: OnlineFdrState,
  eValue: number,
  options: { readonly alpha?: number } = {},
): OnlineDecision {
  const { alpha = 0.05 } = givenOptions(options)
  requireLevel('alpha', alpha)
  const { n, rejections } = requireOnline(state, 0)
  if (!(eValue >= 0))
    throw invalid(
      'drift.bad-e-value',
      `the e-value is ${String(eValue)}; a number >= 0 is needed`,
      {},
    )
  const level = alpha * lordGamma(n + 1) * (rejections.length + 1)
  return decided(state, eValue * level >= 1, level)
}

/**
 * The part of a false-alarm level that the k-th period may spend, so that all periods together spend no more:
 * for monitors that are set up afresh after each alarm or retraining.
 *
 * `alpha·6/(π²k²)`.
 *
 * Input: k from 1 on. Output: a level. Cost: constant.
 *
 * @throws `invalid` `drift.invalid-option`.
 * @example
 * ```ts
 * import { spendAlpha } from '@mlops/drift/anytime'
 *
 * console.log([1, 2, 3].map((k) => spendAlpha(k).toFixed(4))) // [ '0.0304', '0.0076', '0.0034' ]
 * ```
 */
export function spendAlpha(period: number, options: { readonly alpha?: number } = {}): number {
  const { alpha = 0.05 } = givenOptions(options)
  requireLevel('alpha', alpha)
  requireOption('period', period, Number.isSafeInteger(period) && period >= 1, 'be an integer >= 1')
  return (alpha * 6) / (Math.PI * period) ** 2
}

function requireWealth(alpha: number, initialWealth: number): void {
  requireLevel('alpha', alpha)
  const fine = initialWealth > 0 && initialWealth <= alpha
  requireOption('initialWealth', initialWealth, fine, `lie above 0 and at most at alpha (${alpha})`)
}

function requireOnline(state: OnlineFdrState, pValue: number): OnlineFdrState {
  const whole = Array.isArray(state?.rejections) && Array.isArray(state.candidates)
  requireState(state, 'online-fdr', whole && Number.isSafeInteger(state.n))
  if (!(pValue >= 0 && pValue <= 1))
    throw invalid(
      'drift.bad-p-value',
      `the p-value is ${String(pValue)}; it must lie in [0, 1]`,
      {},
    )
  return state
}

function decided(state: OnlineFdrState, rejected: boolean, level: number): OnlineDecision {
  const n = state.n + 1
  const rejections = rejected ? [...state.rejections, n] : state.rejections
  return { state: { ...state, n, rejections }, rejected, level }
}
