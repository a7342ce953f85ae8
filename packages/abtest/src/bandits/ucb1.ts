import { given } from '../given.ts'
import { requireNonNegative } from '../require-option.ts'
import type { ArmRewards, BanditMemory, RewardWindow } from './arm-rewards.ts'
import { rewardCounting } from './arm-rewards.ts'
import { uniformOverBest } from './arm-shares.ts'
import type { Bandit } from './bandit.ts'
import { defineBandit } from './define-bandit.ts'

export interface Ucb1Options {
  /** Factor of the bonus. @default 1 */
  readonly alpha?: number
  /** A discount or a window gives D-UCB or SW-UCB. @default 'all' */
  readonly memory?: BanditMemory
}

/**
 * UCB1: the arm with the largest upper confidence bound.
 *
 * `score = mean + alpha·sqrt(2·ln N / n)`, N rewards over the active arms, n of the arm. Arms never
 * tried go first; ties are broken at random.
 *
 * Input: rewards in [0, 1] for the guarantee, any finite ones for the formula. Output: choices with
 * propensity 1, or 1 over the number of ties; such logs cannot tell what other arms would have earned.
 * Cost: O(K) a choice after an update, O(1) an update (O(K) with a discount).
 *
 * @throws those of {@link epsilonGreedy}.
 * @example
 * ```ts
 * import { ucb1 } from '@mlops/abtest/bandits'
 *
 * const bandit = ucb1()
 * const rewards = [['a', 0], ['a', 0], ['a', 1], ['b', 0]] as const
 * const state = bandit.update(bandit.start(['a', 'b']), rewards.map(([arm, reward]) => ({ arm, reward })))
 * console.log(bandit.probabilities(state).scores.map((s) => s?.toFixed(3))) // [ '1.295', '1.665' ]
 * ```
 * Source: Auer, Cesa-Bianchi & Fischer 2002; Garivier & Moulines 2011 (discount and window).
 * Differs from: MABWiser, where an arm never tried scores 0.
 */
export function ucb1(options: Ucb1Options = {}): Bandit<ArmRewards, RewardWindow> {
  const { alpha = 1, memory = 'all' } = given(options)
  requireNonNegative('alpha', alpha)
  const name = 'ucb1'
  return defineBandit({
    ...rewardCounting(name, memory),
    name,
    options: { alpha, memory },
    rewards: [-1e100, 1e100],
    decide({ n, sum }, active, scores, probabilities) {
      let total = 0
      for (let i = 0; i < active.length; i++) total += n[active[i]!]!
      const width = 2 * Math.max(0, Math.log(total))
      for (let i = 0; i < active.length; i++) {
        const at = active[i]!
        scores[i] =
          n[at]! > 0
            ? sum[at]! / n[at]! + alpha * Math.sqrt(width / n[at]!)
            : Number.POSITIVE_INFINITY
      }
      uniformOverBest(scores, probabilities)
    },
  })
}
