import { givenOptions, invalid } from '@mlops/core'
import { normal } from '../distributions/normal.ts'
import { type Alternative, pFromTails, type TestResult } from './test-result.ts'

/** Successes out of trials. */
export interface Proportion {
  readonly successes: number
  readonly n: number
}

export interface TwoProportionOptions {
  /** @default 'two-sided' */
  readonly alternative?: Alternative
  /** Standard error under the null hypothesis (one common proportion) or from both. @default 'pooled' */
  readonly variance?: 'pooled' | 'unpooled'
}

export interface TwoProportionResult extends TestResult {
  /** First proportion minus second. */
  readonly difference: number | null
  readonly standardError: number | null
}

/**
 * z test that two proportions are equal.
 *
 * `z = (p1 − p2)/se` with se² = p(1 − p)(1/n1 + 1/n2) pooled, or p1q1/n1 + p2q2/n2 unpooled.
 *
 * Input: successes and trials of both sides.
 * Output: z and p-value; effect size Cohen's h = 2·asin√p1 − 2·asin√p2. Without trials on a side
 * `insufficient-data`; where se = 0 (all or no successes) `undefined`. Fewer than 5 successes or
 * failures expected on a side are warned of.
 * Cost: constant.
 *
 * @throws `invalid`, `stats.bad-proportion`, unless 0 <= successes <= n, both whole.
 * @example
 * ```ts
 * import { twoProportionZ } from '@mlops/stats'
 *
 * const { statistic, pValue } = twoProportionZ({ successes: 5, n: 83 }, { successes: 12, n: 99 })
 * console.log(statistic?.toFixed(4), pValue?.toFixed(4)) // '-1.4078' '0.1592'
 * ```
 */
export function twoProportionZ(
  first: Proportion,
  second: Proportion,
  options: TwoProportionOptions = {},
): TwoProportionResult {
  const { alternative = 'two-sided', variance = 'pooled' } = givenOptions(options)
  checkProportion('first', first)
  checkProportion('second', second)
  const outline = {
    method: `two-proportion-z-${variance}`,
    alternative,
    sizes: [first.n, second.n],
    dropped: [0, 0],
  }
  const none = { statistic: null, pValue: null }
  if (first.n === 0 || second.n === 0) {
    return {
      ...outline,
      ...none,
      status: 'insufficient-data',
      difference: null,
      standardError: null,
      effectSize: null,
      warnings: [{ code: 'too-few-values', message: 'each side needs at least one trial.' }],
    }
  }
  const p1 = first.successes / first.n
  const p2 = second.successes / second.n
  const pooled = (first.successes + second.successes) / (first.n + second.n)
  const difference = p1 - p2
  const standardError = Math.sqrt(
    variance === 'pooled'
      ? pooled * (1 - pooled) * (1 / first.n + 1 / second.n)
      : (p1 * (1 - p1)) / first.n + (p2 * (1 - p2)) / second.n,
  )
  const effectSize = {
    name: 'cohen-h',
    value: 2 * Math.asin(Math.sqrt(p1)) - 2 * Math.asin(Math.sqrt(p2)),
  }
  if (!(standardError > 0)) {
    return {
      ...outline,
      ...none,
      status: 'undefined',
      difference,
      standardError: 0,
      effectSize,
      warnings: [
        {
          code: 'zero-variance',
          message:
            'the standard error is 0 (only successes or only failures). Use Fisher’s exact test.',
        },
      ],
    }
  }
  const statistic = difference / standardError
  const expected = Math.min(pooled, 1 - pooled) * Math.min(first.n, second.n)
  return {
    ...outline,
    status: 'ok',
    statistic,
    pValue: pFromTails(
      alternative,
      () => normal.cdf(statistic),
      () => normal.sf(statistic),
    ),
    difference,
    standardError,
    effectSize,
    warnings:
      expected < 5
        ? [
            {
              code: 'small-expected-counts',
              message: `only ${expected.toPrecision(3)} successes or failures are expected on the smaller side: the normal approximation is rough. Use Fisher’s exact test.`,
            },
          ]
        : [],
  }
}

/** @throws `invalid`, `stats.bad-proportion`. */
export function checkProportion(name: string, { successes, n }: Proportion): void {
  const whole = Number.isInteger(successes) && Number.isInteger(n)
  if (!(whole && successes >= 0 && successes <= n)) {
    throw invalid(
      'stats.bad-proportion',
      `the ${name} proportion is ${successes} of ${n}; whole numbers with 0 <= successes <= n are needed.`,
      { successes, n },
    )
  }
}
