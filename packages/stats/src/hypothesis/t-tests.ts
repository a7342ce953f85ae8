import { invalid, type Warning } from '@mlops/core'
import { studentT } from '../distributions/student-t.ts'
import { meanVariance } from '../kernels/mean-variance.ts'
import { finiteValues, type NumericSample } from '../samples/sample.ts'
import {
  type Alternative,
  type ConfidenceInterval,
  checkLevel,
  pFromTails,
  type TestResult,
} from './test-result.ts'

/** All a t test needs of a sample: count, mean, variance (ddof 1). */
export interface SampleSummary {
  readonly n: number
  readonly mean: number
  /** Sum of squared deviations over n − 1; anything where n < 2. */
  readonly variance: number
}

export interface TTestOptions {
  /** @default 'two-sided' */
  readonly alternative?: Alternative
  /** Level of the interval for the difference. @default 0.95 */
  readonly confidence?: number
}

/** A t test's result: the difference of means, its standard error and its interval come with it. */
export interface TTestResult extends TestResult {
  readonly degreesOfFreedom: number | null
  /** Mean of the first sample minus mean of the second (or minus the hypothesised mean). */
  readonly difference: number | null
  readonly standardError: number | null
  readonly interval: ConfidenceInterval | null
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
  { alternative = 'two-sided', confidence = 0.95 }: TTestOptions = {},
): TTestResult {
  const [a, b] = [summarise(x, 'first sample'), summarise(y, 'second sample')]
  const [va, vb] = [a.variance / a.n, b.variance / b.n]
  const degrees = (va + vb) ** 2 / ((va * va) / (a.n - 1) + (vb * vb) / (b.n - 1))
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
  { alternative = 'two-sided', confidence = 0.95 }: TTestOptions = {},
): TTestResult {
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
  {
    mean = 0,
    alternative = 'two-sided',
    confidence = 0.95,
  }: TTestOptions & {
    /** The hypothesised mean. @default 0 */
    readonly mean?: number
  } = {},
): TTestResult {
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
  { alternative = 'two-sided', confidence = 0.95 }: TTestOptions = {},
): TTestResult {
  const { differences, dropped } = pairDifferences(x, y)
  const a = { ...summarise(differences, 'differences'), dropped }
  const result = againstMean('paired-t', a, 0, alternative, confidence)
  return { ...result, sizes: [a.n, a.n], dropped: [dropped, dropped] }
}

/**
 * x − y pair by pair, without the pairs that miss a side.
 *
 * @throws `invalid`, `stats.length-mismatch`.
 */
export function pairDifferences(x: NumericSample, y: NumericSample) {
  if (x.length !== y.length) {
    throw invalid(
      'stats.length-mismatch',
      `paired samples must be of one length; they have ${x.length} and ${y.length} values.`,
      { x: x.length, y: y.length },
    )
  }
  const differences: number[] = []
  for (let i = 0; i < x.length; i++) {
    const [a, b] = [x[i] ?? Number.NaN, y[i] ?? Number.NaN]
    // Two equal infinities differ by 0, not by NaN.
    if (!Number.isNaN(a) && !Number.isNaN(b)) differences.push(a === b ? 0 : a - b)
  }
  return { differences, dropped: x.length - differences.length }
}

type Summary = SampleSummary & { readonly dropped: number; readonly meanTail: number }

/** Around 1e9 the difference of two rounded means has lost half its digits: the tails hold them. */
function meanDifference(a: Summary, b: Summary): number {
  return a.mean - b.mean + (a.meanTail - b.meanTail)
}

function summarise(sample: NumericSample | SampleSummary, name: string): Summary {
  if ('mean' in sample) {
    const { n, mean, variance } = sample
    const usable = Number.isInteger(n) && n >= 0 && (n === 0 || Number.isFinite(mean))
    if (!usable || (n > 1 && !(variance >= 0 && variance < Infinity))) {
      throw invalid(
        'stats.bad-summary',
        `the summary of the ${name} has n ${n}, mean ${mean}, variance ${variance}; a whole n >= 0, a finite mean and a finite variance >= 0 are needed.`,
        { n, mean, variance },
      )
    }
    return { n, mean, meanTail: 0, variance: n > 1 ? variance : 0, dropped: 0 }
  }
  const { values, dropped } = finiteValues(sample, name)
  const { n, mean, meanTail, m2 } = meanVariance(values)
  return { n, mean, meanTail, variance: n > 1 ? m2 / (n - 1) : 0, dropped }
}

function pooledSd(a: Summary, b: Summary): number {
  return Math.sqrt(((a.n - 1) * a.variance + (b.n - 1) * b.variance) / (a.n + b.n - 2))
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

interface TTestParts {
  readonly method: string
  readonly samples: readonly Summary[]
  readonly enough: boolean
  readonly needed: string
  readonly difference: number
  readonly standardError: number
  readonly degrees: number
  readonly effectSd: number
  readonly effectName: string
  readonly alternative: Alternative
  readonly confidence: number
}

function tTest(parts: TTestParts): TTestResult {
  checkLevel(parts.confidence)
  const { method, samples, alternative, difference, standardError, degrees } = parts
  const outline = {
    method,
    alternative,
    sizes: samples.map(({ n }) => n),
    dropped: samples.map(({ dropped }) => dropped),
  }
  const nothing = { statistic: null, pValue: null, degreesOfFreedom: null, interval: null }
  const warn = (code: string, message: string): Warning[] => [{ code, message }]
  if (!parts.enough) {
    return {
      ...outline,
      ...nothing,
      status: 'insufficient-data',
      difference: samples.every(({ n }) => n > 0) ? difference : null,
      standardError: null,
      effectSize: null,
      warnings: warn(
        'too-few-values',
        `${method} needs ${parts.needed}; there are ${outline.sizes.join(' and ')}.`,
      ),
    }
  }
  if (!(standardError > 0)) {
    return {
      ...outline,
      ...nothing,
      status: 'undefined',
      difference,
      standardError: 0,
      effectSize: { name: parts.effectName, value: null },
      warnings: warn(
        'zero-variance',
        'all values of each sample are equal: t and its p-value are undefined.',
      ),
    }
  }
  const statistic = difference / standardError
  return {
    ...outline,
    status: 'ok',
    statistic,
    pValue: pFromTails(
      alternative,
      () => studentT.cdf(statistic, degrees),
      () => studentT.sf(statistic, degrees),
    ),
    degreesOfFreedom: degrees,
    difference,
    standardError,
    interval: tInterval(parts),
    effectSize: { name: parts.effectName, value: difference / parts.effectSd },
    warnings: [],
  }
}

function tInterval(parts: TTestParts): ConfidenceInterval {
  const { alternative, confidence: level, difference, standardError, degrees } = parts
  const tail = alternative === 'two-sided' ? (1 - level) / 2 : 1 - level
  const reach = studentT.quantileSf(tail, degrees) * standardError
  return {
    level,
    lower: alternative === 'less' ? null : difference - reach,
    upper: alternative === 'greater' ? null : difference + reach,
  }
}
