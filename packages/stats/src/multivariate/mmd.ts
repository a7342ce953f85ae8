import { givenOptions, invalid, type Rng } from '@mlops/core'
import { normal } from '../distributions/normal.ts'
import type { TestResult } from '../hypothesis/test-result.ts'
import { checkResamples } from '../resampling/bootstrap.ts'
import { checkSamples, type Matrix, matrixRows, stackRows } from './matrix.ts'
import { type PairSums, permutationPValue, permutedPairSums } from './pair-sums.ts'
import { type BandwidthRule, rbfBandwidth } from './rbf-bandwidth.ts'

/** How MMD² is estimated. */
export type MmdEstimator = 'unbiased' | 'biased' | 'linear'

export interface MmdOptions {
  /** @default 'unbiased' */
  readonly estimator?: MmdEstimator
  /** @default 'median' */
  readonly bandwidth?: BandwidthRule
}

export interface MmdTestOptions extends MmdOptions {
  readonly rng: Rng
  /** Random relabellings; the linear estimate needs none. @default 499 */
  readonly permutations?: number
}

export interface MmdTestResult extends TestResult {
  readonly estimator: MmdEstimator
  /** Width sigma of the kernel; `null` where the rule gave none. */
  readonly bandwidth: number | null
  /** `null` for the linear estimate, whose p-value is normal. */
  readonly permutations: number | null
}

/**
 * The RBF kernel of every row of x with every row of y: `exp(−|x − y|²/(2·sigma²))`.
 *
 * Input: two matrices of equal width. Output: rows of x by rows of y, values in (0, 1], 1 for equal
 * rows. Cost: O(n·m·columns).
 *
 * @throws `invalid`: `stats.bad-matrix`, `stats.infinite-value`, `stats.bad-bandwidth`.
 * @example
 * ```ts
 * import { matrixOf, rbfKernel } from '@mlops/stats/multivariate'
 *
 * console.log(rbfKernel(matrixOf([[0]]), matrixOf([[0], [1]]), 1).values[0]) // 1
 * ```
 */
export function rbfKernel(x: Matrix, y: Matrix, sigma: number): Matrix {
  checkSamples(x, y)
  const scale = -1 / (2 * rbfBandwidth(x, y, sigma)! ** 2)
  const values = new Float64Array(x.rows * y.rows)
  for (let i = 0; i < x.rows; i++) {
    for (let j = 0; j < y.rows; j++) {
      let squared = 0
      for (let k = 0; k < x.columns; k++) {
        const d = x.values[i * x.columns + k]! - y.values[j * y.columns + k]!
        squared += d * d
      }
      values[i * y.rows + j] = Math.exp(scale * squared)
    }
  }
  return { rows: x.rows, columns: y.rows, values }
}

/**
 * Squared maximum mean discrepancy of two samples under an RBF kernel.
 *
 * `unbiased`: mean k(x, x') over pairs x ≠ x' + the same of y − 2·mean k(x, y); `biased`: with the
 * pairs of a row with itself; `linear`: mean of k(x₁, x₂) + k(y₁, y₂) − k(x₁, y₂) − k(x₂, y₁) over
 * consecutive rows.
 *
 * Input: two samples. Output: `biased` in [0, 2], the others about 0, and below it, for equal
 * distributions; `null` with fewer than 2 rows a side (4 for `linear`) or without a usable width.
 * Cost: O((n + m)²·columns), `linear` O(n·columns).
 *
 * @throws `invalid`: `stats.bad-matrix`, `stats.infinite-value`, `stats.bad-bandwidth`,
 *   `stats.bad-estimator`.
 * @example
 * ```ts
 * import { matrixOf, mmdSquared } from '@mlops/stats/multivariate'
 *
 * const x = matrixOf([[0, 0], [1, 1], [0, 1]])
 * console.log(mmdSquared(x, x, { estimator: 'biased', bandwidth: 1 })) // 0
 * ```
 * Source: Gretton et al. 2012, eq. 3, eq. 5, lemma 14.
 */
export function mmdSquared(x: Matrix, y: Matrix, options: MmdOptions = {}): number | null {
  const { estimator = 'unbiased', bandwidth = 'median' } = givenOptions(options)
  checkSamples(x, y)
  const least = leastRows(estimator)
  if (Math.min(x.rows, y.rows) < least) return null
  const sigma = rbfBandwidth(x, y, bandwidth)
  if (sigma === null) return null
  if (estimator === 'linear') return linearTerms(x, y, sigma).mean
  const [observed] = permutedPairSums(stackRows(x, y), x.rows, kernelOf(sigma), { permutations: 0 })
  return mmdOf(observed!, x.rows, y.rows, estimator)
}

/**
 * Kernel two-sample test: is the maximum mean discrepancy larger than under random relabellings?
 * It sees any difference of the joint distributions, a change of correlation among them.
 *
 * `p = (k + 1)/(B + 1)` with k of B relabellings at least as large; the width of the kernel is the
 * same in all of them. `linear`: normal, sqrt(n/2)·mean/sd of its terms.
 *
 * Input: two samples of finite rows on comparable scales. Output: MMD² and its p-value. Fewer than 2
 * rows a side (4 for `linear`) give `insufficient-data`, a width or variance of 0 `undefined`.
 * Cost: O(N²·(columns + permutations/4)) time, O(permutations·N) memory; `linear` O(N·columns).
 *
 * @throws `invalid`: as {@link mmdSquared}, and `stats.bad-resamples`.
 * @example
 * ```ts
 * import { createRng } from '@mlops/core'
 * import { matrixOf, mmdTest } from '@mlops/stats/multivariate'
 *
 * const line = Array.from({ length: 40 }, (_, i) => [i, i])
 * const crossed = line.map(([x], i) => [x!, 39 - i])
 * const { pValue } = mmdTest(matrixOf(line), matrixOf(crossed), { rng: createRng(1) })
 * console.log(pValue) // 0.002
 * ```
 * Source: Gretton et al. 2012; Phipson & Smyth 2010 for the + 1.
 * Differs from: Alibi Detect, whose p-value k/B can be 0 and whose width is that of the reference.
 */
export function mmdTest(x: Matrix, y: Matrix, options: MmdTestOptions): MmdTestResult {
  const {
    rng,
    permutations = 499,
    estimator = 'unbiased',
    bandwidth = 'median',
  } = givenOptions(options)
  checkSamples(x, y)
  checkResamples(permutations)
  const least = leastRows(estimator)
  const linear = estimator === 'linear'
  const outline = {
    method: linear ? 'mmd-linear' : 'mmd',
    alternative: 'greater' as const,
    sizes: [x.rows, y.rows],
    dropped: [0, 0],
    effectSize: null,
    estimator,
    permutations: linear ? null : permutations,
  }
  const nothing = { ...outline, statistic: null, pValue: null, bandwidth: null }
  if (Math.min(x.rows, y.rows) < least) {
    const message = `each side needs ${least} rows; there are ${x.rows} and ${y.rows}.`
    return {
      ...nothing,
      status: 'insufficient-data',
      warnings: [{ code: 'too-few-values', message }],
    }
  }
  const sigma = rbfBandwidth(x, y, bandwidth)
  if (sigma === null) {
    const message = 'at least half of the distances are 0: no width follows from them. Give one.'
    return { ...nothing, status: 'undefined', warnings: [{ code: 'zero-bandwidth', message }] }
  }
  if (linear) {
    const { mean, sd, terms } = linearTerms(x, y, sigma)
    const known = { ...outline, bandwidth: sigma, statistic: mean }
    if (!(sd > 0)) {
      const message = 'all terms of the linear estimate are equal: it has no variance.'
      const warnings = [{ code: 'zero-variance', message }]
      return { ...known, status: 'undefined', pValue: null, warnings }
    }
    return {
      ...known,
      status: 'ok',
      pValue: normal.sf((Math.sqrt(terms) * mean) / sd),
      warnings: [],
    }
  }
  const sums = permutedPairSums(stackRows(x, y), x.rows, kernelOf(sigma), { permutations, rng })
  const statistics = sums.map((one) => mmdOf(one, x.rows, y.rows, estimator))
  return {
    ...outline,
    status: 'ok',
    statistic: statistics[0]!,
    pValue: permutationPValue(statistics),
    bandwidth: sigma,
    warnings: [],
  }
}

function leastRows(estimator: MmdEstimator): number {
  if (estimator === 'unbiased' || estimator === 'biased') return 2
  if (estimator === 'linear') return 4
  throw invalid(
    'stats.bad-estimator',
    `there is no estimator '${String(estimator)}' of MMD; there are unbiased, biased and linear.`,
    { estimator: String(estimator) },
  )
}

function kernelOf(sigma: number): (squared: number) => number {
  const scale = -1 / (2 * sigma * sigma)
  return (squared) => Math.exp(scale * squared)
}

function mmdOf(
  { withinX, withinY, between }: PairSums,
  n: number,
  m: number,
  estimator: MmdEstimator,
): number {
  const cross = (2 * between) / (n * m)
  // A row and itself: the kernel is 1. Below 0 by rounding only.
  if (estimator === 'biased')
    return Math.max(0, (2 * withinX + n) / (n * n) + (2 * withinY + m) / (m * m) - cross)
  return (2 * withinX) / (n * (n - 1)) + (2 * withinY) / (m * (m - 1)) - cross
}

function linearTerms(x: Matrix, y: Matrix, sigma: number) {
  const terms = Math.min(x.rows, y.rows) >> 1
  const pick = (matrix: Matrix, odd: number) =>
    matrixRows(
      matrix,
      Int32Array.from({ length: terms }, (_, i) => 2 * i + odd),
    )
  const [x1, x2, y1, y2] = [pick(x, 0), pick(x, 1), pick(y, 0), pick(y, 1)]
  const of = kernelOf(sigma)
  const { columns } = x
  const kernel = (a: Matrix, b: Matrix, i: number) => {
    let squared = 0
    for (let k = i * columns; k < (i + 1) * columns; k++)
      squared += (a.values[k]! - b.values[k]!) ** 2
    return of(squared)
  }
  let mean = 0
  let squares = 0
  for (let i = 0; i < terms; i++) {
    const h = kernel(x1, x2, i) + kernel(y1, y2, i) - kernel(x1, y2, i) - kernel(x2, y1, i)
    const d = h - mean
    mean += d / (i + 1)
    squares += d * (h - mean)
  }
  return { mean, sd: Math.sqrt(squares / (terms - 1)), terms }
}
