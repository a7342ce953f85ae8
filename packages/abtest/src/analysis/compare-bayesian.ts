import type { Proportion } from '@mlops/stats'
import { twoProportionZ } from '@mlops/stats'
import type { BayesianReadout, ExpectedLoss } from '../readout.ts'
import type { UnpairedOptions } from './analysis-options.ts'
import { checkedOptions } from './analysis-options.ts'
import type { ArmData } from './arm-data.ts'
import { checkArms, isProportion, proportionArm } from './arm-data.ts'
import { checkDecision, type DecisionOptions, decided } from './bayesian-decision.ts'
import type { BetaShapes } from './beta-comparison.ts'
import { compareBetas, inverseOf } from './beta-comparison.ts'
import { sampleRatioGuard } from './build-readout.ts'
import { compareArms } from './compare-arms.ts'
import { badPrior, type NormalPrior, normalReadout } from './normal-posterior.ts'

export interface BayesianOptions extends Omit<UnpairedOptions, 'alternative'>, DecisionOptions {
  /**
   * Of proportions: a beta prior for both arms, or for each. @default { a: 1, b: 1 }, uniform
   */
  readonly ratePrior?: BetaShapes | { readonly control: BetaShapes; readonly treatment: BetaShapes }
  /** Of values: a normal prior of the effect. @default flat */
  readonly effectPrior?: NormalPrior
}

/**
 * Compares two arms by their posterior: how probable is it that the treatment is better, what does the
 * choice cost if it is not, and does the difference matter?
 *
 * Proportions: `rate ~ Beta(a + successes, b + failures)`, independent, by quadrature: no draws, the same
 * answer every time. Values: the effect's normal posterior around Welch's estimate (see
 * {@link bayesianReadout}).
 *
 * Input: as `compareArms`; beta shapes of at least ½ (Jeffreys). Output: a {@link BayesianReadout};
 * `pass` where P(better) reaches `decideAt` (and the loss stays below `maxLoss`), `fail` where P(worse)
 * does; `inconclusive` otherwise, where the split is not the planned one, and where the region of
 * practical equivalence holds `decideAt`. Intervals are equal-tailed at 1 − alpha.
 * Cost: about 0.1 s for proportions; one pass for values.
 *
 * @throws `invalid`: `abtest.invalid-arms`, `abtest.invalid-option`, `abtest.invalid-prior`.
 * @example
 * ```ts
 * import { compareBayesian } from '@mlops/abtest'
 *
 * const readout = compareBayesian({ successes: 49, n: 999 }, { successes: 64, n: 999 })
 * console.log(readout.probabilityBetter?.toFixed(5), readout.expectedLoss?.treatment.toFixed(7))
 * // 0.92615 0.0003432
 * ```
 * Source: Stucchi, "Bayesian A/B testing at VWO", 2015 (loss); Kruschke 2018 (region of practical
 * equivalence).
 */
export function compareBayesian(
  control: ArmData,
  treatment: ArmData,
  options: BayesianOptions = {},
): BayesianReadout {
  checkArms(control, treatment)
  const checked = checkedOptions(options)
  if (!isProportion(control)) {
    const { ratePrior: _, ...rest } = options
    const { metric, alpha, allocation } = checked
    return normalReadout(compareArms(control, treatment, { metric, alpha, allocation }), rest)
  }
  const decision = checkDecision(options)
  const arms = [control, treatment as Proportion].map((data, i) => {
    // Refuses counts that are none.
    twoProportionZ(data, data)
    return proportionArm(i === 0 ? 'control' : 'treatment', data, 0)
  }) as unknown as BayesianReadout['arms']
  const priors = priorsOf(options.ratePrior ?? { a: 1, b: 1 })
  const guards = sampleRatioGuard(
    arms.map(({ n }) => n),
    checked.allocation,
  )
  const head = {
    kind: 'ab-readout',
    analysis: 'bayesian',
    model: 'beta-binomial',
    alpha: checked.alpha,
    metric: checked.metric,
    arms,
    scale: decision.scale,
    prior: `rates ${priors.map(({ a, b }) => `Beta(${a}, ${b})`).join(' and ')} before the data`,
    guards,
  } as const
  const [pc, pt] = priors
  const c = posterior(pc, control)
  const t = posterior(pt, treatment as Proportion)
  if (arms.some(({ n }) => n === 0))
    return decided({ ...head, status: 'insufficient-data' }, decision)
  const compared = compareBetas(c, t)
  const tail = checked.alpha / 2
  const law = { standardError: null, degreesOfFreedom: null } as const
  const lower = inverseOf(compared.differenceCdf, tail, -1, 1)
  const upper = inverseOf(compared.differenceCdf, 1 - tail, -1, 1)
  // Doubled until it holds the upper end; a control near 0 has a long tail of lifts.
  let most = 1
  while (compared.liftCdf(most) < 1 - tail / 2 && most < 1e12) most *= 2
  const lift = (p: number) => inverseOf(compared.liftCdf, p, -1, most)
  const cdf = decision.scale === 'difference' ? compared.differenceCdf : compared.liftCdf
  return decided(
    {
      ...head,
      status: 'ok',
      probabilityGreater: compared.probabilityGreater,
      loss:
        decision.scale === 'difference'
          ? compared.expectedLoss
          : relativeLoss(c, compared.expectedLoss),
      cdf,
      effect: {
        value: t.a / (t.a + t.b) - c.a / (c.a + c.b),
        interval: { level: checked.confidence, lower, upper },
        method: 'posterior-mean-equal-tailed',
        scale: 'difference',
        ...law,
      },
      relativeEffect: {
        value: lift(0.5),
        interval: { level: checked.confidence, lower: lift(tail), upper: lift(1 - tail) },
        method: 'posterior-median-equal-tailed',
        scale: 'relative',
        ...law,
      },
    },
    decision,
  )
}

/** The expected losses over the control's posterior mean: a share of what control yields. */
function relativeLoss(c: BetaShapes, loss: ExpectedLoss): ExpectedLoss {
  const mean = c.a / (c.a + c.b)
  return { control: loss.control / mean, treatment: loss.treatment / mean }
}

function posterior({ a, b }: BetaShapes, { successes, n }: Proportion): BetaShapes {
  return { a: a + successes, b: b + n - successes }
}

function priorsOf(prior: NonNullable<BayesianOptions['ratePrior']>): [BetaShapes, BetaShapes] {
  const both = 'control' in prior ? [prior.control, prior.treatment] : [prior, prior]
  for (const shapes of both) {
    for (const [name, value] of Object.entries({ a: shapes?.a, b: shapes?.b })) {
      if (!(typeof value === 'number' && value >= 0.5 && value < Infinity))
        throw badPrior(`${name} of a beta prior must be a number >= 0.5, got ${String(value)}`, {
          [name]: value,
        })
    }
  }
  return both as [BetaShapes, BetaShapes]
}
