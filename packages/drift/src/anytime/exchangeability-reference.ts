import type { Rng } from '@mlops/core'
import { createRng, givenOptions, invalid } from '@mlops/core'
import { requireCountOption } from '../stream/require-option.ts'

/** A place between reference values: a value, and a jitter that puts equal values in a random order. */
export interface JitteredEdge<Value> {
  readonly value: Value
  readonly jitter: number
}

/** A reference sample cut into bins at its own values. Plain JSON. */
export interface ExchangeabilityReference<Value extends number | string = number | string> {
  readonly kind: 'exchangeability-reference'
  /** Values of the sample. */
  readonly count: number
  readonly edges: readonly JitteredEdge<Value>[]
  /** Gaps between reference values in each bin; they add up to count + 1. */
  readonly gaps: readonly number[]
}

export interface ExchangeabilityReferenceOptions {
  /** How many bins numbers get; fewer when there are fewer values. @default 10 */
  readonly bins?: number
  /** Orders equal values. @default createRng('exchangeability') */
  readonly rng?: Rng
}

/**
 * Cuts a sample of numbers at its own quantiles, for {@link exchangeability}.
 *
 * Every edge is a value of the sample with a random jitter, so that ties are in a random order: the
 * chance of a further value to fall into a bin is then known exactly, whatever the distribution.
 *
 * Input: numbers; infinities are values, NaN is refused. Output: plain JSON.
 * Cost: O(n log n).
 *
 * @throws `invalid`: `drift.empty-reference`, `drift.bad-value`, `drift.invalid-option`.
 * @example
 * ```ts
 * import { numericExchangeability } from '@mlops/drift/anytime'
 *
 * const reference = numericExchangeability(Array.from({ length: 99 }, (_, i) => i), { bins: 4 })
 * console.log(reference.gaps, reference.edges.map(({ value }) => value)) // [ 25, 25, 25, 25 ] [ 24, 49, 74 ]
 * ```
 */
export function numericExchangeability(
  sample: ArrayLike<number>,
  options: ExchangeabilityReferenceOptions = {},
): ExchangeabilityReference<number> {
  const { bins = 10, rng = createRng('exchangeability') } = givenOptions(options)
  requireCountOption('bins', bins, 2)
  const count = sample?.length ?? 0
  if (count < 1)
    throw invalid('drift.empty-reference', 'the reference must hold at least one value', {})
  const places = Array.from({ length: count }, (_, i) => {
    const value = sample[i]!
    if (typeof value !== 'number' || Number.isNaN(value))
      throw invalid(
        'drift.bad-value',
        `value ${i} of the reference is ${String(value)}, not a number; leave missing values out`,
        { index: i },
      )
    return { value, jitter: rng.next() }
  }).sort((a, b) => (a.value === b.value ? a.jitter - b.jitter : a.value < b.value ? -1 : 1))
  const ranks = new Set<number>()
  for (let k = 1; k < bins; k++) {
    const rank = Math.round((k * (count + 1)) / bins)
    if (rank >= 1 && rank <= count) ranks.add(rank)
  }
  return cutAt(
    [...ranks].map((rank) => ({ rank, edge: places[rank - 1]! })),
    count,
  )
}

/**
 * Cuts a sample of categories at the end of each category, for {@link exchangeability}.
 *
 * The categories stand in code-point order, ascending or descending; a new category falls into the bin
 * of its neighbour above. The edge of a category with m values is the largest of m uniform jitters.
 *
 * Input: each category with its count. Output: plain JSON, one bin a category and one above the last.
 * Cost: O(k log k).
 *
 * @throws `invalid`: `drift.empty-reference`, `drift.bad-count`.
 * @example
 * ```ts
 * import { categoryExchangeability } from '@mlops/drift/anytime'
 *
 * const reference = categoryExchangeability([['b', 30], ['a', 10]])
 * console.log(reference.gaps, reference.edges.map(({ value }) => value)) // [ 10, 30, 1 ] [ 'a', 'b' ]
 * ```
 */
export function categoryExchangeability(
  categories: Iterable<readonly [category: string, count: number]>,
  options: {
    readonly rng?: Rng
    /** @default 'ascending' */
    readonly order?: 'ascending' | 'descending'
  } = {},
): ExchangeabilityReference<string> {
  const { rng = createRng('exchangeability'), order = 'ascending' } = givenOptions(options)
  const sign = order === 'ascending' ? 1 : -1
  const present = [...categories].filter(([category, count]) => {
    if (Number.isSafeInteger(count) && count >= 0) return count > 0
    throw invalid(
      'drift.bad-count',
      `category '${category}' has the count ${count}; a whole number from 0 on is needed`,
      { category },
    )
  })
  const sorted = present.sort(([a], [b]) => sign * (a < b ? -1 : 1))
  const count = sorted.reduce((sum, [, n]) => sum + n, 0)
  if (count < 1)
    throw invalid('drift.empty-reference', 'the reference must hold at least one value', {})
  let rank = 0
  const cuts = sorted.map(([value, n]) => {
    rank += n
    return { rank, edge: { value, jitter: rng.next() ** (1 / n) } }
  })
  return cutAt(cuts, count)
}

function cutAt<Value extends number | string>(
  cuts: readonly { readonly rank: number; readonly edge: JitteredEdge<Value> }[],
  count: number,
): ExchangeabilityReference<Value> {
  const ranks = [0, ...cuts.map(({ rank }) => rank), count + 1]
  return {
    kind: 'exchangeability-reference',
    count,
    edges: cuts.map(({ edge }) => ({ ...edge })),
    gaps: ranks.slice(1).map((rank, i) => rank - ranks[i]!),
  }
}
