import { invalid } from '@mlops/core'
import { quantilesOf } from '../descriptive/quantiles.ts'
import type { Matrix } from './matrix.ts'
import { matrixRows, stackRows } from './matrix.ts'

/**
 * How the width of the RBF kernel is chosen.
 *
 * - `median`: sqrt(½·median of the squared distances) over all pairs of the pooled rows.
 * - `alibi`: the same with the lower median, over the pairs of the reference only, or of x with y.
 * - `evidently`: γ = 1/median(distance of x to y)², so sigma = median/√2.
 * - `frouros`: 1.
 * - a number: sigma itself.
 */
export type BandwidthRule = 'median' | 'alibi' | 'evidently' | 'frouros' | number

/** Pairs of at most so many rows a side are looked at. */
const ROWS = 1000

/**
 * The width sigma of the RBF kernel `exp(−|x − y|²/(2·sigma²))` for two samples.
 *
 * Input: two samples; of more than 1000 rows every k-th is taken. For Alibi Detect's default, which
 * fixes the width on the reference, pass the reference twice.
 * Output: > 0, or `null` where the rule gives 0: at least half of the distances are 0.
 * Cost: O(rows²·columns), at most 2 million pairs.
 *
 * @throws `invalid` `stats.bad-bandwidth` for a width that is not > 0, or an unknown rule.
 * @example
 * ```ts
 * import { matrixOf, rbfBandwidth } from '@mlops/stats/multivariate'
 *
 * console.log(rbfBandwidth(matrixOf([[0], [2]]), matrixOf([[0], [2]]), 'evidently')?.toFixed(4)) // '0.7071'
 * ```
 * Source: Garreau, Jitkrittum & Kanagawa 2018 (median heuristic); the tools' code.
 */
export function rbfBandwidth(x: Matrix, y: Matrix, rule: BandwidthRule = 'median'): number | null {
  if (typeof rule === 'number' && rule > 0 && rule < Infinity) return rule
  switch (rule) {
    case 'frouros':
      return 1
    case 'median': {
      const pooled = thinned(stackRows(x, y), 2 * ROWS)
      return positive(Math.sqrt(quantilesOf(pairsWithin(pooled), [0.5])[0]! / 2))
    }
    case 'alibi': {
      if (x === y) {
        const squared = pairsWithin(thinned(x)).sort()
        return positive(Math.sqrt(squared[(squared.length - 1) >> 1]! / 2))
      }
      const squared = pairsBetween(thinned(x), thinned(y)).sort()
      return positive(Math.sqrt(squared[Math.max(0, (squared.length >> 1) - 1)]! / 2))
    }
    case 'evidently': {
      const squared = pairsBetween(thinned(x), thinned(y)).map(Math.sqrt)
      return positive(quantilesOf(squared, [0.5])[0]! / Math.SQRT2)
    }
    default:
      throw invalid(
        'stats.bad-bandwidth',
        `the bandwidth is '${String(rule)}'; it must be a number > 0, 'median', 'alibi', 'evidently' or 'frouros'.`,
        { bandwidth: String(rule) },
      )
  }
}

const positive = (sigma: number) => (sigma > 0 ? sigma : null)

function thinned(matrix: Matrix, most = ROWS): Matrix {
  if (matrix.rows <= most) return matrix
  return matrixRows(
    matrix,
    Int32Array.from({ length: most }, (_, i) => Math.floor((i * matrix.rows) / most)),
  )
}

function squaredDistance(x: Matrix, i: number, y: Matrix, j: number): number {
  let squared = 0
  for (let k = 0; k < x.columns; k++) {
    const d = x.values[i * x.columns + k]! - y.values[j * y.columns + k]!
    squared += d * d
  }
  return squared
}

function pairsWithin(x: Matrix): Float64Array {
  const squared = new Float64Array((x.rows * (x.rows - 1)) / 2)
  let at = 0
  for (let i = 0; i < x.rows; i++)
    for (let j = 0; j < i; j++) squared[at++] = squaredDistance(x, i, x, j)
  return squared
}

function pairsBetween(x: Matrix, y: Matrix): Float64Array {
  const squared = new Float64Array(x.rows * y.rows)
  let at = 0
  for (let i = 0; i < x.rows; i++)
    for (let j = 0; j < y.rows; j++) squared[at++] = squaredDistance(x, i, y, j)
  return squared
}
