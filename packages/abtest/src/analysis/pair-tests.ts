import type { WilcoxonOptions } from '@mlops/stats'
import {
  binomial,
  clopperPearson,
  covariance,
  mcNemar,
  normal,
  pairedT,
  quantile,
  signFlipTest,
  signTest,
  wilcoxonSignedRank,
} from '@mlops/stats'
import type { ArmSummary, Effect } from '../readout.ts'
import type { CheckedOptions } from './analysis-options.ts'
import { bad } from './analysis-options.ts'
import { badArms } from './arm-data.ts'
import type { Analysed } from './build-readout.ts'
import { effectOf } from './mean-tests.ts'
import type { ComparePairsOptions } from './paired-options.ts'
import { relativeEffect } from './relative-effect.ts'
import { bootstrapTest } from './resampling-tests.ts'
import { hodgesLehmannLocation } from './shift-estimate.ts'

/** Pairs with both sides, in order. */
export interface Pairs {
  readonly control: Float64Array
  readonly treatment: Float64Array
  readonly differences: Float64Array
  readonly dropped: number
}

type Found = Pick<Analysed, 'test' | 'effect' | 'relativeEffect' | 'otherEffects' | 'notes'>
type Arms = readonly [ArmSummary, ArmSummary]

/** The paired t test. */
export function pairedMeans(pairs: Pairs, arms: Arms, options: CheckedOptions): Found {
  const { alternative, confidence } = options
  return {
    test: pairedT(pairs.treatment, pairs.control, { alternative, confidence }),
    effect: effectOf(pairedT(pairs.treatment, pairs.control, { confidence })),
    relativeEffect: relativeOfPairs(pairs, arms, confidence),
  }
}

/** The sign-flip permutation test of the mean difference, with the interval of the t test. */
export function pairedFlips(
  pairs: Pairs,
  arms: Arms,
  checked: CheckedOptions,
  { rng, resamples }: ComparePairsOptions,
): Found {
  const { alternative } = checked
  const test = signFlipTest(pairs.differences, {
    alternative,
    ...(rng !== undefined && { rng }),
    ...(resamples !== undefined && { resamples }),
  })
  return {
    ...pairedMeans(pairs, arms, checked),
    test,
    notes: [
      `${test.pValueBy === 'exact' ? 'exact p from all' : 'p from'} ${test.resamples} ways of giving the differences their signs; the interval is that of the t test`,
    ],
  }
}

/** Wilcoxon's signed-rank test, with Hodges and Lehmann's location. */
export function pairedRanks(
  { differences }: Pairs,
  { alternative, confidence }: CheckedOptions,
  { zeros = 'wilcox', pValueBy = 'auto', correction = 'none', roundTo }: ComparePairsOptions,
): Found {
  const rounded = roundTo === undefined ? differences : roundedTo(differences, roundTo)
  const rules: WilcoxonOptions = { alternative, zeros, pValueBy, correction }
  const test = wilcoxonSignedRank(rounded, undefined, rules)
  return {
    test,
    effect: hodgesLehmannLocation(rounded, confidence),
    relativeEffect: null,
    notes: [
      `differences of 0: '${zeros}'; ties share their mean rank; p by the ${test.pValueBy} distribution`,
      ...(roundTo === undefined
        ? []
        : [`differences are rounded to multiples of ${roundTo} before they are ranked`]),
    ],
  }
}

/** The sign test, with the median of the differences and its order-statistic interval. */
export function pairedSigns(
  { differences }: Pairs,
  { alternative, confidence }: CheckedOptions,
): Found {
  return {
    test: signTest(differences, undefined, { alternative }),
    effect: medianDifference(differences, confidence),
    relativeEffect: null,
    notes: ['the interval of the median difference holds its level or more, whatever the law'],
  }
}

/** McNemar's test of outcomes of 0 and 1. */
export function pairedBinary(
  pairs: Pairs,
  arms: Arms,
  { alternative, confidence }: CheckedOptions,
  by: 'exact' | 'mid-p' | 'chi-square' | 'chi-square-corrected',
): Found {
  if (alternative !== 'two-sided')
    throw bad("McNemar's test is two-sided here; use the paired t test for one side", {
      alternative,
    })
  const { gained, lost } = discordant(pairs)
  const n = pairs.control.length
  return {
    test: mcNemar(gained, lost, { by }),
    effect: differenceOfPairs(gained, lost, n, confidence),
    relativeEffect: relativeOfPairs(pairs, arms, confidence),
    otherEffects: conditionalOdds(gained, lost, confidence),
  }
}

/** The bootstrap of the mean (or another statistic) of the differences. */
export function pairedBootstrap(
  { differences, dropped }: Pairs,
  checked: CheckedOptions,
  options: ComparePairsOptions,
): Found {
  const groups = Array.from(differences, (d) => Float64Array.of(d))
  // Against a control that never varies: its draws are all the same.
  const none = { groups: [Float64Array.of(0), Float64Array.of(0)], dropped }
  const { found, test, notes } = bootstrapTest(none, { groups, dropped }, checked, options)
  return {
    test: { ...test, sizes: [differences.length, differences.length] },
    effect: found?.effect ?? null,
    relativeEffect: null,
    notes: [...notes, 'pairs are drawn as wholes'],
  }
}

function roundedTo(differences: Float64Array, step: number): Float64Array {
  if (!(step > 0 && Number.isFinite(step)))
    throw bad(`roundTo must be a finite number above 0, got ${step}`, { roundTo: step })
  return differences.map((d) => Math.round(d / step) * step)
}

function relativeOfPairs(
  { control, treatment }: Pairs,
  [c, t]: Arms,
  confidence: number,
): Effect | null {
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

/** Order statistics k and n + 1 − k with 2·P(X < k) <= 1 − confidence, X binomial (n, ½). */
function medianDifference(differences: Float64Array, confidence: number): Effect | null {
  const n = differences.length
  if (n === 0) return null
  const sorted = Float64Array.from(differences).sort()
  let k = 0
  while (k + 1 <= (n + 1) / 2 && 2 * binomial.cdf(k, n, 0.5) <= 1 - confidence) k++
  return {
    value: quantile(sorted, 0.5),
    interval: {
      level: confidence,
      lower: k === 0 ? null : sorted[k - 1]!,
      upper: k === 0 ? null : sorted[n - k]!,
    },
    method: 'median-order-statistics',
    scale: 'difference',
    standardError: null,
    degreesOfFreedom: null,
  }
}

/** Pairs that only the treatment got right, and that only the control did. */
function discordant({ control, treatment }: Pairs): { gained: number; lost: number } {
  let [gained, lost] = [0, 0]
  for (let i = 0; i < control.length; i++) {
    const [c, t] = [control[i]!, treatment[i]!]
    if ((c !== 0 && c !== 1) || (t !== 0 && t !== 1))
      throw badArms(`McNemar's test takes outcomes of 0 and 1; pair ${i} is (${c}, ${t})`, {
        pair: i,
      })
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
): Effect | null {
  if (n === 0) return null
  const z = -normal.quantile((1 - confidence) / 2)
  const [g, l] = [(gained + 1) / (n + 2), (lost + 1) / (n + 2)]
  const half = z * Math.sqrt((g + l - (g - l) ** 2) / (n + 2))
  const d = (gained - lost) / n
  return {
    value: d,
    interval: {
      level: confidence,
      lower: Math.max(-1, g - l - half),
      upper: Math.min(1, g - l + half),
    },
    method: 'bonett-price',
    scale: 'difference',
    standardError: Math.sqrt(((gained + lost) / n - d * d) / n),
    degreesOfFreedom: null,
  }
}

/** gained/lost, with Clopper and Pearson's interval of its share turned into odds. */
function conditionalOdds(gained: number, lost: number, confidence: number): Effect[] {
  if (lost === 0) return []
  const share = clopperPearson({ successes: gained, n: gained + lost }, { confidence })
  return [
    {
      value: gained / lost,
      interval: {
        level: confidence,
        lower: share.lower / (1 - share.lower),
        upper: share.upper / (1 - share.upper),
      },
      method: 'conditional-clopper-pearson',
      scale: 'odds-ratio',
      standardError: null,
      degreesOfFreedom: null,
    },
  ]
}
