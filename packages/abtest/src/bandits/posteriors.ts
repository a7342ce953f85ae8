import type { RewardCounts } from './arm-rewards.ts'
import type { PosteriorDivergence } from './posterior-divergence.ts'

/** What rewards let one believe of the arms' means. */
export interface Posteriors {
  readonly divergence: PosteriorDivergence
  /** For so many active arms. What it remembers changes its cost and nothing else. */
  best(arms: number): BestArm
}

export interface BestArm {
  /** Fills in the posterior means and the probabilities of being best; both start as zeros. */
  fill(
    known: RewardCounts,
    active: readonly number[],
    scores: Float64Array,
    probabilities: Float64Array,
  ): void
}

/** Of a tolerance, what the probabilities may be off by for the rewards they know of; the rest is for later ones. */
export const COMPUTED_SHARE = 0.05

/** With a smaller tolerance the probabilities are computed as with none. */
export const LEAST_TOLERANCE = 1e-4
