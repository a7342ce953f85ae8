import { invalid } from '@mlops/core'
import type { TestResult } from './test-result.ts'

/** What a test of several samples says in any case. */
export type SeveralSamplesOutline = Pick<TestResult, 'method' | 'sizes' | 'dropped'> & {
  readonly alternative: 'two-sided'
}

/** @throws `invalid`, `stats.bad-samples`, unless there are two or more. */
export function checkSamples(samples: readonly unknown[]): void {
  if (Array.isArray(samples) && samples.length >= 2) {
    if (samples.every((sample) => typeof sample === 'object' && sample !== null)) return
  }
  throw invalid('stats.bad-samples', 'pass a list of two or more samples', {
    samples: Array.isArray(samples) ? samples.length : String(samples),
  })
}

/** The result of a test of several samples that have no statistic, and why. */
export function withoutStatistic(
  outline: SeveralSamplesOutline,
  status: 'insufficient-data' | 'undefined',
  code: string,
  message: string,
) {
  return {
    ...outline,
    status,
    statistic: null,
    pValue: null,
    degreesOfFreedom: null,
    effectSize: null,
    warnings: [{ code, message }],
  }
}
