import type { ColumnType, Verdict, Warning } from '@mlops/core'
import type { ContingencyResult, Description, KsTestResult } from '@mlops/stats'

/** How a column can be judged: by a test together with its effect size, by a p-value, or by a distance. */
export type DriftMethod =
  | 'test-and-effect'
  | 'p-value'
  | 'psi'
  | 'kl-reference-current'
  | 'kl-current-reference'
  | 'jensen-shannon'
  | 'hellinger'
  | 'total-variation'
  | 'wasserstein-normed'

/** Distances between the two distributions of a column. `null` where one is not defined for it. */
export interface Distances {
  /** sum (c − r)·ln(c/r), shares floored at 1e-4. */
  readonly psi: number
  /** What PSI would be on average without any drift, at these sizes: about (bins − 1)(1/n + 1/m). */
  readonly psiNoise: number
  /** sum r·ln(r/c), floored at 1e-4 and renormalised. */
  readonly klReferenceCurrent: number
  /** sum c·ln(c/r), floored at 1e-4 and renormalised. */
  readonly klCurrentReference: number
  /** Square root of the divergence to base 2: 0 to 1. */
  readonly jensenShannon: number
  /** 0 to 1. */
  readonly hellinger: number
  /** 0 to 1: the share of rows that would have to change bin or category. */
  readonly totalVariation: number
  /** In the column's unit, of the finite values. `null` for categories. */
  readonly wasserstein: number | null
  /** The same over the reference's standard deviation (ddof 0). `null` for categories and constants. */
  readonly wassersteinNormed: number | null
}

/** Why a column counts as drifted or not. */
export interface ColumnDecision {
  readonly method: DriftMethod
  readonly drifted: boolean
  /** The value that was compared: a p-value, a distance or an effect size. */
  readonly value: number | null
  readonly threshold: number
  /** How `value` must lie to `threshold` for drift. */
  readonly direction: '<' | '>='
  /** The test's p-value, and after adjusting for all columns; `null` where no test was made. */
  readonly pValue: number | null
  readonly adjustedPValue: number | null
  readonly alpha: number
  /** The figures are bounds, and their other end would be judged as drift. */
  readonly undecided?: true
}

/** From … to: where the true figure lies. */
export type Bound = readonly [low: number, high: number]

/** How far the figures of a column may be off, where they were computed on sketches. */
export interface EstimateBounds {
  /** How sure the bounds are; 1 where nothing is left to chance. */
  readonly confidence: number
  readonly effectSize: Bound
  /** Of the test; `null` where no test was made. */
  readonly pValue: Bound | null
  /** One for every distance of the column, `null` where the distance itself is. */
  readonly distances: Readonly<Partial<Record<Exclude<keyof Distances, 'psiNoise'>, Bound | null>>>
}

/** The present and missing values of one side of a column. */
export interface SideSummary {
  readonly count: number
  readonly missing: number
  readonly missingShare: number
  /** Of a numeric column: moments and quantiles of the finite values. */
  readonly numbers?: Description
  /** Of a numeric column. */
  readonly infinite?: number
  /** Of a categorical column. */
  readonly distinct?: number
}

/** Both distributions over the same bins or categories, as counts, for drawing. */
export interface Distribution {
  readonly labels: readonly string[]
  /** Inner edges of a numeric histogram; the outer bins are open. Absent for categories. */
  readonly edges?: readonly number[]
  readonly reference: readonly number[]
  readonly current: readonly number[]
}

/** One column's comparison. */
export interface ColumnDrift {
  readonly name: string
  readonly type: ColumnType
  /**
   * `compared`; `insufficient-data`: too few values on a side; `described`: a time column, which
   * always moves, so it is described but not judged; `missing-column` and `new-column`: on one side
   * only; `type-changed`.
   */
  readonly status:
    | 'compared'
    | 'described'
    | 'insufficient-data'
    | 'missing-column'
    | 'new-column'
    | 'type-changed'
  readonly verdict: Verdict
  /** What happened, in plain words, the most important first. */
  readonly reasons: readonly string[]
  /** Effect size: the KS distance of numbers, the total variation of categories; both 0 to 1. */
  readonly effectSize: {
    readonly name: 'ks-distance' | 'total-variation'
    readonly value: number
    readonly threshold: number
  } | null
  /** Only where figures are estimates: then the p-value of `test` is the upper end of its bound. */
  readonly bounds?: EstimateBounds
  readonly decision: ColumnDecision | null
  readonly distances: Distances | null
  readonly test: KsTestResult | ContingencyResult | null
  readonly reference: SideSummary | null
  readonly current: SideSummary | null
  readonly distribution: Distribution | null
  /** Categories that only one side has, the most frequent first, at most 20 of each. */
  readonly newCategories: readonly string[]
  readonly vanishedCategories: readonly string[]
  readonly warnings: readonly Warning[]
}

/** A comparison of two tables, column by column and as a whole. */
export interface DriftReport {
  readonly kind: 'drift-report'
  readonly verdict: Verdict
  readonly reasons: readonly string[]
  readonly rows: { readonly reference: number; readonly current: number }
  readonly dataset: {
    readonly compared: number
    readonly drifted: number
    /** drifted / compared; `null` when nothing could be compared. */
    readonly share: number | null
    /** From this share on the data as a whole count as drifted. */
    readonly failShare: number
    readonly multiplicity: {
      readonly method: string
      readonly alpha: number
      readonly tests: number
    }
  }
  /** The most drifted first. */
  readonly columns: readonly ColumnDrift[]
  readonly warnings: readonly Warning[]
}
