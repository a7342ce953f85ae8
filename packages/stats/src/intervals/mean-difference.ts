import { givenOptions } from '@mlops/core'
import type { SampleSummary } from '../hypothesis/sample-summary.ts'
import { welchT } from '../hypothesis/t-tests.ts'
import type { NumericSample } from '../samples/sample.ts'
import type { Interval, IntervalOptions } from './proportion.ts'

/**
 * Welch's interval for the difference of two means.
 *
 * `m1 − m2 ± t·sqrt(v1/n1 + v2/n2)`, t with Welch and Satterthwaite's degrees of freedom.
 *
 * Input: two samples or their summaries. Output: null where `welchT` has no p-value (fewer than 2
 * values on a side, or two constant samples). Cost: one pass.
 *
 * @throws as `welchT`.
 * @example
 * ```ts
 * import { welchInterval } from '@mlops/stats'
 *
 * const interval = welchInterval([5, 6, 7, 8], [1, 2, 3, 9, 4])
 * console.log(interval?.lower.toFixed(3), interval?.upper.toFixed(3)) // '-1.129' '6.529'
 * ```
 * Source: Welch 1947.
 */
export function welchInterval(
  x: NumericSample | SampleSummary,
  y: NumericSample | SampleSummary,
  options: IntervalOptions = {},
): Interval | null {
  const { confidence = 0.95 } = givenOptions(options)
  const { interval } = welchT(x, y, { confidence })
  return interval === null ? null : { lower: interval.lower!, upper: interval.upper! }
}
