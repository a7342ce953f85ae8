import type { McNemarMethod, ZeroMethod } from '@mlops/stats'
import type { AnalysisOptions } from './analysis-options.ts'
import type { BootstrapDifferenceOptions } from './arm-tests.ts'

export const MCNEMAR = {
  mcnemar: 'exact',
  'mcnemar-mid-p': 'mid-p',
  'mcnemar-chi-square': 'chi-square',
  'mcnemar-corrected': 'chi-square-corrected',
} as const satisfies Record<string, McNemarMethod>

/** The tests of units that were measured under both arms. */
export type PairedTest =
  | 'paired-t'
  | 'wilcoxon'
  | 'sign'
  | 'permutation'
  | 'bootstrap'
  | keyof typeof MCNEMAR

export const PAIRED_TESTS: readonly PairedTest[] = [
  'paired-t',
  'wilcoxon',
  'sign',
  'permutation',
  'bootstrap',
  ...(Object.keys(MCNEMAR) as (keyof typeof MCNEMAR)[]),
]

export interface ComparePairsOptions extends AnalysisOptions, BootstrapDifferenceOptions {
  /**
   * `permutation`: sign flips of the differences, exact while their ways are at most `resamples` and drawn by `rng`
   * beyond; `mcnemar` (exact) and its variants for outcomes of 0 and 1, two-sided. @default 'paired-t'
   */
  readonly test?: PairedTest
  /** What `wilcoxon` does with differences of 0. @default 'wilcox' */
  readonly zeros?: ZeroMethod
  /** Of `wilcoxon`. @default 'auto' */
  readonly pValueBy?: 'auto' | 'exact' | 'normal'
  /** Of `wilcoxon`'s normal approximation. @default 'none' */
  readonly correction?: 'continuity' | 'none'
  /** `wilcoxon` ranks differences rounded to multiples of this: rounding noise breaks no ties then. */
  readonly roundTo?: number
}
