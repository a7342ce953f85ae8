import { invalid } from '@mlops/core'
import type { Interval } from '@mlops/stats'
import { normal } from '@mlops/stats'

/** A metric with its uncertainty. */
export interface Estimate {
  /** `null` where it is undefined: never 0. */
  readonly value: number | null
  /** `null` where the value is, or too few rows say how sure it is. */
  readonly interval: Interval | null
  /** Why there is no value. */
  readonly reason?: string
}

/** No value, and why. */
export function undefinedEstimate(reason: string): Estimate {
  return { value: null, interval: null, reason }
}

/** A mean with the interval of its standard error (normal). */
export function meanEstimate(values: Float64Array, confidence: number): Estimate {
  const n = values.length
  if (n === 0) return undefinedEstimate('no row has both')
  const mean = values.reduce((sum, x) => sum + x, 0) / n
  if (n < 2) return { value: mean, interval: null }
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0)
  const reach = normal.quantile((1 + confidence) / 2) * Math.sqrt(squares / (n - 1) / n)
  return { value: mean, interval: { lower: mean - reach, upper: mean + reach } }
}

/** @throws `invalid` `evaluate.bad-option` for a confidence outside (0, 1). */
export function checkConfidence(confidence: number): void {
  if (confidence > 0 && confidence < 1) return
  throw invalid(
    'evaluate.bad-option',
    `confidence must lie strictly between 0 and 1 (0.95, not 95), got ${confidence}`,
    { confidence },
  )
}
