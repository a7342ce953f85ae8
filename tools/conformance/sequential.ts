import type { SpendingFunction } from '@mlops/abtest/sequential'
import {
  anytimeSampleRatio,
  asymptoticScale,
  asymptoticSequence,
  betaBinomialMixture,
  boundedMeanSequence,
  crossingProbabilities,
  doubleStitchingBound,
  empiricalProcessBound,
  gammaExponentialMixture,
  gammaPoissonMixture,
  groupSequentialBounds,
  groupSequentialPower,
  logMixtureRatio,
  mixtureSprt,
  normalMixture,
  normalMixtureScale,
  polynomialStitchingBound,
  quantileComparison,
} from '@mlops/abtest/sequential'
import type { Alternative } from '@mlops/stats'
import { normal } from '@mlops/stats'
import type { Method, RawCase } from './case.ts'

type Given = RawCase['params']

/** The methods of abtest.json about looking more than once. */
export const sequentialMethods: Readonly<Record<string, Method>> = {
  asympcs_one_sided_greater: ({ input, params }) => {
    const { effect, se, n } = difference(input)
    const { interval, pValue } = sequence(effect, se, n, params, 'greater')
    return { ci_lower: interval.lower, p: pValue, effect }
  },
  asympcs_p_value: ({ input, params }) => ({
    p: sequence(input['diff'], input['se'], input['n_total'], params).pValue,
  }),
  asympcs_ratio_to_fixed: ({ input, params }) => {
    const { interval } = sequence(0, 1, input['n_total'], params)
    return { ratio: interval.upper! / normal.quantileSf(params['alpha'] / 2) }
  },
  asympcs_relative: ({ input, params }) => {
    const { a, b, n } = difference(input)
    const effect = (b.mean - a.mean) / Math.abs(a.mean)
    const se = Math.sqrt(b.variance / a.mean ** 2 + (a.variance * b.mean ** 2) / a.mean ** 4)
    const { interval, pValue } = sequence(effect, se, n, params)
    return { effect, se, ci: [interval.lower, interval.upper], p: pValue }
  },
  asympcs_rho: ({ input, params }) => {
    const options = { tightestAt: input['N_star'], alpha: params['alpha'] }
    return {
      rho: asymptoticScale(options),
      rho_one_sided: asymptoticScale({ ...options, alternative: 'greater' }),
    }
  },
  bernoulli_confidence_sequence: ({ input, params }) => {
    const { interval } = boundedMeanSequence(
      { n: input['n'], sum: input['successes'] },
      { alpha: params['alpha'], tightestAt: params['t_opt'] },
    )
    return { ci: [interval.lower, interval.upper] }
  },
  beta_binomial_mixture_bound: ({ input, params }) => {
    const { g, h } = params as { g: number; h: number }
    return bound(betaBinomialMixture({ ...mixtureOptions(params), g, h }), input, params)
  },
  double_stitching_bound: ({ input, params }) => ({
    value: doubleStitchingBound(params['p'], input['t'], {
      alpha: params['alpha'],
      from: params['t_opt'],
    }),
  }),
  empirical_process_lil_bound: ({ input, params }) => ({
    value: empiricalProcessBound(input['t'], {
      alpha: params['alpha'],
      from: params['t_min'],
      factor: params['A'],
    }),
  }),
  gamma_exponential_mixture_bound: ({ input, params }) =>
    bound(gammaExponentialMixture({ ...mixtureOptions(params), c: params['c'] }), input, params),
  gamma_poisson_mixture_bound: ({ input, params }) =>
    bound(gammaPoissonMixture({ ...mixtureOptions(params), c: params['c'] }), input, params),
  group_sequential_adjusted_alpha: ({ input, params }) => {
    const treatment = input['n_treat'] as number[]
    const totals = (input['n_control'] as number[]).map((n, k) => n + treatment[k]!)
    const maximum = Math.max(totals.at(-1)!, input['planned_total'])
    const { looks } = groupSequentialBounds({
      looks: totals.map((n) => n / maximum),
      alpha: params['alpha_two_sided'],
      spending: { family: 'kim-demets', rho: 2 },
    })
    return { adjusted_alpha_two_sided: looks.map((look) => look.nominalP) }
  },
  group_sequential_bounds: ({ params }) => {
    const { looks } = groupSequentialBounds({
      looks: params['looks'],
      alpha: params['alpha_two_sided'],
      spending: params['type'] === 'OF' ? 'obrien-fleming' : 'pocock',
    })
    return { z: looks.map(({ z }) => z) }
  },
  group_sequential_constants: ({ params, expected }) => {
    const constant = (spending: 'pocock' | 'obrien-fleming') =>
      groupSequentialBounds({
        looks: params['looks'],
        alpha: params['alpha_two_sided'],
        spending,
      }).looks.at(-1)!.z!
    const [pocock, obf] = [constant('pocock'), constant('obrien-fleming')]
    // The published ones are rounded to three decimals.
    const { published } = expected as { published?: number[] }
    return {
      pocock_C: pocock,
      obf_C: obf,
      ...(published && { published: [pocock, obf].map((c) => Math.round(c * 1000) / 1000) }),
    }
  },
  group_sequential_inflation_pct: ({ params }) => {
    const design = groupSequentialBounds({
      looks: params['looks'],
      alpha: 2 * params['alpha_one_sided'],
      spending: params['type'] === 'OF' ? 'obrien-fleming' : 'pocock',
    })
    const { inflationFactor, expectedInformationUnderNull } = groupSequentialPower(design, {
      power: 1 - params['beta'],
    })
    return {
      max_n_pct_of_fixed: 100 * inflationFactor!,
      expected_n_null_pct: 100 * inflationFactor! * expectedInformationUnderNull,
    }
  },
  group_sequential_power: ({ params }) => {
    const design = groupSequentialBounds({
      looks: params['looks'],
      alpha: params['alpha_one_sided'],
      sides: 'one',
      spending: spendingOf(params['spending']),
    })
    const power = groupSequentialPower(design, { power: params['power'] })
    return {
      drift_at_max_info: power.drift,
      inflation_factor: power.inflationFactor,
      exit_prob_per_look: power.stopAt,
      expected_info_fraction: power.expectedInformation,
    }
  },
  group_sequential_spending_bounds: ({ input, params }) => {
    const { looks } = groupSequentialBounds({
      looks: input['t'],
      alpha: params['alpha_one_sided'],
      sides: 'one',
      spending: spendingOf(params['spending']),
    })
    return {
      z: looks.map(({ z }) => z),
      cum_alpha: looks.map(({ spent }) => spent),
      nominal_p_one_sided: looks.map(({ nominalP }) => nominalP),
    }
  },
  msprt_normal: ({ input, params }) => {
    const se = Math.sqrt((2 * params['sigma2']) / input['n_per_arm'])
    const effectSd = Math.sqrt(params['tau2'])
    const { pValue, interval, estimate } = mixtureSprt(input['diff'], se, {
      effectSd,
      alpha: params['alpha'],
    })
    return {
      log_lambda: logMixtureRatio(input['diff'], se, effectSd),
      p_single_look: pValue,
      ci_halfwidth: interval.upper! - estimate,
    }
  },
  normal_log_mixture: ({ input, params }) => ({
    value: normalMixture(mixtureOptions(params)).logMixture(input['s'], input['v']),
  }),
  normal_mixture_best_rho: ({ input, params }) => ({
    value: normalMixtureScale({ ...mixtureOptions(params), tightestAt: input['v_opt'] }),
  }),
  normal_mixture_bound: ({ input, params }) =>
    bound(normalMixture(mixtureOptions(params)), input, params),
  peeking_false_positive_rate: ({ input, params }) => {
    const z = normal.quantileSf(params['alpha_two_sided'] / 2)
    return { fpr: (input['looks'] as number[]).map((looks) => 1 - peek(looks, z).within) }
  },
  peeking_false_positive_rate_one_sided_upper: ({ input, params }) => ({
    p_upper: (input['looks'] as number[]).map((looks) =>
      peek(looks, params['z'], params['two_sided_continuation'] !== false).above.reduce(
        (sum, p) => sum + p,
        0,
      ),
    ),
  }),
  poly_stitching_bound: ({ input, params }) => ({
    value: polynomialStitchingBound(input['v'], {
      alpha: params['alpha'],
      from: params['v_min'],
      c: params['c'],
      exponent: params['s'],
      growth: params['eta'],
    }),
  }),
  quantile_ab_sequential_p: ({ input, params }) => ({
    p: quantileComparison(range(input['a']), range(input['b']), {
      quantile: params['quantile'],
      tightestAt: params['t_opt'],
    }),
  }),
  srm_sequential_dirichlet_multinomial: ({ input, params }) => {
    const { logEValue, pValue } = anytimeSampleRatio(
      [{ counts: input['counts'], allocation: input['theta0'] }],
      { prior: params['alpha0'] },
    )
    return { log_bayes_factor: logEValue, p_always_valid_single_look: pValue }
  },
}

function sequence(
  effect: number,
  se: number,
  n: number,
  params: Given,
  alternative: Alternative = 'two-sided',
) {
  const options = { n, alpha: params['alpha'], tightestAt: params['N_star'], alternative }
  return asymptoticSequence(effect, se, options)
}

function mixtureOptions(params: Given) {
  return {
    tightestAt: params['v_opt'],
    tightestAlpha: params['alpha_opt'] ?? 0.05,
    sides: params['two_sided'] === true ? 'two' : 'one',
  } as const
}

function bound(mixture: { bound(v: number, alpha: number): number }, input: Given, params: Given) {
  return { value: mixture.bound(input['v'], params['alpha']) }
}

/** Means, the variances of the means, and the difference of two arms given by their sums. */
function difference(input: Given) {
  const [a, b] = [input['a'], input['b']].map((arm: Given) => {
    const { n } = arm as { n: number }
    if ('successes' in arm) {
      const mean = arm['successes'] / n
      return { n, mean, variance: (mean * (1 - mean)) / n }
    }
    const mean = arm['sum'] / n
    return { n, mean, variance: (arm['sum_squares'] - arm['sum'] * mean) / (n - 1) / n }
  }) as [Arm, Arm]
  return {
    a,
    b,
    n: a.n + b.n,
    effect: b.mean - a.mean,
    se: Math.sqrt(a.variance + b.variance),
  }
}

interface Arm {
  readonly n: number
  readonly mean: number
  readonly variance: number
}

function peek(looks: number, z: number, both = true) {
  const information = Array.from({ length: looks }, (_, k) => (k + 1) / looks)
  return crossingProbabilities({
    information,
    upper: information.map(() => z),
    lower: information.map(() => (both ? -z : null)),
  })
}

function spendingOf(text: string): SpendingFunction {
  if (text.startsWith('HSD'))
    return { family: 'hwang-shih-decani', gamma: Number(/gamma=(-?[\d.]+)/.exec(text)![1]) }
  const rho = /(?:t\^|rho=)([\d.]+)/.exec(text)
  if (rho) return { family: 'kim-demets', rho: Number(rho[1]) }
  return /pocock/i.test(text) ? 'lan-demets-pocock' : 'lan-demets-obrien-fleming'
}

function range(text: string | number[]): number[] {
  if (typeof text !== 'string') return text
  const [from, to] = text.split('..').map(Number) as [number, number]
  return Array.from({ length: to - from + 1 }, (_, i) => from + i)
}
