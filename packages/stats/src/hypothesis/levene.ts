import { median } from '../descriptive/quantiles.ts'
import { fDistribution } from '../distributions/f-distribution.ts'
import { meanVariance } from '../kernels/mean-variance.ts'
import { finiteValues, type NumericSample } from '../samples/sample.ts'
import { classical } from './analysis-of-variance.ts'
import type { TestResult } from './test-result.ts'

/** Levene's test result: an F statistic with its two degrees of freedom. */
export interface LeveneResult extends TestResult {
  readonly degreesOfFreedom: readonly [number, number] | null
}

/**
 * Levene's test of equal variances, about the medians (Brown and Forsythe): robust to skew.
 *
 * `F` of a one-way analysis of variance over z = |x − median of its sample|.
 *
 * Input: two or more samples; missing values are left out and counted.
 * Output: F. An empty sample or no degree of freedom gives `insufficient-data`; no spread within the
 * samples `undefined`.
 * Cost: O(n).
 *
 * @throws `invalid`: `stats.infinite-value`, `stats.not-a-number`.
 * @example
 * ```ts
 * import { levene } from '@mlops/stats'
 *
 * console.log(levene([[1, 2, 3, 4], [1, 5, 9, 14]]).statistic?.toFixed(4)) // '5.8276'
 * ```
 * Source: Brown & Forsythe 1974.
 */
export function levene(samples: readonly NumericSample[]): LeveneResult {
  const present = samples.map((sample, i) => finiteValues(sample, `sample ${i}`))
  const sizes = present.map(({ values }) => values.length)
  const n = sizes.reduce((sum, size) => sum + size, 0)
  const k = sizes.length
  const outline = {
    method: 'levene-median',
    alternative: 'two-sided' as const,
    sizes,
    dropped: present.map(({ dropped }) => dropped),
    effectSize: null,
  }
  const nothing = { ...outline, statistic: null, pValue: null, degreesOfFreedom: null }
  if (k < 2 || n <= k || sizes.includes(0)) {
    return {
      ...nothing,
      status: 'insufficient-data',
      warnings: [
        {
          code: 'too-few-values',
          message: `at least 2 samples, none empty, and more values than samples are needed; there are ${sizes.join(', ')}.`,
        },
      ],
    }
  }
  const groups = present.map(({ values }) => {
    const middle = median(values)
    const { n: size, mean, m2 } = meanVariance(values.map((x) => Math.abs(x - middle)))
    return { n: size, mean, variance: size > 1 ? m2 / (size - 1) : 0 }
  })
  if (!groups.some(({ variance }) => variance > 0)) {
    return {
      ...nothing,
      status: 'undefined',
      warnings: [
        { code: 'zero-variance', message: 'the deviations do not vary within any sample.' },
      ],
    }
  }
  const { statistic, degrees } = classical(groups)
  return {
    ...outline,
    status: 'ok',
    statistic,
    pValue: fDistribution.sf(statistic, ...degrees),
    degreesOfFreedom: degrees,
    warnings: [],
  }
}
