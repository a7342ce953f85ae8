import type { Digest, Verdict, Warning } from '@mlops/core'
import type { ConfidenceInterval, TestResult } from '@mlops/stats'

/** What is known of one arm. */
export interface ArmSummary {
  readonly name: string
  /** Units used. */
  readonly n: number
  /** Units left out because their value is missing. */
  readonly dropped: number
  readonly mean: number | null
  /** ddof 1; of a proportion sqrt(p(1 − p)). */
  readonly sd: number | null
}

/** An estimate with its interval. */
export interface Estimate {
  readonly value: number
  readonly interval: ConfidenceInterval | null
  readonly method: string
}

/** What an experiment says, with everything that it rests on. */
export interface AbReadout {
  readonly kind: 'ab-readout'
  /**
   * `pass`: the treatment is better; `fail`: it is worse; `inconclusive`: neither is shown, or the
   * data cannot be trusted.
   */
  readonly verdict: Verdict
  readonly design: 'unpaired' | 'paired'
  readonly metric: { readonly name: string; readonly better: 'higher' | 'lower' }
  /** Control first. */
  readonly arms: readonly [ArmSummary, ArmSummary]
  /** Treatment minus control. */
  readonly effect: Estimate | null
  /** The same over the control's mean; `null` where that is 0 or its sign is unsure. */
  readonly relativeEffect: Estimate | null
  readonly test: TestResult
  readonly alpha: number
  /** Why the p-value and intervals are what they are: what was adjusted for, and what was not. */
  readonly adjustments: readonly string[]
  readonly reasons: readonly string[]
  readonly warnings: readonly Warning[]
  /** The plan that was registered for it. */
  readonly plan?: { readonly name: string; readonly digest: Digest; readonly registeredAt: string }
}
