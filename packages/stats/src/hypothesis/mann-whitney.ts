import { givenOptions, invalid, type Warning } from '@mlops/core'
import { normal } from '../distributions/normal.ts'
import { rankSums } from '../kernels/rank-sums.ts'
import { type NumericSample, presentValues } from '../samples/sample.ts'
import { mannWhitneyUpperTail } from './mann-whitney-exact.ts'
import type { Alternative, TestResult } from './test-result.ts'

export interface MannWhitneyOptions {
  /** @default 'two-sided' */
  readonly alternative?: Alternative
  /**
   * How the p-value is found. `auto`: exact where one side has at most 8 values and none are tied
   * (as scipy), else the normal approximation. @default 'auto'
   */
  readonly pValueBy?: 'auto' | 'exact' | 'normal'
  /** Whether the normal approximation moves the statistic by ½ towards its mean. @default 'continuity' */
  readonly correction?: 'continuity' | 'none'
}

export interface MannWhitneyResult extends TestResult {
  readonly pValueBy: 'exact' | 'normal'
  /** P(X > Y) + ½·P(X = Y), estimated by U/(n·m). */
  readonly probabilityOfSuperiority: number | null
}

/** Beyond this many steps the exact distribution is not computed. */
const EXACT_STEPS = 3e8

/**
 * Mann-Whitney U test (Wilcoxon rank-sum): does the first sample tend to be larger?
 *
 * `U = R1 − n(n + 1)/2` with R1 the sum of the first sample's midranks. The normal approximation has
 * mean nm/2 and the tie-corrected variance nm/12·(N + 1 − Σ(t³ − t)/(N(N − 1))).
 *
 * Input: two samples; missing values are left out and counted, infinities are legal.
 * Output: U of the first sample; effect size rank-biserial 2U/(nm) − 1. An empty side gives
 * `insufficient-data`; all values equal, `undefined`.
 * Cost: two radix sorts; exact: up to 3e8 steps.
 *
 * @throws `invalid`: `stats.exact-with-ties` and `stats.exact-too-large` where `exact` was asked for
 * and cannot be had; `stats.not-a-number`.
 * @example
 * ```ts
 * import { mannWhitney } from '@mlops/stats'
 *
 * const { statistic, pValue } = mannWhitney([1, 2, 3], [4, 5, 6])
 * console.log(statistic, pValue?.toFixed(4)) // 0 '0.1000'
 * ```
 * Source: Mann & Whitney 1947; ties: Lehmann 1975, §1.4.
 */
export function mannWhitney(
  x: NumericSample,
  y: NumericSample,
  options: MannWhitneyOptions = {},
): MannWhitneyResult {
  const {
    alternative = 'two-sided',
    pValueBy = 'auto',
    correction = 'continuity',
  } = givenOptions(options)
  const a = presentValues(x, 'first sample')
  const b = presentValues(y, 'second sample')
  const n = a.values.length
  const m = b.values.length
  const outline = {
    method: 'mann-whitney',
    alternative,
    sizes: [n, m],
    dropped: [a.dropped, b.dropped],
  }
  if (n === 0 || m === 0) {
    return {
      ...outline,
      status: 'insufficient-data',
      statistic: null,
      pValue: null,
      pValueBy: 'exact',
      probabilityOfSuperiority: null,
      effectSize: null,
      warnings: [
        { code: 'too-few-values', message: `each side needs a value; there are ${n} and ${m}.` },
      ],
    }
  }
  const { rankSumX, tieTerm, ties } = rankSums(a.values, b.values)
  const statistic = rankSumX - (n * (n + 1)) / 2
  const superiority = statistic / (n * m)
  const by = choose(pValueBy, n, m, ties)
  const total = n + m
  const variance = ((n * m) / 12) * (total + 1 - tieTerm / (total * (total - 1)))
  const warnings: Warning[] = []
  let pValue: number | null
  if (by === 'exact') {
    pValue = exactP(statistic, n, m, alternative)
  } else if (variance > 0) {
    pValue = normalP(statistic, (n * m) / 2, Math.sqrt(variance), alternative, correction)
  } else {
    pValue = null
    warnings.push({ code: 'all-equal', message: 'all values are equal: the ranks carry no order.' })
  }
  return {
    ...outline,
    status: pValue === null ? 'undefined' : 'ok',
    statistic,
    pValue,
    pValueBy: by,
    probabilityOfSuperiority: superiority,
    effectSize: { name: 'rank-biserial', value: 2 * superiority - 1 },
    warnings,
  }
}

function choose(by: 'auto' | 'exact' | 'normal', n: number, m: number, ties: boolean) {
  const feasible = (n * m) ** 2 / 4 <= EXACT_STEPS
  if (by === 'auto') return Math.min(n, m) <= 8 && !ties && feasible ? 'exact' : 'normal'
  if (by === 'exact' && ties) {
    throw invalid(
      'stats.exact-with-ties',
      'the exact distribution of U holds for samples without ties only. Use pValueBy: "normal", or a permutation test.',
    )
  }
  if (by === 'exact' && !feasible) {
    throw invalid(
      'stats.exact-too-large',
      `the exact distribution for ${n} and ${m} values takes too long. Use pValueBy: "normal".`,
      { n, m },
    )
  }
  return by
}

function exactP(u: number, n: number, m: number, alternative: Alternative): number {
  const upper = () => mannWhitneyUpperTail(u, n, m)
  const lower = () => mannWhitneyUpperTail(n * m - u, n, m)
  if (alternative === 'greater') return upper()
  if (alternative === 'less') return lower()
  return Math.min(1, 2 * (u >= (n * m) / 2 ? upper() : lower()))
}

function normalP(
  u: number,
  mean: number,
  sd: number,
  alternative: Alternative,
  correction: 'continuity' | 'none',
): number {
  const half = correction === 'continuity' ? 0.5 : 0
  if (alternative === 'greater') return normal.sf((u - mean - half) / sd)
  if (alternative === 'less') return normal.sf((mean - u - half) / sd)
  return Math.min(1, 2 * normal.sf((Math.abs(u - mean) - half) / sd))
}
