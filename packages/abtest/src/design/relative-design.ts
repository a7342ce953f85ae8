import type { Design, DesignSettings } from './design.ts'
import { defineDesign } from './design.ts'
import { checkGiven } from './design-checks.ts'
import { bad, positive } from './sample-size.ts'

export interface RelativeLiftDesignOptions extends DesignSettings {
  /** Mean of the metric under control; not 0. */
  readonly mean: number
  /** Its standard deviation per unit; of a proportion `sqrt(p(1 − p))`. */
  readonly sd: number
  /** Another standard deviation in the treatments. @default that of the control */
  readonly treatmentSd?: number
}

/**
 * Design of a relative change (z test of the lift, by the delta method).
 *
 * `Var(lift) = s_t²/(n_t·μ²) + s_c²·(1 + lift)²/(n_c·μ²)`: the larger the lift, the more the uncertain control mean
 * matters, so the power of ever larger lifts does not reach 1. No lift is detectable when `n_c ≤ k²·s_c²/μ²` with
 * `k = z_α + z_β`; {@link detectableEffect} then says `no-mde`.
 *
 * The standard error of a lift is estimated with the lift itself, which makes the statistic vary a little less than the
 * formula says: large lifts are found somewhat more often (docs/calibration/design.md).
 *
 * The effect is the lift, as a fraction: 0.05 is 5 % more in the direction of a positive mean.
 *
 * @throws `invalid` `abtest.invalid-design`.
 * @example
 * ```ts
 * import { designForRelativeLift, requiredUnits } from '@mlops/abtest/design'
 *
 * console.log(requiredUnits(designForRelativeLift({ mean: 10, sd: 20 }), { effect: 0.05 }).total) // 52808
 * ```
 * Source: Fieller 1954; the quadratic of GrowthBook's power documentation.
 */
export function designForRelativeLift(options: RelativeLiftDesignOptions): Design {
  checkGiven(options, '{ mean: 10, sd: 20 }')
  const { mean, sd, treatmentSd } = options
  if (!Number.isFinite(mean) || mean === 0)
    throw bad(`mean must be finite and not 0, got ${mean}; a change relative to 0 does not exist`, {
      mean,
    })
  positive('sd', sd)
  if (treatmentSd !== undefined) positive('treatmentSd', treatmentSd)
  const [controlVariance, treatmentVariance] = [sd, treatmentSd ?? sd].map((s) => (s / mean) ** 2)
  return defineDesign(options, {
    method: 'relative-lift-delta-z',
    scale: 'relative lift',
    limits: { down: 1, up: Number.POSITIVE_INFINITY },
    pair: (c, t, lift, test) => {
      const variance = treatmentVariance! / t + (controlVariance! * (1 + lift) ** 2) / c
      return test.z(lift / Math.sqrt(variance), 1, c + t)
    },
  })
}
