import type { Effect } from '../readout.ts'
import type { IntervalLaw } from './wald.ts'
import { waldInterval } from './wald.ts'

/** Means, their variances (of the means, not the values) and covariance. */
export interface MeanPair {
  readonly control: number
  readonly treatment: number
  readonly controlVariance: number
  readonly treatmentVariance: number
  readonly covariance: number
}

/** A difference, the baseline it is held against, and how the two vary together. */
export interface LiftParts {
  readonly difference: number
  readonly baseline: number
  readonly differenceVariance: number
  readonly baselineVariance: number
  /** Of difference and baseline. */
  readonly covariance: number
}

/**
 * The relative lift difference/|baseline| with its delta-method interval.
 *
 * `var = v_d/b² + d²·v_b/b⁴ − 2·d·cov/b³`; `null` where the baseline lies within three standard errors
 * of 0, for there the ratio has no usable distribution.
 *
 * Source: Deng, Knoblich & Lu 2018, section 3.
 */
export function liftOf(
  { difference: d, baseline: b, differenceVariance, baselineVariance, covariance }: LiftParts,
  { confidence, df }: IntervalLaw,
): Effect | null {
  if (b === 0 || Math.abs(b) < 3 * Math.sqrt(baselineVariance)) return null
  const variance =
    differenceVariance / b ** 2 +
    (d * d * baselineVariance) / b ** 4 -
    (2 * d * covariance) / b ** 3
  const value = d / Math.abs(b)
  const standardError = Math.sqrt(Math.max(0, variance))
  return {
    value,
    interval: waldInterval(value, standardError, { confidence, df }),
    method: 'delta-method',
    scale: 'relative',
    standardError,
    degreesOfFreedom: df,
  }
}

/** {@link liftOf} two means: (treatment − control)/|control|. */
export function relativeEffect(
  { control, treatment, controlVariance, treatmentVariance, covariance }: MeanPair,
  law: IntervalLaw,
): Effect | null {
  return liftOf(
    {
      difference: treatment - control,
      baseline: control,
      differenceVariance: controlVariance + treatmentVariance - 2 * covariance,
      baselineVariance: controlVariance,
      covariance: covariance - controlVariance,
    },
    law,
  )
}
