import { invalid } from '@mlops/core'
import type { TestResult } from '@mlops/stats'
import { chiSquareGoodnessOfFit } from '@mlops/stats'

/** Below this p-value the split is not the planned one. */
export const SRM_ALPHA = 0.001

/**
 * Sample-ratio mismatch: did the arms get the units that the allocation promised them? An arm that
 * should have units and has none is a mismatch of its own.
 *
 * @throws `invalid` `abtest.invalid-option`; those of `chiSquareGoodnessOfFit`.
 *
 * Source: Fabijan et al. 2019 (the practice of p < 0.001).
 */
export function sampleRatio(
  counts: readonly number[],
  allocation: readonly number[],
): TestResult & { readonly mismatch: boolean } {
  if (!Array.isArray(counts) || !Array.isArray(allocation) || counts.length !== allocation.length)
    throw invalid(
      'abtest.invalid-option',
      'pass the units of each arm and as many planned shares, as sampleRatio([9012, 988], [0.9, 0.1])',
      { counts, allocation },
    )
  const test = chiSquareGoodnessOfFit([...counts], { weights: [...allocation] })
  const starved =
    counts.some((count, at) => count === 0 && allocation[at]! > 0) &&
    counts.some((count) => count > 0)
  const mismatch = starved || (test.pValue !== null && test.pValue < SRM_ALPHA)
  return { ...test, mismatch }
}
