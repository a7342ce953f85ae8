import { invalid, type Warning } from '@mlops/core'

/** Which departures from the null hypothesis count. `greater`: the first sample tends to be larger. */
export type Alternative = 'two-sided' | 'less' | 'greater'

/** How large the difference is, apart from how sure one is of it. */
export interface EffectSize {
  readonly name: string
  /** null where it is undefined for these data. */
  readonly value: number | null
}

/** What every hypothesis test returns, as plain JSON. */
export interface TestResult {
  readonly method: string
  /**
   * `ok`; `insufficient-data`: too few values for this test; `undefined`: enough values, but the
   * statistic does not exist for them (constant samples). Outside `ok`, `pValue` is null: never 0
   * or 1. `warnings` says why.
   */
  readonly status: 'ok' | 'insufficient-data' | 'undefined'
  readonly statistic: number | null
  readonly pValue: number | null
  readonly alternative: Alternative
  /** Values used per sample, in argument order. */
  readonly sizes: readonly number[]
  /** Missing values left out per sample, in argument order. */
  readonly dropped: readonly number[]
  readonly effectSize: EffectSize | null
  readonly warnings: readonly Warning[]
}

/** Two-sided or one-sided bounds; null stands for an open side. */
export interface ConfidenceInterval {
  readonly level: number
  readonly lower: number | null
  readonly upper: number | null
}

/** The p-value of a continuous statistic from its two tails. */
export function pFromTails(
  alternative: Alternative,
  lower: () => number,
  upper: () => number,
): number {
  if (alternative === 'less') return lower()
  if (alternative === 'greater') return upper()
  return Math.min(1, 2 * Math.min(lower(), upper()))
}

/** @throws `invalid`, `stats.bad-level`, for a confidence level outside (0, 1). */
export function checkLevel(level: number): void {
  if (!(level > 0 && level < 1)) {
    throw invalid(
      'stats.bad-level',
      `the confidence level is ${level}; it must lie strictly between 0 and 1 (0.95, not 95).`,
      { level },
    )
  }
}

/** @throws `invalid`, `stats.bad-count`, unless every value is a whole number >= 0. */
export function checkCounts(name: string, counts: ArrayLike<number>): void {
  for (let i = 0; i < counts.length; i++) {
    const c = counts[i]!
    if (!(Number.isInteger(c) && c >= 0)) {
      throw invalid('stats.bad-count', `${name}[${i}] is ${c}; counts are whole numbers >= 0.`, {
        name,
        index: i,
      })
    }
  }
}
