import { given } from '../given.ts'
import { requireOption, requireShare } from '../require-option.ts'
import type { ArmRewards, BanditMemory, RewardWindow } from './arm-rewards.ts'
import { rewardCounting } from './arm-rewards.ts'
import { uniformOverBest } from './arm-shares.ts'
import type { Bandit } from './bandit.ts'
import { defineBandit } from './define-bandit.ts'

export interface EpsilonGreedyOptions {
  /** Share of choices made at random, among all arms. @default 0.1 */
  readonly epsilon?: number
  /** `inverse`: epsilon·K/t after t rewards, at most 1, so that exploration dies out. @default 'constant' */
  readonly schedule?: 'constant' | 'inverse'
  /** @default 'all' */
  readonly memory?: BanditMemory
}

/**
 * ε-greedy: the arm with the best mean, or with probability ε any arm.
 *
 * `p(k) = ε/K + (1 − ε)·[k is best]/ties`. Arms never tried count as best.
 *
 * Input: finite rewards. Output: choices with exact propensities; scores are the means.
 * Cost: O(K) a choice after an update, O(1) an update (O(K) with a discount).
 *
 * @throws `invalid`: `abtest.invalid-option`, and those of every bandit: `abtest.unknown-arm`,
 *   `abtest.bad-reward`, `abtest.not-a-bandit-state`, `abtest.no-arms`, `abtest.invalid-arm`,
 *   `abtest.arm-exists`; `unsupported` `abtest.cannot-merge` with a window.
 * @example
 * ```ts
 * import { createRng } from '@mlops/core'
 * import { epsilonGreedy } from '@mlops/abtest/bandits'
 *
 * const bandit = epsilonGreedy({ epsilon: 0.2 })
 * const state = bandit.update(bandit.start(['a', 'b']), [{ arm: 'a', reward: 1 }, { arm: 'b', reward: 0 }])
 * console.log(bandit.probabilities(state).probabilities) // [ 0.9, 0.1 ]
 * console.log(bandit.select(state, { rng: createRng(1) }).propensity) // 0.9
 * ```
 * Source: Sutton & Barto 2018, §2.2; Auer, Cesa-Bianchi & Fischer 2002, §4 (the schedule).
 * Differs from: MABWiser, where an arm never tried has a mean of 0.
 */
export function epsilonGreedy(
  options: EpsilonGreedyOptions = {},
): Bandit<ArmRewards, RewardWindow> {
  const { epsilon = 0.1, schedule = 'constant', memory = 'all' } = given(options)
  if (schedule === 'inverse')
    requireOption('epsilon', epsilon, epsilon > 0 && Number.isFinite(epsilon), 'be above 0')
  else requireShare('epsilon', epsilon)
  requireOption(
    'schedule',
    schedule,
    ['constant', 'inverse'].includes(schedule),
    'be constant or inverse',
  )
  const name = 'epsilon-greedy'
  return defineBandit({
    ...rewardCounting(name, memory),
    name,
    options: { epsilon, schedule, memory },
    rewards: [-1e100, 1e100],
    decide({ n, sum }, active, scores, probabilities) {
      const k = active.length
      let total = 0
      for (let i = 0; i < k; i++) {
        const at = active[i]!
        total += n[at]!
        scores[i] = n[at]! > 0 ? sum[at]! / n[at]! : Number.POSITIVE_INFINITY
      }
      const explore =
        schedule === 'constant' ? epsilon : Math.min(1, (epsilon * k) / Math.max(1, total))
      for (let i = 0; i < k; i++) probabilities[i] = explore / k
      uniformOverBest(scores, probabilities, 1 - explore)
    },
  })
}
