import { invalid } from '@mlops/core'
import { given } from '../given.ts'
import { requireOption, requirePositive, requireShare } from '../require-option.ts'
import type { Bandit } from './bandit.ts'
import { defineBandit } from './define-bandit.ts'
import type { LinearArm, LinearOptions, NoShared } from './linear-arms.ts'
import { linearCounting, observe, predict, refresh } from './linear-arms.ts'

export interface SquareCbOptions extends LinearOptions {
  /** How much a gap between predictions counts. @default 10 */
  readonly gamma?: number
  /** `sqrt`: gamma·sqrt(t) after t rewards, so that exploration dies out. @default 'sqrt' */
  readonly schedule?: 'sqrt' | 'constant'
  /** Least probability of an arm is floor/K. @default 0 */
  readonly floor?: number
}

/**
 * SquareCB: the best prediction most often, the others by the inverse of their gap to it.
 *
 * `p(k) = 1/(K + γ·gap_k)` for all but the best arm, which takes the rest
 * ({@link inverseGapWeights}); predictions by a ridge regression for each arm.
 *
 * Input: contexts of `dimension` finite numbers, finite rewards; γ is in one over their unit. Output:
 * choices with exact propensities; scores are the predictions.
 * Cost: O(K·d) a choice, O(d²) an update.
 *
 * @throws those of {@link linUcb}.
 * @example
 * ```ts
 * import { squareCb } from '@mlops/abtest/bandits'
 *
 * const bandit = squareCb({ dimension: 1, schedule: 'constant' })
 * const state = bandit.update(bandit.start(['a', 'b']), { arm: 'a', context: [1], reward: 1 })
 * console.log(bandit.probabilities(state, { context: [1] }).probabilities.map((p) => p.toFixed(4))) // [ '0.8571', '0.1429' ]
 * ```
 * Source: Foster & Rakhlin 2020; Abe & Long 1999 (the weights).
 */
export function squareCb(options: SquareCbOptions): Bandit<LinearArm, NoShared> {
  const {
    dimension,
    gamma = 10,
    schedule = 'sqrt',
    floor = 0,
    l2 = 1,
    discount = 1,
  } = given(options)
  requirePositive('gamma', gamma)
  requireShare('floor', floor)
  requireOption(
    'schedule',
    schedule,
    ['sqrt', 'constant'].includes(schedule),
    'be sqrt or constant',
  )
  return defineBandit({
    ...linearCounting({ dimension, l2, discount }),
    name: 'square-cb',
    options: { dimension, gamma, schedule, floor, l2, discount },
    rewards: [-1e100, 1e100],
    decide({ arms }, active, scores, probabilities, x) {
      let rewards = 0
      for (let i = 0; i < active.length; i++) {
        const arm = arms[active[i]!]!
        refresh(arm, l2, dimension)
        rewards += arm.n
        scores[i] = predict(arm, x)
      }
      const sharpness = schedule === 'sqrt' ? gamma * Math.sqrt(rewards) : gamma
      fillInverseGap(scores, sharpness, floor, probabilities)
    },
    learn(work, arm, { reward }, _active, x) {
      observe(work, arm, x, { weight: 1, target: reward, l2, discount })
    },
  })
}

/**
 * Inverse-gap weights: `1/(K + γ·gap)` but at least `floor/K` for all but the best score, which takes
 * the rest; ties for the best share it.
 *
 * @throws `invalid` `abtest.invalid-option`.
 * @example
 * ```ts
 * import { inverseGapWeights } from '@mlops/abtest/bandits'
 *
 * console.log(inverseGapWeights([1, 0.5], { gamma: 10, floor: 0.1 }).map((p) => p.toFixed(5))) // [ '0.85714', '0.14286' ]
 * ```
 * Source: Abe & Long 1999; the floor as in Eppo's SDKs.
 */
export function inverseGapWeights(
  scores: readonly number[],
  options: { readonly gamma: number; readonly floor?: number },
): number[] {
  const { gamma, floor = 0 } = given(options)
  requireOption('gamma', gamma, gamma >= 0 && Number.isFinite(gamma), 'be a finite number >= 0')
  requireShare('floor', floor)
  if (!Array.isArray(scores) || scores.length === 0 || !scores.every(Number.isFinite))
    throw invalid(
      'abtest.invalid-option',
      `scores must be finite numbers, got [${scores.join(', ')}]`,
      {
        scores: scores.map(String),
      },
    )
  const out = new Float64Array(scores.length)
  fillInverseGap(Float64Array.from(scores), gamma, floor, out)
  return [...out]
}

function fillInverseGap(
  scores: Float64Array,
  gamma: number,
  floor: number,
  probabilities: Float64Array,
): void {
  const k = scores.length
  let best = Number.NEGATIVE_INFINITY
  for (let i = 0; i < k; i++) best = Math.max(best, scores[i]!)
  let rest = 1
  let ties = 0
  for (let i = 0; i < k; i++) {
    if (scores[i] === best) ties++
    else {
      probabilities[i] = Math.max(floor / k, 1 / (k + gamma * (best - scores[i]!)))
      rest -= probabilities[i]!
    }
  }
  for (let i = 0; i < k; i++) if (scores[i] === best) probabilities[i] = rest / ties
}
