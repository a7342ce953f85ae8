import type { AbReadout } from '../readout.ts'
import type { CheckedOptions, UnpairedOptions } from './analysis-options.ts'
import { checkedOptions } from './analysis-options.ts'
import type { ArmFunctional, ArmMeasures } from './arm-functional.ts'
import { covarianceBetween, functionalOf, measuresOf } from './arm-functional.ts'
import type { ArmStats } from './arm-stats.ts'
import { isArmStats } from './arm-stats.ts'
import type { Analysed } from './build-readout.ts'
import { unpairedReadout } from './build-readout.ts'
import type { ClusteredValues } from './cluster-sums.ts'
import { clusterStats } from './cluster-sums.ts'
import { relativeEffect } from './relative-effect.ts'
import { waldEffect, waldTest, welchDf } from './wald.ts'

/**
 * Compares a ratio metric of two arms, clicks per page view for example, when users and not page views
 * were randomised.
 *
 * `R = m_y/m_d`, `var(R) = (v_y − 2R·cov + R²·v_d)/(m_d²·n)` for each arm; the difference is held
 * against Student's distribution with Welch's degrees of freedom.
 *
 * Input: for each arm columns `{ outcome, denominator }`, one row for each unit that was randomised, or
 * `armStats` of them. Output: an {@link AbReadout} of difference and relative lift. A denominator of 0
 * is the status `undefined`. Cost: two passes; constant from statistics.
 *
 * @throws `invalid`: `abtest.invalid-arms`, `abtest.invalid-stats`, `abtest.invalid-option`.
 * @example
 * ```ts
 * import { compareRatios } from '@mlops/abtest'
 *
 * const control = { outcome: [2, 0, 1, 4, 3], denominator: [5, 3, 4, 10, 8] } // clicks, views
 * const treatment = { outcome: [3, 1, 2, 5, 4], denominator: [6, 3, 4, 9, 8] }
 * const { effect, test } = compareRatios(control, treatment)
 * console.log(effect?.value.toFixed(4), test.pValue?.toFixed(4)) // 0.1667 0.0248
 * ```
 * Source: Deng, Knoblich & Lu 2018, section 3.
 */
export function compareRatios(
  control: ArmMeasures,
  treatment: ArmMeasures,
  options: UnpairedOptions = {},
): AbReadout {
  const checked = checkedOptions(options)
  const arms = measuresOf(control, treatment, ['outcome', 'denominator'])
  return unpairedReadout(
    compareFunctionals(arms, 'delta-method', 'denominator', checked, [
      'units are those of the rows; the ratio’s variance is that of the delta method',
    ]),
    checked,
  )
}

/**
 * Compares the means of values when whole clusters were randomised: the users behind sessions, schools,
 * shops.
 *
 * The mean is a ratio, sums over sizes of clusters, so its variance is that of {@link compareRatios}:
 * cluster-robust, with clusters as units.
 *
 * Input: for each arm `{ values, clusters }`, or {@link clusterStats} of it. Output: an
 * {@link AbReadout} whose arms count clusters. Few clusters (below about 20 an arm) make it optimistic.
 * Cost: linear.
 *
 * @throws as {@link compareRatios}.
 * @example
 * ```ts
 * import { compareClusters } from '@mlops/abtest'
 *
 * const clusters = ['a', 'a', 'b', 'b', 'c', 'd']
 * const readout = compareClusters(
 *   { values: [1, 2, 3, 4, 2, 3], clusters },
 *   { values: [3, 4, 5, 6, 4, 3], clusters },
 * )
 * console.log(readout.arms[0].n, readout.test.pValue?.toFixed(3)) // 4 0.093
 * ```
 * Source: Deng, Knoblich & Lu 2018, section 4.1; Liang & Zeger 1986.
 */
export function compareClusters(
  control: ClusteredValues | ArmStats,
  treatment: ClusteredValues | ArmStats,
  options: UnpairedOptions = {},
): AbReadout {
  const checked = checkedOptions(options)
  const of = (data: ClusteredValues | ArmStats, name: string) =>
    isArmStats(data) ? data : clusterStats(data, name)
  const arms = measuresOf(of(control, 'control'), of(treatment, 'treatment'), [
    'outcome',
    'denominator',
  ])
  return unpairedReadout(
    compareFunctionals(arms, 'cluster-robust', 'denominator', checked, [
      'clusters are the units: values of one cluster may depend on each other',
    ]),
    checked,
  )
}

/** Compares a mean, or a ratio of means, of two arms. */
export function compareFunctionals(
  [control, treatment]: readonly [ArmStats, ArmStats],
  method: string,
  denominator: 'denominator' | undefined,
  { alternative, confidence }: CheckedOptions,
  notes: readonly string[] = [],
): Analysed {
  const [c, t] = [control, treatment].map((stats) => {
    const functional = stats.n > 0 ? functionalOf(stats, 'outcome', denominator) : undefined
    return { ...stats, functional, variance: perUnitVariance(stats, functional) }
  }) as [Part, Part]
  const [vc, vt] = [c.variance / c.n, t.variance / t.n]
  const df = welchDf(vt, t.n, vc, c.n)
  const enough = c.n >= 2 && t.n >= 2
  const parts = {
    method,
    difference: (t.functional?.value ?? Number.NaN) - (c.functional?.value ?? Number.NaN),
    standardError: Math.sqrt(vc + vt),
    df,
    sizes: [t.n, c.n],
    dropped: [t.dropped, c.dropped],
    alternative,
    tooFew: enough
      ? undefined
      : `${method} needs 2 units in each arm; there are ${t.n} and ${c.n}.`,
  }
  const test = waldTest(parts)
  return {
    arms: [armFrom('control', c), armFrom('treatment', t)],
    test,
    effect: waldEffect(parts, test, confidence),
    relativeEffect:
      test.status === 'ok'
        ? relativeEffect(
            {
              control: c.functional!.value,
              treatment: t.functional!.value,
              controlVariance: vc,
              treatmentVariance: vt,
              covariance: 0,
            },
            { confidence, df },
          )
        : null,
    notes,
  }
}

type Part = ArmStats & {
  readonly functional: ArmFunctional | undefined
  readonly variance: number
}

function perUnitVariance(stats: ArmStats, functional: ArmFunctional | undefined): number {
  if (functional === undefined) return Number.NaN
  return Math.max(0, covarianceBetween(stats, functional, functional))
}

function armFrom(name: string, { n, dropped, functional, variance }: Part) {
  return {
    name,
    n,
    dropped,
    mean: functional?.value ?? null,
    sd: n > 1 && functional !== undefined ? Math.sqrt(variance) : null,
  }
}
