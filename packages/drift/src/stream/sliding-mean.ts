import { givenOptions, invalid } from '@mlops/core'
import { requireFinite } from './prequential-error.ts'
import { pushRecent, recentList, recentValues } from './recent-values.ts'
import { requireCountOption } from './require-option.ts'

/** A mean that slides over a stream. */
export interface SlidingMean {
  /** Takes a value; returns the mean of the last ones. */
  update(value: number): number
  /** The window as JSON, the oldest value first. */
  state(): { readonly recent: readonly number[] }
}

/**
 * The mean of the last values of a stream; of all while there are fewer.
 *
 * Input: the window's size; a state to go on from. Values must be finite.
 * Output: a {@link SlidingMean}. Sums are taken anew once a window, so rounding does not pile up.
 * Cost: constant time a value, memory of the window.
 *
 * @throws `invalid`: `drift.invalid-option`, `drift.bad-value`, `drift.not-a-detector-state`.
 * @example
 * ```ts
 * import { slidingMean } from '@mlops/drift/stream'
 *
 * const mean = slidingMean({ size: 3 })
 * console.log([5, 10, 6, 4].map((x) => mean.update(x).toFixed(2))) // [ '5.00', '7.50', '7.00', '6.67' ]
 * ```
 */
export function slidingMean(
  options: { readonly size: number },
  state: { readonly recent: readonly number[] } = { recent: [] },
): SlidingMean {
  const { size } = givenOptions(options)
  requireCountOption('size', size, 1)
  const given = state?.recent
  if (!Array.isArray(given) || given.length > size || !given.every((x) => Number.isFinite(x))) {
    throw invalid(
      'drift.not-a-detector-state',
      `the state must hold at most ${size} finite numbers as 'recent'`,
      {},
    )
  }
  const recent = recentValues(size, given)
  const total = () => recentList(recent).reduce((sum, x) => sum + x, 0)
  let sum = total()
  return {
    update(value) {
      requireFinite(value)
      sum += value - (pushRecent(recent, value) ?? 0)
      if (recent.next === 0) sum = total()
      return sum / recent.count
    },
    state: () => ({ recent: recentList(recent) }),
  }
}
