import type { NumericArray } from '@mlops/core'

/**
 * Copies numbers into memory that all threads share, so that sending them costs nothing.
 *
 * Input: numbers in any typed array or a plain array; missing values as NaN. Output: a Float64Array over
 * a SharedArrayBuffer: do not write to it while a call is under way. Cost: one copy.
 *
 * @example
 * ```ts
 * import { sharedColumn } from '@mlops/stats/workers'
 *
 * console.log(sharedColumn([1, 2, 3]).buffer instanceof SharedArrayBuffer) // true
 * ```
 */
export function sharedColumn(values: NumericArray | readonly number[]): Float64Array {
  const shared = new Float64Array(
    new SharedArrayBuffer(values.length * Float64Array.BYTES_PER_ELEMENT),
  )
  shared.set(values as ArrayLike<number>)
  return shared as Float64Array
}
