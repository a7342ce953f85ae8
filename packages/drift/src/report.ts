import type { ColumnType, Verdict, Warning } from '@mlops/core'
import type { ConventionName, Description, TestResult } from '@mlops/stats'

/** A distance by which a column can be judged. */
export type DistanceMethod =
  | 'psi'
  | 'psi-corrected'
  | 'kl-reference-current'
  | 'kl-current-reference'
  | 'jensen-shannon'
  | 'jensen-shannon-divergence'
  | 'hellinger'
  | 'bhattacharyya'
  | 'total-variation'
  | 'l-infinity'
  | 'wasserstein'
  | 'wasserstein-normed'
  | 'energy'
  | 'ks-distance'
  | 'kuiper-distance'
  | 'cramers-v'

/** A test by which a column can be judged, on its adjusted p-value. */
export type TestMethod =
  | 'ks'
  | 'cramer-von-mises'
  | 'anderson-darling'
  | 'kuiper'
  | 'mann-whitney'
  | 'brunner-munzel'
  | 'epps-singleton'
  | 'welch-t'
  | 'student-t'
  | 'levene'
  | 'chi-square'
  | 'chi-square-goodness-of-fit'
  | 'g-test'
  | 'fisher-exact'
  | 'two-proportion-z'
  | 'psi-significance'

/**
 * How a column can be judged: by its usual test together with the effect size, by the p-value of
 * that test, by another test, or by a distance.
 */
export type DriftMethod = 'test-and-effect' | 'p-value' | TestMethod | DistanceMethod

/** A way to compare all columns at once: see `@mlops/drift/multivariate`. */
export type MultivariateMethod = 'pca-reconstruction' | 'mmd' | 'energy' | 'classifier'

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

/** How a value must lie to its threshold for drift. */
export type Direction = '<' | '<=' | '>' | '>='

/** Why a column counts as drifted or not. */
export interface ColumnDecision {
  readonly method: DriftMethod
  /** Whose convention `method` follows, where one was named. */
  readonly convention?: ConventionName
  readonly drifted: boolean
  /** The value that was compared: a p-value, a distance or an effect size; `null` where it is undefined. */
  readonly value: number | null
  readonly threshold: number
  /** How `value` must lie to `threshold` for drift. */
  readonly direction: Direction
  /** Of a threshold learned with a lower limit: a value below it is drift too. */
  readonly lower?: number
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
  /** Of a numeric column, and of an embedding column: rows with an infinite component. */
  readonly infinite?: number
  /** Categories of a categorical column, words of a text column. */
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

/** A stretch of the line, or a category, whose share of the rows changed. */
export interface ShareChange {
  /** As people say it: `values above 63`, `'free'`. */
  readonly where: string
  /** Share in the reference and now. */
  readonly from: number
  readonly to: number
}

/** What a datetime, text or embedding column is compared by: one derived quantity. */
export interface PartDrift {
  /** `hour-of-day`, `words`, `norm`, … */
  readonly name: string
  readonly type: 'numeric' | 'categorical'
  readonly effectSize: { readonly name: EffectName; readonly value: number }
  readonly test: TestResult
  /** The test's p-value times the number of parts (Bonferroni), at most 1. */
  readonly adjustedPValue: number | null
  readonly distances: Distances
  readonly distribution: Distribution | null
  readonly reasons: readonly string[]
  /** Only where figures are estimates: then the p-value of `test` is the upper end of its bound. */
  readonly bounds?: EstimateBounds
  /** Whether there is enough to judge the part at all is open; its bounds reach down to no effect. */
  readonly uncertain?: true
}

/** Effect sizes, both from 0 (equal) to 1 (nothing in common). */
export type EffectName = 'ks-distance' | 'total-variation'

/** One column's comparison. */
export interface ColumnDrift {
  readonly name: string
  readonly type: ColumnType
  /** What the column is to the model, where `roles` says so: `prediction`, `target`, … */
  readonly role?: string
  /** The finding in one sentence for people who know the product, not statistics. */
  readonly sentence: string
  /**
   * The column's share of all change, 0 to 1: its Jensen-Shannon divergence to base 2 beyond what
   * chance gives at these sizes, over the sum of all columns. `null` where nothing was measured.
   */
  readonly contribution: number | null
  /** Where the change sits, the largest first. */
  readonly changes: readonly ShareChange[]
  /** What a datetime, text or embedding column was compared by. */
  readonly parts?: readonly PartDrift[]
  /**
   * `compared`; `insufficient-data`: too few values on a side; `described`: a time column too short
   * for any cycle, which always moves, so it is described but not judged; `missing-column` and `new-column`: on one side
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
    readonly name: EffectName
    readonly value: number
    readonly threshold: number
    /** Of which part, for a column that has parts. */
    readonly part?: string
  } | null
  /** Only where figures are estimates: then the p-value of `test` is the upper end of its bound. */
  readonly bounds?: EstimateBounds
  readonly decision: ColumnDecision | null
  readonly distances: Distances | null
  /** The test that `decision.method` names, or the usual one of the column's type. */
  readonly test: TestResult | null
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
  /** The report in one sentence for people who know the product, not statistics. */
  readonly sentence: string
  /** The tool whose rules were followed, where `preset` named one. */
  readonly preset?: ConventionName
  readonly rows: { readonly reference: number; readonly current: number }
  readonly dataset: {
    readonly compared: number
    readonly drifted: number
    /** drifted / compared; `null` when nothing could be compared. */
    readonly share: number | null
    /** From this share on the data as a whole count as drifted. */
    readonly failShare: number
    /** From this number on too, where a rule of that kind is in force. */
    readonly failCount?: number
    readonly multiplicity: {
      readonly method: string
      readonly alpha: number
      readonly tests: number
    }
  }
  /** Columns with a role first, then the most drifted first. */
  readonly columns: readonly ColumnDrift[]
  readonly warnings: readonly Warning[]
}
