import { givenOptions } from '@mlops/core'
import { binomial } from '../distributions/binomial.ts'
import { chiSquare } from '../distributions/chi-square.ts'
import type { NumericSample } from '../samples/sample.ts'
import { pairDifferences } from './pair-differences.ts'
import { type Alternative, checkCounts, type TestResult } from './test-result.ts'

/** How McNemar's p-value is found. */
export type McNemarMethod = 'exact' | 'mid-p' | 'chi-square' | 'chi-square-corrected'

export interface McNemarOptions {
  /** @default 'exact' */
  readonly by?: McNemarMethod
}

/**
 * McNemar's test: do two paired yes/no measurements say yes equally often?
 *
 * Only the discordant pairs b and c matter. `exact`: min(1, 2·P(X <= min(b, c))) with X binomial
 * (b + c, ½); `mid-p`: less P(X = min(b, c)); `chi-square`: (b − c)²/(b + c), corrected
 * (|b − c| − 1)²/(b + c), one degree of freedom.
 *
 * Input: the two counts of discordant pairs: yes-no and no-yes.
 * Output: statistic min(b, c), or chi²; effect size b/(b + c). Without a discordant pair `undefined`.
 * Cost: that of one distribution function.
 *
 * @throws `invalid`, `stats.bad-count`.
 * @example
 * ```ts
 * import { mcNemar } from '@mlops/stats'
 *
 * console.log(mcNemar(80, 59).pValue?.toFixed(6)) // '0.089452'
 * ```
 * Source: McNemar 1947; Fagerland, Lydersen & Laake 2013 (mid-p).
 * Differs from: statsmodels for b = c, where its correction goes past zero; R and this stop at 0.
 */
export function mcNemar(b: number, c: number, options: McNemarOptions = {}): TestResult {
  const { by = 'exact' } = givenOptions(options)
  checkCounts('discordant pairs', [b, c])
  const n = b + c
  const outline = {
    method: `mcnemar-${by}`,
    alternative: 'two-sided' as const,
    sizes: [n],
    dropped: [0],
  }
  if (n === 0) {
    return {
      ...outline,
      status: 'undefined',
      statistic: null,
      pValue: null,
      effectSize: null,
      warnings: [
        {
          code: 'no-discordant-pairs',
          message: 'all pairs agree: nothing speaks for either side.',
        },
      ],
    }
  }
  const gap = Math.abs(b - c)
  const chi2 = (by === 'chi-square' ? gap ** 2 : Math.max(0, gap - 1) ** 2) / n
  const binomially = by === 'exact' || by === 'mid-p'
  return {
    ...outline,
    status: 'ok',
    statistic: binomially ? Math.min(b, c) : chi2,
    pValue: binomially ? fairCoinP(Math.min(b, c), n, by) : chiSquare.sf(chi2, 1),
    effectSize: { name: 'discordant-share', value: b / n },
    warnings:
      !binomially && n < 25
        ? [
            {
              code: 'few-discordant-pairs',
              message: `only ${n} pairs disagree: the chi-square approximation is rough. Use the exact test.`,
            },
          ]
        : [],
  }
}

function fairCoinP(smaller: number, n: number, by: 'exact' | 'mid-p'): number {
  const p = 2 * binomial.cdf(smaller, n, 0.5)
  return Math.min(1, by === 'mid-p' ? p - binomial.pmf(smaller, n, 0.5) : p)
}

export interface SignTestOptions {
  /** @default 'two-sided' */
  readonly alternative?: Alternative
}

/**
 * Sign test: is the median of the pairwise differences x − y zero? Differences of 0 are left out.
 *
 * `S = number of positive differences`, binomial (n, ½) under the null hypothesis.
 *
 * Input: two samples pair by pair, or differences alone (`y` undefined). Infinities are legal.
 * Output: S; effect size the share of positive differences. Without a non-zero difference
 * `undefined`.
 * Cost: O(n).
 *
 * @throws `invalid`, `stats.length-mismatch`.
 * @example
 * ```ts
 * import { signTest } from '@mlops/stats'
 *
 * console.log(signTest([3, 4, 5, 6, 7], [1, 1, 1, 1, 9]).pValue?.toFixed(3)) // '0.375'
 * ```
 */
export function signTest(
  x: NumericSample,
  y?: NumericSample,
  options: SignTestOptions = {},
): TestResult {
  const { alternative = 'two-sided' } = givenOptions(options)
  const { differences, dropped } = pairDifferences(x, y ?? new Float64Array(x.length))
  const positive = differences.filter((d) => d > 0).length
  const n = positive + differences.filter((d) => d < 0).length
  const outline = { method: 'sign-test', alternative, sizes: [n], dropped: [dropped] }
  if (n === 0) {
    return {
      ...outline,
      status: differences.length === 0 ? 'insufficient-data' : 'undefined',
      statistic: null,
      pValue: null,
      effectSize: null,
      warnings: [{ code: 'all-zero', message: 'there is no difference other than 0.' }],
    }
  }
  const zeros = differences.length - n
  return {
    ...outline,
    status: 'ok',
    statistic: positive,
    pValue:
      alternative === 'two-sided'
        ? fairCoinP(Math.min(positive, n - positive), n, 'exact')
        : // By symmetry P(S >= s) = P(S <= n − s).
          binomial.cdf(alternative === 'less' ? positive : n - positive, n, 0.5),
    effectSize: { name: 'share-positive', value: positive / n },
    warnings:
      zeros > 0
        ? [{ code: 'zero-differences', message: `${zeros} differences of 0 were left out.` }]
        : [],
  }
}
