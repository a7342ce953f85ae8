import { invalid } from '@mlops/core'
import { type NumericSample, someValues } from '../samples/sample.ts'
import { binLabels, type NumericBinning } from './binning.ts'
import { countBins } from './count-bins.ts'
import {
  equalWidthBinning,
  type HistogramRule,
  histogramBinning,
  quantileBinning,
} from './fit-numeric.ts'

/** How two samples come to share bins, as plain JSON: a value one can name, save and use again. */
export interface PairBinning {
  readonly rule: 'quantile' | 'equal-width' | HistogramRule
  /** Of `quantile` and `equal-width`. @default 10 */
  readonly bins?: number
  /** Whose finite values the rule sees: `distinct-of-both` every different value once. */
  readonly fitOn: 'reference' | 'both' | 'distinct-of-both'
  /** A reference of at most so many different values gets one bin for each value of both sides. @default 0 */
  readonly valuesUpTo?: number
  /** @default 'left' */
  readonly closed?: 'left' | 'right'
  /** @default 'end-bins' */
  readonly outside?: 'end-bins' | 'own-bin'
}

/** Two samples counted in common bins. */
export interface BinnedPair {
  readonly labels: readonly string[]
  readonly reference: readonly number[]
  readonly current: readonly number[]
  /** `null` where every value has its own bin. */
  readonly binning: NumericBinning | null
}

/**
 * Counts two samples in bins fitted by a plan, or in bins that stand already.
 *
 * Input: two samples, missing values left out; a {@link PairBinning} or a fitted binning. Infinite
 * values are counted in the outer bins and take no part in the fit.
 * Output: counts of both sides over the same bins.
 * Cost: O(n + m), and a sort of the distinct values where a plan asks for them.
 *
 * @throws `invalid`: `stats.empty-sample` (also without a finite value to fit on), `stats.bad-binning`,
 *   `stats.bad-bin-count`, `stats.not-a-number`.
 * @example
 * ```ts
 * import { binPair, conventions, psi } from '@mlops/stats'
 *
 * const { binning, smoothing } = conventions.frouros.psi
 * const pair = binPair([1, 2, 3, 4], [3, 4, 5, 6], binning)
 * console.log(pair.reference.length, psi(pair.reference, pair.current, { smoothing }) > 100) // 10 true
 * ```
 */
export function binPair(
  reference: NumericSample,
  current: NumericSample,
  plan: PairBinning | NumericBinning,
): BinnedPair {
  const r = someValues(reference, 'reference')
  const c = someValues(current, 'current')
  const binning = 'kind' in plan ? plan : fitPair(r, c, plan)
  if (binning === null) return byValue(r, c)
  return {
    labels: binLabels(binning),
    reference: countBins(binning, r).counts,
    current: countBins(binning, c).counts,
    binning,
  }
}

function fitPair(r: Float64Array, c: Float64Array, plan: PairBinning): NumericBinning | null {
  const { rule, bins = 10, fitOn, valuesUpTo = 0, closed = 'left', outside = 'end-bins' } = plan
  if (valuesUpTo > 0 && atMostDistinct(r, valuesUpTo)) return null
  const sample = finite(fitOn === 'reference' ? r : joined(r, c))
  const seen = fitOn === 'distinct-of-both' ? Float64Array.from(new Set(sample)) : sample
  if (seen.length === 0) {
    throw invalid(
      'stats.empty-sample',
      'there is no finite value to fit bins on; give the edges with explicitBinning()',
      { fitOn },
    )
  }
  const options = { closed, outside }
  if (rule === 'quantile') return quantileBinning(seen, { ...options, bins })
  if (rule === 'equal-width') return equalWidthBinning(seen, { ...options, bins })
  return histogramBinning(seen, rule, options)
}

function byValue(r: Float64Array, c: Float64Array): BinnedPair {
  const values = [...new Set(joined(r, c))].sort((a, b) => a - b)
  const count = (sample: Float64Array) => {
    const found = new Map<number, number>()
    for (const x of sample) found.set(x, (found.get(x) ?? 0) + 1)
    return values.map((x) => found.get(x) ?? 0)
  }
  return { labels: values.map(String), reference: count(r), current: count(c), binning: null }
}

function atMostDistinct(values: Float64Array, most: number): boolean {
  const seen = new Set<number>()
  for (let i = 0; i < values.length; i++) {
    seen.add(values[i]!)
    if (seen.size > most) return false
  }
  return true
}

function finite(values: Float64Array): Float64Array {
  return values.every(Number.isFinite) ? values : values.filter(Number.isFinite)
}

function joined(a: Float64Array, b: Float64Array): Float64Array {
  const all = new Float64Array(a.length + b.length)
  all.set(a)
  all.set(b, a.length)
  return all
}
