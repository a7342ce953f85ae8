import type { Digest, Verdict, Warning } from '@mlops/core'
import type { ConfidenceInterval, TestResult } from '@mlops/stats'

/** What is known of one arm. */
export interface ArmSummary {
  readonly name: string
  /** Units used: clusters, where clusters were randomised. */
  readonly n: number
  /** Units left out because a value of theirs is missing. */
  readonly dropped: number
  /** Mean of the outcome, or the ratio, quantile or adjusted mean that is compared. */
  readonly mean: number | null
  /** ddof 1; of a proportion sqrt(p(1 − p)); of a ratio that of its linearised values. */
  readonly sd: number | null
}

/** An estimate with its interval. */
export interface Estimate {
  readonly value: number
  readonly interval: ConfidenceInterval | null
  readonly method: string
}

/**
 * What an effect is measured by. `difference`: treatment minus control; `relative`: that over the
 * control's absolute mean; `ratio` and `odds-ratio`: treatment over control; `superiority`:
 * P(treatment > control) + ½·P(equal).
 */
export type EffectScale = 'difference' | 'relative' | 'ratio' | 'odds-ratio' | 'superiority'

/** The value of each scale at which the arms do not differ. */
export const NO_EFFECT: Readonly<Record<EffectScale, number>> = Object.freeze({
  difference: 0,
  relative: 0,
  ratio: 1,
  'odds-ratio': 1,
  superiority: 0.5,
})

/** An effect of the treatment, with what another level or margin needs. */
export interface Effect extends Estimate {
  readonly scale: EffectScale
  /** `null` where the interval does not rest on one. */
  readonly standardError: number | null
  /** Of Student's distribution; `null` for the normal one. */
  readonly degreesOfFreedom: number | null
}

/** What was measured, and which way is better. */
export interface Metric {
  readonly name: string
  readonly better: 'higher' | 'lower'
}

/** The hypothesis that the test is about. */
export type Hypothesis =
  | { readonly kind: 'difference' }
  /** Shown when the effect is not worse than the margin. */
  | {
      readonly kind: 'non-inferiority'
      readonly margin: number
      readonly scale: 'difference' | 'relative'
    }
  /** Shown when the effect lies within ±margin: two one-sided tests. */
  | {
      readonly kind: 'equivalence'
      readonly margin: number
      readonly scale: 'difference' | 'relative'
    }

/** What variance reduction did. */
export interface VarianceReduction {
  readonly method: 'cuped' | 'regression' | 'post-stratification'
  /** The difference without it. */
  readonly unadjusted: Effect | null
  /** 1 − (adjusted/unadjusted standard error)²; negative where it made things worse. */
  readonly varianceReduction: number | null
  /** Coefficients of the covariates: CUPED's theta, or those of the regression. */
  readonly coefficients: readonly number[]
}

interface ReadoutHead {
  readonly kind: 'ab-readout'
  /**
   * `pass`: the treatment is better; `fail`: it is worse; `inconclusive`: neither is shown, or the
   * data cannot be trusted. For a margin, `pass`: it is kept; `fail`: it is shown to be broken.
   */
  readonly verdict: Verdict
  readonly alpha: number
  /** Why the p-value and intervals are what they are: what was adjusted for, and what was not. */
  readonly adjustments: readonly string[]
  readonly reasons: readonly string[]
  readonly warnings: readonly Warning[]
  /** The plan that was registered for it. */
  readonly plan?: { readonly name: string; readonly digest: Digest; readonly registeredAt: string }
}

/** What a comparison of two arms says, with everything that it rests on. */
export interface AbReadout extends ReadoutHead {
  readonly analysis: 'comparison'
  readonly design: 'unpaired' | 'paired'
  readonly metric: Metric
  readonly hypothesis: Hypothesis
  /** Control first. */
  readonly arms: readonly [ArmSummary, ArmSummary]
  /** The effect that the verdict speaks of. */
  readonly effect: Effect | null
  /** The difference over the control's mean; `null` where that is 0 or its sign is unsure. */
  readonly relativeEffect: Effect | null
  /** The same comparison on other scales, where it has them: ratio, odds, shift. */
  readonly otherEffects: readonly Effect[]
  readonly test: TestResult
  readonly varianceReduction?: VarianceReduction
}

/** One member of a family: a metric in one arm against control. */
export interface FamilyRow {
  readonly metric: Metric
  readonly role: 'success' | 'guardrail'
  readonly arm: string
  readonly effect: Effect | null
  readonly relativeEffect: Effect | null
  readonly test: TestResult
  /** Adjusted over the success metrics; of a guardrail the p-value itself. `null` where undefined. */
  readonly adjustedPValue: number | null
  /** The effect's interval at the level that holds for the family; `null` where it has none. */
  readonly adjustedInterval: ConfidenceInterval | null
  readonly verdict: Verdict
}

/** Several metrics or arms judged together. */
export interface FamilyReadout extends ReadoutHead {
  readonly analysis: 'family'
  /** Control first. */
  readonly arms: readonly ArmSummary[]
  readonly multiplicity: {
    readonly method: MultiplicityMethod
    /** Tests that were adjusted for each other: success metrics times arms. */
    readonly tests: number
    readonly guardrails: number
  }
  /** An arm passes when a success metric of it is better, none is worse, and its guardrails hold. */
  readonly armVerdicts: readonly { readonly arm: string; readonly verdict: Verdict }[]
  /** A test of all arms at once, where one was asked for. */
  readonly omnibus?: TestResult
  readonly rows: readonly FamilyRow[]
}

/** How p-values of a family are adjusted. The last two control the false discovery rate. */
export type MultiplicityMethod =
  | 'none'
  | 'bonferroni'
  | 'holm'
  | 'hochberg'
  | 'hommel'
  | 'benjamini-hochberg'
  | 'benjamini-yekutieli'

/** What choosing control, or the treatment, costs on average. */
export interface ExpectedLoss {
  readonly control: number
  readonly treatment: number
}

/** What a Bayesian comparison of two arms says. */
export interface BayesianReadout extends ReadoutHead {
  readonly analysis: 'bayesian'
  readonly model: 'beta-binomial' | 'normal'
  readonly status: 'ok' | 'insufficient-data' | 'undefined'
  readonly metric: Metric
  /** Control first; what was observed. */
  readonly arms: readonly [ArmSummary, ArmSummary]
  /** The prior in force, in words. */
  readonly prior: string
  /** P(the treatment is better | data). */
  readonly probabilityBetter: number | null
  /** Of probability, loss and region: the difference, or the relative effect. */
  readonly scale: 'difference' | 'relative'
  /** What choosing the arm costs on average, for it may be the worse one. */
  readonly expectedLoss: ExpectedLoss | null
  /** Posterior mean and credible interval. */
  readonly effect: Effect | null
  readonly relativeEffect: Effect | null
  /** P(the effect lies inside the region of practical equivalence | data). */
  readonly rope: {
    readonly lower: number
    readonly upper: number
    readonly probability: number | null
  } | null
}

/** Any result of this package's analyses, told apart by `analysis`. */
export type ExperimentReadout = AbReadout | FamilyReadout | BayesianReadout
