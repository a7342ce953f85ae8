import type { Warning } from '@mlops/core'
import type { Alternative, ConfidenceInterval, TestResult } from '@mlops/stats'
import { normal, studentT } from '@mlops/stats'
import type { Effect } from '../readout.ts'

/** Level and degrees of freedom of an interval. */
export interface IntervalLaw {
  readonly confidence: number
  /** `null`: the normal distribution. */
  readonly df: number | null
}

/** An estimate whose distribution is normal or Student's around the truth. */
export interface WaldParts {
  readonly method: string
  readonly difference: number
  readonly standardError: number
  readonly df: number | null
  readonly sizes: readonly number[]
  readonly dropped: readonly number[]
  readonly alternative: Alternative
  /** Why there are too few units for it; undefined where there are enough. */
  readonly tooFew?: string | undefined
}

/** The test of no difference, or the status that says why there is none. */
export function waldTest(parts: WaldParts): TestResult {
  const { method, difference, standardError, df, sizes, dropped, alternative, tooFew } = parts
  const outline = { method, alternative, sizes, dropped, effectSize: null }
  const nothing = { ...outline, statistic: null, pValue: null }
  const warn = (code: string, message: string): Warning[] => [{ code, message }]
  if (tooFew !== undefined)
    return { ...nothing, status: 'insufficient-data', warnings: warn('too-few-values', tooFew) }
  if (!(standardError > 0) || !Number.isFinite(difference)) {
    return {
      ...nothing,
      status: 'undefined',
      warnings: warn(
        'zero-variance',
        'the estimated difference does not vary: its statistic and p-value are undefined.',
      ),
    }
  }
  const statistic = difference / standardError
  return {
    ...outline,
    status: 'ok',
    statistic,
    pValue: waldP(statistic, df, alternative),
    warnings: [],
  }
}

/** The p-value of a statistic from Student's (or the normal) distribution. */
export function waldP(statistic: number, df: number | null, alternative: Alternative): number {
  const sf = (x: number) => (df === null ? normal.sf(x) : studentT.sf(x, df))
  if (alternative === 'greater') return sf(statistic)
  if (alternative === 'less') return sf(-statistic)
  return Math.min(1, 2 * sf(Math.abs(statistic)))
}

/** `value ± critical·standardError`, two-sided. */
export function waldInterval(
  value: number,
  standardError: number,
  { confidence, df }: IntervalLaw,
): ConfidenceInterval {
  const reach = criticalValue(confidence, df) * standardError
  return { level: confidence, lower: value - reach, upper: value + reach }
}

/** The difference with its Wald interval; `null` where the test has none. */
export function waldEffect(
  { method, difference, standardError, df }: WaldParts,
  { status }: TestResult,
  confidence: number,
): Effect | null {
  if (status !== 'ok') return null
  return {
    value: difference,
    interval: waldInterval(difference, standardError, { confidence, df }),
    method,
    scale: 'difference',
    standardError,
    degreesOfFreedom: df,
  }
}

/** The two-sided critical value at a confidence level. */
export function criticalValue(confidence: number, df: number | null): number {
  const tail = (1 - confidence) / 2
  return df === null ? -normal.quantile(tail) : studentT.quantileSf(tail, df)
}

/** Welch's and Satterthwaite's degrees of freedom of the variances of two means. */
export function welchDf(a: number, nA: number, b: number, nB: number): number {
  // By shares: squares of tiny variances would be 0.
  const share = a / (a + b)
  return 1 / (share ** 2 / (nA - 1) + (1 - share) ** 2 / (nB - 1))
}
