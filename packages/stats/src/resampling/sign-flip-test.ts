import type { Rng } from '@mlops/core'
import { givenOptions, invalid } from '@mlops/core'
import type { Alternative, TestResult } from '../hypothesis/test-result.ts'
import { finiteValues, type NumericSample } from '../samples/sample.ts'
import { checkResamples } from './bootstrap.ts'

export interface SignFlipTestOptions {
  /** Needed where the signs are drawn: more than `resamples` ways to give them. */
  readonly rng?: Rng
  /** Most ways of giving signs that are tried; where there are more, so many are drawn. @default 9999 */
  readonly resamples?: number
  /** @default 'two-sided' */
  readonly alternative?: Alternative
}

export interface SignFlipTestResult extends TestResult {
  readonly pValueBy: 'exact' | 'monte-carlo'
  /** Ways of giving signs that were tried. */
  readonly resamples: number
}

/**
 * Paired permutation test: is the mean of the differences extreme among those with any other signs?
 *
 * Where neither arm is better, each difference could as well have the other sign. Exact while all 2ⁿ ways are
 * at most `resamples` (`p = k/2ⁿ`, k of them at least as extreme, the one at hand among them); beyond,
 * `p = (k + 1)/(B + 1)` from B random ones. Two-sided p doubles the smaller tail.
 *
 * Input: differences; missing ones are left out and counted. Differences of 0 have one sign only, so they
 * change nothing. Output: the mean difference and p. No difference gives `insufficient-data`, only zeros
 * `undefined`.
 * Cost: O(ways + n) when exact, else O(B·n).
 *
 * @throws `invalid`: `stats.bad-resamples`, `stats.rng-needed`, `stats.infinite-value`, `stats.not-a-number`.
 * @example
 * ```ts
 * import { signFlipTest } from '@mlops/stats'
 *
 * const { pValue, pValueBy } = signFlipTest([0.3, 0.1, 0.4, -0.2, 0.5, 0.6])
 * console.log(pValue, pValueBy) // 0.09375 exact
 * ```
 * Source: Fisher 1935, §21; Phipson & Smyth 2010 (the + 1).
 * Differs from: scipy's `permutation_test(permutation_type='samples')`, which goes through the 2ⁿ ways of
 * differences that are 0, too: the same p, in more time.
 */
export function signFlipTest(
  differences: NumericSample,
  options: SignFlipTestOptions = {},
): SignFlipTestResult {
  const { rng, resamples = 9999, alternative = 'two-sided' } = givenOptions(options)
  checkResamples(resamples)
  const { values, dropped } = finiteValues(differences, 'differences')
  const moving = values.filter((d) => d !== 0)
  const exact = 2 ** moving.length <= resamples
  const outline = {
    method: 'sign-flip',
    alternative,
    sizes: [values.length],
    dropped: [dropped],
    effectSize: null,
    pValueBy: exact ? ('exact' as const) : ('monte-carlo' as const),
    resamples: exact ? 2 ** moving.length : resamples,
  }
  if (moving.length === 0) {
    const empty = values.length === 0
    return {
      ...outline,
      statistic: null,
      pValue: null,
      status: empty ? 'insufficient-data' : 'undefined',
      warnings: [
        empty
          ? { code: 'too-few-values', message: 'there is no pair with both sides.' }
          : { code: 'zero-variance', message: 'all differences are 0: signs change nothing.' },
      ],
    }
  }
  if (!exact && typeof rng?.next !== 'function')
    throw invalid(
      'stats.rng-needed',
      `${moving.length} differences have more than ${resamples} ways of signs, which are drawn: pass rng, as createRng(7) of @mlops/core`,
      { differences: moving.length, resamples },
    )
  const observed = moving.reduce((sum, d) => sum + d, 0)
  // Equal in exact arithmetic, a hair apart after rounding: such sums count as extreme.
  const slack = 1e-13 * moving.reduce((sum, d) => sum + Math.abs(d), 0)
  let above = 0
  let below = 0
  const count = (sum: number) => {
    if (sum >= observed - slack) above++
    if (sum <= observed + slack) below++
  }
  if (exact) allSums(moving, count)
  else for (let r = 0; r < resamples; r++) count(randomSum(moving, rng!))
  const extreme = { less: below, greater: above, 'two-sided': Math.min(above, below) }[alternative]
  const p = exact ? extreme / outline.resamples : (extreme + 1) / (resamples + 1)
  return {
    ...outline,
    status: 'ok',
    statistic: observed / values.length,
    pValue: alternative === 'two-sided' ? Math.min(1, 2 * p) : p,
    warnings: [],
  }
}

/** The sum under every way of giving signs. */
function allSums(values: Float64Array, visit: (sum: number) => void): void {
  let sums = [0]
  for (const value of values) sums = sums.flatMap((sum) => [sum + value, sum - value])
  for (const sum of sums) visit(sum)
}

function randomSum(values: Float64Array, rng: Rng): number {
  let sum = 0
  for (const value of values) sum += rng.next() < 0.5 ? value : -value
  return sum
}
