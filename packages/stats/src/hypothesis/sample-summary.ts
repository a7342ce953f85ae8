import { invalid } from '@mlops/core'
import { meanVariance } from '../kernels/mean-variance.ts'
import { finiteValues, type NumericSample } from '../samples/sample.ts'

/** All a t test needs of a sample: count, mean, variance (ddof 1). */
export interface SampleSummary {
  readonly n: number
  readonly mean: number
  /** Sum of squared deviations over n − 1; anything where n < 2. */
  readonly variance: number
}

/** As the tests use it: with what was left out and the mean's tail. */
export type Summary = SampleSummary & { readonly dropped: number; readonly meanTail: number }

/** Around 1e9 the difference of two rounded means has lost half its digits: the tails hold them. */
export function meanDifference(a: Summary, b: Summary): number {
  return a.mean - b.mean + (a.meanTail - b.meanTail)
}

/**
 * The summary of a sample, or the given one checked.
 *
 * @throws `invalid`: `stats.bad-summary`, `stats.infinite-value`, `stats.not-a-number`.
 */
export function summarise(sample: NumericSample | SampleSummary, name: string): Summary {
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

/** The standard deviation that both sides are assumed to share. */
export function pooledSd(a: Summary, b: Summary): number {
  return Math.sqrt(((a.n - 1) * a.variance + (b.n - 1) * b.variance) / (a.n + b.n - 2))
}
