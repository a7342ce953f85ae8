import { formatNumber, invalid } from '@mlops/core'
import { checkLevel } from '../analysis/compare-arms.ts'
import { given } from '../given.ts'
import type { AlwaysValidEstimate, EarlierLook } from './always-valid.ts'
import { alwaysValid, requireEstimate } from './always-valid.ts'

export interface MixtureSprtOptions {
  /** Standard deviation of the effects that are mixed over, in the unit of the effect. */
  readonly effectSd: number
  /** @default 0.05 */
  readonly alpha?: number
  /** The look before this one, to keep what it showed. */
  readonly earlier?: EarlierLook
}

/**
 * The mixture sequential probability ratio test of a normal difference: always-valid p-value and interval.
 *
 * With V = se²: `ln Λ = ½ln(V/(V + τ²)) + τ²·effect²/(2V(V + τ²))`, `p = min(1, 1/Λ)` and the running minimum
 * of it, interval `± √(V(V + τ²)/τ²·(2·ln(1/α) + ln((V + τ²)/V)))`.
 *
 * Input: effect and standard error from all units so far (`V = 2σ²/n` for n units an arm); τ is `effectSd`, fixed
 * before the start. Exact for normal data with known variance, asymptotic otherwise. A p-value that was
 * below alpha stays there: give `earlier`. Cost: constant.
 *
 * @throws `invalid` `abtest.invalid-option`.
 * @example
 * ```ts
 * import { mixtureSprt } from '@mlops/abtest/sequential'
 *
 * const { pValue, interval } = mixtureSprt(0.12, Math.sqrt(2 / 1000), { effectSd: 0.1 })
 * console.log(pValue?.toFixed(4), interval.lower?.toFixed(4)) // 0.1220 -0.0167
 * ```
 * Source: Johari, Koomen, Pekelis & Walsh 2022, "Always valid inference", section 5; Robbins 1970.
 */
export function mixtureSprt(
  effect: number,
  standardError: number,
  options: MixtureSprtOptions,
): AlwaysValidEstimate {
  const { effectSd, alpha = 0.05, earlier } = given(options)
  checkLevel(alpha)
  requireEstimate(effect, standardError)
  const logRatio = logMixtureRatio(effect, standardError, effectSd)
  const variance = standardError ** 2
  const mixed = variance + effectSd ** 2
  const half = Math.sqrt(
    ((variance * mixed) / effectSd ** 2) * (Math.log(mixed / variance) - 2 * Math.log(alpha)),
  )
  return alwaysValid(
    {
      method: 'mixture-sprt',
      estimate: effect,
      interval: { level: 1 - alpha, lower: effect - half, upper: effect + half },
      pValue: Math.min(1, Math.exp(-logRatio)),
      alpha,
      alternative: 'two-sided',
      adjustments: [
        `adjusted for looking at any time: the likelihood ratio is mixed over effects with standard deviation ${formatNumber(effectSd)}; its interval is ${(half / standardError).toFixed(2)} standard errors wide on a side`,
      ],
    },
    earlier,
  )
}

/**
 * Logarithm of the mixture likelihood ratio Λ of {@link mixtureSprt}: an e-value against no effect.
 *
 * @throws `invalid` `abtest.invalid-option`.
 */
export function logMixtureRatio(effect: number, standardError: number, effectSd: number): number {
  requireEstimate(effect, standardError)
  if (!(effectSd > 0 && effectSd < Number.POSITIVE_INFINITY)) {
    throw invalid('abtest.invalid-option', `effectSd must be > 0 and finite, got ${effectSd}`, {
      effectSd,
    })
  }
  const variance = standardError ** 2
  const mixed = variance + effectSd ** 2
  return 0.5 * Math.log(variance / mixed) + (effectSd ** 2 * effect ** 2) / (2 * variance * mixed)
}
