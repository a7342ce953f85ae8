import type { Clock, Evidence, IdSource, Logger } from '@mlops/core'
import type { Store } from '@mlops/store'
import type * as z from 'zod'
import type { AuditTrail } from '../audit.ts'
import type {
  askCommand,
  attachCommand,
  classifyCommand,
  delegateCommand,
  signCommand,
  submitCommand,
  waiveCommand,
} from '../commands.ts'
import type { GateDecision } from '../gate.ts'
import type { Policy } from '../policy.ts'
import type { SubmittedRelease, UseCase } from '../records.ts'
import type { SignOff } from '../sign-off.ts'
import type { Waiver } from '../waiver.ts'

export interface GovernanceOptions {
  readonly store: Store
  readonly policy: Policy
  /** @default systemClock */
  readonly clock?: Clock
  /** @default uuidV7 of the clock */
  readonly ids?: IdSource
  /** @default silentLogger */
  readonly logger?: Logger
}

/** Governance over a database. Every change, and every refusal of one, is in the audit trail. */
export interface Governance {
  readonly policy: Policy
  readonly audit: AuditTrail
  /** Classifies a use case and keeps the result as evidence of kind `risk-classification`. */
  classifyUseCase(
    command: z.input<typeof classifyCommand>,
  ): Promise<UseCase & { readonly evidence: Evidence }>
  /** @throws `not-found` `governance.use-case-not-found` */
  getUseCase(name: string): Promise<UseCase>
  /** Puts a release forward; the same release again changes nothing. */
  submitRelease(command: z.input<typeof submitCommand>): Promise<SubmittedRelease>
  /** Keeps evidence, after checking that it is what its digest says. Again is harmless. */
  attachEvidence(command: z.input<typeof attachCommand>): Promise<void>
  /**
   * @throws `denied` `governance.sign-off-refused` with the reason in `details`; `invalid`
   *   `governance.unknown-role`.
   */
  signOff(command: z.input<typeof signCommand>): Promise<SignOff>
  /**
   * @throws `denied` `governance.waiver-refused` with the reasons in `details`; `invalid`
   *   `governance.unknown-measure`.
   */
  waive(command: z.input<typeof waiveCommand>): Promise<Waiver>
  /**
   * @throws `denied` `governance.role-not-held`; `invalid` `governance.unknown-role`,
   *   `governance.delegation-past`.
   */
  delegate(command: z.input<typeof delegateCommand>): Promise<void>
  /** Asks a gate, and records the decision. */
  ask(command: z.input<typeof askCommand>): Promise<GateDecision>
}
