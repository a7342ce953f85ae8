import { requireOption, requirePositive } from '../require-option.ts'
import { FINE, QUICK, tLaws } from './arm-laws.ts'
import type { RewardCounts } from './arm-rewards.ts'
import { fillBestArm } from './best-arm.ts'
import { bestArmBySteps } from './best-arm-by-steps.ts'
import type { GaussianPosterior } from './posterior-divergence.ts'
import { gaussianDivergence } from './posterior-divergence.ts'
import type { Posteriors } from './posteriors.ts'
import { COMPUTED_SHARE, LEAST_TOLERANCE } from './posteriors.ts'
import { steppedT } from './stepped-t.ts'

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

/** Posteriors of the means of normal rewards: normal with known noise, else Student's t. */
export function gaussianPosteriors(
  prior: Required<GaussianPrior>,
  noise: 'known' | 'unknown',
  tolerance: number,
): Posteriors {
  const error = COMPUTED_SHARE * tolerance
  const rough = tolerance >= LEAST_TOLERANCE
  const of = (rewards: RewardCounts, arm: number) => posteriorOf(rewards, arm, prior, noise)

  return {
    divergence: gaussianDivergence(of, noise),
    best(arms) {
      const df = new Float64Array(arms)
      const scale = new Float64Array(arms)
      const laws = steppedT(arms, error)
      const fillBySteps = bestArmBySteps(laws, error)
      return {
        fill(known, active, scores, probabilities) {
          for (let i = 0; i < arms; i++) {
            const { location, count, shape, rate } = of(known, active[i]!)
            scores[i] = location
            df[i] = noise === 'known' ? Number.POSITIVE_INFINITY : 2 * shape
            scale[i] = Math.sqrt(rate / (shape * count))
            if (rough) laws.set(i, df[i]!, location, scale[i]!)
          }
          if (rough && fillBySteps(probabilities)) return
          fillBestArm(tLaws(df, scores, scale, rough ? QUICK : FINE), probabilities)
        },
      }
    },
  }
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
