import { invalid } from '@mlops/core'
import { given } from '../given.ts'
import type { MixtureBoundary } from './mixture-bounds.ts'
import { betaBinomialMixture } from './mixture-bounds.ts'

export interface QuantileComparisonOptions {
  /** @default 0.5 */
  readonly quantile?: number
  /** Units of an arm at which it finds most; fixed before the start. @default 1000 */
  readonly tightestAt?: number
}

/**
 * The always-valid p-value of two arms having the same quantile.
 *
 * If both had it at x, the shares below x would be the quantile: `p = 1/min_x M_a(x)·M_b(x)`, with the
 * beta-binomial mixture of each arm's counts below x. Nothing is assumed of the distributions.
 *
 * Input: the values of both arms, any order, at least one each. Output: (0, 1]; take the running minimum
 * over looks. Cost: O(n log n).
 *
 * @throws `invalid` `abtest.invalid-option`, `abtest.invalid-arms`.
 * @example
 * ```ts
 * import { quantileComparison } from '@mlops/abtest/sequential'
 *
 * const from = (first: number) => Array.from({ length: 1000 }, (_, i) => first + i)
 * console.log(quantileComparison(from(1), from(101), { tightestAt: 100 }).toFixed(5)) // 0.00549
 * ```
 * Source: Howard & Ramdas 2022, "Sequential estimation of quantiles", section 6.
 */
export function quantileComparison(
  control: ArrayLike<number>,
  treatment: ArrayLike<number>,
  options: QuantileComparisonOptions = {},
): number {
  const { quantile = 0.5, tightestAt = 1000 } = given(options)
  for (const [arm, values] of Object.entries({ control, treatment })) {
    if (Array.isArray(values) || ArrayBuffer.isView(values)) continue
    throw invalid('abtest.invalid-arms', `${arm} must be the values of the arm`, { arm })
  }
  if (!(quantile > 0 && quantile < 1)) {
    throw invalid(
      'abtest.invalid-option',
      `quantile must lie strictly between 0 and 1, got ${quantile}`,
      { quantile },
    )
  }
  const mixture = betaBinomialMixture({
    tightestAt: tightestAt * quantile * (1 - quantile),
    g: quantile,
    h: 1 - quantile,
  })
  const arms = [sorted('control', control), sorted('treatment', treatment)] as const
  const [a, b] = arms.map((values) => evidenceAt(values, quantile, mixture)) as [Evidence, Evidence]
  // Each arm's evidence falls up to its own quantile and rises after: the sum is least at a value of either
  // between the two.
  const low = Math.min(a.from, b.from)
  const high = Math.max(a.to, b.to)
  let least = Number.POSITIVE_INFINITY
  for (const values of arms) {
    for (let i = countBelow(values, low, false); i < values.length && values[i]! <= high; i++) {
      least = Math.min(least, a.at(values[i]!) + b.at(values[i]!))
    }
  }
  return Math.min(1, Math.exp(-least))
}

interface Evidence {
  /** Between these values the share below may be what the mixture finds least surprising. */
  readonly from: number
  readonly to: number
  at(x: number): number
}

function evidenceAt(values: Float64Array, quantile: number, mixture: MixtureBoundary): Evidence {
  const n = values.length
  const of = (share: number) =>
    mixture.logMixture((share - quantile) * n, quantile * (1 - quantile) * n)
  const calm = calmest(of)
  const from = values[Math.max(0, Math.ceil(calm * n - 1e-9) - 1)]!
  const to = values[Math.min(n - 1, Math.floor(calm * n + 1e-9))]!
  return {
    from,
    to,
    at: (x) =>
      x < from
        ? of(countBelow(values, x, true) / n)
        : x > to
          ? of(countBelow(values, x, false) / n)
          : of(calm),
  }
}

/** The share in [0, 1] at which a convex function is least. */
function calmest(of: (share: number) => number): number {
  let [low, high] = [0, 1]
  for (let i = 0; i < 100; i++) {
    const [left, right] = [low + (high - low) / 3, high - (high - low) / 3]
    if (of(left) < of(right)) high = right
    else low = left
  }
  return (low + high) / 2
}

function countBelow(values: Float64Array, x: number, included: boolean): number {
  let [low, high] = [0, values.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (values[middle]! < x || (included && values[middle]! === x)) low = middle + 1
    else high = middle
  }
  return low
}

function sorted(name: string, values: ArrayLike<number>): Float64Array {
  const copy = Float64Array.from(values)
  if (copy.length > 0 && copy.every((value) => Number.isFinite(value))) return copy.sort()
  throw invalid('abtest.invalid-arms', `${name} must be finite values, at least one`, { arm: name })
}
