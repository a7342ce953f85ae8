import { givenOptions } from '@mlops/core'
import type { NumericSample } from '../samples/sample.ts'
import { pairDifferences } from './pair-differences.ts'
import {
  meanDifference,
  pooledSd,
  type SampleSummary,
  type Summary,
  summarise,
} from './sample-summary.ts'
import { type TTestResult, tTest } from './t-test-result.ts'
import type { Alternative } from './test-result.ts'

export interface TTestOptions {
  /** @default 'two-sided' */
  readonly alternative?: Alternative
  /** Level of the interval for the difference. @default 0.95 */
  readonly confidence?: number
}

/**
 * Welch's t test of equal means, variances unequal.
 *
 * `t = (m1 − m2)/sqrt(v1/n1 + v2/n2)`, degrees of freedom after Welch and Satterthwaite.
 *
 * Input: two samples (missing values left out and counted), or their {@link SampleSummary}s.
 * Output: statistic, p-value, interval of the difference; effect size Cohen's d (pooled sd). Fewer
 * than 2 values on a side give `insufficient-data`; two constant samples `undefined`: a p-value of
 * 0 or 1 would be invented there.
 * Cost: one pass.
 *
 * @throws `invalid`: `stats.infinite-value`, `stats.not-a-number`, `stats.bad-summary`,
 * `stats.bad-level`.
 * @example
 * ```ts
 * import { welchT } from '@mlops/stats'
 *
 * const { statistic, pValue } = welchT([5, 6, 7, 8], [1, 2, 3, 9, 4])
 * console.log(statistic?.toFixed(3), pValue?.toFixed(3)) // '1.759' '0.133'
 * ```
 * Source: Welch 1947.
 */
export function welchT(
  x: NumericSample | SampleSummary,
  y: NumericSample | SampleSummary,
  options: TTestOptions = {},
): TTestResult {
  const { alternative = 'two-sided', confidence = 0.95 } = givenOptions(options)
  const [a, b] = [summarise(x, 'first sample'), summarise(y, 'second sample')]
  const [va, vb] = [a.variance / a.n, b.variance / b.n]
  // By shares: squares of tiny variances would be 0.
  const share = va / (va + vb)
  const degrees = 1 / (share ** 2 / (a.n - 1) + (1 - share) ** 2 / (b.n - 1))
  return tTest({
    method: 'welch-t',
    samples: [a, b],
    enough: a.n >= 2 && b.n >= 2,
    needed: '2 values on each side',
    difference: meanDifference(a, b),
    standardError: Math.sqrt(va + vb),
    degrees,
    effectSd: pooledSd(a, b),
    effectName: 'cohen-d',
    alternative,
    confidence,
  })
}

/**
 * Student's t test of equal means, variances assumed equal.
 *
 * `t = (m1 − m2)/(s_p·sqrt(1/n1 + 1/n2))` with pooled variance and n1 + n2 − 2 degrees of freedom.
 *
 * Input, output, cost and errors as for {@link welchT}; one side may have a single value.
 *
 * @example
 * ```ts
 * import { studentTTest } from '@mlops/stats'
 *
 * console.log(studentTTest([1, 2, 3], [3, 4, 5]).statistic?.toFixed(4)) // '-2.4495'
 * ```
 * Source: Student 1908; Fisher 1925.
 */
export function studentTTest(
  x: NumericSample | SampleSummary,
  y: NumericSample | SampleSummary,
  options: TTestOptions = {},
): TTestResult {
  const { alternative = 'two-sided', confidence = 0.95 } = givenOptions(options)
  const [a, b] = [summarise(x, 'first sample'), summarise(y, 'second sample')]
  const sd = pooledSd(a, b)
  return tTest({
    method: 'student-t',
    samples: [a, b],
    enough: a.n >= 1 && b.n >= 1 && a.n + b.n >= 3,
    needed: '1 value on each side and 3 in all',
    difference: meanDifference(a, b),
    standardError: sd * Math.sqrt(1 / a.n + 1 / b.n),
    degrees: a.n + b.n - 2,
    effectSd: sd,
    effectName: 'cohen-d',
    alternative,
    confidence,
  })
}

/**
 * One-sample t test: is the mean `mean`? On the summary of pairwise differences this is the paired
 * test from sufficient statistics.
 *
 * Input, output, cost and errors as for {@link welchT}, for one sample.
 *
 * @example
 * ```ts
 * import { oneSampleT } from '@mlops/stats'
 *
 * console.log(oneSampleT({ n: 4, mean: 1, variance: 1 }).statistic) // 2
 * ```
 */
export function oneSampleT(
  x: NumericSample | SampleSummary,
  options: TTestOptions & {
    /** The hypothesised mean. @default 0 */
    readonly mean?: number
  } = {},
): TTestResult {
  const { mean = 0, alternative = 'two-sided', confidence = 0.95 } = givenOptions(options)
  const a = summarise(x, 'sample')
  return againstMean('one-sample-t', a, mean, alternative, confidence)
}

/**
 * Paired t test: is the mean of the pairwise differences x − y zero?
 *
 * Input: two samples of one length, pair by pair; a pair with a missing side is left out (counted on
 * both sides). From sufficient statistics: {@link oneSampleT} on the summary of the differences.
 * Output: as for {@link welchT}; effect size d_z = mean/sd of the differences.
 * Cost: one pass.
 *
 * @throws `invalid`: `stats.length-mismatch`, `stats.infinite-value`, `stats.not-a-number`.
 * @example
 * ```ts
 * import { pairedT } from '@mlops/stats'
 *
 * console.log(pairedT([3, 5, 8], [1, 4, 5]).statistic?.toFixed(4)) // '3.4641'
 * ```
 */
export function pairedT(
  x: NumericSample,
  y: NumericSample,
  options: TTestOptions = {},
): TTestResult {
  const { alternative = 'two-sided', confidence = 0.95 } = givenOptions(options)
  const { differences, dropped } = pairDifferences(x, y)
  const a = { ...summarise(differences, 'differences'), dropped }
  const result = againstMean('paired-t', a, 0, alternative, confidence)
  return { ...result, sizes: [a.n, a.n], dropped: [dropped, dropped] }
}

function againstMean(
  method: string,
  a: Summary,
  mean: number,
  alternative: Alternative,
  confidence: number,
): TTestResult {
  return tTest({
    method,
    samples: [a],
    enough: a.n >= 2,
    needed: '2 values',
    difference: a.mean - mean + a.meanTail,
    standardError: Math.sqrt(a.variance / a.n),
    degrees: a.n - 1,
    effectSd: Math.sqrt(a.variance),
    effectName: 'cohen-dz',
    alternative,
    confidence,
  })
}
