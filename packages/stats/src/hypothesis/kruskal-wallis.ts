import { chiSquare } from '../distributions/chi-square.ts'
import { midranks } from '../kernels/rank-sums.ts'
import { type NumericSample, presentValues } from '../samples/sample.ts'
import { checkSamples, withoutStatistic } from './several-samples.ts'
import type { TestResult } from './test-result.ts'

export interface KruskalWallisResult extends TestResult {
  readonly degreesOfFreedom: number | null
}

/**
 * Kruskal and Wallis's test: does one of several samples tend to larger values than another?
 *
 * `H = (12/(N(N + 1))·Σ R_i²/n_i − 3(N + 1)) / (1 − Σ(t³ − t)/(N³ − N))`, R_i the sums of midranks, t the
 * sizes of ties; p from chi-square with k − 1 degrees of freedom.
 *
 * Input: two or more samples; missing values are left out and counted, infinities are legal.
 * Output: H and p; effect size ε² = H/(N − 1). An empty sample gives `insufficient-data`; all values
 * equal, `undefined`. With fewer than 5 values in a sample the approximation is rough (`small-samples`).
 * Cost: O(N log N).
 *
 * @throws `invalid`: `stats.bad-samples`, `stats.not-a-number`.
 * @example
 * ```ts
 * import { kruskalWallis } from '@mlops/stats'
 *
 * const { statistic, pValue } = kruskalWallis([[1, 3, 5, 7, 9], [2, 4, 6, 8, 10], [11, 12, 13, 14, 15]])
 * console.log(statistic?.toFixed(3), pValue?.toFixed(4)) // '9.500' '0.0087'
 * ```
 * Source: Kruskal & Wallis 1952.
 */
export function kruskalWallis(samples: readonly NumericSample[]): KruskalWallisResult {
  checkSamples(samples)
  const present = samples.map((sample, i) => presentValues(sample, `sample ${i}`))
  const sizes = present.map(({ values }) => values.length)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const outline = {
    method: 'kruskal-wallis',
    alternative: 'two-sided' as const,
    sizes,
    dropped: present.map(({ dropped }) => dropped),
  }
  if (sizes.includes(0)) {
    return withoutStatistic(
      outline,
      'insufficient-data',
      'too-few-values',
      `each sample needs a value; there are ${sizes.join(', ')}.`,
    )
  }
  const pooled = new Float64Array(total)
  let at = 0
  for (const { values } of present) {
    pooled.set(values, at)
    at += values.length
  }
  const { ranks, tieTerm } = midranks(pooled)
  const untied = 1 - tieTerm / (total ** 3 - total)
  if (!(untied > 0)) {
    return withoutStatistic(
      outline,
      'undefined',
      'all-equal',
      'all values are equal: the ranks carry no order.',
    )
  }
  const middle = (total + 1) / 2
  let between = 0
  at = 0
  for (const size of sizes) {
    // About the middle rank: the textbook's difference of large terms loses digits.
    let sum = 0
    for (let i = at; i < at + size; i++) sum += ranks[i]! - middle
    between += sum ** 2 / size
    at += size
  }
  const statistic = (12 * between) / (total * (total + 1)) / untied
  const least = Math.min(...sizes)
  return {
    ...outline,
    status: 'ok',
    statistic,
    pValue: chiSquare.sf(statistic, sizes.length - 1),
    degreesOfFreedom: sizes.length - 1,
    effectSize: { name: 'epsilon-squared', value: statistic / (total - 1) },
    warnings:
      least >= 5
        ? []
        : [
            {
              code: 'small-samples',
              message: `the smallest sample has ${least} values: with fewer than 5 the chi-square approximation is rough.`,
            },
          ],
  }
}
