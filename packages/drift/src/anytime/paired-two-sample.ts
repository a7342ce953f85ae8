import { givenOptions } from '@mlops/core'
import { quantiles } from '@mlops/stats'
import { requireFinite } from '../stream/prequential-error.ts'
import { requireChoice, requireCountOption, requireOption } from '../stream/require-option.ts'
import type { BettingMeanState } from './betting-mean.ts'
import { bettingMean, emptyBettingMean } from './betting-mean.ts'
import { requireBounded, requireBounds, requireState } from './bounded-value.ts'

export interface PairedTwoSampleOptions {
  /**
   * What is bet on: that one threshold separates the streams (`ks`), that their means differ (`mean`,
   * for bounded values), or on a kernel witness (`kernel`). @default 'ks'
   */
  readonly payoff?: 'ks' | 'mean' | 'kernel'
  /** Bounds of the values, for `mean`. @default 0 */
  readonly lower?: number
  /** @default 1 */
  readonly upper?: number
  /** Pairs remembered, for `ks` and `kernel`. @default 200 */
  readonly memory?: number
}

/** What the test carries along. Plain JSON. */
export interface PairedTwoSampleState {
  readonly kind: 'paired-two-sample'
  /** The last pairs, the oldest first. */
  readonly x: readonly number[]
  readonly y: readonly number[]
  readonly bets: BettingMeanState
}

/** The state before the first pair. */
export const emptyPairedTwoSample: PairedTwoSampleState = Object.freeze({
  kind: 'paired-two-sample',
  x: [],
  y: [],
  bets: emptyBettingMean,
})

/**
 * A two-sample test by betting for two streams that arrive in pairs, readable after every pair.
 *
 * With a function f learned on earlier pairs, `K_t = K_{t−1}·(1 + λ_t(f(x_t) − f(y_t)))`: if both come from one
 * distribution the payoff has mean 0 given the past, so `P(K ever >= 1/alpha) <= alpha`. `ks`: f is the
 * indicator of the threshold that parted the remembered pairs best; `kernel`: `f = mean k(·, x) − mean k(·, y)`, Gaussian,
 * bandwidth √2 times the median distance from the median; `mean`: f is the value itself.
 *
 * Hypothesis: given the past, x_t and y_t have one distribution and swap places freely.
 * Input: the state and one value of each stream. Output: the new state and `logEValue`.
 * Cost: O(memory) a pair, for `ks` O(memory · log memory).
 *
 * @throws `invalid`: `drift.invalid-option`, `drift.bad-value`, `drift.not-an-anytime-state`.
 * @example
 * ```ts
 * import { emptyPairedTwoSample, pairedTwoSample } from '@mlops/drift/anytime'
 *
 * let step = { state: emptyPairedTwoSample, logEValue: 0 }
 * let n = 0
 * while (step.logEValue < Math.log(1 / 0.05)) {
 *   n++
 *   step = pairedTwoSample(step.state, (n * 37) % 100, 40 + ((n * 61) % 100))
 * }
 * console.log(n) // 60
 * ```
 * Source: Shekhar & Ramdas, "Nonparametric two-sample testing by betting", IEEE Trans. Inf. Theory 70 (2024).
 */
export function pairedTwoSample(
  state: PairedTwoSampleState,
  x: number,
  y: number,
  options: PairedTwoSampleOptions = {},
): { readonly state: PairedTwoSampleState; readonly logEValue: number } {
  const { payoff = 'ks', lower = 0, upper = 1, memory = 200 } = givenOptions(options)
  requireChoice('payoff', payoff, ['ks', 'mean', 'kernel'])
  requireCountOption('memory', memory, 2)
  requireOption('memory', memory, memory <= 10_000, 'be at most 10000')
  const whole = Array.isArray(state?.x) && state.x.length === state.y?.length
  requireState(state, 'paired-two-sample', whole && state.x.length <= memory)
  for (const value of [x, y]) requireFinite(value)
  if (payoff === 'mean') {
    requireBounds(lower, upper)
    for (const value of [x, y]) requireBounded(value, lower, upper)
  }
  const gain =
    payoff === 'mean'
      ? (x - y) / (upper - lower)
      : payoff === 'ks'
        ? ks(state, x, y)
        : kernel(state, x, y)
  const { state: bets, logEValue } = bettingMean(state.bets, gain, {
    mean: 0,
    lower: -1,
    upper: 1,
    alternative: payoff === 'mean' ? 'both' : 'greater',
  })
  const keep = (list: readonly number[], value: number) =>
    payoff === 'mean' ? [] : [...list.slice(list.length === memory ? 1 : 0), value]
  return {
    state: { kind: 'paired-two-sample', x: keep(state.x, x), y: keep(state.y, y), bets },
    logEValue,
  }
}

/** f(x) − f(y) for the threshold at which the remembered distribution functions lie farthest apart. */
function ks({ x: xs, y: ys }: PairedTwoSampleState, x: number, y: number): number {
  const a = Float64Array.from(xs).sort()
  const b = Float64Array.from(ys).sort()
  let threshold = Number.NaN
  let most = 0
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const z = Math.min(a[i]!, b[j]!)
    while (i < a.length && a[i]! <= z) i++
    while (j < b.length && b[j]! <= z) j++
    if (Math.abs(i - j) > Math.abs(most)) {
      most = i - j
      threshold = z
    }
  }
  if (most === 0) return 0
  const side = (z: number) => (z <= threshold ? Math.sign(most) : 0)
  return side(x) - side(y)
}

/** Half the difference of the kernel witness at x and at y: within [−1, 1]. */
function kernel({ x: xs, y: ys }: PairedTwoSampleState, x: number, y: number): number {
  if (xs.length < 2) return 0
  const pooled = [...xs, ...ys]
  const center = quantiles(pooled, [0.5])[0]!
  const distances = pooled.map((z) => Math.abs(z - center))
  const width = quantiles(distances, [0.5])[0]! * Math.SQRT2
  if (width === 0) return 0
  const near = (z: number, list: readonly number[]) =>
    list.reduce((sum, other) => sum + Math.exp(-(((z - other) / width) ** 2) / 2), 0) / list.length
  const witness = (z: number) => near(z, xs) - near(z, ys)
  return (witness(x) - witness(y)) / 2
}
