import type { AbReadout } from '../readout.ts'
import type { CheckedOptions } from './analysis-options.ts'
import { checkedOptions, oneOf } from './analysis-options.ts'
import type { ArmData } from './arm-data.ts'
import { badArms, checkArms, isProportion } from './arm-data.ts'
import { isSample } from './arm-stats.ts'
import type { CompareArmsOptions, UnpairedTest } from './arm-tests.ts'
import { MEAN_TESTS, PROPORTION_TESTS, RANK_TESTS } from './arm-tests.ts'
import type { Analysed } from './build-readout.ts'
import { unpairedReadout } from './build-readout.ts'
import { compareMeans, comparePermuted, compareTrimmed } from './mean-tests.ts'
import { compareProportions } from './proportion-tests.ts'
import { compareRanks } from './rank-tests.ts'
import { compareBootstrapped } from './resampling-tests.ts'

export { checkLevel } from './analysis-options.ts'
export type { ArmData } from './arm-data.ts'
export type { CompareArmsOptions } from './arm-tests.ts'

/**
 * Compares two arms with different units: test, difference and relative lift with intervals, and
 * the sample-ratio check.
 *
 * Input: values (missing ones left out and counted), sufficient statistics ({@link ArmData}), or
 * successes and trials; tests of proportions take values of 0 and 1, too. Rank tests, `yuen`,
 * `permutation` and `bootstrap` need the values.
 * Output: an {@link AbReadout}; intervals are two-sided at level 1 − alpha. Too little data is the
 * status of the test, and `inconclusive`.
 * Cost: one pass; rank tests and `yuen` O(n log n); `permutation` and `bootstrap` a pass for each of
 * `resamples`.
 *
 * @throws `invalid`: `abtest.invalid-arms`, `abtest.invalid-stats`, `abtest.invalid-option`; those of
 *   the tests (`stats.bad-proportion`, `stats.infinite-value`, …).
 * @example
 * ```ts
 * import { compareArms } from '@mlops/abtest'
 *
 * const readout = compareArms({ successes: 500, n: 10_000 }, { successes: 570, n: 10_000 })
 * console.log(readout.verdict, readout.effect?.value.toFixed(4), readout.test.pValue?.toFixed(4)) // pass 0.0070 0.0278
 * ```
 */
export function compareArms(
  control: ArmData,
  treatment: ArmData,
  options: CompareArmsOptions = {},
): AbReadout {
  const { found, checked } = analysedArms(control, treatment, options)
  return unpairedReadout(found, checked)
}

/** The analysis alone, before the split is judged. */
export function analysedArms(
  control: ArmData,
  treatment: ArmData,
  options: CompareArmsOptions,
): { readonly found: Analysed; readonly checked: CheckedOptions } {
  checkArms(control, treatment)
  const checked = checkedOptions(options)
  const proportions = isProportion(control)
  const { test = proportions ? 'two-proportion-z' : 'welch' } = options
  oneOf('test', test, [...MEAN_TESTS, ...RANK_TESTS, ...PROPORTION_TESTS])
  const ofProportions = (PROPORTION_TESTS as readonly string[]).includes(test)
  if (proportions !== ofProportions && (proportions || !isSample(control)))
    throw badArms(`the test '${test}' does not fit ${proportions ? 'proportions' : 'values'}`, {
      test,
    })
  return { found: analyse(test, control, treatment, checked, options), checked }
}

function analyse(
  test: UnpairedTest,
  control: ArmData,
  treatment: ArmData,
  checked: CheckedOptions,
  options: CompareArmsOptions,
) {
  switch (test) {
    case 'welch':
    case 'student':
      return compareMeans(test, control as Values, treatment as Values, checked)
    case 'yuen':
      return compareTrimmed(control, treatment, checked, options)
    case 'permutation':
      return comparePermuted(control, treatment, checked, options)
    case 'bootstrap':
      return compareBootstrapped(control, treatment, checked, options)
    case 'mann-whitney':
    case 'brunner-munzel':
      return compareRanks(test, control, treatment, checked, options)
    default:
      return compareProportions(test, control, treatment, checked, options)
  }
}

type Values = Exclude<ArmData, { readonly successes: number }>
