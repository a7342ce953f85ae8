import type { PairBinning } from '../binning/pair-binning.ts'
import type { CramersVOptions } from '../distances/cramers-v.ts'
import type { InterpolatedSharesOptions } from '../distances/interpolated-shares.ts'
import { type Smoothing, smoothingPresets } from '../distances/smoothing.ts'

/** Whose way of computing a measure is meant. */
export type ConventionName =
  | 'classical'
  | 'evidently'
  | 'nannyml'
  | 'deepchecks'
  | 'frouros'
  | 'whylogs'
  | 'tfdv'

const quantile: PairBinning = Object.freeze({ rule: 'quantile', bins: 10, fitOn: 'reference' })
const sturges: PairBinning = Object.freeze({ rule: 'sturges', fitOn: 'both', valuesUpTo: 20 })
const doane: PairBinning = Object.freeze({ rule: 'doane', fitOn: 'reference', outside: 'own-bin' })
const pooledWidth: PairBinning = Object.freeze({ rule: 'equal-width', bins: 10, fitOn: 'both' })
const cells: InterpolatedSharesOptions = Object.freeze({ bins: 'auto', cells: 9 })
const buckets: InterpolatedSharesOptions = Object.freeze({ bins: 10, cells: 'union-of-edges' })
const smoothing = smoothingPresets
const { none } = smoothingPresets
/** A category that the reference lacks falls into one bin with all others of its kind. */
const unseen = 'pooled'
const deepchecksV: CramersVOptions = Object.freeze({ correction: 'yates', resize: 'to-smaller' })

/**
 * The conventions of other tools, measure by measure, as plain values: how numbers are binned, what
 * is done about empty bins, the base of the logarithm. The same measure under two conventions is two
 * different numbers, so a threshold means something only together with its convention.
 *
 * `binning` is for {@link binPair}, `cells` for {@link interpolatedShares}, `smoothing` for `psi` and
 * `kl`, `base` for the Jensen-Shannon functions, `minimumSd` for `wasserstein1Normed`.
 *
 * @example
 * ```ts
 * import { binPair, conventions, jensenShannonDistance } from '@mlops/stats'
 *
 * const { binning, base } = conventions.nannyml['jensen-shannon']
 * const { reference, current } = binPair([1, 2, 3, 4, 5], [4, 5, 6, 7, 8], binning)
 * console.log(jensenShannonDistance(reference, current, { base }).toFixed(4)) // '0.7746'
 * ```
 * Source: the tools' sources: Evidently 0.7, NannyML 0.13, Deepchecks 0.19, Frouros 0.9, whylogs 1.6,
 * TFDV 1.16.
 */
export const conventions = {
  /** Deciles of the reference with open ends; shares below 1e-4 raised to it. */
  classical: {
    psi: { binning: quantile, smoothing: smoothing.floor },
    'kl-reference-current': {
      binning: quantile,
      smoothing: smoothing.floorRenormalised,
    },
    'kl-current-reference': {
      binning: quantile,
      smoothing: smoothing.floorRenormalised,
    },
    'jensen-shannon': { binning: quantile, base: 2 },
    hellinger: { binning: quantile },
    'total-variation': { binning: quantile },
  },
  /** Sturges' bins over both sides, or one bin a value; zeros filled; base e. */
  evidently: {
    psi: { binning: sturges, smoothing: smoothing.evidently },
    'kl-reference-current': { binning: sturges, smoothing: smoothing.evidently },
    'jensen-shannon': { binning: sturges, base: Math.E },
    hellinger: {
      binning: { rule: 'sturges', fitOn: 'distinct-of-both' } as PairBinning,
    },
    'wasserstein-normed': { minimumSd: 0.001 },
    'chi-square-goodness-of-fit': { binning: sturges },
  },
  /** Doane's bins on the reference, one bin for everything else; base 2. */
  nannyml: {
    'jensen-shannon': { binning: doane, base: 2, unseen },
    hellinger: { binning: doane, unseen },
    'chi-square': { correction: 'yates' },
  },
  /** Rare categories pooled; Cramér's V of sides of equal size; numbers between their 2.5 % margins. */
  deepchecks: {
    psi: { minShare: 0.01, smoothing: smoothing.deepchecks },
    'cramers-v': { minShare: 0.01, cramersV: deepchecksV },
    wasserstein: { margin: 0.025, scale: 'min-max' },
  },
  /** Ten bins of equal width over both sides. */
  frouros: {
    psi: { binning: pooledWidth, smoothing: smoothing.frouros },
    'kl-current-reference': { binning: pooledWidth, smoothing: none },
    'jensen-shannon': { cells, base: Math.E },
    hellinger: { binning: pooledWidth },
    bhattacharyya: { binning: pooledWidth },
    'total-variation': { binning: pooledWidth },
  },
  /** The asymptotic KS test; expected counts cut to whole ones. */
  whylogs: {
    ks: { pValueBy: 'asymptotic' },
    'chi-square-goodness-of-fit': { expected: 'whole' },
  },
  /** The divergence, not its root, over the union of both sides' ten buckets. */
  tfdv: {
    'jensen-shannon-divergence': { cells: buckets, base: 2 },
    'l-infinity': { total: 'own' },
  },
} as const satisfies Readonly<Record<ConventionName, Readonly<Record<string, MeasureConvention>>>>

/** What a convention may say of a measure; absent members are the library's own defaults. */
export interface MeasureConvention {
  readonly binning?: PairBinning
  readonly cells?: InterpolatedSharesOptions
  readonly smoothing?: Smoothing
  readonly base?: number
  readonly unseen?: 'pooled'
  readonly minShare?: number
  readonly cramersV?: CramersVOptions
  readonly minimumSd?: number
  readonly margin?: number
  readonly scale?: 'min-max'
  readonly pValueBy?: 'asymptotic'
  readonly correction?: 'yates'
  readonly expected?: 'whole'
  readonly total?: 'own'
}
