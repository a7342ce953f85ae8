import type { Rng } from '@mlops/core'

/** Features of a decision, the same for all arms; a constant 1 among them gives an intercept. */
export type BanditContext = ArrayLike<number>

/** What the arms would be chosen with, and why. Arms are in the order of their ids. */
export interface ArmProbabilities {
  /** The active arms. */
  readonly arms: readonly string[]
  /** Add up to 1. */
  readonly probabilities: readonly number[]
  /** What the arms were compared by; null for an arm that was never tried and goes first. */
  readonly scores: readonly (number | null)[]
}

/** A choice, as plain JSON: the record to log. */
export interface BanditChoice extends ArmProbabilities {
  readonly kind: 'bandit-choice'
  readonly bandit: string
  readonly arm: string
  /** The probability with which this arm was drawn. */
  readonly propensity: number
}

/** What came of a choice, however late. */
export interface BanditOutcome {
  readonly arm: string
  readonly reward: number
  /** Of the choice; required by contextual bandits. */
  readonly context?: BanditContext
  /** Of the choice; required by EXP3. */
  readonly propensity?: number
}

/** The state of a bandit as plain JSON. */
export interface BanditState<Arm = unknown, Shared = unknown> {
  readonly kind: 'bandit-state'
  readonly formatVersion: 1
  readonly bandit: string
  /** The options it runs under. A state continues only under the same ones. */
  readonly options: Readonly<Record<string, unknown>>
  /** Rewards learned from. */
  readonly updates: number
  /** In the order of their ids. A removed arm stays, so that its id is never used again. */
  readonly arms: readonly BanditArm<Arm>[]
  readonly shared: Shared
}

export interface BanditArm<Arm = unknown> {
  readonly id: string
  readonly status: 'active' | 'removed'
  readonly body: Arm
}

/** A bandit at work: it owns a private mutable state, which `state()` copies out as JSON. */
export interface BanditRun<Arm = unknown, Shared = unknown> {
  select(context?: BanditContext): BanditChoice
  update(outcome: BanditOutcome): void
  state(): BanditState<Arm, Shared>
}

/**
 * A bandit: reducers over JSON state, and a fast run of them. Every choice is drawn from the
 * probabilities that it reports, so its propensity is exact.
 */
export interface Bandit<Arm = unknown, Shared = unknown> {
  readonly name: string
  readonly options: Readonly<Record<string, unknown>>
  /** The state before the first reward. */
  start(arms: readonly string[]): BanditState<Arm, Shared>
  /** With which probability each arm would be chosen. */
  probabilities(
    state: BanditState<Arm, Shared>,
    options?: { readonly context?: BanditContext },
  ): ArmProbabilities
  /** Draws an arm. The state stays as it was. */
  select(
    state: BanditState<Arm, Shared>,
    options: { readonly rng: Rng; readonly context?: BanditContext },
  ): BanditChoice
  /** The state after an outcome, or after a batch of them in this order. */
  update(
    state: BanditState<Arm, Shared>,
    outcomes: BanditOutcome | readonly BanditOutcome[],
  ): BanditState<Arm, Shared>
  /** The state with one more arm. */
  addArm(state: BanditState<Arm, Shared>, id: string): BanditState<Arm, Shared>
  /** The state in which an arm is not chosen any more; late rewards of it are still taken. */
  removeArm(state: BanditState<Arm, Shared>, id: string): BanditState<Arm, Shared>
  /** What two replicas learned apart from each other, put together. Commutative and associative. */
  merge(a: BanditState<Arm, Shared>, b: BanditState<Arm, Shared>): BanditState<Arm, Shared>
  /** Starts with arms, or continues from a state. */
  run(
    from: readonly string[] | BanditState<Arm, Shared>,
    options: { readonly rng: Rng },
  ): BanditRun<Arm, Shared>
}
