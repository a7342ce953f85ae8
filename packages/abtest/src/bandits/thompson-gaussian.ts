import { given } from '../given.ts'
import { requireOption, requirePositive, requireShare } from '../require-option.ts'
import { FINE, QUICK, tLaws } from './arm-laws.ts'
import type { ArmRewards, BanditMemory, RewardCounts, RewardWindow } from './arm-rewards.ts'
import { addFloor } from './arm-shares.ts'
import type { Bandit } from './bandit.ts'
import { fillBestArm } from './best-arm.ts'
import { defineBandit } from './define-bandit.ts'
import type { GaussianPosterior, PosteriorDivergence } from './posterior-divergence.ts'
import { gaussianDivergence } from './posterior-divergence.ts'
import { toleratedRewards } from './tolerated-rewards.ts'

/** What is believed of normal rewards before the first. */
export interface GaussianPrior {
  /** In the unit of the rewards. @default 0 */
  readonly mean?: number
  /** How many rewards the prior mean counts for. @default 1 */
  readonly count?: number
  /** A guess of the rewards' standard deviation. @default 1 */
  readonly sd?: number
  /** How many rewards that guess counts for. @default 2 */
  readonly sdCount?: number
}

export interface ThompsonGaussianOptions {
  readonly prior?: GaussianPrior
  /** `known`: the rewards' sd is that of the prior; `unknown`: it is learned, arm by arm. @default 'unknown' */
  readonly noise?: 'known' | 'unknown'
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
 * Thompson sampling for normal rewards: each arm is chosen as often as its mean is believed to be the
 * largest.
 *
 * Posterior of a mean, n rewards with mean m and squared deviations S, prior (μ, κ, s, ν):
 * location `(κμ + n·m)/(κ + n)`; with known noise normal with variance `s²/(κ + n)`, else Student's t
 * with `ν + n` degrees of freedom and squared scale
 * `(ν·s² + S + κ·n·(m − μ)²/(κ + n)) / ((ν + n)·(κ + n))`. `p(k)` by quadrature
 * ({@link bestArmProbabilities}), then the floor; the arm is drawn from p.
 *
 * Input: finite rewards; set the prior in their unit. Output: choices with exact propensities; scores
 * are the posterior locations.
 * Cost: O(1) a choice and an update, and about 3 µs an arm where the probabilities are computed anew: for the
 * first rewards of an arm after each, later after some percent more of them. With `tolerance: 0` 10 µs an arm
 * for the first choice after an update.
 *
 * @throws those of {@link epsilonGreedy}.
 * @example
 * ```ts
 * import { thompsonGaussian } from '@mlops/abtest/bandits'
 *
 * const bandit = thompsonGaussian({ prior: { mean: 20, sd: 5 }, floor: 0.05 })
 * const outcomes = [21, 24, 22].map((reward) => ({ arm: 'a', reward }))
 * const state = bandit.update(bandit.start(['a', 'b']), outcomes)
 * console.log(bandit.probabilities(state).probabilities.map((p) => p.toFixed(3))) // [ '0.598', '0.402' ]
 * ```
 * Source: Murphy, "Conjugate Bayesian analysis of the Gaussian distribution" (2007), §5; the floor as
 * in GrowthBook.
 */
export function thompsonGaussian(
  options: ThompsonGaussianOptions = {},
): Bandit<ArmRewards, RewardWindow> {
  const {
    prior = {},
    noise = 'unknown',
    floor = 0,
    memory = 'all',
    tolerance = 0.1,
  } = given(options)
  const full = checkedGaussianPrior(prior, noise)
  requireShare('floor', floor)
  const name = 'thompson-gaussian'
  return defineBandit({
    ...toleratedRewards(name, memory, tolerance, gaussianDivergenceOf(full, noise)),
    name,
    options: { prior: full, noise, floor, memory, tolerance },
    rewards: [-1e100, 1e100],
    decide({ known }, active, scores, probabilities) {
      gaussianBest(known, active, { prior: full, noise, tolerance }, scores, probabilities)
      addFloor(probabilities, floor)
    },
  })
}

/** What the posteriors rest on, and how closely they are looked at. */
export interface GaussianBelief {
  readonly prior: Required<GaussianPrior>
  readonly noise: 'known' | 'unknown'
  readonly tolerance: number
}

/** Fills in the posterior locations and the probabilities of being best. */
export function gaussianBest(
  rewards: RewardCounts,
  active: readonly number[],
  { prior, noise, tolerance }: GaussianBelief,
  scores: Float64Array,
  probabilities: Float64Array,
): void {
  const df: number[] = []
  const scale: number[] = []
  for (let i = 0; i < active.length; i++) {
    const { location, count, shape, rate } = posteriorOf(rewards, active[i]!, prior, noise)
    scores[i] = location
    df.push(noise === 'known' ? Number.POSITIVE_INFINITY : 2 * shape)
    scale.push(Math.sqrt(rate / (shape * count)))
  }
  fillBestArm(tLaws(df, scores, scale, tolerance === 0 ? FINE : QUICK), probabilities)
}

/** How far an arm's posterior has moved. */
export function gaussianDivergenceOf(
  prior: Required<GaussianPrior>,
  noise: 'known' | 'unknown',
): PosteriorDivergence {
  return gaussianDivergence((rewards, arm) => posteriorOf(rewards, arm, prior, noise), noise)
}

function posteriorOf(
  { n, sum, m2 }: RewardCounts,
  arm: number,
  { mean, count, sd, sdCount }: Required<GaussianPrior>,
  noise: 'known' | 'unknown',
): GaussianPosterior {
  const size = n[arm]!
  const total = count + size
  const location = (count * mean + sum[arm]!) / total
  if (noise === 'known') return { location, count: total, shape: 0.5, rate: (sd * sd) / 2 }
  const gap = size > 0 ? sum[arm]! / size - mean : 0
  const squares = sdCount * sd * sd + m2[arm]! + (count * size * gap * gap) / total
  return { location, count: total, shape: (sdCount + size) / 2, rate: squares / 2 }
}

export function checkedGaussianPrior(
  { mean = 0, count = 1, sd = 1, sdCount = 2 }: GaussianPrior,
  noise: 'known' | 'unknown',
): Required<GaussianPrior> {
  requireOption('prior.mean', mean, Number.isFinite(mean), 'be a finite number')
  requirePositive('prior.count', count)
  requirePositive('prior.sd', sd)
  requireOption('prior.sdCount', sdCount, sdCount >= 1 && Number.isFinite(sdCount), 'be at least 1')
  requireOption('noise', noise, noise === 'known' || noise === 'unknown', 'be known or unknown')
  return { mean, count, sd, sdCount }
}
