import type { NumericSample } from '@mlops/stats'
import type { AbReadout } from '../readout.ts'
import type { CheckedOptions, UnpairedOptions } from './analysis-options.ts'
import { checkedOptions } from './analysis-options.ts'
import { badArms } from './arm-data.ts'
import type { ArmStats } from './arm-stats.ts'
import {
  armStats,
  checkArmStats,
  covarianceOf,
  isSample,
  meanOfVariable,
  mergeArmStats,
} from './arm-stats.ts'
import type { Analysed } from './build-readout.ts'
import { unpairedReadout } from './build-readout.ts'
import { compareFunctionals } from './compare-ratios.ts'
import { relativeEffect } from './relative-effect.ts'
import { waldEffect, waldTest } from './wald.ts'

/** One arm with the stratum (country, platform) of each unit, known before the experiment. */
export interface StratifiedValues {
  readonly outcome: NumericSample
  readonly strata: readonly (string | number)[]
}

/** One arm by stratum, as sufficient statistics. */
export interface StratifiedStats {
  readonly strata: Readonly<Record<string, ArmStats>>
}

/**
 * Compares two arms stratum by stratum, weighted by the shares of the strata among all units
 * (post-stratification).
 *
 * `μ_a = Σ_s w_s·m_as`, `w_s = n_s/n`; the variance is `Σ_s w_s²·v_as/n_as` plus that of the weights,
 * `Σ_s w_s·(m_as − μ_a)²/n`, which both arms share. Degrees of freedom after Satterthwaite.
 *
 * Input: for each arm `{ outcome, strata }`, or `{ strata: { name: armStats } }`. Output: an
 * {@link AbReadout} with `varianceReduction`; a stratum with fewer than 2 units in an arm makes it
 * `insufficient-data`, and is named: join it with another one. Cost: linear.
 *
 * @throws `invalid`: `abtest.invalid-arms`, `abtest.invalid-stats`, `abtest.invalid-option`.
 * @example
 * ```ts
 * import { comparePostStratified } from '@mlops/abtest'
 *
 * const strata = ['web', 'web', 'web', 'app', 'app', 'app']
 * const control = { outcome: [1, 2, 3, 11, 12, 13], strata }
 * const treatment = { outcome: [3, 4, 5, 14, 15, 16], strata }
 * const { effect, varianceReduction } = comparePostStratified(control, treatment)
 * console.log(effect?.value, varianceReduction?.varianceReduction?.toFixed(2)) // 2.5 0.97
 * ```
 * Source: Miratrix, Sekhon & Yu 2013.
 */
export function comparePostStratified(
  control: StratifiedValues | StratifiedStats,
  treatment: StratifiedValues | StratifiedStats,
  options: UnpairedOptions = {},
): AbReadout {
  const checked = checkedOptions(options)
  const [c, t] = [byStratum('control', control), byStratum('treatment', treatment)]
  return unpairedReadout(stratified(c, t, checked), checked)
}

type Strata = ReadonlyMap<string, ArmStats>

function stratified(c: Strata, t: Strata, checked: CheckedOptions): Analysed {
  const none = armStats([])
  const all = (arm: Strata) => [...arm.values()].reduce((a, b) => mergeArmStats(a, b), none)
  const raw = compareFunctionals([all(c), all(t)], 'unadjusted', undefined, checked)
  const names = [...new Set([...c.keys(), ...t.keys()])].filter(
    (name) => (c.get(name)?.n ?? 0) + (t.get(name)?.n ?? 0) > 0,
  )
  const thin = names.filter((name) => Math.min(c.get(name)?.n ?? 0, t.get(name)?.n ?? 0) < 2)
  const n = raw.arms[0].n + raw.arms[1].n
  const cells = names.map((name) => {
    const pair = [c.get(name) ?? none, t.get(name) ?? none] as const
    const [cm, tm] = pair.map((cell) => meanOfVariable(cell, 'outcome')) as [number, number]
    const [cv, tv] = pair.map((cell) => covarianceOf(cell, 'outcome', 'outcome') / cell.n) as [
      number,
      number,
    ]
    return { weight: (pair[0].n + pair[1].n) / n, cm, tm, cv, tv, cn: pair[0].n, tn: pair[1].n }
  })
  const sum = (pick: (cell: (typeof cells)[number]) => number) =>
    cells.reduce((total, cell) => total + pick(cell), 0)
  const control = sum(({ weight, cm }) => weight * cm)
  const treatment = sum(({ weight, tm }) => weight * tm)
  const [cWithin, tWithin] = [
    sum(({ weight, cv }) => weight ** 2 * cv),
    sum(({ weight, tv }) => weight ** 2 * tv),
  ]
  const pair = {
    control,
    treatment,
    controlVariance: cWithin + sum(({ weight, cm }) => weight * (cm - control) ** 2) / n,
    treatmentVariance: tWithin + sum(({ weight, tm }) => weight * (tm - treatment) ** 2) / n,
    covariance: sum(({ weight, cm, tm }) => weight * (cm - control) * (tm - treatment)) / n,
  }
  const df =
    (cWithin + tWithin) ** 2 /
    sum(
      ({ weight, cv, tv, cn, tn }) =>
        (weight ** 2 * cv) ** 2 / (cn - 1) + (weight ** 2 * tv) ** 2 / (tn - 1),
    )
  const variance = pair.controlVariance + pair.treatmentVariance - 2 * pair.covariance
  const tooFew =
    names.length === 0
      ? 'there is no unit in either arm.'
      : thin.length > 0
        ? `each stratum needs 2 units in each arm; '${thin.join("', '")}' has fewer: join it with another one.`
        : undefined
  const parts = {
    method: 'post-stratification',
    difference: treatment - control,
    standardError: cWithin + tWithin > 0 ? Math.sqrt(Math.max(0, variance)) : 0,
    df,
    sizes: [raw.arms[1].n, raw.arms[0].n],
    dropped: [raw.arms[1].dropped, raw.arms[0].dropped],
    alternative: checked.alternative,
    tooFew,
  }
  const test = waldTest(parts)
  const before = raw.effect?.standardError ?? null
  return {
    arms: [
      { ...raw.arms[0], mean: tooFew === undefined ? control : raw.arms[0].mean },
      { ...raw.arms[1], mean: tooFew === undefined ? treatment : raw.arms[1].mean },
    ],
    test,
    effect: waldEffect(parts, test, checked.confidence),
    relativeEffect:
      test.status === 'ok' ? relativeEffect(pair, { confidence: checked.confidence, df }) : null,
    varianceReduction: {
      method: 'post-stratification',
      unadjusted: raw.effect,
      varianceReduction:
        before === null || test.status !== 'ok' ? null : 1 - variance / before ** 2,
      coefficients: [],
    },
    notes: [
      `post-stratified over ${names.length} strata, weighted by their shares of all units; arms show weighted means`,
    ],
  }
}

function byStratum(name: string, data: StratifiedValues | StratifiedStats): Strata {
  const { strata } = data ?? {}
  if (typeof strata !== 'object' || strata === null)
    throw badArms(`${name} must be { outcome, strata } or { strata: { name: armStats } }`, { name })
  if (!Array.isArray(strata)) {
    const stats = Object.entries(strata as Readonly<Record<string, ArmStats>>)
    for (const [stratum, own] of stats) checkArmStats(own, `${name}, stratum '${stratum}'`)
    return new Map(stats)
  }
  const { outcome } = data as StratifiedValues
  if (!isSample(outcome) || outcome.length !== strata.length)
    throw badArms(`${name} needs one outcome and one stratum for each unit`, { name })
  const groups = new Map<string, (number | null | undefined)[]>()
  for (const [i, stratum] of strata.entries()) {
    if (stratum === null || stratum === undefined)
      throw badArms(`${name}: unit ${i} has no stratum`, { name, index: i })
    const group = groups.get(String(stratum)) ?? []
    groups.set(String(stratum), group)
    group.push(outcome[i])
  }
  return new Map([...groups].map(([stratum, values]) => [stratum, armStats(values)]))
}
