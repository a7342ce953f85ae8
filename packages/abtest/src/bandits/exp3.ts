import { given } from '../given.ts'
import { requireOption } from '../require-option.ts'
import type { Bandit } from './bandit.ts'
import { numbersFault } from './bandit-state.ts'
import { defineBandit } from './define-bandit.ts'

export interface Exp3Options {
  /** Share of choices made at random, and the rate of learning, in (0, 1]. @default 0.1 */
  readonly gamma?: number
}

/** The logarithm of an arm's weight: what it entered with, and what its rewards added. */
export interface Exp3Arm {
  readonly entry: number
  readonly gain: number
}

interface Exp3Work {
  readonly entry: Float64Array
  readonly gain: Float64Array
}

/**
 * EXP3: exponential weights, for rewards that an adversary may choose.
 *
 * `p(k) = (1 − γ)·w_k/Σw + γ/K`, and after a reward r of arm k `w_k ← w_k·exp(γ·r/(p·K))`, p being the
 * propensity of the choice. Weights are kept as logarithms and cannot overflow. Over T choices
 * `γ = min(1, sqrt(K·ln K/((e − 1)·T)))` bounds the regret by 2.63·sqrt(T·K·ln K). A new arm enters
 * with the mean weight.
 *
 * Input: rewards in [0, 1], each with its propensity, however late. Output: choices with exact
 * propensities; scores are the log-weights.
 * Cost: O(K) a choice after an update, O(1) an update.
 *
 * @throws those of {@link epsilonGreedy}; `abtest.bad-propensity` for an outcome without one.
 * @example
 * ```ts
 * import { exp3 } from '@mlops/abtest/bandits'
 *
 * const bandit = exp3()
 * const state = bandit.update(bandit.start(['a', 'b', 'c']), { arm: 'a', reward: 1, propensity: 1 / 3 })
 * console.log(bandit.probabilities(state).probabilities.map((p) => p.toFixed(4))) // [ '0.3537', '0.3232', '0.3232' ]
 * ```
 * Source: Auer, Cesa-Bianchi, Freund & Schapire 2002.
 */
export function exp3(options: Exp3Options = {}): Bandit<Exp3Arm, Record<string, never>> {
  const { gamma = 0.1 } = given(options)
  requireOption('gamma', gamma, gamma > 0 && gamma <= 1, 'lie above 0 and at most at 1')
  return defineBandit<Exp3Arm, Record<string, never>, Exp3Work>({
    name: 'exp3',
    options: { gamma },
    rewards: [0, 1],
    propensity: 'required',
    freshArm(active) {
      const logs = active.map(({ entry, gain }) => entry + gain)
      const most = logs.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
      const mean = logs.reduce((sum, log) => sum + Math.exp(log - most), 0) / logs.length
      return { entry: logs.length === 0 ? 0 : most + Math.log(mean), gain: 0 }
    },
    freshShared: () => ({}),
    load: (arms) => ({
      entry: Float64Array.from(arms, ({ body }) => body.entry),
      gain: Float64Array.from(arms, ({ body }) => body.gain),
    }),
    save: ({ entry, gain }) => ({
      arms: Array.from(entry, (value, k) => ({ entry: value, gain: gain[k]! })),
      shared: {},
    }),
    decide({ entry, gain }, active, scores, probabilities) {
      const k = active.length
      let most = Number.NEGATIVE_INFINITY
      for (let i = 0; i < k; i++) {
        scores[i] = entry[active[i]!]! + gain[active[i]!]!
        most = Math.max(most, scores[i]!)
      }
      let total = 0
      for (let i = 0; i < k; i++) total += Math.exp(scores[i]! - most)
      for (let i = 0; i < k; i++)
        probabilities[i] = ((1 - gamma) * Math.exp(scores[i]! - most)) / total + gamma / k
    },
    learn({ gain }, arm, { reward, propensity }, active) {
      gain[arm]! += (gamma * reward) / (propensity! * active.length)
    },
    mergeArms: (a, b) => ({ entry: Math.max(a.entry, b.entry), gain: a.gain + b.gain }),
    mergeShared: () => ({}),
    faultOf: (body, part) => (part === 'arm' ? numbersFault(body, ['entry', 'gain']) : undefined),
  })
}
