import { requireOption } from '../require-option.ts'
import { betaLaws, FINE, QUICK } from './arm-laws.ts'
import { fillBestArm } from './best-arm.ts'
import { bestArmBySteps } from './best-arm-by-steps.ts'
import { betaDivergence } from './posterior-divergence.ts'
import type { Posteriors } from './posteriors.ts'
import { COMPUTED_SHARE, LEAST_TOLERANCE } from './posteriors.ts'
import { steppedBeta } from './stepped-beta.ts'

/** Beta posteriors of rates, from a prior's successes and failures. */
export function betaPosteriors(
  prior: readonly [successes: number, failures: number],
  tolerance: number,
): Posteriors {
  const fine = prior?.length === 2 && prior.every((x) => x >= 0.01 && Number.isFinite(x))
  requireOption('prior', prior, fine, 'be two numbers of at least 0.01')
  const [successes, failures] = prior
  const error = COMPUTED_SHARE * tolerance
  const rough = tolerance >= LEAST_TOLERANCE

  return {
    divergence: betaDivergence(prior),
    best(arms) {
      const a = new Float64Array(arms)
      const b = new Float64Array(arms)
      const laws = steppedBeta(arms, error)
      const fillBySteps = bestArmBySteps(laws, error)
      return {
        fill({ n, sum }, active, scores, probabilities) {
          for (let i = 0; i < arms; i++) {
            const at = active[i]!
            a[i] = successes + Math.max(0, sum[at]!)
            b[i] = failures + Math.max(0, n[at]! - sum[at]!)
            scores[i] = a[i]! / (a[i]! + b[i]!)
            if (rough) laws.set(i, a[i]!, b[i]!)
          }
          if (rough && fillBySteps(probabilities)) return
          fillBestArm(betaLaws(a, b, rough ? QUICK : FINE), probabilities)
        },
      }
    },
  }
}
