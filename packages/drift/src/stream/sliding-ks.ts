import { givenOptions, invalid } from '@mlops/core'
import type { KsTestResult } from '@mlops/stats'
import { ksTwoSampleTest } from '@mlops/stats'
import { requireFinite } from './prequential-error.ts'
import { pushRecent, recentList, recentValues } from './recent-values.ts'
import { requireCountOption } from './require-option.ts'

/** A KS test that slides over a stream. */
export interface SlidingKs {
  /** Takes a value; returns the KS distance of the window, or null until it is full. */
  update(value: number): number | null
  /** The test of the window as it stands, with its p-value; null until it is full. */
  test(): KsTestResult | null
  /** The window as JSON, the oldest value first. */
  state(): { readonly recent: readonly number[] }
}

/**
 * The Kolmogorov-Smirnov distance between a fixed reference and the last values of a stream.
 *
 * `D = max |F_ref − F_window|` at every value; the p-value is that of one test, not of a series of them.
 *
 * Input: reference and values: finite numbers; the window's size; a state to go on from.
 * Output: a {@link SlidingKs}. Cost: O(window + log reference) a value; `test()` costs a whole test.
 *
 * @throws `invalid`: `drift.invalid-option`, `drift.bad-value`, `drift.not-a-detector-state`,
 *   `drift.empty-reference`.
 * @example
 * ```ts
 * import { slidingKs } from '@mlops/drift/stream'
 *
 * const ks = slidingKs([1, 2, 3, 4, 5], { windowSize: 2 })
 * console.log([3, 4, 9].map((x) => ks.update(x))) // [ null, 0.4, 0.6 ]
 * console.log(ks.test()?.pValue?.toFixed(3)) // '0.571'
 * ```
 * Source: dos Reis, Flach, Matwin & Batista, "Fast unsupervised online drift detection using incremental
 * Kolmogorov-Smirnov test", KDD 2016 (what is computed; theirs keeps a treap).
 */
export function slidingKs(
  reference: ArrayLike<number>,
  options: { readonly windowSize: number },
  state: { readonly recent: readonly number[] } = { recent: [] },
): SlidingKs {
  const { windowSize } = givenOptions(options)
  requireCountOption('windowSize', windowSize, 1)
  if (!(reference?.length > 0))
    throw invalid('drift.empty-reference', 'the reference must hold at least one value', {})
  const sorted = Float64Array.from(reference).sort()
  sorted.forEach(requireFinite)
  const given = state?.recent
  const fits = Array.isArray(given) && given.length <= windowSize
  if (!fits || !given.every((x) => Number.isFinite(x))) {
    throw invalid(
      'drift.not-a-detector-state',
      `the state must hold at most ${windowSize} finite numbers as 'recent'`,
      {},
    )
  }
  const recent = recentValues(windowSize, given)
  // The window once more, in order.
  const ordered = [...given].sort((a, b) => a - b)

  function distance(): number {
    let most = 0
    for (let i = 0; i < ordered.length; ) {
      const x = ordered[i]!
      const before = i
      while (i < ordered.length && ordered[i] === x) i++
      const below = countBelow(sorted, x) / sorted.length
      const upTo = countUpTo(sorted, x) / sorted.length
      most = Math.max(most, Math.abs(below - before / windowSize), Math.abs(upTo - i / windowSize))
    }
    return most
  }

  return {
    update(value) {
      requireFinite(value)
      const gone = pushRecent(recent, value)
      if (gone !== undefined) ordered.splice(countBelow(ordered, gone), 1)
      ordered.splice(countBelow(ordered, value), 0, value)
      return recent.count < windowSize ? null : distance()
    },
    test: () => (recent.count < windowSize ? null : ksTwoSampleTest(sorted, ordered)),
    state: () => ({ recent: recentList(recent) }),
  }
}

/** How many of the sorted values lie below x. */
function countBelow(sorted: ArrayLike<number>, x: number): number {
  return bisect(sorted, (value) => value < x)
}

function countUpTo(sorted: ArrayLike<number>, x: number): number {
  return bisect(sorted, (value) => value <= x)
}

function bisect(sorted: ArrayLike<number>, isLeft: (value: number) => boolean): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isLeft(sorted[middle]!)) low = middle + 1
    else high = middle
  }
  return low
}
