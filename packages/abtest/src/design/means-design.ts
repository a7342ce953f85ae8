import type { Design, DesignSettings } from './design.ts'
import { defineDesign } from './design.ts'
import { checkGiven } from './design-checks.ts'
import { positive } from './sample-size.ts'

export interface MeansDesignOptions extends DesignSettings {
  /** Standard deviation of the metric in the control arm, and in the others unless they have their own. */
  readonly sd: number
  /** Another standard deviation in the treatments: Welch's test. @default Student's test, with that of the control */
  readonly treatmentSd?: number
}

/**
 * Design of a difference of means: Student's t, or Welch's where the arms vary differently.
 *
 * `δ = effect/sqrt(s_c²/n_c + s_t²/n_t)`, power from the non-central t; Welch's degrees of freedom are those of the
 * true variances, an approximation that is good from about ten units per arm.
 *
 * @throws `invalid` `abtest.invalid-design`.
 * @example
 * ```ts
 * import { designForMeans, requiredUnits } from '@mlops/abtest/design'
 *
 * console.log(requiredUnits(designForMeans({ sd: 1 }), { effect: 0.5 }).total) // 128
 * console.log(requiredUnits(designForMeans({ sd: 1, treatmentSd: 2 }), { effect: 0.5 }).total) // 318
 * ```
 * Source: Cohen 1988, chapter 2; Welch 1947.
 */
export function designForMeans(options: MeansDesignOptions): Design {
  checkGiven(options, '{ sd: 1 }')
  const { sd, treatmentSd } = options
  positive('sd', sd)
  if (treatmentSd !== undefined) positive('treatmentSd', treatmentSd)
  const other = treatmentSd ?? sd
  return defineDesign(options, {
    method: treatmentSd === undefined ? 'student-t' : 'welch-t',
    scale: 'difference of means',
    pair: (c, t, effect, test) => {
      const [vc, vt] = [sd ** 2 / c, other ** 2 / t]
      const df =
        treatmentSd === undefined
          ? c + t - 2
          : (vc + vt) ** 2 / (vc ** 2 / (c - 1) + vt ** 2 / (t - 1))
      return test.t(effect / Math.sqrt(vc + vt), df, c + t)
    },
  })
}

export interface PairsDesignOptions extends Omit<DesignSettings, 'allocation' | 'correction'> {
  /** Standard deviation of the differences within a pair. */
  readonly sd: number
}

/**
 * Design of a mean difference within pairs (paired t).
 *
 * @throws as {@link designForMeans}.
 * @example
 * ```ts
 * import { designForPairs, requiredUnits } from '@mlops/abtest/design'
 *
 * console.log(requiredUnits(designForPairs({ sd: 1 }), { effect: 0.5 }).total) // 34
 * ```
 * Source: Cohen 1988, chapter 2.
 */
export function designForPairs(options: PairsDesignOptions): Design {
  checkGiven(options, '{ sd: 1 }')
  const { sd } = options
  positive('sd', sd)
  return defineDesign(
    { ...options, allocation: [1, 1] },
    {
      method: 'paired-t',
      unit: 'pairs',
      scale: 'mean difference',
      pair: (n, _same, effect, test) => test.t((effect / sd) * Math.sqrt(n), n - 1, n),
    },
  )
}
