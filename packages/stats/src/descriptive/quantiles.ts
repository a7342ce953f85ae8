import { invalid } from '@mlops/core'
import {
  type SelectedRanks,
  selectRanks,
  selectRanksIfFinite,
} from '../kernels/order-statistics.ts'
import { type NumericSample, someValues } from '../samples/sample.ts'

/**
 * Quantiles of a sample by linear interpolation between order statistics (type 7, as numpy and R).
 *
 * `h = (n − 1)·p, a = x[⌊h⌋], b = x[⌊h⌋ + 1], t = h − ⌊h⌋`; the quantile is `a + (b − a)·t`.
 *
 * Input: numbers in any order; missing values are left out, infinities are legal. Probabilities in
 * [0, 1], in any order.
 * Output: one value per probability: infinite beside an infinity, NaN between two opposite ones.
 * Cost: O(n), no full sort.
 *
 * @throws `invalid`: `stats.empty-sample`, `stats.bad-probability`, `stats.not-a-number`.
 * @example
 * ```ts
 * import { quantiles } from '@mlops/stats'
 *
 * console.log(quantiles([4, 1, 3, 2], [0, 0.5, 1])) // [ 1, 2.5, 4 ]
 * ```
 * Source: Hyndman & Fan 1996, definition 7.
 */
export function quantiles(sample: NumericSample, probabilities: readonly number[]): number[] {
  return quantilesOf(someValues(sample), probabilities)
}

/** As {@link quantiles}, for values known to be present. */
export function quantilesOf(values: Float64Array, probabilities: readonly number[]): number[] {
  const places = placesOf(values.length, probabilities)
  return between(selectRanks(values, places.ranks).at, places)
}

/** Quantiles with the order statistics around each: those at `ranks[2 * i]` and `ranks[2 * i + 1]`. */
export interface SelectedQuantiles {
  readonly quantiles: number[]
  readonly ranks: readonly number[]
  readonly selected: SelectedRanks
}

/** As {@link quantilesOf}, of any values, at least one: undefined where one of them is NaN or infinite. */
export function selectQuantiles(
  values: Float64Array,
  probabilities: readonly number[],
): SelectedQuantiles | undefined {
  const places = placesOf(values.length, probabilities)
  const { ranks } = places
  const selected = selectRanksIfFinite(values, ranks)
  return selected && { quantiles: between(selected.at, places), ranks, selected }
}

interface Places {
  readonly ranks: readonly number[]
  readonly fractions: readonly number[]
}

function placesOf(n: number, probabilities: readonly number[]): Places {
  const last = n - 1
  const ranks: number[] = []
  const fractions: number[] = []
  for (const p of probabilities) {
    if (!(p >= 0 && p <= 1)) {
      throw invalid('stats.bad-probability', `a probability is ${p}; it must lie in [0, 1].`, { p })
    }
    const h = last * p
    const rank = Math.floor(h)
    ranks.push(rank, Math.min(rank + 1, last))
    fractions.push(h - rank)
  }
  return { ranks, fractions }
}

function between(at: Float64Array, { fractions }: Places): number[] {
  return fractions.map((t, i) => interpolate(at[2 * i]!, at[2 * i + 1]!, t))
}

function interpolate(a: number, b: number, t: number): number {
  if (t === 0 || a === b) return a
  const gap = b - a
  if (gap === Infinity) {
    // Two finite ends may still be further apart than the largest double.
    return Number.isFinite(a) && Number.isFinite(b) ? a * (1 - t) + b * t : a + b
  }
  // From the nearer end, as numpy does: the two forms differ in the last digit.
  return t < 0.5 ? a + gap * t : b - gap * (1 - t)
}

/**
 * One quantile; see {@link quantiles}.
 *
 * @example
 * ```ts
 * import { quantile } from '@mlops/stats'
 *
 * console.log(quantile([10, 20, 30], 0.25)) // 15
 * ```
 */
export function quantile(sample: NumericSample, probability: number): number {
  return quantiles(sample, [probability])[0]!
}

/**
 * The median; see {@link quantiles}.
 *
 * @example
 * ```ts
 * import { median } from '@mlops/stats'
 *
 * console.log(median([3, 1, null, 2])) // 2
 * ```
 */
export function median(sample: NumericSample): number {
  return quantile(sample, 0.5)
}
