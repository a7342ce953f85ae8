import { given } from '../given.ts'
import { requirePositive } from '../require-option.ts'
import type { ArmRewards, BanditMemory, RewardWindow } from './arm-rewards.ts'
import { rewardCounting } from './arm-rewards.ts'
import { uniformOverBest } from './arm-shares.ts'
import type { Bandit } from './bandit.ts'
import { defineBandit } from './define-bandit.ts'

export interface SoftmaxOptions {
  /** In the unit of the rewards: small is greedy, large is uniform. @default 0.1 */
  readonly temperature?: number
  /** @default 'all' */
  readonly memory?: BanditMemory
}

/**
 * Boltzmann exploration: better means, more often.
 *
 * `p(k) ∝ exp(mean_k / temperature)`. While arms were never tried, the choice is among them.
 *
 * Input: finite rewards. Output: choices with exact propensities; scores are the means.
 * Cost: O(K) a choice after an update, O(1) an update (O(K) with a discount).
 *
 * @throws those of {@link epsilonGreedy}.
 * @example
 * ```ts
 * import { softmax } from '@mlops/abtest/bandits'
 *
 * const bandit = softmax({ temperature: 1 })
 * const state = bandit.update(bandit.start(['a', 'b']), [{ arm: 'a', reward: 1 }, { arm: 'b', reward: 0 }])
 * console.log(bandit.probabilities(state).probabilities.map((p) => p.toFixed(4))) // [ '0.7311', '0.2689' ]
 * ```
 * Source: Sutton & Barto 2018, §2.8.
 */
export function softmax(options: SoftmaxOptions = {}): Bandit<ArmRewards, RewardWindow> {
  const { temperature = 0.1, memory = 'all' } = given(options)
  requirePositive('temperature', temperature)
  const name = 'softmax'
  return defineBandit({
    ...rewardCounting(name, memory),
    name,
    options: { temperature, memory },
    rewards: [-1e100, 1e100],
    decide({ n, sum }, active, scores, probabilities) {
      let best = Number.NEGATIVE_INFINITY
      for (let i = 0; i < active.length; i++) {
        const at = active[i]!
        scores[i] = n[at]! > 0 ? sum[at]! / n[at]! : Number.POSITIVE_INFINITY
        best = Math.max(best, scores[i]!)
      }
      if (best === Number.POSITIVE_INFINITY) return uniformOverBest(scores, probabilities)
      let total = 0
      for (let i = 0; i < scores.length; i++) {
        probabilities[i] = Math.exp((scores[i]! - best) / temperature)
        total += probabilities[i]!
      }
      for (let i = 0; i < scores.length; i++) probabilities[i]! /= total
    },
  })
}
