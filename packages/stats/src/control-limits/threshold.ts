import { invalid } from '@mlops/core'
import { quantilesOf } from '../descriptive/quantiles.ts'
import { moments, varianceOf } from '../moments/moments.ts'
import { type NumericSample, someFiniteValues } from '../samples/sample.ts'

/**
 * How limits of a measure follow from the values it took while all was well.
 *
 * - `standard-deviation`: centre ± multiplier · sd (ddof 0); a multiplier of `null` leaves a side open.
 * - `quantile`: quantiles (type 7) of the values; `null` leaves a side open.
 * - `constant`: the limits as given.
 */
export type ThresholdRule =
  | {
      readonly kind: 'standard-deviation'
      /** Of both sides, unless they have their own. @default 3 */
      readonly multiplier?: number
      readonly lowerMultiplier?: number | null
      readonly upperMultiplier?: number | null
      /** @default 'mean' */
      readonly center?: 'mean' | 'median' | 'min' | 'max'
    }
  | { readonly kind: 'quantile'; readonly lower?: number | null; readonly upper?: number | null }
  | { readonly kind: 'constant'; readonly lower?: number | null; readonly upper?: number | null }

/** Limits; `null` means none on that side. */
export interface ThresholdLimits {
  readonly lower: number | null
  readonly upper: number | null
}

/**
 * Lower and upper limit of a measure, learned from its values over chunks of reference data.
 *
 * `limit = mean ± k·sd` with sd = sqrt(sum (x − mean)²/n), or quantiles, or constants.
 *
 * Input: the values, missing ones left out; the rule.
 * Output: limits in the unit of the values. Whether a value on the limit is an alarm is the caller's.
 * Cost: O(n).
 *
 * @throws `invalid`: `stats.empty-sample`, `stats.infinite-value`; `stats.bad-threshold-rule` for a
 *   negative multiplier, a quantile outside [0, 1], or constants in the wrong order.
 * @example
 * ```ts
 * import { thresholdLimits } from '@mlops/stats'
 *
 * const { upper } = thresholdLimits([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], { kind: 'standard-deviation' })
 * console.log(upper?.toFixed(4)) // '13.1168'
 * ```
 * Source: Shewhart 1931 (3 sigma limits). Differs from: control charts, which take the within-group
 * sd; this is NannyML's convention.
 */
export function thresholdLimits(values: NumericSample, rule: ThresholdRule): ThresholdLimits {
  checkThresholdRule(rule)
  if (rule.kind === 'constant') return { lower: rule.lower ?? null, upper: rule.upper ?? null }
  const sample = someFiniteValues(values, 'values')
  if (rule.kind === 'quantile') {
    const at = (q: number | null | undefined) => (q == null ? null : quantilesOf(sample, [q])[0]!)
    return { lower: at(rule.lower), upper: at(rule.upper) }
  }
  const { multiplier = 3, center = 'mean' } = rule
  const { lowerMultiplier = multiplier, upperMultiplier = multiplier } = rule
  const found = moments(sample)
  const middle = center === 'median' ? quantilesOf(sample, [0.5])[0]! : found[center]!
  const sd = Math.sqrt(varianceOf(found, { ddof: 0 })!)
  return {
    lower: lowerMultiplier === null ? null : middle - lowerMultiplier * sd,
    upper: upperMultiplier === null ? null : middle + upperMultiplier * sd,
  }
}

/**
 * Refuses a threshold rule that cannot be followed.
 *
 * @throws `invalid` `stats.bad-threshold-rule` as {@link thresholdLimits}.
 */
export function checkThresholdRule(rule: ThresholdRule): void {
  const fault = faultOf(rule)
  if (fault) {
    throw invalid('stats.bad-threshold-rule', `this is not a usable threshold rule: ${fault}.`, {
      rule,
    })
  }
}

function faultOf(rule: ThresholdRule): string | undefined {
  switch (rule?.kind) {
    case 'standard-deviation': {
      for (const name of ['multiplier', 'lowerMultiplier', 'upperMultiplier'] as const) {
        const k = rule[name]
        if (k !== undefined && k !== null && !(k >= 0 && k < Infinity))
          return `${name} is ${k}; it must be a number >= 0`
      }
      const { center = 'mean' } = rule
      return ['mean', 'median', 'min', 'max'].includes(center)
        ? undefined
        : `center is '${center}'; it must be mean, median, min or max`
    }
    case 'quantile':
      for (const name of ['lower', 'upper'] as const) {
        const q = rule[name]
        if (q !== undefined && q !== null && !(q >= 0 && q <= 1))
          return `the ${name} quantile is ${q}; it must lie in [0, 1]`
      }
      return undefined
    case 'constant': {
      const { lower = null, upper = null } = rule
      if (lower !== null && !Number.isFinite(lower)) return `lower is ${lower}`
      if (upper !== null && !Number.isFinite(upper)) return `upper is ${upper}`
      return lower !== null && upper !== null && lower > upper
        ? `lower ${lower} exceeds upper ${upper}`
        : undefined
    }
    default:
      return "kind is none of 'standard-deviation', 'quantile', 'constant'"
  }
}
