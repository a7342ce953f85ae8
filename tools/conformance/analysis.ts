import {
  type ArmStats,
  armStatsOfSums,
  bayesianReadout,
  compareArms,
  compareBayesian,
  compareCuped,
  compareQuantiles,
  compareRatios,
  type Effect,
  marginTest,
  normalLoss,
  pValueInterval,
  type QuantileStats,
} from '@mlops/abtest'
import { asymptoticSequence } from '@mlops/abtest/sequential'
import { type SampleSummary, studentT } from '@mlops/stats'
import type { Method } from './case.ts'

/** The analyses of abtest.json: arm `a` is control, `b` treatment. */
export const analysisMethods: Readonly<Record<string, Method>> = {
  adjusted_ci: ({ input, params }) => {
    const { lower, upper } = pValueInterval(input['lift'], input['p_adj'], {
      alpha: params['alpha'],
    })!
    return { ci: [lower, upper] }
  },
  bayes_effect: ({ input }) => {
    const [a, b] = ['a', 'b'].map((arm) => sums(input[arm]))
    const { probabilityBetter, expectedLoss, relativeEffect } = bayesianReadout(
      compareArms(a!, b!),
      { scale: 'relative' },
    )
    const { value, interval, standardError } = relativeEffect!
    return {
      effect: value,
      ci: [interval!.lower, interval!.upper],
      sd: standardError,
      chance_to_win: probabilityBetter,
      risk_ctrl_trt: [expectedLoss!.control, expectedLoss!.treatment],
    }
  },
  bayes_risk: ({ input }) => {
    const { control, treatment } = normalLoss(input['mu'], input['sigma'])
    return { risk: [control, treatment] }
  },
  beta_binomial_prob_b_beats_a: ({ input }) => {
    // The posterior's shapes, as successes and failures under a prior of one each.
    const [a, b] = ['a', 'b'].map((arm) => ({
      successes: input[arm][0] - 1,
      n: input[arm][0] + input[arm][1] - 2,
    }))
    const { probabilityBetter, expectedLoss } = compareBayesian(a!, b!)
    return { p_b_gt_a: probabilityBetter, expected_loss_choose_b: expectedLoss!.treatment }
  },
  cuped_ratio_relative: ({ input }) => {
    const [a, b] = ['a', 'b'].map((arm) => cupedRatio(input[arm]))
    // For ratios GrowthBook pools the covariances of the arms.
    const { relativeEffect } = compareCuped(a!, b!, { theta: 'within-arms' })
    const { value, standardError, interval } = relativeEffect!
    const { interval: anytime } = asymptoticSequence(value, standardError!, {
      n: a!.n + b!.n,
      tightestAt: 5000,
    })
    return {
      effect: value,
      se: standardError,
      ci: [interval!.lower, interval!.upper],
      p: relativeP(relativeEffect!),
      sequential_ci_Nstar_5000: [anytime.lower, anytime.upper],
    }
  },
  cuped_theta: ({ input }) => {
    const [a, b] = ['a', 'b'].map((arm) => {
      const { n, post, pre, sum_of_products: product } = input[arm]
      return armStatsOfSums({
        n,
        outcome: raw(post),
        covariate: raw(pre),
        products: { 'outcome*covariate': product },
      })
    })
    const readout = compareCuped(a!, b!, { theta: 'all-units' })
    return { theta: readout.varianceReduction!.coefficients[0] }
  },
  cuped_welch: ({ input }) => {
    const [a, b] = ['a', 'b'].map((arm) => ({
      outcome: input[`post_${arm}`],
      covariate: input[`pre_${arm}`],
    }))
    const all = compareCuped(a!, b!, { theta: 'all-units' })
    const within = compareCuped(a!, b!).varianceReduction!
    return {
      theta: all.varianceReduction!.coefficients[0],
      diff: all.effect!.value,
      se: all.effect!.standardError,
      t: all.test.statistic,
      p: all.test.pValue,
      theta_within_arm: within.coefficients[0],
      variance_reduction_pct: 100 * all.varianceReduction!.varianceReduction!,
    }
  },
  delta_variance: ({ input }) => {
    const [a, b] = ['a', 'b'].map((arm) => ({
      n: input[`n_${arm}`],
      mean: input[`mean_${arm}`],
      variance: input[`var_${arm}`],
    }))
    const { effect, relativeEffect } = compareArms(a!, b!)
    return {
      absolute: effect!.standardError! ** 2,
      relative: relativeEffect!.standardError! ** 2,
    }
  },
  guardrail_non_inferiority_z: ({ input, params }) => {
    const { statistic, pValue, interval, verdict } = marginTest(
      { value: input['diff'], standardError: input['se'], degreesOfFreedom: null },
      {
        kind: 'non-inferiority',
        better: 'higher',
        margin: params['margin_abs'],
        alpha: params['alpha_one_sided'],
      },
    )
    return {
      z: statistic,
      p: pValue,
      ci_lower: interval!.lower,
      non_inferior: verdict === 'pass',
    }
  },
  quantile_effect: ({ input, params }) => {
    const [a, b] = ['a', 'b'].map((arm): QuantileStats => {
      const { n, n_star: nStar, q: value, lower, upper } = input[arm]
      const quantile = params['nu']
      return {
        kind: 'quantile-stats',
        quantile,
        n,
        nStar,
        value,
        lower,
        upper,
        level: 0.95,
        dropped: 0,
      }
    })
    const { effect } = compareQuantiles(a!, b!)
    return { diff: effect!.value, ci: [effect!.interval!.lower, effect!.interval!.upper] }
  },
  ratio_metric: ({ input }) => {
    const [a, b] = ['a', 'b'].map((arm) => ({
      outcome: input[`num_${arm}`],
      denominator: input[`den_${arm}`],
    }))
    const { arms, effect, relativeEffect, test } = compareRatios(a!, b!)
    const [c, t] = arms
    return {
      ratio_a: c.mean,
      se_a: c.sd! / Math.sqrt(c.n),
      ratio_b: t.mean,
      se_b: t.sd! / Math.sqrt(t.n),
      diff: effect!.value,
      z: test.statistic,
      rel_lift: relativeEffect!.value,
      rel_se: relativeEffect!.standardError,
    }
  },
  welch_t_summary: ({ input }) => {
    const [a, b] = ['a', 'b'].map((arm) => given(input[arm]))
    const { relativeEffect } = compareArms(a!, b!)
    const { value, standardError, interval } = relativeEffect!
    return {
      effect: value,
      se: standardError,
      ci: [interval!.lower, interval!.upper],
      p: relativeP(relativeEffect!),
    }
  },
}

/** The two-sided p-value of a relative effect of 0. */
function relativeP({ value, standardError, degreesOfFreedom }: Effect): number {
  return 2 * studentT.sf(Math.abs(value / standardError!), degreesOfFreedom!)
}

interface RawSums {
  readonly n: number
  readonly sum: number
  readonly sum_squares: number
}

function sums({ n, sum, sum_squares: sumOfSquares }: RawSums): ArmStats {
  return armStatsOfSums({ n, outcome: { sum, sumOfSquares } })
}

/** Sums, or successes with GrowthBook's variance p(1 − p). */
function given(arm: RawSums | { readonly n: number; readonly successes: number }) {
  if ('sum' in arm) return sums(arm)
  const mean = arm.successes / arm.n
  return { n: arm.n, mean, variance: mean * (1 - mean) } satisfies SampleSummary
}

function raw({ sum, sum_squares: sumOfSquares }: Omit<RawSums, 'n'>) {
  return { sum, sumOfSquares }
}

/** Pairs of sum and sum of squares, with the cross products. */
// biome-ignore lint/suspicious/noExplicitAny: as the case holds it.
function cupedRatio(arm: Record<string, any>): ArmStats {
  const of = (name: string) => ({ sum: arm[name][0], sumOfSquares: arm[name][1] })
  return armStatsOfSums({
    n: arm['n'],
    outcome: of('m_post'),
    denominator: of('d_post'),
    covariate: of('m_pre'),
    covariateDenominator: of('d_pre'),
    products: {
      'outcome*denominator': arm['mpost_dpost'],
      'outcome*covariate': arm['mpost_mpre'],
      'outcome*covariateDenominator': arm['mpost_dpre'],
      'denominator*covariate': arm['mpre_dpost'],
      'denominator*covariateDenominator': arm['dpost_dpre'],
      'covariate*covariateDenominator': arm['mpre_dpre'],
    },
  })
}
