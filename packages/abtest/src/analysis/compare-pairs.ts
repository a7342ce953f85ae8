import { invalid } from '@mlops/core'
import type { NumericSample } from '@mlops/stats'
import { describe } from '@mlops/stats'
import type { AbReadout, ArmSummary } from '../readout.ts'
import type { CheckedOptions } from './analysis-options.ts'
import { checkedOptions, oneOf } from './analysis-options.ts'
import { badArms } from './arm-data.ts'
import { isSample } from './arm-stats.ts'
import { readoutOf } from './build-readout.ts'
import type { Pairs } from './pair-tests.ts'
import {
  pairedBinary,
  pairedBootstrap,
  pairedFlips,
  pairedMeans,
  pairedRanks,
  pairedSigns,
} from './pair-tests.ts'
import type { ComparePairsOptions, PairedTest } from './paired-options.ts'
import { MCNEMAR, PAIRED_TESTS } from './paired-options.ts'

export type { ComparePairsOptions } from './paired-options.ts'

/**
 * Compares two arms that measured the same units, pair by pair: a challenger in shadow against its
 * champion. What the units differ in cancels out, so far fewer are needed than with two groups.
 *
 * Input: two samples of one length, in the same order; a pair with a missing side is left out and
 * counted. Output: an {@link AbReadout}; the interval of McNemar's difference is Bonett and Price's,
 * that of `wilcoxon` Hodges and Lehmann's, that of `sign` the order statistics of the differences.
 * Cost: one pass; `wilcoxon` and `sign` O(n log n), `bootstrap` a pass for each of `resamples`.
 *
 * @throws `invalid`: `stats.length-mismatch`, `abtest.invalid-option`, `abtest.invalid-arms` for
 *   McNemar on values other than 0 and 1.
 * @example
 * ```ts
 * import { comparePairs } from '@mlops/abtest'
 *
 * const champion = [0.30, 0.42, 0.25, 0.38, 0.51, 0.33]
 * const challenger = [0.27, 0.40, 0.24, 0.33, 0.49, 0.30]
 * const { verdict, effect } = comparePairs(champion, challenger, { metric: { name: 'loss', better: 'lower' } })
 * console.log(verdict, effect?.value.toFixed(4)) // pass -0.0267
 * ```
 */
export function comparePairs(
  control: NumericSample,
  treatment: NumericSample,
  options: ComparePairsOptions = {},
): AbReadout {
  if (!isSample(control) || !isSample(treatment))
    throw badArms('both arms must be arrays of numbers, pair by pair', {})
  const checked = checkedOptions(options)
  const { test = 'paired-t' } = options
  oneOf('test', test, PAIRED_TESTS)
  const pairs = completePairs(control, treatment)
  const arms = (['control', 'treatment'] as const).map((name) => {
    const { n, mean, sd } = describe(pairs[name])
    return { name, n, dropped: pairs.dropped, mean, sd }
  }) as unknown as readonly [ArmSummary, ArmSummary]
  const found = analyse(test, pairs, arms, checked, options)
  const dropped = found.test.sizes.map(() => pairs.dropped)
  return readoutOf({ ...found, arms, test: { ...found.test, dropped } }, checked, {
    design: 'paired',
  })
}

function analyse(
  test: PairedTest,
  pairs: Pairs,
  arms: readonly [ArmSummary, ArmSummary],
  checked: CheckedOptions,
  options: ComparePairsOptions,
) {
  switch (test) {
    case 'paired-t':
      return pairedMeans(pairs, arms, checked)
    case 'wilcoxon':
      return pairedRanks(pairs, checked, options)
    case 'sign':
      return pairedSigns(pairs, checked)
    case 'permutation':
      return pairedFlips(pairs, arms, checked, options)
    case 'bootstrap':
      return pairedBootstrap(pairs, checked, options)
    default:
      return pairedBinary(pairs, arms, checked, MCNEMAR[test])
  }
}

function completePairs(control: NumericSample, treatment: NumericSample): Pairs {
  if (control.length !== treatment.length)
    throw invalid(
      'stats.length-mismatch',
      `pairs need two samples of one length; there are ${control.length} and ${treatment.length} values`,
      { control: control.length, treatment: treatment.length },
    )
  const kept: number[] = []
  for (let i = 0; i < control.length; i++) {
    const [c, t] = [control[i], treatment[i]]
    for (const value of [c, t]) {
      if (typeof value !== 'number' && value !== null && value !== undefined)
        throw badArms(`pair ${i} holds a ${typeof value}; numbers are needed`, { pair: i })
    }
    if (c === null || c === undefined || Number.isNaN(c)) continue
    if (t === null || t === undefined || Number.isNaN(t)) continue
    kept.push(i)
  }
  const of = (sample: NumericSample) => Float64Array.from(kept, (i) => sample[i]!)
  const [c, t] = [of(control), of(treatment)]
  return {
    control: c,
    treatment: t,
    differences: t.map((value, i) => value - c[i]!),
    dropped: control.length - kept.length,
  }
}
