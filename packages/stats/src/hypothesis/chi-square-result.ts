import { invalid, type Warning } from '@mlops/core'
import { chiSquare } from '../distributions/chi-square.ts'
import type { TestResult } from './test-result.ts'

/** The statistic compared with the chi-square distribution. */
export type ChiSquareStatistic = 'pearson' | 'g'

export interface ChiSquareOptions {
  /** Pearson's sum (O − E)²/E, or the likelihood ratio G = 2·sum O·ln(O/E). @default 'pearson' */
  readonly statistic?: ChiSquareStatistic
}

/** The result of a chi-square test, with what its approximation rests on. */
export interface ChiSquareResult extends TestResult {
  readonly degreesOfFreedom: number | null
  readonly minExpected: number | null
}

/** sum (O − E)²/E */
export function pearsonSum(observed: readonly number[], expected: readonly number[]): number {
  return observed.reduce((sum, o, i) => sum + (o - expected[i]!) ** 2 / expected[i]!, 0)
}

/** 2·sum O·ln(O/E), which rounding must not push below 0. */
export function gSum(observed: readonly number[], expected: readonly number[]): number {
  return Math.max(
    0,
    2 * observed.reduce((sum, o, i) => sum + (o > 0 ? o * Math.log(o / expected[i]!) : 0), 0),
  )
}

/** What a result says whether or not there was a test. */
export interface Outline {
  readonly method: string
  readonly sizes: readonly number[]
}

/** The result of a test that could be made. */
export function tested(
  outline: Outline,
  statistic: number,
  degreesOfFreedom: number,
  expected: readonly number[],
  warnings: readonly Warning[],
) {
  const minExpected = Math.min(...expected)
  const small = expected.filter((e) => e < 5).length
  return {
    ...outline,
    status: 'ok' as const,
    statistic,
    pValue: chiSquare.sf(statistic, degreesOfFreedom),
    alternative: 'two-sided' as const,
    dropped: [0],
    degreesOfFreedom,
    minExpected,
    warnings:
      small === 0
        ? warnings
        : [
            ...warnings,
            {
              code: 'small-expected-counts',
              message: `${small} of ${expected.length} expected counts are below 5 (smallest ${minExpected.toPrecision(3)}): the chi-square approximation is rough. Pool rare categories, or use an exact or permutation test.`,
            },
          ],
  }
}

/** The result where none could. */
export function noTest(
  outline: Outline,
  empty: boolean,
  warnings: readonly Warning[],
  message: string,
  code = empty ? 'too-few-values' : 'one-category',
): ChiSquareResult {
  return {
    ...outline,
    status: empty ? 'insufficient-data' : 'undefined',
    statistic: null,
    pValue: null,
    alternative: 'two-sided',
    dropped: [0],
    effectSize: null,
    degreesOfFreedom: null,
    minExpected: null,
    warnings: [...warnings, { code, message: `${message}.` }],
  }
}

/** Weighted and expected tables carry fractions: any finite number >= 0 is a count here. */
export function checkCells(name: string, cells: readonly number[]): void {
  cells.forEach((c, i) => {
    if (!(c >= 0 && c < Infinity)) {
      throw invalid('stats.bad-count', `${name}[${i}] is ${c}; counts are finite numbers >= 0.`)
    }
  })
}
