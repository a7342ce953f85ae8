import { invalid } from '@mlops/core'
import type { Alternative, NumericSample } from '@mlops/stats'
import { covariance, describe, mcNemar, normal, pairedT } from '@mlops/stats'
import type { AbReadout, Estimate } from '../readout.ts'
import type { CompareArmsOptions } from './compare-arms.ts'
import { checkLevel, effectOf, intervalNote, readoutOf } from './compare-arms.ts'
import { relativeEffect } from './relative-effect.ts'

export interface ComparePairsOptions
  extends Pick<CompareArmsOptions, 'metric' | 'alternative' | 'alpha'> {
  /** `mcnemar` for outcomes of 0 and 1 (two-sided, exact). @default 'paired-t' */
  readonly test?: 'paired-t' | 'mcnemar'
}

/**
 * Compares two arms that measured the same units, pair by pair: a challenger in shadow against its
 * champion. What the units differ in cancels out, so far fewer are needed than with two groups.
 *
 * Input: two samples of one length, in the same order; a pair with a missing side is left out and
 * counted. Output: an {@link AbReadout}; the interval of McNemar's difference is Bonett and Price's.
 * Cost: one pass.
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
  {
    metric = { name: 'metric', better: 'higher' },
    test = 'paired-t',
    alternative = 'two-sided',
    alpha = 0.05,
  }: ComparePairsOptions = {},
): AbReadout {
  if (!Number.isInteger(control?.length) || !Number.isInteger(treatment?.length)) {
    throw invalid('abtest.invalid-arms', 'both arms must be arrays of numbers, pair by pair', {})
  }
  checkLevel(alpha)
  const confidence = 1 - alpha
  const result =
    test === 'mcnemar' ? undefined : pairedT(treatment, control, { alternative, confidence })
  const complete = completePairs(control, treatment)
  const arms = (['control', 'treatment'] as const).map((name) => {
    const { n, mean, sd } = describe(complete[name])
    return { name, n, dropped: control.length - n, mean, sd }
  }) as unknown as AbReadout['arms']
  const common = { arms, design: 'paired', metric, alpha, guards: [] } as const
  const lift = relativeOfPairs(complete, arms, confidence)

  if (result) {
    const effect = effectOf(pairedT(treatment, control, { confidence }))
    return readoutOf({
      ...common,
      test: result,
      effect,
      relativeEffect: lift,
      adjustments: [intervalNote(alternative, confidence)],
    })
  }
  if (alternative !== 'two-sided')
    throw invalid(
      'abtest.invalid-option',
      "McNemar's test is two-sided here; use the paired t test for one side",
      { alternative },
    )
  const { gained, lost } = discordant(complete)
  const mcnemar = mcNemar(gained, lost)
  return readoutOf({
    ...common,
    test: mcnemar,
    effect: differenceOfPairs(gained, lost, arms[0].n, confidence),
    relativeEffect: lift,
    adjustments: [intervalNote('two-sided' satisfies Alternative, confidence)],
  })
}

interface Pairs {
  readonly control: Float64Array
  readonly treatment: Float64Array
}

function completePairs(control: NumericSample, treatment: NumericSample): Pairs {
  const kept: number[] = []
  for (let i = 0; i < Math.min(control.length, treatment.length); i++) {
    if (!Number.isNaN((control[i] ?? Number.NaN) + (treatment[i] ?? Number.NaN))) kept.push(i)
  }
  return {
    control: Float64Array.from(kept, (i) => control[i]!),
    treatment: Float64Array.from(kept, (i) => treatment[i]!),
  }
}

function relativeOfPairs(
  { control, treatment }: Pairs,
  [c, t]: AbReadout['arms'],
  confidence: number,
): Estimate | null {
  const shared = covariance(control, treatment)
  if (shared === null || c.mean === null || t.mean === null || c.sd === null || t.sd === null)
    return null
  return relativeEffect(
    {
      control: c.mean,
      treatment: t.mean,
      controlVariance: c.sd ** 2 / c.n,
      treatmentVariance: t.sd ** 2 / t.n,
      covariance: shared / c.n,
    },
    { confidence, df: c.n - 1 },
  )
}

/** Pairs that only the treatment got right, and that only the control did. */
function discordant({ control, treatment }: Pairs): { gained: number; lost: number } {
  let [gained, lost] = [0, 0]
  for (let i = 0; i < control.length; i++) {
    const [c, t] = [control[i]!, treatment[i]!]
    if ((c !== 0 && c !== 1) || (t !== 0 && t !== 1)) {
      throw invalid(
        'abtest.invalid-arms',
        `McNemar's test takes outcomes of 0 and 1; pair ${i} is (${c}, ${t})`,
        { pair: i },
      )
    }
    if (t > c) gained++
    else if (c > t) lost++
  }
  return { gained, lost }
}

/**
 * The difference of paired proportions with its adjusted Wald interval.
 *
 * `p̃ = (gained + 1)/(n + 2)`, likewise for lost; `d̃ ± z·sqrt((p̃g + p̃l − (p̃g − p̃l)²)/(n + 2))`.
 * Source: Bonett & Price 2012.
 */
function differenceOfPairs(
  gained: number,
  lost: number,
  n: number,
  confidence: number,
): Estimate | null {
  if (n === 0) return null
  const z = -normal.quantile((1 - confidence) / 2)
  const [g, l] = [(gained + 1) / (n + 2), (lost + 1) / (n + 2)]
  const half = z * Math.sqrt((g + l - (g - l) ** 2) / (n + 2))
  const interval = {
    level: confidence,
    lower: Math.max(-1, g - l - half),
    upper: Math.min(1, g - l + half),
  }
  return { value: (gained - lost) / n, interval, method: 'bonett-price' }
}
