import { givenOptions, invalid } from '@mlops/core'
import {
  type ChiSquareOptions,
  type ChiSquareResult,
  checkCells,
  gSum,
  noTest,
  pearsonSum,
  tested,
} from './chi-square-result.ts'

/**
 * Chi-square (or G) test of counts against expected proportions.
 *
 * `chi² = sum (O − E)²/E` with E = n·p, df = categories − 1.
 *
 * Input: counts, and proportions or weights (divided by their sum); without them, equal shares.
 * Output: as for {@link chiSquareContingency}, effect size Cohen's w = sqrt(chi²/n). A count in a
 * category of weight 0 is impossible under the null: the statistic is Infinity's limit, reported as
 * `undefined` with `impossible-category`, not as p = 0.
 * Cost: O(categories).
 *
 * @throws `invalid`: `stats.bad-count`, `stats.bad-weight`, `stats.length-mismatch`.
 * @example
 * ```ts
 * import { chiSquareGoodnessOfFit } from '@mlops/stats'
 *
 * console.log(chiSquareGoodnessOfFit([5140, 4860]).statistic) // 7.84
 * ```
 * Differs from: scipy, where expected counts must sum to the observed ones.
 */
export function chiSquareGoodnessOfFit(
  counts: readonly number[],
  options: ChiSquareOptions & {
    /** Expected proportions up to a factor. @default equal */
    readonly weights?: readonly number[]
  } = {},
): ChiSquareResult {
  const { weights = counts.map(() => 1), statistic: kind = 'pearson' } = givenOptions(options)
  checkCells('counts', counts)
  checkWeights(weights, counts.length)
  const n = counts.reduce((sum, c) => sum + c, 0)
  const total = weights.reduce((sum, w) => sum + w, 0)
  const outline = {
    method: kind === 'g' ? 'g-goodness-of-fit' : 'chi-square-goodness-of-fit',
    sizes: [n],
  }
  const possible = counts.map((c, i) => ({ c, w: weights[i]! })).filter(({ w }) => w > 0)
  if (possible.length < counts.length && counts.some((c, i) => c > 0 && weights[i] === 0)) {
    return noTest(
      outline,
      false,
      [],
      'a category of expected share 0 was observed',
      'impossible-category',
    )
  }
  if (n === 0 || possible.length < 2) {
    return noTest(outline, n === 0, [], 'the test needs counts in two possible categories')
  }
  const expected = possible.map(({ w }) => (n * w) / total)
  const observed = possible.map(({ c }) => c)
  const statistic = kind === 'g' ? gSum(observed, expected) : pearsonSum(observed, expected)
  return {
    ...tested(outline, statistic, possible.length - 1, expected, []),
    effectSize: { name: 'cohen-w', value: Math.sqrt(pearsonSum(observed, expected) / n) },
  }
}

function checkWeights(weights: readonly number[], length: number): void {
  if (weights.length !== length) {
    throw invalid(
      'stats.length-mismatch',
      `there are ${length} counts and ${weights.length} weights; one weight per count is needed.`,
    )
  }
  weights.forEach((w, i) => {
    if (!(w >= 0 && w < Infinity)) {
      throw invalid('stats.bad-weight', `weights[${i}] is ${w}; weights are finite numbers >= 0.`)
    }
  })
}
