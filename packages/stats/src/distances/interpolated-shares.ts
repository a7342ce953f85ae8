import { givenOptions } from '@mlops/core'
import { countBins } from '../binning/count-bins.ts'
import { equalWidthBinning, type HistogramRule, histogramBinning } from '../binning/fit-numeric.ts'
import { nextUp } from '../kernels/next-up.ts'
import { type NumericSample, someFiniteValues } from '../samples/sample.ts'
import type { SharePair } from './shares.ts'

export interface InterpolatedSharesOptions {
  /** Each sample's own bins of equal width: a rule or their number. @default 'auto' */
  readonly bins?: HistogramRule | number
  /**
   * The common cells: so many of equal width over both samples, or between all edges of both
   * histograms. @default 'union-of-edges'
   */
  readonly cells?: number | 'union-of-edges'
}

/**
 * Shares of two samples in common cells, read off each sample's own histogram with its mass spread
 * evenly inside every bin. So histograms with different edges become comparable.
 *
 * `share = F(b) − F(a)` with F the piecewise linear distribution function of the histogram.
 *
 * Input: two samples; missing values are left out. Output: shares per cell, each side summing to 1;
 * a sample of one value is a point mass.
 * Cost: O(n + cells·log bins).
 *
 * @throws `invalid`: `stats.empty-sample`, `stats.infinite-value`, `stats.bad-bin-count`.
 * @example
 * ```ts
 * import { interpolatedShares, jensenShannonDivergence } from '@mlops/stats'
 *
 * const { reference, current } = interpolatedShares([1, 2, 2, 3], [2, 3, 4, 4], { bins: 2 })
 * console.log(jensenShannonDivergence(reference, current).toFixed(4)) // '0.5944'
 * ```
 * Differs from: counting both samples in one set of bins, which is sharper where values are tied.
 */
export function interpolatedShares(
  reference: NumericSample,
  current: NumericSample,
  options: InterpolatedSharesOptions = {},
): SharePair {
  const { bins = 'auto', cells = 'union-of-edges' } = givenOptions(options)
  const sides = [
    histogramOf(someFiniteValues(reference, 'reference'), bins),
    histogramOf(someFiniteValues(current, 'current'), bins),
  ] as const
  const edges = Float64Array.from(sides.flatMap((side) => side.edges)).sort()
  const grid =
    cells === 'union-of-edges'
      ? [...new Set(edges)]
      : equalPoints(edges[0]!, edges.at(-1)!, cells + 1)
  const shares = ({ edges: own, cumulative }: Histogram) =>
    Float64Array.from({ length: grid.length - 1 }, (_, i) =>
      Math.max(
        0,
        distribution(own, cumulative, grid[i + 1]!) - distribution(own, cumulative, grid[i]!),
      ),
    )
  return { reference: shares(sides[0]), current: shares(sides[1]) }
}

interface Histogram {
  readonly edges: readonly number[]
  /** Share below each edge. */
  readonly cumulative: readonly number[]
}

function histogramOf(values: Float64Array, bins: HistogramRule | number): Histogram {
  const binning =
    typeof bins === 'number' ? equalWidthBinning(values, { bins }) : histogramBinning(values, bins)
  const [low, high] = binning.range!
  const { counts } = countBins(binning, values)
  const cumulative = [0]
  for (const count of counts) cumulative.push(cumulative.at(-1)! + count / values.length)
  cumulative[cumulative.length - 1] = 1
  // A single value has no width: the point mass sits between it and the next double.
  const end = high > low ? high : nextUp(low)
  return { edges: [low, ...binning.innerEdges, end], cumulative }
}

function distribution(edges: readonly number[], cumulative: readonly number[], x: number): number {
  if (x <= edges[0]!) return 0
  if (x >= edges.at(-1)!) return 1
  let low = 0
  let high = edges.length - 1
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (edges[middle]! <= x) low = middle
    else high = middle
  }
  const within = (x - edges[low]!) / (edges[high]! - edges[low]!)
  return cumulative[low]! + within * (cumulative[high]! - cumulative[low]!)
}

function equalPoints(from: number, to: number, count: number): number[] {
  const points = Array.from({ length: count }, (_, i) => from + ((to - from) / (count - 1)) * i)
  points[count - 1] = to
  return points
}
