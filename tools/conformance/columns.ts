import type { ColumnFacts } from '@mlops/drift'
import { evidentlyRule } from '@mlops/drift'
import {
  bhattacharyyaDistance,
  cramersV,
  interpolatedShares,
  jensenShannonDistance,
  lInfinity,
  poolRareCategories,
  thresholdLimits,
} from '@mlops/stats'
import type { Method, RawCase } from './case.ts'

/** How `drift.ts` reads the sides of a case. */
export interface CaseReader {
  readonly counts: (raw: RawCase) => [number[], number[]]
  readonly samples: (raw: RawCase) => [number[], number[]]
  readonly overUnion: (raw: RawCase) => [readonly number[], readonly number[]]
}

/** Measures by other tools' conventions, thresholds and choices of method. */
export function columnMethods({
  counts,
  samples,
  overUnion,
}: CaseReader): Readonly<Record<string, Method>> {
  return {
    // The tool adds epsilon to the coefficient, which matters only where the sides are disjoint.
    bhattacharyya_distance: (raw) =>
      -Math.log(
        Math.exp(-bhattacharyyaDistance(...overUnion(raw))) +
          (raw.params['epsilon'] ?? Number.EPSILON),
      ),
    cramers_v: (raw) => {
      const { balance_classes, min_category_size_ratio: minShare = 0, yates_for_2x2 } = raw.params
      const options = {
        correction: yates_for_2x2 ? 'yates' : 'none',
        resize: balance_classes ? 'balance-classes' : 'to-smaller',
        bias: String(raw.params['bias_correction'] ?? 'Bergsma') === 'none' ? 'none' : 'bergsma',
      } as const
      const [r, c] = counts(raw)
      // Balanced classes leave no room for pooling rare ones.
      if (balance_classes || minShare === 0) return cramersV(r, c, options)
      const pooled = poolRareCategories(r, c, { minShare, keepPool: 'if-common' })
      return cramersV(pooled.reference, pooled.current, options)
    },
    default_method_selection: ({ input }) =>
      (input['table'] as DefaultRow[]).map(({ n_reference, type, n_unique_ref_plus_cur }) => {
        const { name } = evidentlyRule({
          type: TYPES[type],
          referenceCount: n_reference,
          distinct: n_unique_ref_plus_cur,
        })
        return name
      }),
    js_distance_smoothed_hist_cdf: (raw) => {
      const points = raw.params['num_bins'] ?? 10
      const { reference, current } = interpolatedShares(...samples(raw), { cells: points - 1 })
      return jensenShannonDistance(reference, current, { base: Math.E })
    },
    normalized_absolute_difference: (raw) => lInfinity(...counts(raw), { total: 'combined' }),
    constant_threshold: ({ params }) =>
      thresholdLimits([], {
        kind: 'constant',
        lower: params['lower'] ?? null,
        upper: params['upper'] ?? null,
      }),
    quantile_threshold: ({ input, params }) =>
      thresholdLimits(input['values'], {
        kind: 'quantile',
        lower: params['lower'] ?? null,
        upper: params['upper'] ?? null,
      }),
    std_threshold: ({ input, params }) =>
      thresholdLimits(input['values'], {
        kind: 'standard-deviation',
        lowerMultiplier: params['lower_multiplier'],
        upperMultiplier: params['upper_multiplier'],
        center: params['offset_from'] ?? 'mean',
      }),
  }
}

interface DefaultRow {
  readonly n_reference: number
  readonly type: 'num' | 'cat' | 'text'
  readonly n_unique_ref_plus_cur: number
}

const TYPES: Readonly<Record<DefaultRow['type'], ColumnFacts['type']>> = {
  num: 'numeric',
  cat: 'categorical',
  text: 'text',
}
