import { integrateCdfGap } from '../distances/cdf-gap.ts'
import { allFinite } from '../kernels/all-finite.ts'
import { cdfAreaAndExtremes } from '../kernels/cdf-area.ts'
import { type NumericSample, presentValues } from '../samples/sample.ts'
import { type KsTestResult, ksTestOfSamples } from './ks-two-sample.ts'

/** What {@link ksAndWasserstein} finds. */
export interface KsAndWasserstein {
  /** As `ksTwoSampleTest`. */
  readonly test: KsTestResult
  /** As `wasserstein1`, of the finite values; null where a side has none. */
  readonly wasserstein1: number | null
}

/**
 * The two-sided Kolmogorov-Smirnov test and the 1-Wasserstein distance of two samples, which share most
 * of their work.
 *
 * Input: two samples; missing values are left out. Infinities are legal: the test uses them, the
 * distance leaves them out. Output: what {@link ksTwoSampleTest} and `wasserstein1` return.
 * Cost: O(n + m), about two thirds of the two apart.
 *
 * @throws `invalid`: `stats.not-a-number`.
 * @example
 * ```ts
 * import { ksAndWasserstein } from '@mlops/stats'
 *
 * const { test, wasserstein1 } = ksAndWasserstein([1, 2, 3, 4], [4, 5, 6, 7])
 * console.log(test.statistic, wasserstein1) // 0.75 3
 * ```
 */
export function ksAndWasserstein(x: NumericSample, y: NumericSample): KsAndWasserstein {
  const a = presentValues(x, 'first sample')
  const b = presentValues(y, 'second sample')
  const whole = allFinite(a.values) && allFinite(b.values)
  const some = a.values.length > 0 && b.values.length > 0
  const both = whole && some ? cdfAreaAndExtremes(a.values, b.values) : undefined
  const test = ksTestOfSamples(a, b, both?.extremes)
  if (both) return { test, wasserstein1: both.area }
  const [before, after] = whole ? [a.values, b.values] : [finiteOf(a.values), finiteOf(b.values)]
  const none = before.length === 0 || after.length === 0
  return { test, wasserstein1: none ? null : integrateCdfGap(before, after, 1) }
}

function finiteOf(values: Float64Array): Float64Array {
  return values.filter((x) => Number.isFinite(x))
}
