import type { Rng } from '@mlops/core'
import { givenOptions } from '@mlops/core'
import type { Alternative, TestResult } from '../hypothesis/test-result.ts'
import { finiteValues, type NumericSample } from '../samples/sample.ts'
import { checkResamples } from './bootstrap.ts'

export interface PermutationTestOptions {
  readonly rng: Rng
  /** Number of random relabellings. @default 9999 */
  readonly resamples?: number
  /** `two-sided` doubles the smaller tail. For distances, which are >= 0, say `greater`. @default 'two-sided' */
  readonly alternative?: Alternative
}

export interface PermutationTestResult extends TestResult {
  readonly resamples: number
}

/**
 * Permutation test with any statistic of two samples: is it extreme among random relabellings of the
 * pooled values?
 *
 * `p = (k + 1)/(B + 1)` with k of B relabellings at least as extreme. The + 1 counts the labelling at
 * hand: without it p could be 0, and the test would reject more often than it says.
 *
 * Input: two samples (missing values left out and counted), a statistic of two Float64Arrays that
 * neither keeps nor changes them, a seeded rng.
 * Output: the statistic and its p-value, never below 1/(B + 1). An empty side gives
 * `insufficient-data`, a statistic that is not finite `undefined`.
 * Cost: B times the statistic and one shuffle.
 *
 * @throws `invalid`: `stats.bad-resamples`, `stats.infinite-value`, `stats.not-a-number`.
 * @example
 * ```ts
 * import { createRng } from '@mlops/core'
 * import { ksDistance, permutationTest } from '@mlops/stats'
 *
 * const { pValue } = permutationTest([1, 2, 3, 4, 5], [6, 7, 8, 9, 10], ksDistance, {
 *   rng: createRng(1),
 *   alternative: 'greater',
 *   resamples: 999,
 * })
 * console.log(pValue !== null && pValue < 0.02) // true
 * ```
 * Source: Phipson & Smyth 2010.
 */
export function permutationTest(
  x: NumericSample,
  y: NumericSample,
  statistic: (x: Float64Array, y: Float64Array) => number,
  options: PermutationTestOptions,
): PermutationTestResult {
  const { rng, resamples = 9999, alternative = 'two-sided' } = givenOptions(options)
  checkResamples(resamples)
  const a = finiteValues(x, 'first sample')
  const b = finiteValues(y, 'second sample')
  const n = a.values.length
  const m = b.values.length
  const outline = {
    method: 'permutation',
    alternative,
    sizes: [n, m],
    dropped: [a.dropped, b.dropped],
    effectSize: null,
    resamples,
  }
  const nothing = { ...outline, statistic: null, pValue: null }
  if (n === 0 || m === 0) {
    return {
      ...nothing,
      status: 'insufficient-data',
      warnings: [
        { code: 'too-few-values', message: `each side needs a value; there are ${n} and ${m}.` },
      ],
    }
  }
  const observed = statistic(a.values, b.values)
  const pooled = new Float64Array(n + m)
  pooled.set(a.values)
  pooled.set(b.values, n)
  // Equal in exact arithmetic, a hair apart after rounding: such values count as extreme.
  const slack = 1e-14 * Math.abs(observed)
  let above = 0
  let below = 0
  let defined = Number.isFinite(observed)
  for (let r = 0; r < resamples && defined; r++) {
    deal(pooled, n, rng)
    const value = statistic(pooled.subarray(0, n), pooled.subarray(n))
    defined = Number.isFinite(value)
    if (value >= observed - slack) above++
    if (value <= observed + slack) below++
  }
  if (!defined) {
    return {
      ...nothing,
      status: 'undefined',
      warnings: [
        {
          code: 'statistic-undefined',
          message: 'the statistic is not finite on the samples or on some relabelling.',
        },
      ],
    }
  }
  const extreme = { less: below, greater: above, 'two-sided': Math.min(above, below) }[alternative]
  const p = (extreme + 1) / (resamples + 1)
  return {
    ...outline,
    status: 'ok',
    statistic: observed,
    pValue: alternative === 'two-sided' ? Math.min(1, 2 * p) : p,
    warnings: [],
  }
}

/** Puts a uniformly chosen subset of n values in front: the first n steps of Fisher and Yates. */
function deal(pooled: Float64Array, n: number, rng: Rng): void {
  const total = pooled.length
  for (let i = 0; i < n; i++) {
    const j = i + rng.int(total - i)
    const held = pooled[i]!
    pooled[i] = pooled[j]!
    pooled[j] = held
  }
}
