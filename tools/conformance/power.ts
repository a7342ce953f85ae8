import {
  proportionsApart,
  type SampleSize,
  sampleSizeForMannWhitney,
  sampleSizeForMcNemar,
  sampleSizeForMeans,
  sampleSizeForNonInferiority,
  sampleSizeForPairs,
  sampleSizeForProportions,
  tPower,
  zPower,
} from '@mlops/abtest'
import {
  achievedPower,
  type Design,
  designForEquivalence,
  designForMeans,
  designForOddsRatio,
  designForProportions,
  designForRelativeLift,
  detectableEffect,
  requiredUnits,
} from '@mlops/abtest/design'
import { asymptoticSequence } from '@mlops/abtest/sequential'
import type { Alternative } from '@mlops/stats'
import { normal } from '@mlops/stats'
import type { Method } from './case.ts'

const ALTERNATIVES: Readonly<Record<string, Alternative>> = { larger: 'greater', smaller: 'less' }
const alternativeOf = (params: Readonly<Record<string, unknown>>): Alternative =>
  ALTERNATIVES[String(params['alternative'])] ?? 'two-sided'

/**
 * Peers solve for a fractional n; the library gives the whole number from there on. So the fraction is where
 * the library's power crosses the target.
 */
function crossing(target: number, power: (n: number) => number): number {
  return rootOf((n) => power(n) - target, 2, 1e9)
}

/** The library's whole number must be the first at which its power, both tails counted, reaches the target. */
function confirm(whole: number, target: number, power: (n: number) => number): void {
  if (power(whole) >= target && power(whole - 1) < target) return
  throw new Error(`the design says ${whole} units, which is not where the power reaches ${target}`)
}

function rootOf(f: (x: number) => number, from: number, to: number): number {
  let [low, high] = [from, to]
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2
    if (f(middle) < 0) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** How R counts a two-sided power: without the far tail, it is that of one side at half the level. */
const oneTail = (delta: number, df: number, alpha: number) =>
  tPower(Math.abs(delta), df, alpha / 2, 'greater')

interface TwoProportions {
  readonly p1: number
  readonly p2: number
  readonly alpha: number
  readonly ratio?: number
  readonly variance?: 'pooled' | 'unpooled'
  readonly tails?: 'both' | 'one'
}

function proportionsPower(
  n: number,
  { p1, p2, alpha, ratio = 1, variance = 'pooled', tails = 'both' }: TwoProportions,
): number {
  const mean = (p1 + ratio * p2) / (1 + ratio)
  const own = Math.sqrt((p1 * (1 - p1) + (p2 * (1 - p2)) / ratio) / n)
  const pooled = Math.sqrt((mean * (1 - mean) * (1 + 1 / ratio)) / n)
  const shift = Math.abs(p2 - p1) / own
  const nullRatio = variance === 'pooled' ? pooled / own : 1
  return tails === 'both'
    ? zPower(shift, alpha, 'two-sided', nullRatio)
    : zPower(shift, alpha / 2, 'greater', nullRatio)
}

const cohensH = (p1: number, p2: number) =>
  2 * Math.asin(Math.sqrt(p2)) - 2 * Math.asin(Math.sqrt(p1))

/** The methods of abtest.json about designing an experiment. */
export const powerMethods: Readonly<Record<string, Method>> = {
  mde_two_prop: ({ input, params }) => {
    const { p1, n_per_group: n } = input as { p1: number; n_per_group: number }
    const { alpha, power } = params as { alpha: number; power: number }
    const at = (p2: number) => proportionsPower(n, { p1, p2, alpha, tails: 'one' })
    return { p2: rootOf((p2) => at(p2) - power, p1 + 1e-9, 1 - 1e-9) }
  },
  power_means_unequal: ({ input, params }) => {
    const { delta, sd1, sd2, n_total: n } = input as Record<string, number>
    const n1 = n! / (1 + params['ratio_n2_over_n1'])
    const se = Math.sqrt(sd1! ** 2 / n1 + sd2! ** 2 / (n! - n1))
    return { power: zPower(delta! / se, params['alpha_one_sided'], 'greater') }
  },
  power_t: ({ input, params }) => {
    const { n_per_group: n, n1 = n, n2 = n, d = input['delta'] / input['sd'] } = input
    const { alpha, kind } = params
    const alternative = alternativeOf(params)
    const [delta, df] =
      kind === 'one-sample/paired'
        ? [d * Math.sqrt(n), n - 1]
        : [d / Math.sqrt(1 / n1 + 1 / n2), n1 + n2 - 2]
    const power = tPower(delta, df, alpha, alternative)
    return 'delta' in input
      ? { power: oneTail(delta, df, alpha), power_both_tails: power }
      : { power }
  },
  power_two_prop: ({ input, params }) => {
    const { p2, diff, n1, n_per_group: n = n1 } = input
    const { alpha, ratio_n2_over_n1: ratio = 1 } = params
    return { power: proportionsPower(n, { p1: p2 + diff, p2, alpha, ratio }) }
  },
  power_two_prop_arcsine: ({ input, params }) => ({
    power: zPower(input['h'] * Math.sqrt(input['n_per_group'] / 2), params['alpha'], 'two-sided'),
  }),
  sample_size_control_vs_all: ({ input, params }) => {
    const [control, arm] = params['allocation'] as [number, number]
    const { control: units } = continuous(input, params, Math.sqrt(input['var']), arm / control)
    return { n_total: units / control }
  },
  power_relative_mean: ({ input, params }) => {
    const { mean, variance, rel_effect: effect, n_total: total, variations } = input
    const { alpha, sequential_tuning: tightestAt } = params
    const n = total! / variations!
    // GrowthBook widens the variance by the always-valid width over the fixed one, and plans a z test with it.
    // `looks` of the library holds the bound against the variance as it is.
    const { interval } = asymptoticSequence(0, 1, { n: 2 * n, tightestAt, alpha })
    const widening = interval.upper! / normal.quantileSf(alpha / 2)
    const design = designForRelativeLift({
      mean: mean!,
      sd: Math.sqrt(variance!) * widening,
      alpha,
    })
    const units = [n, n]
    return {
      power: achievedPower(design, { units, effect: effect! }).power,
      mde_80pct: detectableEffect(design, { units, power: 0.8 }).effect,
    }
  },
  sample_size_equivalence_wald: ({ input, params }) => {
    const { pA, pB } = input as { pA: number; pB: number }
    const { alpha, power, delta } = params as { alpha: number; power: number; delta: number }
    const design = designForEquivalence({ control: pB, difference: pA - pB, alpha })
    const { arms } = requiredUnits(design, { effect: delta, power })
    return { n_per_group_ceil: arms[0] }
  },
  sample_size_mann_whitney: ({ input, params }) => {
    const { prob_superiority: superiority } = input as { prob_superiority: number }
    const { alpha, power, allocation = 0.5 } = params as Record<string, number>
    const ratio = (1 - allocation) / allocation
    const at = (n: number, tails: 'both' | 'one') => {
      const shift = Math.sqrt(12 * allocation * (1 - allocation) * n) * Math.abs(superiority - 0.5)
      return tails === 'both'
        ? zPower(shift, alpha!, 'two-sided')
        : zPower(shift, alpha! / 2, 'greater')
    }
    const size = sampleSizeForMannWhitney({ superiority, ratio, alpha: alpha!, power: power! })
    if (ratio === 1) confirm(size.control, power!, (n) => at(2 * n, 'both'))
    return { n_total: crossing(power!, (n) => at(n, 'one')) }
  },
  sample_size_mcnemar: ({ input, params }) => {
    const { p10, p01 } = input as { p10: number; p01: number }
    const { alpha, power } = params as { alpha: number; power: number }
    const [psi, d] = [p10 + p01, Math.abs(p10 - p01)]
    const own = Math.sqrt(psi - d * d)
    const at = (n: number, level: number, alternative: Alternative) =>
      zPower((d * Math.sqrt(n)) / own, level, alternative, Math.sqrt(psi) / own)
    const { total } = sampleSizeForMcNemar({ controlOnly: p10, treatmentOnly: p01, alpha, power })
    confirm(total, power, (n) => at(n, alpha, 'two-sided'))
    return { n_pairs: crossing(power, (n) => at(n, alpha / 2, 'greater')) }
  },
  sample_size_multi_arm_spot1: ({ input, params }) => {
    const { weights, power, interval } = params as {
      weights: number[]
      power: number
      interval: number
    }
    const metrics = input['metrics'] as {
      p?: number
      mean?: number
      var?: number
      rel_mde: number
    }[]
    // spot-1: every success metric is one more comparison.
    const settings = {
      allocation: weights,
      alternative: 'greater' as const,
      alpha: (1 - interval) / metrics.length,
    }
    return {
      n_total: metrics.map(({ p, mean, var: variance, rel_mde: lift }) => {
        const design: Design =
          p === undefined
            ? designForMeans({ ...settings, sd: Math.sqrt(variance!) })
            : designForProportions({ ...settings, control: p, variance: 'unpooled' })
        return requiredUnits(design, { effect: (p ?? mean!) * lift, power }).total
      }),
    }
  },
  sample_size_non_inferiority_FM: ({ input, params }) => {
    const { p1, p2 } = input as { p1: number; p2: number }
    const { alpha_one_sided: alpha, beta, margin_delta0: delta } = params as Record<string, number>
    const { ratio_n2_over_n1: ratio = 1 } = params as { ratio_n2_over_n1?: number }
    const [c, t] = proportionsApart(p1, p2, -delta!, ratio)
    const sd = (a: number, b: number) => Math.sqrt(a * (1 - a) + (b * (1 - b)) / ratio)
    const [own, nullSd] = [sd(p1, p2), sd(c, t)]
    const at = (n: number) =>
      zPower((Math.sqrt(n) * Math.abs(p1 - p2 - delta!)) / own, alpha!, 'greater', nullSd / own)
    const n = crossing(1 - beta!, at)
    // Its whole numbers round the second arm up, which may save a unit of the first.
    const { control } = sampleSizeForNonInferiority({
      control: p1,
      treatment: p2,
      margin: p1 - p2 > delta! ? -delta! : delta!,
      better: p1 - p2 > delta! ? 'lower' : 'higher',
      alpha: alpha!,
      power: 1 - beta!,
      ratio,
    })
    if (Math.abs(control - n) > 1) throw new Error(`the design says ${control}, not ${n}`)
    return { n1: n, n2: n * ratio }
  },
  sample_size_non_inferiority_wald: ({ input, params }) => {
    const { pA, pB } = input as { pA: number; pB: number }
    const { alpha_one_sided: alpha, power, delta, kappa = 1 } = params as Record<string, number>
    const own = Math.sqrt((pA * (1 - pA)) / kappa + pB * (1 - pB))
    const { control } = sampleSizeForNonInferiority({
      control: pB,
      treatment: pA,
      margin: -delta!,
      alpha: alpha!,
      power: power!,
      ratio: kappa,
      variance: 'wald',
    })
    const at = (n: number) => zPower((Math.sqrt(n) * (pA - pB - delta!)) / own, alpha!, 'greater')
    return { n_per_group_ceil: control, n: crossing(power!, at) }
  },
  sample_size_odds_ratio: ({ input, params }) => {
    const { p1, p2 } = input as { p1: number; p2: number }
    const { alpha_one_sided: alpha, beta } = params as { alpha_one_sided: number; beta: number }
    const odds = (p: number) => p / (1 - p)
    const effect = odds(p2) / odds(p1)
    const alternative = effect > 1 ? 'greater' : 'less'
    const design = designForOddsRatio({ control: p1, alpha, alternative })
    const at = (n: number) => design.power([n, n], effect)
    confirm(requiredUnits(design, { effect, power: 1 - beta }).arms[0]!, 1 - beta, at)
    return { n_total: 2 * crossing(1 - beta, at) }
  },
  sample_size_spotify_binomial: ({ input, params }) => {
    const sd = Math.sqrt(input['p'] * (1 - input['p']))
    return { n_total: continuous(input, params, sd).total }
  },
  sample_size_spotify_continuous: ({ input, params }) => ({
    n_total: continuous(input, params, Math.sqrt(input['var'])).total,
  }),
  sample_size_t: ({ input, params }) => {
    const { delta, sd_diff: sd } = input as { delta: number; sd_diff: number }
    const { alpha, power } = params as { alpha: number; power: number }
    const { total } = sampleSizeForPairs({ effect: delta, sd, alpha, power })
    const shift = (n: number) => (delta / sd) * Math.sqrt(n)
    confirm(total, power, (n) => tPower(shift(n), n - 1, alpha, 'two-sided'))
    return { n_pairs: crossing(power, (n) => oneTail(shift(n), n - 1, alpha)) }
  },
  sample_size_two_prop: ({ input, params }) => {
    const { p1, p2 } = input as { p1: number; p2: number }
    const { alpha, power } = params as { alpha: number; power: number }
    const variance = params['variance'] === 'unpooled' ? 'unpooled' : 'pooled'
    const tails = String(params['tails']).startsWith('both') ? 'both' : 'one'
    const { control } = sampleSizeForProportions({
      control: p1,
      treatment: p2,
      alpha,
      power,
      variance,
    })
    confirm(control, power, (n) => proportionsPower(n, { p1, p2, alpha, variance }))
    const at = (n: number) => proportionsPower(n, { p1, p2, alpha, variance, tails })
    return { n_per_group: crossing(power, at) }
  },
  sample_size_two_prop_arcsine: ({ input, params }) => {
    const { p1, p2 } = input as { p1: number; p2: number }
    const { alpha, power, ratio_n2_over_n1: ratio = 1 } = params
    const h = cohensH(p1, p2)
    const shift = (n: number) => Math.abs(h) * Math.sqrt(n / (1 + 1 / ratio))
    const { control } = sampleSizeForProportions({
      control: p1,
      treatment: p2,
      alpha,
      power,
      ratio,
      variance: 'arcsine',
    })
    confirm(control, power, (at) => zPower(shift(at), alpha, 'two-sided'))
    const n = crossing(power, (at) => zPower(shift(at), alpha, 'two-sided'))
    const one = crossing(power, (at) => zPower(shift(at), alpha / 2, 'greater'))
    return { n_per_group: n, n1: n, h, n_per_group_one_tail: one }
  },
}

function continuous(
  input: Readonly<Record<string, number>>,
  params: Readonly<Record<string, number>>,
  sd: number,
  ratio = 1,
): SampleSize {
  const { alpha, power } = params as { alpha: number; power: number }
  return sampleSizeForMeans({ effect: input['mde']!, sd, ratio, alpha, power })
}

type Rows = readonly Readonly<Record<string, number>>[]

/** The sections of real-data.json's `ab.power`. */
export const powerSections: Readonly<Record<string, (rows: Rows) => unknown>> = {
  proportions: (rows) =>
    rows.map((row) => {
      const { p1, p2, alpha, power } = row as { [k in 'p1' | 'p2' | 'alpha' | 'power']: number }
      const size = (variance: 'pooled' | 'unpooled') => {
        const design = { p1, p2, alpha, variance }
        const { control } = sampleSizeForProportions({
          control: p1,
          treatment: p2,
          alpha,
          power,
          variance,
        })
        confirm(control, power, (n) => proportionsPower(n, design))
        return crossing(power, (n) => proportionsPower(n, { ...design, tails: 'one' }))
      }
      const h = cohensH(p1, p2)
      return {
        ...row,
        n_per_arm_pooled_formula: size('pooled'),
        n_per_arm_unpooled_formula: size('unpooled'),
        cohens_h: h,
        n_per_arm_cohens_h: crossing(power, (n) =>
          zPower(h * Math.sqrt(n / 2), alpha, 'two-sided'),
        ),
      }
    }),
  t_test: (rows) =>
    rows.map((row) => {
      const { d, power } = row as { [k in 'd' | 'power']: number }
      const at = (n: number) => equalArms(d, n)
      confirm(sampleSizeForMeans({ effect: d, sd: 1, power }).control, power, at)
      return { ...row, n_per_arm: crossing(power, at) }
    }),
  t_test_power: (rows) =>
    rows.map((row) => ({ ...row, power: equalArms(row['d']!, row['n_per_arm']!) })),
}

function equalArms(d: number, n: number): number {
  return tPower(d * Math.sqrt(n / 2), 2 * n - 2, 0.05, 'two-sided')
}
