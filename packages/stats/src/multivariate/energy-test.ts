import type { Rng } from '@mlops/core'
import { givenOptions } from '@mlops/core'
import type { TestResult } from '../hypothesis/test-result.ts'
import { checkResamples } from '../resampling/bootstrap.ts'
import { checkSamples, type Matrix, stackRows } from './matrix.ts'
import { permutationPValue, permutedPairSums } from './pair-sums.ts'

export interface EnergyTestResult extends TestResult {
  readonly permutations: number
}

/**
 * Energy test of two multivariate samples: do rows lie further from the other sample than from their
 * own? It sees any difference of the joint distributions.
 *
 * `E = 2·mean|x − y| − mean|x − x'| − mean|y − y'|` over all pairs, a row with itself among them;
 * `p = (k + 1)/(B + 1)` over random relabellings.
 *
 * Input: two samples of finite rows on comparable scales. Output: E >= 0, 0 for equal samples, in the
 * data's unit; effect size E/(2·mean|x − y|), 0 to 1. An empty side gives `insufficient-data`; rows
 * that are all equal give `undefined`.
 * Cost: O(N²·(columns + permutations/4)) time, O(permutations·N) memory.
 *
 * @throws `invalid`: `stats.bad-matrix`, `stats.infinite-value`, `stats.bad-resamples`.
 * @example
 * ```ts
 * import { createRng } from '@mlops/core'
 * import { energyTest, matrixOf } from '@mlops/stats/multivariate'
 *
 * const low = matrixOf(Array.from({ length: 20 }, (_, i) => [i % 5, i % 3]))
 * const high = matrixOf(Array.from({ length: 20 }, (_, i) => [4 + (i % 5), i % 3]))
 * console.log(energyTest(low, high, { rng: createRng(1) }).pValue) // 0.002
 * ```
 * Source: Székely & Rizzo 2013, eq. 6.1.
 * Differs from: the R package energy, whose statistic is n·m/(n + m)·E, with the same p-value.
 */
export function energyTest(
  x: Matrix,
  y: Matrix,
  options: { readonly rng: Rng; readonly permutations?: number },
): EnergyTestResult {
  const { rng, permutations = 499 } = givenOptions(options)
  checkSamples(x, y)
  checkResamples(permutations)
  const [n, m] = [x.rows, y.rows]
  const outline = {
    method: 'energy',
    alternative: 'greater' as const,
    sizes: [n, m],
    dropped: [0, 0],
    permutations,
  }
  const nothing = { ...outline, statistic: null, pValue: null, effectSize: null }
  if (n === 0 || m === 0) {
    const message = `each side needs a row; there are ${n} and ${m}.`
    return {
      ...nothing,
      status: 'insufficient-data',
      warnings: [{ code: 'too-few-values', message }],
    }
  }
  const sums = permutedPairSums(stackRows(x, y), n, Math.sqrt, { permutations, rng })
  const statistics = sums.map(
    ({ withinX, withinY, between }) =>
      (2 * between) / (n * m) - (2 * withinX) / (n * n) - (2 * withinY) / (m * m),
  )
  const { withinX, withinY, between } = sums[0]!
  if (withinX + withinY + between === 0) {
    const message = 'all rows are equal: there is no distance to compare.'
    return { ...nothing, status: 'undefined', warnings: [{ code: 'all-equal', message }] }
  }
  // Below 0 by rounding only.
  const statistic = Math.max(0, statistics[0]!)
  return {
    ...outline,
    status: 'ok',
    statistic,
    pValue: permutationPValue(statistics),
    effectSize: {
      name: 'energy-coefficient',
      value: between > 0 ? statistic / ((2 * between) / (n * m)) : null,
    },
    warnings: [],
  }
}
