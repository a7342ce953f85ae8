import { given } from '../given.ts'
import { requireShare } from '../require-option.ts'
import { addFloor } from './arm-shares.ts'
import type { Bandit } from './bandit.ts'
import { defineBandit } from './define-bandit.ts'
import { linearBest } from './lin-thompson.ts'
import type { LinearArm, LinearOptions, NoShared } from './linear-arms.ts'
import { leverage, linearCounting, observe, predict, refresh } from './linear-arms.ts'

export interface LogisticThompsonOptions extends LinearOptions {
  /** Least probability of an arm (at most 1/K is used). @default 0 */
  readonly floor?: number
}

/**
 * Thompson sampling with a Bayesian logistic model for each arm, learned online.
 *
 * The belief about an arm's coefficients is normal with precision H and mean m, at first l2·I and 0. A
 * reward r moves m to the maximum of the posterior, `m + c·H⁻¹x` with `c = r − σ(x·m + c·xᵀH⁻¹x)`, and
 * adds `σ(1 − σ)·x·xᵀ` to H (Laplace's approximation). The logistic function is monotone, so the arm
 * with the largest logit has the largest rate, and the probability of being best is a one-dimensional
 * integral ({@link bestArmProbabilities}).
 *
 * Input: contexts of `dimension` finite numbers, rewards in [0, 1]. Output: choices with exact
 * propensities; scores are the logits x·m.
 * Merging adds the information of both replicas; each was linearised where it stood, so the result is
 * close to, not equal to, that of one state that saw everything.
 * Cost: O(K·d²) and about 10 µs an arm a choice, O(d²) an update.
 *
 * @throws those of {@link linUcb}.
 * @example
 * ```ts
 * import { logisticThompson } from '@mlops/abtest/bandits'
 *
 * const bandit = logisticThompson({ dimension: 2 })
 * const state = bandit.update(bandit.start(['a', 'b']), [
 *   { arm: 'a', context: [1, 0.5], reward: 1 },
 *   { arm: 'b', context: [1, 0.5], reward: 0 },
 * ])
 * console.log(bandit.probabilities(state, { context: [1, 0.5] }).probabilities.map((p) => p.toFixed(3))) // [ '0.754', '0.246' ]
 * ```
 * Source: Chapelle & Li 2011, Algorithm 3, with the whole matrix instead of its diagonal; Spiegelhalter &
 * Lauritzen 1990 (one reward at a time).
 */
export function logisticThompson(options: LogisticThompsonOptions): Bandit<LinearArm, NoShared> {
  const { dimension, l2 = 1, discount = 1, floor = 0 } = given(options)
  requireShare('floor', floor)
  return defineBandit({
    ...linearCounting({ dimension, l2, discount }),
    name: 'logistic-thompson',
    options: { dimension, l2, discount, floor },
    rewards: [0, 1],
    decide(works, active, scores, probabilities, x) {
      linearBest(works, active, x, { noiseSd: 1, l2 }, scores, probabilities)
      addFloor(probabilities, floor)
    },
    learn(works, at, { reward }, _active, x) {
      const arm = works.arms[at]!
      refresh(arm, l2, dimension)
      const before = predict(arm, x)
      const spread = leverage(arm, x, works.scratch)
      const c = newtonStep(before, spread, reward)
      const logit = before + c * spread
      const p = logistic(logit)
      const weight = p * (1 - p)
      observe(works, at, x, { weight, target: c + weight * logit, l2, discount })
    },
  })
}

/** The c with c = r − σ(before + c·spread): Newton's method, kept inside [r − 1, r]. */
function newtonStep(before: number, spread: number, reward: number): number {
  let low = reward - 1
  let high = reward
  let c = reward - logistic(before)
  for (let turn = 0; turn < 60; turn++) {
    const p = logistic(before + c * spread)
    const gap = c - reward + p
    if (gap > 0) high = c
    else low = c
    let next = c - gap / (1 + spread * p * (1 - p))
    if (!(next >= low && next <= high)) next = (low + high) / 2
    if (Math.abs(next - c) <= 1e-15) return next
    c = next
  }
  return c
}

function logistic(t: number): number {
  return t >= 0 ? 1 / (1 + Math.exp(-t)) : Math.exp(t) / (1 + Math.exp(t))
}
