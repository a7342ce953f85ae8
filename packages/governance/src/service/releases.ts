import type { Actor, Evidence } from '@mlops/core'
import { invalid, isoTime, verifyEvidence } from '@mlops/core'
import { askCommand, attachCommand, submitCommand } from '../commands.ts'
import { evaluateGate, gateOf } from '../gate.ts'
import type { SubmittedRelease } from '../records.ts'
import { records } from '../records.ts'
import type { Release } from '../release.ts'
import type { GovernanceContext } from './context.ts'
import { readCommand, refuse, releaseOf, useCaseOf } from './context.ts'
import type { Governance } from './governance.ts'

/** Releases, the evidence for them, and the gates that decide on it. */
export function releaseCommands(
  context: GovernanceContext,
): Pick<Governance, 'submitRelease' | 'attachEvidence' | 'ask'> {
  const { store, policy, log, clock } = context
  return {
    async submitRelease(input) {
      const { useCase, subject, digest, authors, relatedSubjects, actor } = readCommand(
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
      const { evidence, actor } = readCommand(attachCommand, input, 'the evidence') as {
        evidence: Evidence
        actor: Actor
      }
      const { kind, verdict, digest, subject } = evidence
      const action = 'evidence.attached'
      if (!verifyEvidence(evidence)) {
        const message = `evidence '${kind}' is not what its digest ${digest} says; produce it again`
        await refuse(context, {
          actor,
          action,
          subject,
          error: invalid('governance.evidence-tampered', message, { digest }),
        })
      }
      await store.transaction(async (tx) => {
        if (!(await records.saveEvidence(records.on(tx), evidence))) return
        await log.append(tx, { actor, action, subject, data: { kind, verdict, digest } })
      })
    },

    async ask(input) {
      const {
        gate,
        subject,
        digest,
        evidence: brought,
        actor,
      } = readCommand(askCommand, input, 'the question')
      gateOf(policy, gate)
      return store.transaction(async (tx) => {
        const db = records.on(tx)
        const { authors, useCase: name, ...submitted } = await releaseOf(db, subject, digest)
        const { tier } = await useCaseOf(db, name)
        const relatedSubjects = [...submitted.relatedSubjects, { type: 'use-case', name }]
        const release: Release = { subject, digest, tier, authors, relatedSubjects }
        const kept = await records.evidenceOf(db, [subject, ...relatedSubjects])
        const roles = policy.roles.map((role) => role.id)
        const decision = evaluateGate(
          policy,
          gate,
          {
            release,
            evidence: [...kept, ...(brought as readonly Evidence[])],
            signOffs: await records.signOffsOf(db, gate, subject, digest),
            waivers: await records.waiversOf(db, gate, subject, digest),
            delegations: await records.delegationsOf(db, roles),
          },
          { clock },
        )
        const { status, verdict, unmet, measures, policy: under } = decision
        const grounds = measures.flatMap((finding) => finding.evidence ?? [])
        const data = { gate, digest, status, verdict, unmet, grounds, policy: under }
        await log.append(tx, { actor, action: 'gate.decided', subject, data })
        return decision
      })
    },
  }
}
