import { givenOptions, invalid } from '@mlops/core'
import { checkKll, type KllSketch } from './kll.ts'

/** A distribution function as steps: `values` ascending and distinct, `upTo` the weight at or below each. */
export interface WeightedSteps {
  readonly values: Float64Array
  readonly upTo: Float64Array
  readonly total: number
}

/**
 * The error of a sketch's distribution function: with 99 % confidence no rank is off by more than
 * this share of n, over all values at once.
 *
 * `min(worstCase / n, 2.446 / k^0.9433)`: the first is certain, 0 while nothing was thinned out; the
 * second is the bound measured for KLL with these capacities.
 *
 * Output: 0 (exact) … 1; 0.0068 for the default k. 0 for an empty sketch.
 *
 * @example
 * ```ts
 * import { createKll, kllRankError } from '@mlops/stats'
 *
 * const builder = createKll()
 * builder.add(3)
 * console.log(kllRankError(builder.sketch())) // 0
 * builder.addAll(Float64Array.from({ length: 1e6 }, (_, i) => i))
 * console.log(kllRankError(builder.sketch()).toFixed(4)) // '0.0068'
 * ```
 * Source: Apache DataSketches, KLL, normalised rank error for distributions (measured, k from 16 up).
 */
export function kllRankError({ k, n, worstCase }: KllSketch): number {
  return n === 0 ? 0 : Math.min(1, worstCase / n, 2.446 / k ** 0.9433)
}

/** The retained values with the weight at or below each. Cost: O(k log k). */
export function kllSteps(sketch: KllSketch): WeightedSteps {
  checkKll(sketch)
  const pairs: [value: number, weight: number][] = []
  sketch.levels.forEach((level, h) => {
    for (const value of level) pairs.push([value, 2 ** h])
  })
  pairs.sort(([a], [b]) => a - b)
  const values: number[] = []
  const upTo: number[] = []
  let total = 0
  for (const [value, weight] of pairs) {
    total += weight
    if (values.at(-1) === value) upTo[upTo.length - 1] = total
    else {
      values.push(value)
      upTo.push(total)
    }
  }
  return { values: Float64Array.from(values), upTo: Float64Array.from(upTo), total }
}

/**
 * The share of values at or below x, to within {@link kllRankError}.
 *
 * Output: 0 … 1; null for an empty sketch. Cost: O(k).
 *
 * @throws `invalid` `stats.bad-sketch`.
 * @example
 * ```ts
 * import { createKll, kllRank } from '@mlops/stats'
 *
 * const builder = createKll()
 * builder.addAll([1, 2, 3, 4])
 * console.log(kllRank(builder.sketch(), 3)) // 0.75
 * ```
 */
export function kllRank(sketch: KllSketch, x: number): number | null {
  checkKll(sketch)
  if (sketch.n === 0) return null
  if (sketch.max! <= x) return 1
  let below = 0
  sketch.levels.forEach((level, h) => {
    for (const value of level) if (value <= x) below += 2 ** h
  })
  return below / sketch.n
}

/**
 * The smallest retained value whose share at or below it reaches p: its true rank is within
 * {@link kllRankError} of p.
 *
 * Output: a value of the stream; 0 and 1 give its exact extremes; null for an empty sketch.
 * Cost: O(k log k).
 *
 * @throws `invalid`: `stats.bad-sketch`, `stats.bad-probability`.
 * @example
 * ```ts
 * import { createKll, kllQuantile } from '@mlops/stats'
 *
 * const builder = createKll()
 * builder.addAll([10, 20, 30])
 * console.log(kllQuantile(builder.sketch(), 0.9)) // 30
 * ```
 * Differs from: `quantile`, which interpolates between order statistics.
 */
export function kllQuantile(sketch: KllSketch, p: number): number | null {
  if (!(p >= 0 && p <= 1)) {
    throw invalid('stats.bad-probability', `a probability is ${p}; it must lie in [0, 1].`, { p })
  }
  const { values, upTo, total } = kllSteps(sketch)
  if (total === 0 || p === 0) return sketch.min
  if (p === 1) return sketch.max
  const at = upTo.findIndex((weight) => weight >= p * total)
  return values[at] ?? sketch.max
}

/** A value that occurs often, and the bounds of its share. */
export interface FrequentValue {
  readonly value: number
  /** The estimate. */
  readonly share: number
  readonly low: number
  readonly high: number
}

/**
 * The numbers that make up at least a given share of the stream: spikes at 0, codes, defaults.
 *
 * The weight of a retained value is the difference of two ranks, so it is off by at most twice
 * {@link kllRankError}, e: all values whose weight reaches minShare − 2e are listed.
 *
 * Input: minShare above 2e, or anything from 0 to 1 while the sketch is exact; 0.01 by default, or 3e
 * where that is more.
 * Output: the most frequent first. With 99 % confidence every value of a true share >= minShare is among
 * them, each true share lies within its bounds, and none listed is rarer than minShare − 4e.
 * Cost: O(k log k).
 *
 * @throws `invalid`: `stats.bad-sketch`, `stats.bad-share`.
 * @example
 * ```ts
 * import { createKll, kllFrequentValues } from '@mlops/stats'
 *
 * const builder = createKll()
 * builder.addAll([0, 0, 0, 7, 1.5, 2.5])
 * console.log(kllFrequentValues(builder.sketch(), { minShare: 0.2 })) // [ { value: 0, share: 0.5, low: 0.5, high: 0.5 } ]
 * ```
 * Differs from: frequent items of texts (`createFrequentItems`), which hold for the rarer ones, too, but
 * would need a table of their own for every column of numbers.
 */
export function kllFrequentValues(
  sketch: KllSketch,
  options: { readonly minShare?: number } = {},
): FrequentValue[] {
  const { minShare } = givenOptions(options)
  const { values, upTo, total } = kllSteps(sketch)
  const error = 2 * kllRankError(sketch)
  const least = minShare ?? Math.min(1, Math.max(0.01, 1.5 * error))
  if (!(least >= 0 && least <= 1 && (least > error || error === 0 || minShare === undefined))) {
    throw invalid(
      'stats.bad-share',
      `minShare is ${least}; this sketch can tell shares above ${error} (twice its rank error), up to 1. Ask for more, or sketch with a larger k.`,
      { minShare: least, error },
    )
  }
  const found: FrequentValue[] = []
  for (let i = 0; i < values.length; i++) {
    const share = (upTo[i]! - (i === 0 ? 0 : upTo[i - 1]!)) / total
    if (share < least - error) continue
    found.push({
      value: values[i]!,
      share,
      low: Math.max(0, share - error),
      high: Math.min(1, share + error),
    })
  }
  return found.sort((a, b) => b.share - a.share || a.value - b.value)
}
