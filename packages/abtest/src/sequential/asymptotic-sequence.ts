import { formatNumber, invalid } from '@mlops/core'
import type { Alternative } from '@mlops/stats'
import { checkLevel } from '../analysis/compare-arms.ts'
import { given } from '../given.ts'
import type { AlwaysValidEstimate, EarlierLook } from './always-valid.ts'
import { alwaysValid, requireEstimate } from './always-valid.ts'
import { oneOf } from './bounds.ts'

export interface AsymptoticSequenceOptions {
  /** Units of both arms so far. */
  readonly n: number
  /** @default 0.05 */
  readonly alpha?: number
  /** Of the effect. @default 'two-sided' */
  readonly alternative?: Alternative
  /** Units of both arms at which the sequence is tightest; fixed before the start. @default 5000 */
  readonly tightestAt?: number
  /** The look before this one, to keep what it showed. */
  readonly earlier?: EarlierLook
}

/**
 * An asymptotic confidence sequence for any estimate with a standard error: differences, lifts, ratios.
 *
 * `effect ± se·√n·√(2(nρ² + 1)/(n²ρ²)·ln(√(nρ² + 1)/α))` with `ρ² = (−2·ln α + ln(1 − 2·ln α))/tightestAt`;
 * `p = √(nρ² + 1)·exp(−ρ²S²/(2(nρ² + 1)))` with `S² = n·effect²/se²`, at most 1. One-sided: ρ from 2α, and
 * `ln(1 + √(nρ² + 1)/(2α))` in place of the logarithm.
 *
 * Input: effect and standard error from all units so far. Output: the interval is one-sided for a one-sided
 * alternative. Asymptotic: the first looks, at fewer than some hundred units, may err more often.
 * Cost: constant.
 *
 * @throws `invalid` `abtest.invalid-option`.
 * @example
 * ```ts
 * import { asymptoticSequence } from '@mlops/abtest/sequential'
 *
 * const { pValue, interval } = asymptoticSequence(0.02, 0.005, { n: 8000 })
 * console.log(pValue?.toFixed(5), interval.lower?.toFixed(4)) // 0.00223 0.0048
 * ```
 * Source: Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas 2024, theorem 2.2 and appendix B.
 * Differs from: gbstats, whose one-sided p-value is one bisection step off (0.46316 for 0.46305) and cut to
 * [1e-5, 0.4999]; here it is the root itself.
 */
export function asymptoticSequence(
  effect: number,
  standardError: number,
  options: AsymptoticSequenceOptions,
): AlwaysValidEstimate {
  const { n, alpha = 0.05, alternative = 'two-sided', tightestAt = 5000, earlier } = given(options)
  checkLevel(alpha)
  oneOf('alternative', alternative, ['two-sided', 'greater', 'less'])
  requireEstimate(effect, standardError)
  for (const [name, value] of Object.entries({ n, tightestAt })) {
    if (!(value > 0 && value < Number.POSITIVE_INFINITY)) {
      throw invalid('abtest.invalid-option', `${name} must be > 0 and finite, got ${value}`, {
        [name]: value,
      })
    }
  }
  const twoSided = alternative === 'two-sided'
  const scale = asymptoticScale({ tightestAt, alpha, alternative }) ** 2
  const spread = n * scale + 1
  // The root of the bound at 0 in alpha, with the scale as it is.
  const evidence = (scale * n * (effect / standardError) ** 2) / (2 * spread)
  const log = twoSided
    ? Math.log(Math.sqrt(spread) / alpha)
    : Math.log1p(Math.sqrt(spread) / (2 * alpha))
  const half = standardError * Math.sqrt(((2 * spread) / (n * scale)) * log)
  const towards = alternative === 'less' ? effect < 0 : effect > 0
  const pValue = twoSided
    ? Math.min(1, Math.sqrt(spread) * Math.exp(-evidence))
    : towards
      ? Math.min(1, Math.sqrt(spread) / (2 * Math.expm1(evidence)))
      : 1
  return alwaysValid(
    {
      method: 'asymptotic-confidence-sequence',
      estimate: effect,
      interval: {
        level: 1 - alpha,
        lower: alternative === 'less' ? null : effect - half,
        upper: alternative === 'greater' ? null : effect + half,
      },
      pValue,
      alpha,
      alternative,
      adjustments: [
        `adjusted for looking at any time: an asymptotic confidence sequence at level ${formatNumber(1 - alpha)}, tightest at ${tightestAt} units; at ${n} units it is ${(half / standardError).toFixed(2)} standard errors wide on a side`,
      ],
    },
    earlier,
  )
}

/** The ρ of {@link asymptoticSequence}, larger for a sequence that is tightest sooner. */
export function asymptoticScale(
  options: Pick<AsymptoticSequenceOptions, 'tightestAt' | 'alpha' | 'alternative'> = {},
): number {
  const { tightestAt = 5000, alpha = 0.05, alternative = 'two-sided' } = given(options)
  const level = alternative === 'two-sided' ? alpha : 2 * alpha
  checkLevel(level)
  if (!(tightestAt > 0 && Number.isFinite(tightestAt)))
    throw invalid(
      'abtest.invalid-option',
      `tightestAt must be a finite number above 0, got ${String(tightestAt)}`,
      { tightestAt: String(tightestAt) },
    )
  const log = -2 * Math.log(level)
  return Math.sqrt((log + Math.log1p(log)) / tightestAt)
}
