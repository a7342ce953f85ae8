import { formatNumber } from '@mlops/core'
import type { NumericSample, SampleSummary } from '@mlops/stats'
import { holm, welchT } from '@mlops/stats'
import type { Finding } from './finding.ts'
import { badArms, checkAlpha, checkOptions, findingOf } from './finding.ts'

/** A metric from before the experiment, by arm, control first: values, or their summaries. */
export type PrePeriodMetric = readonly (NumericSample | SampleSummary)[]

export interface PrePeriodOptions {
  /** Level of all metrics and arms together. @default 0.01 */
  readonly alpha?: number
}

/**
 * Pre-period imbalance: an A/A test on what was measured before the arms differed.
 *
 * Welch's test of each treatment against the control, for each metric, adjusted by Holm. A difference there cannot
 * be the experiment's effect: assignment, logging or the join of the data is at fault, or an earlier experiment
 * carries over.
 *
 * Output: one finding; its p-value is the smallest adjusted one, `warn` below alpha and `fail` below a tenth of it.
 *
 * @throws `invalid`: `abtest.invalid-arms`, `abtest.invalid-option`; those of the t test.
 * @example
 * ```ts
 * import { prePeriodBalance } from '@mlops/abtest/guards'
 *
 * const { verdict, message } = prePeriodBalance({
 *   visits: [{ n: 5000, mean: 3.1, variance: 9 }, { n: 5000, mean: 3.12, variance: 9 }],
 *   spend: [{ n: 5000, mean: 20, variance: 400 }, { n: 5000, mean: 22, variance: 400 }],
 * })
 * console.log(verdict, message.slice(0, 5)) // fail spend
 * ```
 */
export function prePeriodBalance(
  metrics: Readonly<Record<string, PrePeriodMetric>>,
  options: PrePeriodOptions = {},
): Finding {
  checkOptions(options)
  const { alpha = 0.01 } = options
  checkAlpha(alpha)
  if (typeof metrics !== 'object' || metrics === null || Object.keys(metrics).length === 0)
    throw badArms('give at least one metric: { visits: [control, treatment] }', {})
  const tests = Object.entries(metrics).flatMap(([name, arms]) => {
    const given = (arm: unknown): boolean => typeof arm === 'object' && arm !== null
    if (!Array.isArray(arms) || arms.length < 2 || !arms.every((arm) => given(arm)))
      throw badArms(`the metric '${name}' must have values or summaries of at least two arms`, {
        name,
      })
    return arms
      .slice(1)
      .map((arm, at) => ({ name, arm: at + 1, test: welchT(arm, arms[0] as NumericSample) }))
  })
  const made = tests.filter(({ test }) => test.pValue !== null)
  const sizes = [...tests[0]!.test.sizes].reverse()
  if (made.length === 0) {
    const { test } = tests[0]!
    return findingOf('pre-period', { ...test, sizes }, alpha, 'warn', { fine: '', alarm: '' })
  }
  const adjusted = holm(made.map(({ test }) => test.pValue!)).adjusted
  const least = adjusted.indexOf(Math.min(...adjusted))
  const { name, arm, test } = made[least]!
  const pValue = adjusted[least]!
  const skipped = tests.length - made.length
  const size = test.effectSize?.value
  const worst = `${name}, arm ${arm}: ${formatNumber(test.difference ?? 0)} from the control before the experiment${size === null || size === undefined ? '' : ` (${formatNumber(size)} standard deviations)`}, adjusted p = ${formatNumber(pValue)}`
  const verdict = pValue < alpha / 10 ? 'fail' : pValue < alpha ? 'warn' : 'ok'
  return {
    check: 'pre-period',
    verdict,
    method: 'welch-t, holm',
    statistic: test.statistic,
    pValue,
    alpha,
    sizes,
    message: `${verdict === 'ok' ? `no difference before the experiment in ${made.length} comparisons; nearest is ${worst}` : `${worst}: the arms differed already; look for a fault in assignment or data, or adjust for it (CUPED)`}${skipped > 0 ? `; ${skipped} could not be compared` : ''}`,
  }
}
