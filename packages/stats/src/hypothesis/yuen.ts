import { givenOptions, invalid } from '@mlops/core'
import { finiteValues, type NumericSample } from '../samples/sample.ts'
import { type TTestResult, tTest } from './t-test-result.ts'
import type { TTestOptions } from './t-tests.ts'

export interface YuenOptions extends TTestOptions {
  /** Share of the values left out at each end, in [0, ½). @default 0.2 */
  readonly trim?: number
}

/** Yuen's test result, with the trimmed means it compares. */
export interface YuenResult extends TTestResult {
  readonly trim: number
  /** Of the first and the second sample; null without values. */
  readonly trimmedMeans: readonly [number | null, number | null]
  /** Estimated variances of these means; null with fewer than 2 values left. */
  readonly meanVariances: readonly [number | null, number | null]
}

/**
 * Yuen's t test of equal trimmed means: Welch's test on what is left after the `floor(trim·n)` smallest
 * and largest values of each sample went, with winsorised variances.
 *
 * `t = (m1 − m2)/sqrt(d1 + d2)`, `d = SSW/(h(h − 1))` with SSW the winsorised sum of squares and h the
 * values left; degrees of freedom after Welch and Satterthwaite with h − 1.
 *
 * Input: two samples (missing values left out and counted). Output: as for `welchT`; the difference is
 * that of trimmed means, the effect size it over the square root of the mean winsorised variance. With
 * trim 0 it is Welch's test. Fewer than 2 values left on a side give `insufficient-data`.
 * Cost: O(n log n).
 *
 * @throws `invalid`: `stats.bad-trim`, `stats.infinite-value`, `stats.bad-level`.
 * @example
 * ```ts
 * import { yuenT } from '@mlops/stats'
 *
 * const { statistic, pValue } = yuenT([5, 6, 7, 8, 90], [1, 2, 3, 4, 2], { trim: 0.2 })
 * console.log(statistic?.toFixed(3), pValue?.toFixed(4)) // '5.013' '0.0141'
 * ```
 * Source: Yuen 1974.
 */
export function yuenT(x: NumericSample, y: NumericSample, options: YuenOptions = {}): YuenResult {
  const { alternative = 'two-sided', confidence = 0.95, trim = 0.2 } = givenOptions(options)
  if (!(typeof trim === 'number' && trim >= 0 && trim < 0.5))
    throw invalid('stats.bad-trim', `trim is ${trim}; it must be a share in [0, 0.5).`, { trim })
  const a = trimmed(x, 'first sample', trim)
  const b = trimmed(y, 'second sample', trim)
  const [va, vb] = [a.meanVariance, b.meanVariance]
  const result = tTest({
    method: 'yuen-t',
    samples: [a.summary, b.summary],
    enough: a.left >= 2 && b.left >= 2,
    needed: '2 values on each side after trimming',
    difference: a.mean - b.mean,
    standardError: Math.sqrt(va + vb),
    degrees: (va + vb) ** 2 / (va ** 2 / (a.left - 1) + vb ** 2 / (b.left - 1)),
    effectSd: Math.sqrt((a.variance + b.variance) / 2),
    effectName: 'trimmed-d',
    alternative,
    confidence,
  })
  return {
    ...result,
    trim,
    trimmedMeans: [a.left > 0 ? a.mean : null, b.left > 0 ? b.mean : null],
    meanVariances: [a.left > 1 ? va : null, b.left > 1 ? vb : null],
  }
}

function trimmed(sample: NumericSample, name: string, trim: number) {
  const { values, dropped } = finiteValues(sample, name)
  const n = values.length
  // As in 0.1·30: rounding must not take one value too few.
  const cut = Math.floor(trim * n + 1e-12 * n)
  const sorted = Float64Array.from(values).sort()
  const kept = sorted.subarray(cut, n - cut)
  const left = kept.length
  let mean = 0
  for (const v of kept) mean += v / left
  const [low, high] = [kept[0] ?? 0, kept[left - 1] ?? 0]
  let winsorised = 0
  for (const v of kept) winsorised += v / n
  winsorised += (cut * (low + high)) / n
  let squares = cut * ((low - winsorised) ** 2 + (high - winsorised) ** 2)
  for (const v of kept) squares += (v - winsorised) ** 2
  const variance = squares / (n - 1)
  return {
    left,
    mean,
    variance,
    meanVariance: squares / (left * (left - 1)),
    summary: { n, mean, meanTail: 0, variance, dropped },
  }
}
