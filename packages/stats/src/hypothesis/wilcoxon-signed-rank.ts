import { givenOptions, invalid, type Warning } from '@mlops/core'
import { normal } from '../distributions/normal.ts'
import { midranks } from '../kernels/rank-sums.ts'
import type { NumericSample } from '../samples/sample.ts'
import { pairDifferences } from './pair-differences.ts'
import type { Alternative, TestResult } from './test-result.ts'

/**
 * What becomes of differences of exactly 0: `wilcox` leaves them out; `pratt` ranks them and then
 * leaves their ranks out; `zsplit` gives half of their ranks to each side.
 */
export type ZeroMethod = 'wilcox' | 'pratt' | 'zsplit'

export interface WilcoxonOptions {
  /** @default 'two-sided' */
  readonly alternative?: Alternative
  /** @default 'wilcox' */
  readonly zeros?: ZeroMethod
  /** `auto`: exact up to 50 differences without ties or zeros, as scipy. @default 'auto' */
  readonly pValueBy?: 'auto' | 'exact' | 'normal'
  /** Whether the normal approximation moves W by ½ towards its mean. @default 'none' */
  readonly correction?: 'continuity' | 'none'
}

export interface WilcoxonResult extends TestResult {
  readonly pValueBy: 'exact' | 'normal'
  /** Sums of the ranks of the positive and of the negative differences. */
  readonly rankSumPositive: number | null
  readonly rankSumNegative: number | null
}

const LARGEST_EXACT = 1000

/**
 * Wilcoxon's signed-rank test: are the pairwise differences x − y symmetric about 0?
 *
 * `W⁺ = sum of the ranks of |d| over d > 0`; the statistic is min(W⁺, W⁻) two-sided, else W⁺.
 *
 * Input: two samples pair by pair, or differences alone (`y` undefined). Incomplete pairs are left
 * out and counted.
 * Output: effect size rank-biserial (W⁺ − W⁻)/(W⁺ + W⁻). Without a non-zero difference `undefined`.
 * Cost: O(n log n); exact O(n³).
 *
 * @throws `invalid`: `stats.length-mismatch`, `stats.exact-with-ties`, `stats.exact-too-large`.
 * @example
 * ```ts
 * import { wilcoxonSignedRank } from '@mlops/stats'
 *
 * const { statistic, pValue } = wilcoxonSignedRank([1.1, 2.3, 3.2, 4.8], [1, 2, 3.6, 4])
 * console.log(statistic, pValue) // 3 0.625
 * ```
 * Source: Wilcoxon 1945; Pratt 1959; variance with zeros: Cureton 1967.
 */
export function wilcoxonSignedRank(
  x: NumericSample,
  y?: NumericSample,
  options: WilcoxonOptions = {},
): WilcoxonResult {
  const {
    alternative = 'two-sided',
    zeros = 'wilcox',
    pValueBy = 'auto',
    correction = 'none',
  } = givenOptions(options)
  const { differences, dropped } = pairDifferences(x, y ?? new Float64Array(x.length))
  const zeroCount = differences.filter((d) => d === 0).length
  const used = zeros === 'wilcox' ? differences.filter((d) => d !== 0) : differences
  const n = used.length
  const outline = {
    method: 'wilcoxon-signed-rank',
    alternative,
    sizes: [differences.length],
    dropped: [dropped],
  }
  if (differences.length === zeroCount) {
    const empty = differences.length === 0
    return {
      ...outline,
      status: empty ? 'insufficient-data' : 'undefined',
      statistic: null,
      pValue: null,
      pValueBy: 'exact',
      rankSumPositive: null,
      rankSumNegative: null,
      effectSize: null,
      warnings: [
        empty
          ? { code: 'too-few-values', message: 'there is no complete pair.' }
          : { code: 'all-zero', message: 'every difference is 0: there are no signed ranks.' },
      ],
    }
  }
  const { ranks } = midranks(Float64Array.from(used, Math.abs))
  let positive = 0
  let negative = 0
  let zero = 0
  used.forEach((d, i) => {
    if (d > 0) positive += ranks[i]!
    else if (d < 0) negative += ranks[i]!
    else zero += ranks[i]!
  })
  if (zeros === 'zsplit') {
    positive += zero / 2
    negative += zero / 2
  }
  const tied = hasTies(used)
  const by = choose(pValueBy, differences.length, tied || zeroCount > 0)
  const warnings: Warning[] =
    zeroCount > 0
      ? [{ code: 'zero-differences', message: `${zeroCount} differences are 0 (rule: ${zeros}).` }]
      : []
  return {
    ...outline,
    status: 'ok',
    statistic: alternative === 'two-sided' ? Math.min(positive, negative) : positive,
    pValue:
      by === 'exact'
        ? exactP(positive, n, alternative)
        : normalP(
            positive,
            used,
            zeros === 'wilcox' ? 0 : zeroCount,
            zeros,
            alternative,
            correction,
          ),
    pValueBy: by,
    rankSumPositive: positive,
    rankSumNegative: negative,
    effectSize: { name: 'rank-biserial', value: (positive - negative) / (positive + negative) },
    warnings,
  }
}

function hasTies(differences: readonly number[]): boolean {
  return new Set(differences.map(Math.abs)).size < differences.length
}

function choose(by: 'auto' | 'exact' | 'normal', n: number, tied: boolean): 'exact' | 'normal' {
  if (by === 'auto') return n <= 50 && !tied ? 'exact' : 'normal'
  if (by === 'exact' && tied) {
    throw invalid(
      'stats.exact-with-ties',
      'the exact distribution of W holds without ties and zero differences only. Use pValueBy: "normal".',
    )
  }
  if (by === 'exact' && n > LARGEST_EXACT) {
    throw invalid(
      'stats.exact-too-large',
      `the exact distribution is computed up to ${LARGEST_EXACT} differences; there are ${n}. Use pValueBy: "normal".`,
      { n },
    )
  }
  return by
}

/** P(W⁺ >= w): each rank 1..n is positive with probability ½. */
function upperTail(w: number, n: number): number {
  const most = (n * (n + 1)) / 2
  const p = new Float64Array(most + 1)
  p[0] = 1
  for (let rank = 1, top = 0; rank <= n; rank++) {
    top += rank
    for (let v = top; v >= 0; v--) p[v] = (p[v]! + (v >= rank ? p[v - rank]! : 0)) / 2
  }
  let tail = 0
  for (let v = most; v >= w; v--) tail += p[v]!
  return Math.min(1, tail)
}

function exactP(w: number, n: number, alternative: Alternative): number {
  const mirrored = (n * (n + 1)) / 2 - w
  if (alternative === 'greater') return upperTail(w, n)
  if (alternative === 'less') return upperTail(mirrored, n)
  return Math.min(1, 2 * upperTail(Math.max(w, mirrored), n))
}

function normalP(
  w: number,
  used: readonly number[],
  zeroCount: number,
  zeros: ZeroMethod,
  alternative: Alternative,
  correction: 'continuity' | 'none',
): number {
  const n = used.length
  let mean = (n * (n + 1)) / 4
  let squares = n * (n + 1) * (2 * n + 1)
  if (zeros === 'pratt') {
    mean -= (zeroCount * (zeroCount + 1)) / 4
    squares -= zeroCount * (zeroCount + 1) * (2 * zeroCount + 1)
  }
  // Under Pratt's rule the zeros hold no signed ranks, so their tie does not count.
  const ranked = zeros === 'pratt' ? used.filter((d) => d !== 0) : used
  squares -= midranks(Float64Array.from(ranked, Math.abs)).tieTerm / 2
  const sd = Math.sqrt(squares / 24)
  const half = correction === 'continuity' ? 0.5 : 0
  if (alternative === 'greater') return normal.sf((w - mean - half) / sd)
  if (alternative === 'less') return normal.sf((mean - w - half) / sd)
  const distance = Math.abs(w - mean)
  return Math.min(1, 2 * normal.sf((distance - Math.min(half, distance)) / sd))
}
