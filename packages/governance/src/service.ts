import type { Actor, Clock, Evidence, IdSource, Logger, SubjectRef } from '@mlops/core'
import {
  createEvidence,
  formatSubject,
  invalid,
  isoTime,
  MlopsError,
  silentLogger,
  systemClock,
  uuidV7,
  verifyEvidence,
} from '@mlops/core'
import { parseWith } from '@mlops/core/schema'
import type { Store } from '@mlops/store'
import { createEventLog, expectRevision } from '@mlops/store'
import type { z } from 'zod'
import type { AuditTrail } from './audit.ts'
import { auditTrail } from './audit.ts'
import { classify } from './classify.ts'
import {
  askCommand,
  attachCommand,
  classifyCommand,
  delegateCommand,
  signCommand,
  submitCommand,
  waiveCommand,
} from './commands.ts'
import type { GateDecision, Release } from './gate.ts'
import { evaluateGate, gateOf } from './gate.ts'
import type { Policy } from './policy.ts'
import type { SubmittedRelease, UseCase } from './records.ts'
import { records } from './records.ts'
import type { SignOff } from './sign-off.ts'
import { judgeSignOff } from './sign-off.ts'
import { governanceMigrations } from './tables.ts'
import type { Waiver } from './waiver.ts'
import { faultsOfWaiver } from './waiver.ts'

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
  /** @throws `denied` `governance.sign-off-refused` with the reason in `details`. */
  signOff(command: z.input<typeof signCommand>): Promise<SignOff>
  /** @throws `denied` `governance.waiver-refused` with the reasons in `details`. */
  waive(command: z.input<typeof waiveCommand>): Promise<Waiver>
  /** @throws `denied` `governance.role-not-held` */
  delegate(command: z.input<typeof delegateCommand>): Promise<void>
  /** Asks a gate, and records the decision. */
  ask(command: z.input<typeof askCommand>): Promise<GateDecision>
}

/**
 * Opens governance on a store: migrates its tables, and serves the policy given.
 *
 * @throws those of `store.migrate`.
 */
export async function createGovernance({
  store,
  policy,
  clock = systemClock,
  ids = uuidV7({ clock }),
  logger = silentLogger,
}: GovernanceOptions): Promise<Governance> {
  await store.migrate('governance', governanceMigrations)
  const log = createEventLog({ store, name: 'governance', clock })

  /** Records a refusal in a transaction of its own, for the refused one is rolled back. */
  async function refuse(
    actor: Actor,
    action: string,
    subject: SubjectRef,
    error: MlopsError,
  ): Promise<never> {
    const data = { code: error.code, ...(error.details as object) }
    await store.transaction((tx) =>
      log.append(tx, { actor, action: `${action}.refused`, subject, data }),
    )
    logger.warn({ actor: actor.id, subject: formatSubject(subject), ...data }, `${action} refused`)
    throw error
  }

  async function releaseOf(
    db: Parameters<typeof records.release>[0],
    subject: SubjectRef,
    digest: string,
  ): Promise<SubmittedRelease> {
    const release = await records.release(db, subject, digest)
    if (release) return release
    throw new MlopsError({
      kind: 'not-found',
      code: 'governance.release-not-found',
      message: `${formatSubject(subject)} with digest ${digest} was not submitted; call submitRelease first`,
      details: { subject, digest },
    })
  }

  async function useCaseOf(
    db: Parameters<typeof records.useCase>[0],
    name: string,
  ): Promise<UseCase> {
    const found = await records.useCase(db, name)
    if (found) return found
    throw new MlopsError({
      kind: 'not-found',
      code: 'governance.use-case-not-found',
      message: `there is no use case '${name}'; call classifyUseCase first`,
      details: { useCase: name },
    })
  }

  return {
    policy,
    audit: auditTrail(log),

    async classifyUseCase(input) {
      const {
        useCase: name,
        answers,
        actor,
        expectedRevision,
      } = read(classifyCommand, input, 'the classification')
      const classification = classify(policy, answers)
      const subject = { type: 'use-case', name }
      return store.transaction(async (tx) => {
        const db = records.on(tx)
        const before = await records.useCase(db, name)
        expectRevision(`use case ${name}`, {
          expected: expectedRevision,
          actual: before?.revision ?? 0,
        })
        const evidence = createEvidence(
          {
            kind: 'risk-classification',
            subject,
            verdict: classification.verdict,
            result: classification,
            producedBy: actor,
          },
          { clock },
        )
        const after: UseCase = {
          name,
          revision: (before?.revision ?? 0) + 1,
          tier: classification.tier,
          classification,
          classifiedAt: evidence.producedAt,
        }
        await records.saveUseCase(db, after)
        await records.saveEvidence(db, evidence)
        const data = {
          revision: after.revision,
          tier: after.tier,
          from: before?.tier ?? null,
          evidence: evidence.digest,
        }
        await log.append(tx, { actor, action: 'use-case.classified', subject, data })
        return { ...after, evidence }
      })
    },

    getUseCase: (name) => useCaseOf(records.outside(store), name),

    async submitRelease(input) {
      const { useCase, subject, digest, authors, relatedSubjects, actor } = read(
        submitCommand,
        input,
        'the release',
      )
      return store.transaction(async (tx) => {
        const db = records.on(tx)
        const before = await records.release(db, subject, digest)
        if (before) return before
        await useCaseOf(db, useCase)
        const release: SubmittedRelease = {
          useCase,
          authors,
          relatedSubjects,
          submittedAt: isoTime(clock),
        }
        await records.saveRelease(db, subject, digest, release)
        await log.append(tx, {
          actor,
          action: 'release.submitted',
          subject,
          data: { digest, ...release },
        })
        return release
      })
    },

    async attachEvidence(input) {
      const { evidence, actor } = read(attachCommand, input, 'the evidence') as {
        evidence: Evidence
        actor: Actor
      }
      if (!verifyEvidence(evidence)) {
        const error = invalid(
          'governance.evidence-tampered',
          `evidence '${evidence.kind}' is not what its digest ${evidence.digest} says; produce it again`,
          {
            digest: evidence.digest,
          },
        )
        await refuse(actor, 'evidence.attached', evidence.subject, error)
      }
      await store.transaction(async (tx) => {
        if (!(await records.saveEvidence(records.on(tx), evidence))) return
        const { kind, verdict, digest, subject } = evidence
        await log.append(tx, {
          actor,
          action: 'evidence.attached',
          subject,
          data: { kind, verdict, digest },
        })
      })
    },

    async signOff(input) {
      const { gate, subject, digest, role, decision, comment, actor } = read(
        signCommand,
        input,
        'the sign-off',
      )
      gateOf(policy, gate)
      try {
        return await store.transaction(async (tx) => {
          const db = records.on(tx)
          const release = await releaseOf(db, subject, digest)
          const [delegations, before] = [
            await records.delegationsOf(db, [role]),
            await records.signOffsOf(db, gate, subject, digest),
          ]
          const signOff: SignOff = {
            gate,
            role,
            by: actor,
            digest,
            decision,
            at: isoTime(clock),
            ...(comment !== undefined && { comment }),
          }
          const signers = new Set(before.map((one) => one.by.id))
          const judged = judgeSignOff(signOff, {
            digest,
            authors: release.authors,
            delegations,
            signers,
          })
          if (!judged.counts) {
            throw new MlopsError({
              kind: 'denied',
              code: 'governance.sign-off-refused',
              message: `${actor.id} cannot sign ${formatSubject(subject)} as ${role}: ${judged.reason}`,
              details: { gate, role, reason: judged.reason },
            })
          }
          await records.saveSignOff(db, ids.next(), subject, signOff)
          const data = {
            gate,
            role,
            decision,
            digest,
            ...(judged.onBehalfOf !== undefined && { onBehalfOf: judged.onBehalfOf }),
            comment: comment ?? null,
          }
          await log.append(tx, { actor, action: 'release.signed', subject, data })
          return signOff
        })
      } catch (error) {
        if (error instanceof MlopsError && error.code === 'governance.sign-off-refused')
          await refuse(actor, 'release.signed', subject, error)
        throw error
      }
    },

    async waive(input) {
      const {
        gate: gateId,
        subject,
        digest,
        actor,
        ...rest
      } = read(waiveCommand, input, 'the waiver')
      const gate = gateOf(policy, gateId)
      const waiver: Waiver = { gate: gateId, by: actor, at: isoTime(clock), ...rest }
      const faults = faultsOfWaiver(waiver, { role: gate.waiverRole, now: clock.now() })
      if (faults.length > 0) {
        const error = new MlopsError({
          kind: 'denied',
          code: 'governance.waiver-refused',
          message: `${actor.id} cannot waive '${waiver.measure}': wrong ${faults.join(', ')}; it takes the role ${gate.waiverRole ?? '(none may)'}, a reason and a term in the future`,
          details: { gate: gateId, measure: waiver.measure, faults },
        })
        await refuse(actor, 'measure.waived', subject, error)
      }
      return store.transaction(async (tx) => {
        const db = records.on(tx)
        await releaseOf(db, subject, digest)
        await records.saveWaiver(db, ids.next(), subject, digest, waiver)
        await log.append(tx, { actor, action: 'measure.waived', subject, data: waiver })
        return waiver
      })
    },

    async delegate(input) {
      const { role, to, until, actor } = read(delegateCommand, input, 'the delegation')
      const subject = { type: 'role', name: role }
      if (!actor.roles?.includes(role)) {
        const error = new MlopsError({
          kind: 'denied',
          code: 'governance.role-not-held',
          message: `${actor.id} does not hold the role '${role}' and cannot lend it`,
          details: { role, to },
        })
        await refuse(actor, 'role.delegated', subject, error)
      }
      const delegation = { role, from: actor.id, to, since: isoTime(clock), until }
      await store.transaction(async (tx) => {
        await records.saveDelegation(records.on(tx), ids.next(), delegation)
        await log.append(tx, { actor, action: 'role.delegated', subject, data: delegation })
      })
    },

    async ask(input) {
      const {
        gate,
        subject,
        digest,
        evidence: brought,
        actor,
      } = read(askCommand, input, 'the question')
      gateOf(policy, gate)
      return store.transaction(async (tx) => {
        const db = records.on(tx)
        const submitted = await releaseOf(db, subject, digest)
        const useCase = await useCaseOf(db, submitted.useCase)
        const relatedSubjects = [
          ...submitted.relatedSubjects,
          { type: 'use-case', name: useCase.name },
        ]
        const release: Release = {
          subject,
          digest,
          tier: useCase.tier,
          authors: submitted.authors,
          relatedSubjects,
        }
        const decision = evaluateGate(
          policy,
          gate,
          {
            release,
            evidence: [
              ...(await records.evidenceOf(db, [subject, ...relatedSubjects])),
              ...(brought as readonly Evidence[]),
            ],
            signOffs: await records.signOffsOf(db, gate, subject, digest),
            waivers: await records.waiversOf(db, gate, subject, digest),
            delegations: await records.delegationsOf(
              db,
              policy.roles.map((role) => role.id),
            ),
          },
          { clock },
        )
        const { status, verdict, unmet, measures, policy: under } = decision
        const grounds = measures.flatMap((finding) => finding.evidence ?? [])
        await log.append(tx, {
          actor,
          action: 'gate.decided',
          subject,
          data: { gate, digest, status, verdict, unmet, grounds, policy: under },
        })
        return decision
      })
    },
  }
}

function read<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  what: string,
): z.output<Schema> {
  return parseWith(schema, input, { code: 'governance.invalid-command', what })
}
