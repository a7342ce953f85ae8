import type { Rng } from '@mlops/core'
import type { UnpairedOptions } from './analysis-options.ts'
import type { ArmStatistic } from './bootstrap-difference.ts'
import type { ClusterIds } from './cluster-sums.ts'

export const MEAN_TESTS = ['welch', 'student', 'yuen', 'permutation', 'bootstrap'] as const
export const RANK_TESTS = ['mann-whitney', 'brunner-munzel'] as const
export const PROPORTION_TESTS = [
  'two-proportion-z',
  'two-proportion-z-unpooled',
  'chi-square',
  'chi-square-yates',
  'fisher',
] as const

/** The tests of two proportions. */
export type ProportionTest = (typeof PROPORTION_TESTS)[number]

/** The tests of two arms with different units. */
export type UnpairedTest =
  | (typeof MEAN_TESTS)[number]
  | (typeof RANK_TESTS)[number]
  | ProportionTest

/** How the interval of the difference of two proportions is found. */
export type DifferenceInterval = 'newcombe' | 'miettinen-nurminen' | 'agresti-caffo' | 'wald'

/** What the bootstrap takes. */
export interface BootstrapDifferenceOptions {
  /** Seeded; required. */
  readonly rng?: Rng
  /** @default 2000 */
  readonly resamples?: number
  /**
   * `percentile`: quantiles of the resampled differences; `bca`: corrected for bias and skew, which errs
   * more often with two heavy-tailed arms of up to some hundred units. @default 'percentile'
   */
  readonly bootstrap?: 'bca' | 'percentile'
  /** What is compared, of each arm's values. @default 'mean' */
  readonly statistic?: 'mean' | 'median' | ArmStatistic
}

export interface CompareArmsOptions extends UnpairedOptions, BootstrapDifferenceOptions {
  /** @default 'welch' for values, 'two-proportion-z' for proportions */
  readonly test?: UnpairedTest
  /** Share that `yuen` leaves out at each end. @default 0.2 */
  readonly trim?: number
  /** Of `mann-whitney`. @default 'auto' */
  readonly pValueBy?: 'auto' | 'exact' | 'normal'
  /** Of `mann-whitney`'s normal approximation. @default 'continuity' */
  readonly correction?: 'continuity' | 'none'
  /** Of the difference of two proportions. @default 'newcombe' */
  readonly interval?: DifferenceInterval
  /** Of the ratio of two proportions. @default 'koopman' */
  readonly ratioInterval?: 'koopman' | 'katz'
  /** Of each value, for `bootstrap`: whole clusters are drawn. */
  readonly clusters?: { readonly control: ClusterIds; readonly treatment: ClusterIds }
}
