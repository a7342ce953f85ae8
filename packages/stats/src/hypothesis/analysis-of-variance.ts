import { givenOptions, invalid } from '@mlops/core'
import { fDistribution } from '../distributions/f-distribution.ts'
import type { NumericSample } from '../samples/sample.ts'
import type { SampleSummary } from './sample-summary.ts'
import { summarise } from './sample-summary.ts'
import { checkSamples, withoutStatistic } from './several-samples.ts'
import type { EffectSize, TestResult } from './test-result.ts'

export interface AnalysisOfVarianceOptions {
  /** `unequal`: Welch's analysis; `equal`: the classical one. @default 'unequal' */
  readonly variances?: 'equal' | 'unequal'
}

/** An F statistic with its two degrees of freedom. */
export interface AnalysisOfVarianceResult extends TestResult {
  readonly degreesOfFreedom: readonly [number, number] | null
}

/**
 * One-way analysis of variance: do any of the means differ?
 *
 * Equal variances: `F = (Σ n_i(m_i − m)²/(k − 1)) / (Σ(n_i − 1)v_i/(n − k))`, df k − 1 and n − k.
 * Unequal ones (Welch): with `w_i = n_i/v_i`, `W = Σw_i`, `m = Σw_i·m_i/W`, `Λ = Σ(1 − w_i/W)²/(n_i − 1)`,
 * `F = (Σw_i(m_i − m)²/(k − 1)) / (1 + 2(k − 2)Λ/(k² − 1))`, df k − 1 and `(k² − 1)/(3Λ)`.
 *
 * Input: two or more samples (missing values left out and counted), or their {@link SampleSummary}s.
 * Output: F and its p-value; effect size ω², at least 0. Fewer than 2 values in a sample give
 * `insufficient-data`; no spread within the samples (Welch: within one of them) `undefined`.
 * Cost: one pass.
 *
 * @throws `invalid`: `stats.bad-samples`, `stats.bad-option`, `stats.infinite-value`, `stats.not-a-number`,
 * `stats.bad-summary`.
 * @example
 * ```ts
 * import { analysisOfVariance } from '@mlops/stats'
 *
 * const { statistic, pValue } = analysisOfVariance([[1, 2, 3, 4], [3, 4, 5, 7], [2, 2, 3, 3]])
 * console.log(statistic?.toFixed(4), pValue?.toFixed(4)) // '2.7947' '0.1537'
 * ```
 * Source: Fisher 1925; Welch 1951; ω²: Hays 1963.
 */
export function analysisOfVariance(
  samples: readonly (NumericSample | SampleSummary)[],
  options: AnalysisOfVarianceOptions = {},
): AnalysisOfVarianceResult {
  checkSamples(samples)
  const { variances = 'unequal' } = givenOptions(options)
  if (variances !== 'equal' && variances !== 'unequal')
    throw invalid('stats.bad-option', `variances must be equal or unequal, got ${variances}`, {
      variances: String(variances),
    })
  const groups = samples.map((sample, i) => summarise(sample, `sample ${i}`))
  const sizes = groups.map(({ n }) => n)
  const k = groups.length
  const n = sizes.reduce((sum, size) => sum + size, 0)
  const outline = {
    method: variances === 'equal' ? 'anova' : 'welch-anova',
    alternative: 'two-sided' as const,
    sizes,
    dropped: groups.map(({ dropped }) => dropped),
  }
  if (sizes.some((size) => size < 2)) {
    return withoutStatistic(
      outline,
      'insufficient-data',
      'too-few-values',
      `each sample needs 2 values; there are ${sizes.join(', ')}.`,
    )
  }
  const { statistic, degrees } = (variances === 'equal' ? classical : welch)(groups)
  if (!Number.isFinite(statistic)) {
    return withoutStatistic(
      outline,
      'undefined',
      'zero-variance',
      'the values of a sample do not vary.',
    )
  }
  const gain = (k - 1) * (statistic - 1)
  return {
    ...outline,
    status: 'ok',
    statistic,
    pValue: fDistribution.sf(statistic, ...degrees),
    degreesOfFreedom: degrees,
    effectSize: { name: 'omega-squared', value: Math.max(0, gain / (gain + n)) } as EffectSize,
    warnings: [],
  }
}

interface Ratio {
  readonly statistic: number
  readonly degrees: readonly [number, number]
}

type Group = Pick<SampleSummary, 'n' | 'mean' | 'variance'>

/** The ratio of the mean squares between and within groups. */
export function classical(groups: readonly Group[]): Ratio {
  const k = groups.length
  const n = groups.reduce((sum, g) => sum + g.n, 0)
  const grand = groups.reduce((sum, g) => sum + g.n * g.mean, 0) / n
  const between = groups.reduce((sum, g) => sum + g.n * (g.mean - grand) ** 2, 0)
  const within = groups.reduce((sum, g) => sum + (g.n - 1) * g.variance, 0)
  return { statistic: ((n - k) * between) / ((k - 1) * within), degrees: [k - 1, n - k] }
}

function welch(groups: readonly Group[]): Ratio {
  const k = groups.length
  // In units of the least variance: of tiny ones the inverses would be infinite.
  const unit = Math.min(...groups.map(({ variance }) => variance))
  const weights = groups.map(({ n, variance }) => n * (unit / variance))
  const total = weights.reduce((sum, w) => sum + w, 0)
  const mean = groups.reduce((sum, g, i) => sum + weights[i]! * g.mean, 0) / total
  const between = groups.reduce((sum, g, i) => sum + weights[i]! * (g.mean - mean) ** 2, 0)
  const spread = groups.reduce((sum, g, i) => sum + (1 - weights[i]! / total) ** 2 / (g.n - 1), 0)
  const divisor = 1 + (2 * (k - 2) * spread) / (k * k - 1)
  return {
    statistic: between / unit / (k - 1) / divisor,
    degrees: [k - 1, (k * k - 1) / (3 * spread)],
  }
}
