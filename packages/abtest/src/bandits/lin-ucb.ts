import { given } from '../given.ts'
import { requireNonNegative } from '../require-option.ts'
import { uniformOverBest } from './arm-shares.ts'
import type { Bandit } from './bandit.ts'
import { defineBandit } from './define-bandit.ts'
import type { LinearArm, LinearOptions, NoShared } from './linear-arms.ts'
import { leverage, linearCounting, observe, predict, refresh } from './linear-arms.ts'

export interface LinUcbOptions extends LinearOptions {
  /** Factor of the bonus. @default 1 */
  readonly alpha?: number
}

/**
 * LinUCB with a model for each arm: the largest upper bound of a ridge regression's prediction.
 *
 * `A_k = l2·I + Σx·xᵀ`, `θ_k = A_k⁻¹·Σr·x`, `score = x·θ_k + alpha·sqrt(xᵀ·A_k⁻¹·x)`. A_k⁻¹ is kept by
 * rank-one updates and factored afresh every 256 of them.
 *
 * Input: contexts of `dimension` finite numbers of moderate size, finite rewards. Output: choices with
 * propensity 1 over the number of ties.
 * Cost: O(K·d²) a choice, O(d²) an update (O(K·d³) a choice with a discount); state O(K·d²).
 *
 * @throws those of {@link epsilonGreedy}; `abtest.bad-context`.
 * @example
 * ```ts
 * import { linUcb } from '@mlops/abtest/bandits'
 *
 * const bandit = linUcb({ dimension: 2, alpha: 0.5 })
 * const state = bandit.update(bandit.start(['a', 'b']), [
 *   { arm: 'a', context: [1, 0], reward: 1 },
 *   { arm: 'b', context: [1, 0], reward: 0 },
 * ])
 * console.log(bandit.probabilities(state, { context: [1, 0] }).scores.map((s) => s?.toFixed(4))) // [ '0.8536', '0.3536' ]
 * ```
 * Source: Li, Chu, Langford & Schapire 2010, Algorithm 1; Russac, Vernade & Cappé 2019 (the discount).
 * Differs from: MABWiser, where an arm without data has A⁻¹ = l2·I instead of I/l2.
 */
export function linUcb(options: LinUcbOptions): Bandit<LinearArm, NoShared> {
  const { dimension, alpha = 1, l2 = 1, discount = 1 } = given(options)
  requireNonNegative('alpha', alpha)
  return defineBandit({
    ...linearCounting({ dimension, l2, discount }),
    name: 'lin-ucb',
    options: { dimension, alpha, l2, discount },
    rewards: [-1e100, 1e100],
    decide({ arms, scratch }, active, scores, probabilities, x) {
      for (let i = 0; i < active.length; i++) {
        const arm = arms[active[i]!]!
        refresh(arm, l2, dimension)
        scores[i] = predict(arm, x) + alpha * Math.sqrt(leverage(arm, x, scratch))
      }
      uniformOverBest(scores, probabilities)
    },
    learn(work, arm, { reward }, _active, x) {
      observe(work, arm, x, { weight: 1, target: reward, l2, discount })
    },
  })
}
