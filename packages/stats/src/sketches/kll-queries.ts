import { invalid } from '@mlops/core'
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
