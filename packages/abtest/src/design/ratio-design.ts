import type { Design, DesignSettings } from './design.ts'
import { defineDesign } from './design.ts'
import { checkGiven } from './design-checks.ts'
import { bad, positive } from './sample-size.ts'

/** Moments per unit of a metric that is a ratio of two means: clicks per page view, by user. */
export interface RatioMoments {
  readonly numerator: { readonly mean: number; readonly variance: number }
  readonly denominator: { readonly mean: number; readonly variance: number }
  readonly covariance: number
}

export interface RatioDesignOptions extends DesignSettings, RatioMoments {}

/**
 * Variance of a ratio of means, per unit, by the delta method.
 *
 * `(σ_N² − 2R·σ_ND + R²·σ_D²)/μ_D²` with `R = μ_N/μ_D`; over n it is the variance of the ratio of n units.
 *
 * @throws `invalid` `abtest.invalid-design`, also for a covariance that no two variables have.
 * @example
 * ```ts
 * import { ratioVariance } from '@mlops/abtest/design'
 *
 * const clicks = { mean: 3, variance: 9 }
 * const views = { mean: 10, variance: 25 }
 * console.log(ratioVariance({ numerator: clicks, denominator: views, covariance: 12 }).toFixed(4)) // 0.0405
 * ```
 * Source: Deng, Knoblich & Lu 2018, "Applying the delta method in metric analytics", section 2.
 */
export function ratioVariance(moments: RatioMoments): number {
  checkGiven(
    moments,
    '{ numerator: { mean, variance }, denominator: { mean, variance }, covariance }',
  )
  const { numerator, denominator, covariance } = moments
  for (const [name, part] of Object.entries({ numerator, denominator })) {
    if (
      !Number.isFinite(part?.mean) ||
      !(part.variance >= 0 && part.variance < Number.POSITIVE_INFINITY)
    )
      throw bad(`${name} must be { mean, variance } with a variance >= 0`, { [name]: part })
  }
  if (denominator.mean === 0)
    throw bad('the denominator has mean 0; a ratio over it does not exist', { denominator })
  const most = Math.sqrt(numerator.variance * denominator.variance)
  if (!(Math.abs(covariance) <= most * (1 + 1e-9)))
    throw bad(
      `covariance must lie within ±${most}, the product of the standard deviations, got ${covariance}`,
      {
        covariance,
      },
    )
  const ratio = numerator.mean / denominator.mean
  const squared = numerator.variance - 2 * ratio * covariance + ratio ** 2 * denominator.variance
  return Math.max(0, squared) / denominator.mean ** 2
}

/**
 * Design of a difference of ratio metrics, analysed by unit with the delta method (z test).
 *
 * The effect is the difference of the ratios; the variance is that of the control in all arms. For a relative
 * change give ratio and `sqrt(ratioVariance(…))` to {@link designForRelativeLift}.
 *
 * @throws `invalid` `abtest.invalid-design`.
 * @example
 * ```ts
 * import { designForRatio, requiredUnits } from '@mlops/abtest/design'
 *
 * const design = designForRatio({
 *   numerator: { mean: 3, variance: 9 },
 *   denominator: { mean: 10, variance: 25 },
 *   covariance: 12,
 * })
 * console.log(requiredUnits(design, { effect: 0.01 }).total) // 12716
 * ```
 * Source: as {@link ratioVariance}.
 */
export function designForRatio(options: RatioDesignOptions): Design {
  const variance = ratioVariance(options)
  positive('the variance of the ratio', variance)
  return defineDesign(options, {
    method: 'ratio-delta-z',
    scale: 'difference of ratios',
    pair: (c, t, effect, test) => test.z(effect / Math.sqrt(variance * (1 / c + 1 / t)), 1, c + t),
  })
}
