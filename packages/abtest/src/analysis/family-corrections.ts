import { bad, checkLevel } from './analysis-options.ts'

/** What {@link familyCorrections} is asked. */
export interface FamilyDesign {
  readonly successMetrics: number
  readonly guardrails: number
  /** Arms held against control. @default 1 */
  readonly treatments?: number
  /** @default 0.05 */
  readonly alpha?: number
  /** @default 0.8 */
  readonly power?: number
}

/**
 * The levels and power that every metric of a family must be planned for ("spot-1").
 *
 * `alpha/(success metrics × treatments)` for success metrics; guardrails keep alpha, but all of them must
 * hold at once: `power = 1 − (1 − power)/(guardrails + 1)`.
 *
 * Input: numbers of metrics. Output: levels and power for the sample-size functions. Cost: constant.
 *
 * @throws `invalid` `abtest.invalid-option`.
 * @example
 * ```ts
 * import { familyCorrections } from '@mlops/abtest'
 *
 * console.log(familyCorrections({ successMetrics: 2, guardrails: 3 }))
 * // { successAlpha: 0.025, guardrailAlpha: 0.05, power: 0.95 }
 * ```
 * Source: Schultzberg, Ankargren & Frånberg 2024.
 */
export function familyCorrections(design: FamilyDesign): {
  readonly successAlpha: number
  readonly guardrailAlpha: number
  readonly power: number
} {
  const { successMetrics, guardrails, treatments = 1, alpha = 0.05, power = 0.8 } = design ?? {}
  for (const [name, count] of Object.entries({ successMetrics, guardrails, treatments })) {
    const least = name === 'treatments' ? 1 : 0
    if (!(Number.isSafeInteger(count) && count >= least))
      throw bad(`${name} must be a whole number >= ${least}, got ${String(count)}`, {
        [name]: count,
      })
  }
  checkLevel(alpha)
  if (!(power > 0 && power < 1))
    throw bad(`power must lie strictly between 0 and 1, got ${power}`, { power })
  return {
    successAlpha: alpha / Math.max(1, successMetrics * treatments),
    guardrailAlpha: alpha,
    power: 1 - (1 - power) / (guardrails + 1),
  }
}
