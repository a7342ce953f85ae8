import { givenOptions, invalid } from '@mlops/core'
import { requireLevel } from '../stream/require-option.ts'

/** Throws `drift.bad-e-value` unless all are numbers >= 0; Infinity is an e-value. */
function requireEValues(eValues: readonly number[]): void {
  for (const [index, e] of eValues.entries()) {
    if (e >= 0) continue
    throw invalid(
      'drift.bad-e-value',
      `e-value ${index} is ${String(e)}; a number >= 0 is needed`,
      {
        index,
      },
    )
  }
}

/**
 * e-BH: which of several hypotheses to reject, given their e-values, with the share of false ones among them
 * at most alpha on average, whatever their dependence.
 *
 * Rejects the k largest, for the largest k with `e_(k) >= K/(alpha·k)`, K hypotheses.
 *
 * Input: e-values, 0 to Infinity. Output: for each whether it is rejected, and the rejected count.
 * Cost: O(K log K).
 *
 * @throws `invalid`: `drift.bad-e-value`, `drift.invalid-option`.
 * @example
 * ```ts
 * import { eBenjaminiHochberg } from '@mlops/drift/anytime'
 *
 * console.log(eBenjaminiHochberg([100, 1, 45, 0.2], { alpha: 0.05 }).rejected) // [ true, false, true, false ]
 * ```
 * Source: Wang & Ramdas, "False discovery rate control with e-values", JRSS B 84 (2022).
 */
export function eBenjaminiHochberg(
  eValues: readonly number[],
  options: { readonly alpha?: number } = {},
): { readonly rejected: readonly boolean[]; readonly count: number } {
  const { alpha = 0.05 } = givenOptions(options)
  requireLevel('alpha', alpha)
  requireEValues(eValues)
  const sorted = [...eValues].sort((a, b) => b - a)
  let count = 0
  for (let k = 1; k <= sorted.length; k++)
    if (sorted[k - 1]! * k * alpha >= sorted.length) count = k
  const least = count === 0 ? Number.POSITIVE_INFINITY : sorted[count - 1]!
  return { rejected: eValues.map((e) => count > 0 && e >= least), count }
}
