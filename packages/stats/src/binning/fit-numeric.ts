import { givenOptions, invalid } from '@mlops/core'
import { quantilesOf, selectQuantiles } from '../descriptive/quantiles.ts'
import { extent } from '../kernels/buckets.ts'
import { moments, skewnessOf, varianceOf } from '../moments/moments.ts'
import { type NumericSample, someFiniteValues } from '../samples/sample.ts'
import { type BinningRule, checkBinning, type NumericBinning } from './binning.ts'

export interface NumericBinningOptions {
  /** Which bin a value equal to an edge belongs to: `left` means [e_i, e_i+1). @default 'left' */
  readonly closed?: 'left' | 'right'
  /** Where later values beyond the fitted range go. @default 'end-bins' */
  readonly outside?: 'end-bins' | 'own-bin'
}

const MOST_BINS = 10_000

/**
 * Bins holding equal shares of a sample: edges at its quantiles (type 7), equal edges collapsed.
 *
 * Input: a sample (missing values left out) and the wanted number of bins. Tied data give fewer
 * bins; a constant sample gives one.
 * Output: plain JSON, open at both ends.
 * Cost: O(n), no full sort.
 *
 * @throws `invalid`: `stats.empty-sample`, `stats.infinite-value`, `stats.bad-bin-count`.
 * @example
 * ```ts
 * import { quantileBinning } from '@mlops/stats'
 *
 * console.log(quantileBinning([1, 2, 3, 4, 5], { bins: 4 }).innerEdges) // [ 2, 3, 4 ]
 * ```
 * Differs from: numpy.linspace(0, 1, bins + 1) as probabilities, whose entries are an ulp off: here
 * they are i/bins, which on tied data can move whole bins.
 */
export function quantileBinning(
  sample: NumericSample,
  options: NumericBinningOptions & {
    /** @default 10 */
    readonly bins?: number
  } = {},
): NumericBinning {
  const { bins = 10, closed = 'left', outside = 'end-bins' } = givenOptions(options)
  return quantileHistogram(sample, { bins, closed, outside }).binning
}

/**
 * The binning that {@link quantileBinning} makes, of quantiles that are known already.
 *
 * Input: the quantiles of a sample at 0, 1/bins, …, 1. Cost: O(bins).
 *
 * @throws `invalid`: `stats.bad-bin-count` for no quantile, or such as do not ascend.
 * @example
 * ```ts
 * import { binningOfQuantiles, quantiles } from '@mlops/stats'
 *
 * console.log(binningOfQuantiles(quantiles([1, 2, 3, 4, 5], [0, 0.5, 1])).innerEdges) // [ 3 ]
 * ```
 */
export function binningOfQuantiles(quantiles: readonly number[]): NumericBinning {
  if (quantiles.length === 0 || quantiles.some((q, i) => !(q >= quantiles[i - 1]! || i === 0))) {
    throw invalid(
      'stats.bad-bin-count',
      'a binning needs the quantiles of a sample from the smallest to the largest value, ascending',
    )
  }
  const edges = [...new Set(quantiles)]
  return {
    kind: 'numeric',
    rule: 'quantile',
    innerEdges: edges.slice(1, -1),
    range: [edges[0]!, edges.at(-1)!],
    closed: 'left',
    outside: 'end-bins',
  }
}

/** The binning of {@link quantileBinning} and, on edges closed on the left, how many values each bin holds. */
export function quantileHistogram(
  sample: NumericSample,
  { bins, closed, outside }: Required<NumericBinningOptions> & { readonly bins: number },
): { readonly binning: NumericBinning; counts(): number[] } {
  checkBinCount(bins)
  const probabilities = Array.from({ length: bins + 1 }, (_, i) => i / bins)
  const { values, quantiles, ranks, selected } = quantilesOfAny(sample, probabilities)
  const binning = { ...binningOfQuantiles(quantiles), closed, outside }
  const { innerEdges } = binning
  return {
    binning,
    /** From the ranks: no other pass over the values. */
    counts() {
      const below = innerEdges.map((edge) => {
        const i = quantiles.indexOf(edge)
        return selected.at[2 * i]! < edge ? ranks[2 * i]! + 1 : selected.below(2 * i)
      })
      return [...below, values.length].map((count, i) => count - (below[i - 1] ?? 0))
    },
  }
}

/** Of a column that is whole, as most are, without a pass that only makes sure of it. */
function quantilesOfAny(sample: NumericSample, probabilities: readonly number[]) {
  const whole = sample instanceof Float64Array && sample.length > 0
  const found = whole ? selectQuantiles(sample, probabilities) : undefined
  if (found) return { ...found, values: sample }
  const values = someFiniteValues(sample)
  return { ...selectQuantiles(values, probabilities)!, values }
}

/**
 * Bins of equal width between the smallest and the largest value of a sample.
 *
 * Input, output and errors as for {@link quantileBinning}. Cost: one pass.
 *
 * @example
 * ```ts
 * import { equalWidthBinning } from '@mlops/stats'
 *
 * console.log(equalWidthBinning([0, 1, 8], { bins: 4 }).innerEdges) // [ 2, 4, 6 ]
 * ```
 */
export function equalWidthBinning(
  sample: NumericSample,
  options: NumericBinningOptions & {
    /** @default 10 */
    readonly bins?: number
  } = {},
): NumericBinning {
  const { bins = 10, closed = 'left', outside = 'end-bins' } = givenOptions(options)
  checkBinCount(bins)
  const range = extent(someFiniteValues(sample))
  return {
    kind: 'numeric',
    rule: 'equal-width',
    innerEdges: equalEdges(range, bins),
    range,
    closed,
    outside,
  }
}

/** Rules that choose the number of equal bins from the sample. */
export type HistogramRule = Exclude<BinningRule, 'quantile' | 'equal-width' | 'explicit'>

/**
 * Bins of equal width whose number follows from the sample by a textbook rule.
 *
 * bins = ⌈range / width⌉ with width: `sturges` range/(log2 n + 1); `doane` the same with
 * + log2(1 + |g1|/σ_g1) for skewness; `scott` (24√π/n)^⅓·sd; `sqrt` range/√n; `rice` range/(2·n^⅓);
 * `freedman-diaconis` 2·IQR/n^⅓; `auto` the smaller of Sturges' and
 * max(that, half of `sqrt`).
 *
 * Input, output and errors as for {@link quantileBinning}. Cost: two passes.
 *
 * @example
 * ```ts
 * import { histogramBinning } from '@mlops/stats'
 *
 * console.log(histogramBinning([1, 2, 3, 4, 5, 6, 7, 9], 'sturges').innerEdges) // [ 3, 5, 7 ]
 * ```
 * Source: Sturges 1926; Doane 1976; Scott 1979; Freedman & Diaconis 1981; as numpy.histogram_bin_edges.
 * Differs from: numpy for integer arrays, where numpy (2.0 and later) widens bins to at least 1.
 */
export function histogramBinning(
  sample: NumericSample,
  rule: HistogramRule,
  options: NumericBinningOptions = {},
): NumericBinning {
  const { closed = 'left', outside = 'end-bins' } = givenOptions(options)
  const values = someFiniteValues(sample)
  const range = extent(values)
  const span = range[1] - range[0]
  const width = binWidth(values, rule, span)
  const bins = width > 0 ? Math.ceil(span / width) : 1
  checkBinCount(bins)
  return { kind: 'numeric', rule, innerEdges: equalEdges(range, bins), range, closed, outside }
}

/**
 * Bins between edges of one's own. The first and the last edge are inner edges too: below and above
 * them lie open-ended bins.
 *
 * @throws `invalid`, `stats.bad-binning`, for edges that are not finite and strictly ascending.
 * @example
 * ```ts
 * import { countBins, explicitBinning } from '@mlops/stats'
 *
 * console.log(countBins(explicitBinning([18, 65]), [5, 18, 40, 70]).counts) // [ 1, 2, 1 ]
 * ```
 */
export function explicitBinning(
  edges: readonly number[],
  options: Pick<NumericBinningOptions, 'closed'> = {},
): NumericBinning {
  const { closed = 'left' } = givenOptions(options)
  const binning: NumericBinning = {
    kind: 'numeric',
    rule: 'explicit',
    innerEdges: [...edges],
    range: null,
    closed,
    outside: 'end-bins',
  }
  checkBinning(binning)
  return binning
}

function equalEdges([min, max]: readonly [number, number], bins: number): number[] {
  const span = max - min
  // Halves of the doubles' whole range are further apart than the largest double.
  const step = Number.isFinite(span) ? span / bins : max / bins - min / bins
  const edges: number[] = []
  for (let i = 1; i < bins; i++) {
    const edge = i * step + min
    // A range of a few ulps cannot hold all edges: keep those that are different.
    if (edge > (edges.at(-1) ?? min) && edge < max) edges.push(edge)
  }
  return edges
}

function binWidth(values: Float64Array, rule: HistogramRule, span: number): number {
  const n = values.length
  switch (rule) {
    case 'sturges':
      return span / (Math.log2(n) + 1)
    case 'sqrt':
      return span / Math.sqrt(n)
    case 'rice':
      return span / (2 * n ** (1 / 3))
    case 'scott': {
      const sd = Math.sqrt(varianceOf(moments(values), { ddof: 0 })!)
      return ((24 * Math.sqrt(Math.PI)) / n) ** (1 / 3) * sd
    }
    case 'freedman-diaconis':
      return freedmanDiaconis(values)
    case 'auto':
      return Math.min(
        Math.max(freedmanDiaconis(values), span / Math.sqrt(n) / 2),
        span / (Math.log2(n) + 1),
      )
    case 'doane': {
      if (n <= 2) return 0
      const skewness = skewnessOf(moments(values))
      if (skewness === null) return 0
      const sigma = Math.sqrt((6 * (n - 2)) / ((n + 1) * (n + 3)))
      return span / (1 + Math.log2(n) + Math.log2(1 + Math.abs(skewness) / sigma))
    }
  }
}

function freedmanDiaconis(values: Float64Array): number {
  const [q25, q75] = quantilesOf(values, [0.25, 0.75]) as [number, number]
  return (2 * (q75 - q25)) / values.length ** (1 / 3)
}

function checkBinCount(bins: number): void {
  if (!(Number.isInteger(bins) && bins >= 1 && bins <= MOST_BINS)) {
    throw invalid(
      'stats.bad-bin-count',
      `bins is ${bins}; it must be a whole number from 1 to ${MOST_BINS}. Give the number or the edges yourself if the rule asks for more.`,
      { bins },
    )
  }
}
