import { givenOptions } from '@mlops/core'
import { studentT } from '../distributions/student-t.ts'
import { midranks } from '../kernels/rank-sums.ts'
import { type NumericSample, presentValues } from '../samples/sample.ts'
import { type Alternative, pFromTails, type TestResult } from './test-result.ts'

/** Brunner and Munzel's test result, with the estimate it tests. */
export interface BrunnerMunzelResult extends TestResult {
  readonly degreesOfFreedom: number | null
  /** P(X > Y) + ½·P(X = Y), estimated. The null hypothesis is ½. */
  readonly probabilityOfSuperiority: number | null
  /** Of the probability of superiority. */
  readonly standardError: number | null
}

/**
 * Brunner-Munzel test: does the first sample tend to be larger? As Mann-Whitney, without assuming
 * equal spread.
 *
 * `t = nm(R̄x − R̄y)/((n + m)·sqrt(n·Sx + m·Sy))` from pooled and own midranks, degrees of freedom after
 * Satterthwaite.
 *
 * Input: two samples; missing values are left out and counted, infinities are legal.
 * Output: t; effect size rank-biserial. Fewer than 2 values on a side give `insufficient-data`;
 * samples without overlap `undefined` (the variance estimate is 0): use `mannWhitney` there.
 * Cost: O(n log n).
 *
 * @throws `invalid`, `stats.not-a-number`.
 * @example
 * ```ts
 * import { brunnerMunzel } from '@mlops/stats'
 *
 * console.log(brunnerMunzel([1, 2, 4, 6, 7], [3, 5, 8, 9, 10]).statistic?.toFixed(4)) // '-1.9365'
 * ```
 * Source: Brunner & Munzel 2000.
 * Differs from: scipy by the sign of the statistic (there positive where the second sample is larger).
 */
export function brunnerMunzel(
  x: NumericSample,
  y: NumericSample,
  options: { readonly alternative?: Alternative } = {},
): BrunnerMunzelResult {
  const { alternative = 'two-sided' } = givenOptions(options)
  const a = presentValues(x, 'first sample')
  const b = presentValues(y, 'second sample')
  const n = a.values.length
  const m = b.values.length
  const outline = {
    method: 'brunner-munzel',
    alternative,
    sizes: [n, m],
    dropped: [a.dropped, b.dropped],
  }
  const nothing = {
    ...outline,
    statistic: null,
    pValue: null,
    degreesOfFreedom: null,
    standardError: null,
  }
  if (n < 2 || m < 2) {
    return {
      ...nothing,
      status: 'insufficient-data',
      probabilityOfSuperiority: null,
      effectSize: null,
      warnings: [
        { code: 'too-few-values', message: `each side needs 2 values; there are ${n} and ${m}.` },
      ],
    }
  }
  const pooled = new Float64Array(n + m)
  pooled.set(a.values)
  pooled.set(b.values, n)
  const { ranks } = midranks(pooled)
  const first = spread(ranks.subarray(0, n), midranks(a.values).ranks)
  const second = spread(ranks.subarray(n), midranks(b.values).ranks)
  const superiority = 0.5 + (first.mean - second.mean) / (n + m)
  const effectSize = { name: 'rank-biserial', value: 2 * superiority - 1 }
  const [u, v] = [n * first.variance, m * second.variance]
  if (!(u + v > 0)) {
    return {
      ...nothing,
      status: 'undefined',
      probabilityOfSuperiority: superiority,
      effectSize,
      warnings: [
        { code: 'zero-variance', message: 'the samples do not overlap, or all values are equal.' },
      ],
    }
  }
  const statistic = (n * m * (first.mean - second.mean)) / ((n + m) * Math.sqrt(u + v))
  const degrees = (u + v) ** 2 / ((u * u) / (n - 1) + (v * v) / (m - 1))
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
    probabilityOfSuperiority: superiority,
    standardError: Math.sqrt(u + v) / (n * m),
    effectSize,
    warnings: [],
  }
}

/** Mean pooled rank, and the variance of pooled less own ranks. */
function spread(pooled: Float64Array, own: Float64Array) {
  const n = own.length
  let mean = 0
  for (const rank of pooled) mean += rank / n
  const ownMean = (n + 1) / 2
  let sum = 0
  for (let i = 0; i < n; i++) sum += (pooled[i]! - own[i]! - mean + ownMean) ** 2
  return { mean, variance: sum / (n - 1) }
}
