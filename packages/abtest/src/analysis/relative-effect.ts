import { normal, studentT } from '@mlops/stats'
import type { Estimate } from '../readout.ts'

/** Means, their variances (of the means, not the values) and covariance. */
export interface MeanPair {
  readonly control: number
  readonly treatment: number
  readonly controlVariance: number
  readonly treatmentVariance: number
  readonly covariance: number
}

/**
 * The relative lift (treatment − control)/|control| with its delta-method interval.
 *
 * `var = v_t/c² + v_c·t²/c⁴ − 2·cov·t/c³`; `null` where the control's mean lies within three
 * standard errors of 0, for there the ratio has no usable distribution.
 *
 * Source: Deng, Knoblich & Lu 2018, section 3.
 */
export function relativeEffect(
  { control, treatment, controlVariance, treatmentVariance, covariance }: MeanPair,
  { confidence, df }: { readonly confidence: number; readonly df: number | null },
): Estimate | null {
  if (control === 0 || Math.abs(control) < 3 * Math.sqrt(controlVariance)) return null
  const value = (treatment - control) / Math.abs(control)
  const variance =
    treatmentVariance / control ** 2 +
    (controlVariance * treatment ** 2) / control ** 4 -
    (2 * covariance * treatment) / control ** 3
  const tail = (1 - confidence) / 2
  const critical = df === null ? -normal.quantile(tail) : studentT.quantileSf(tail, df)
  const half = critical * Math.sqrt(Math.max(0, variance))
  return {
    value,
    interval: { level: confidence, lower: value - half, upper: value + half },
    method: 'delta-method',
  }
}
