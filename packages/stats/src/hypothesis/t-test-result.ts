import type { Warning } from '@mlops/core'
import { studentT } from '../distributions/student-t.ts'
import type { Summary } from './sample-summary.ts'
import {
  type Alternative,
  type ConfidenceInterval,
  checkLevel,
  pFromTails,
  type TestResult,
} from './test-result.ts'

/** A t test's result: the difference of means, its standard error and its interval come with it. */
export interface TTestResult extends TestResult {
  readonly degreesOfFreedom: number | null
  /** Mean of the first sample minus mean of the second (or minus the hypothesised mean). */
  readonly difference: number | null
  readonly standardError: number | null
  readonly interval: ConfidenceInterval | null
}

/** What tells one t test from another. */
export interface TTestParts {
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

/** The statistic, its p-value and interval from a test's parts, or why there are none. */
export function tTest(parts: TTestParts): TTestResult {
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
