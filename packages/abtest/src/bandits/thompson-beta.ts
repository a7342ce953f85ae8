import { betaLaws } from './arm-laws.ts'
import type { ArmRewards, BanditMemory, RewardCounts, RewardWindow } from './arm-rewards.ts'
import type { Bandit } from './bandit.ts'
import { fillBestArm } from './best-arm.ts'
import { addFloor, defineBandit } from './define-bandit.ts'
import { refreshedRewards } from './refreshed-rewards.ts'
import { requireOption, requireShare } from './require-option.ts'

export interface ThompsonBetaOptions {
  /** Successes and failures that the prior counts for, at least 0.01 each. @default [1, 1] */
  readonly prior?: readonly [successes: number, failures: number]
  /** Least probability of an arm (at most 1/K is used). @default 0 */
  readonly floor?: number
  /** @default 'all' */
  readonly memory?: BanditMemory
  /**
   * The probabilities are computed anew once so many rewards came in since, as a share of those known
   * then. 0.02 makes a choice cost under 1 µs from some thousand rewards on. @default 0: after each
   */
  readonly refresh?: number
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
 * Cost: about 10 µs an arm for the first choice after an update (with `refresh` after a share of
 * them), O(1) for the next ones and an update.
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
export function thompsonBeta({
  prior = [1, 1],
  floor = 0,
  memory = 'all',
  refresh = 0,
}: ThompsonBetaOptions = {}): Bandit<ArmRewards, RewardWindow> {
  checkBetaPrior(prior)
  requireShare('floor', floor)
  const name = 'thompson-beta'
  return defineBandit({
    ...refreshedRewards(name, memory, refresh),
    name,
    options: { prior, floor, memory, refresh },
    rewards: [0, 1],
    decide({ known }, active, scores, probabilities) {
      betaBest(known, active, prior, scores, probabilities)
      addFloor(probabilities, floor)
    },
  })
}

/** Fills in the posterior means and the probabilities of being best. */
export function betaBest(
  { n, sum }: RewardCounts,
  active: readonly number[],
  [successes, failures]: readonly [number, number],
  scores: Float64Array,
  probabilities: Float64Array,
): void {
  const a: number[] = []
  const b: number[] = []
  for (let i = 0; i < active.length; i++) {
    const at = active[i]!
    a.push(successes + Math.max(0, sum[at]!))
    b.push(failures + Math.max(0, n[at]! - sum[at]!))
    scores[i] = a[i]! / (a[i]! + b[i]!)
  }
  fillBestArm(betaLaws(a, b), probabilities)
}

export function checkBetaPrior(prior: readonly [number, number]): void {
  const fine = prior?.length === 2 && prior.every((x) => x >= 0.01 && Number.isFinite(x))
  requireOption('prior', prior, fine, 'be two numbers of at least 0.01')
}
