import { given } from '../given.ts'
import { requirePositive, requireShare } from '../require-option.ts'
import { tLaws } from './arm-laws.ts'
import { addFloor } from './arm-shares.ts'
import type { Bandit } from './bandit.ts'
import { fillBestArm } from './best-arm.ts'
import { defineBandit } from './define-bandit.ts'
import type { LinearArm, LinearOptions, LinearWorks, NoShared } from './linear-arms.ts'
import { leverage, linearCounting, observe, predict, refresh } from './linear-arms.ts'

export interface LinThompsonOptions extends LinearOptions {
  /** Standard deviation of a reward around its prediction; larger explores more. @default 1 */
  readonly noiseSd?: number
  /** Least probability of an arm (at most 1/K is used). @default 0 */
  readonly floor?: number
}

/**
 * Thompson sampling with a Bayesian linear model for each arm.
 *
 * Given x, the mean reward of arm k is believed to be normal around `x·θ_k` with variance
 * `noiseSd²·xᵀ·A_k⁻¹·x` ({@link linUcb} has A and θ); the arms' beliefs are independent, so the
 * probability of being best is a one-dimensional integral ({@link bestArmProbabilities}) and the
 * propensity is known.
 *
 * Input: contexts of `dimension` finite numbers, finite rewards. Output: choices with exact
 * propensities; scores are the predictions.
 * Cost: O(K·d²) and about 10 µs an arm a choice, O(d²) an update.
 *
 * @throws those of {@link linUcb}.
 * @example
 * ```ts
 * import { linThompson } from '@mlops/abtest/bandits'
 *
 * const bandit = linThompson({ dimension: 1, noiseSd: 0.5 })
 * const state = bandit.update(bandit.start(['a', 'b']), [
 *   { arm: 'a', context: [1], reward: 1 },
 *   { arm: 'b', context: [1], reward: 0 },
 * ])
 * console.log(bandit.probabilities(state, { context: [1] }).probabilities.map((p) => p.toFixed(4))) // [ '0.8413', '0.1587' ]
 * ```
 * Source: Agrawal & Goyal 2013.
 * Differs from: implementations that draw θ and report no propensity.
 */
export function linThompson(options: LinThompsonOptions): Bandit<LinearArm, NoShared> {
  const { dimension, noiseSd = 1, l2 = 1, discount = 1, floor = 0 } = given(options)
  requirePositive('noiseSd', noiseSd)
  requireShare('floor', floor)
  return defineBandit({
    ...linearCounting({ dimension, l2, discount }),
    name: 'lin-thompson',
    options: { dimension, noiseSd, l2, discount, floor },
    rewards: [-1e100, 1e100],
    decide(works, active, scores, probabilities, x) {
      linearBest(works, active, x, { noiseSd, l2 }, scores, probabilities)
      addFloor(probabilities, floor)
    },
    learn(work, arm, { reward }, _active, x) {
      observe(work, arm, x, { weight: 1, target: reward, l2, discount })
    },
  })
}

/** Fills in predictions and probabilities of being best. */
export function linearBest(
  { arms, scratch }: LinearWorks,
  active: readonly number[],
  x: Float64Array,
  { noiseSd, l2 }: { readonly noiseSd: number; readonly l2: number },
  scores: Float64Array,
  probabilities: Float64Array,
): void {
  const sds: number[] = []
  for (let i = 0; i < active.length; i++) {
    const arm = arms[active[i]!]!
    refresh(arm, l2, scratch.length)
    scores[i] = predict(arm, x)
    sds.push(noiseSd * Math.sqrt(leverage(arm, x, scratch)))
  }
  // A context of zeros says nothing: all arms are the same.
  if (sds.some((sd) => sd === 0)) probabilities.fill(1 / active.length)
  else
    fillBestArm(
      tLaws(
        sds.map(() => Number.POSITIVE_INFINITY),
        scores,
        sds,
      ),
      probabilities,
    )
}
