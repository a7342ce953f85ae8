import { given } from '../given.ts'
import { requireShare } from '../require-option.ts'
import type { ArmRewards, BanditMemory, RewardWindow } from './arm-rewards.ts'
import { addFloor } from './arm-shares.ts'
import type { Bandit } from './bandit.ts'
import { betaPosteriors } from './beta-posteriors.ts'
import { defineBandit } from './define-bandit.ts'
import { toleratedRewards } from './tolerated-rewards.ts'

export interface ThompsonBetaOptions {
  /** Successes and failures that the prior counts for, at least 0.01 each. @default [1, 1] */
  readonly prior?: readonly [successes: number, failures: number]
  /** Least probability of an arm (at most 1/K is used). @default 0 */
  readonly floor?: number
  /** @default 'all' */
  readonly memory?: BanditMemory
  /**
   * How far the probabilities of being best may lie from those of all rewards, in total variation: they are
   * computed anew when a bound on that is passed. 0: after every reward. @default 0.1
   */
  readonly tolerance?: number
}

/**
 * Thompson sampling for rates: each arm is chosen as often as it is believed to be the best.
 *
 * Posterior of arm k: Beta(a0 + Σr, b0 + Σ(1 − r)). `p(k) = P(arm k has the largest rate)` by
 * quadrature ({@link bestArmProbabilities}), then `f + (1 − K·f)·p`; the arm is drawn from p. That is
 * the same law as drawing a rate from each posterior and taking the largest, with the propensity known.
 *
 * Input: rewards in [0, 1]; fractions count in part. Output: choices with exact propensities; scores
 * are the posterior means.
 * Cost: O(1) a choice and an update, and some 4 µs for ten arms where the probabilities are computed anew: for the
 * first rewards of an arm after each, later after some percent more of them (30 µs and more where an arm is very
 * much less known than others). With `tolerance: 0` 10 µs an arm for the first choice after an update.
 *
 * @throws those of {@link epsilonGreedy}.
 * @example
 * ```ts
 * import { createRng } from '@mlops/core'
 * import { thompsonBeta } from '@mlops/abtest/bandits'
 *
 * const bandit = thompsonBeta()
 * const state = bandit.update(bandit.start(['a', 'b']), [
 *   { arm: 'a', reward: 1 },
 *   { arm: 'a', reward: 1 },
 *   { arm: 'b', reward: 0 },
 * ])
 * console.log(bandit.probabilities(state).probabilities.map((p) => p.toFixed(4))) // [ '0.9000', '0.1000' ]
 * console.log(bandit.select(state, { rng: createRng(3) }).arm) // a
 * ```
 * Source: Thompson 1933; Agrawal & Goyal 2012.
 */
export function thompsonBeta(options: ThompsonBetaOptions = {}): Bandit<ArmRewards, RewardWindow> {
  const { prior = [1, 1], floor = 0, memory = 'all', tolerance = 0.1 } = given(options)
  requireShare('floor', floor)
  const name = 'thompson-beta'
  return defineBandit({
    ...toleratedRewards(name, memory, tolerance, betaPosteriors(prior, tolerance)),
    name,
    options: { prior, floor, memory, tolerance },
    rewards: [0, 1],
    decide({ known, best }, active, scores, probabilities) {
      best.fill(known, active, scores, probabilities)
      addFloor(probabilities, floor)
    },
  })
}
