import type { ConfidenceInterval } from '@mlops/stats'
import { normal } from '@mlops/stats'
import { given } from '../given.ts'
import { bad, checkLevel } from './analysis-options.ts'

/**
 * An interval as wide as an adjusted p-value asks: `half = z_(1−α/2)·|value|/z_(1−p/2)`. GrowthBook's rule,
 * for comparison with it: ad hoc, without a level that it is known to hold.
 *
 * Input: the estimate and its adjusted two-sided p-value. Output: `null` where it is undefined (p = 1, or
 * a value of 0). Cost: constant.
 *
 * @throws `invalid` `abtest.invalid-option`.
 * @example
 * ```ts
 * import { pValueInterval } from '@mlops/abtest'
 *
 * console.log(pValueInterval(0.1, 0.05)?.upper?.toFixed(3)) // '0.200'
 * ```
 */
export function pValueInterval(
  value: number,
  adjustedP: number,
  options: { readonly alpha?: number } = {},
): ConfidenceInterval | null {
  const { alpha = 0.05 } = given(options)
  checkLevel(alpha)
  if (!(adjustedP >= 0 && adjustedP <= 1) || !Number.isFinite(value))
    throw bad('pass a finite estimate and a p-value from 0 to 1', { value, adjustedP })
  if (adjustedP === 1 || value === 0) return null
  const half =
    adjustedP === 0
      ? 0
      : (normal.quantileSf(alpha / 2) * Math.abs(value)) / normal.quantileSf(adjustedP / 2)
  return { level: 1 - alpha, lower: value - half, upper: value + half }
}
