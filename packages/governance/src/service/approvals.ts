import { formatSubject, invalid, isMlopsError, isoTime, MlopsError } from '@mlops/core'
import { delegateCommand, signCommand, waiveCommand } from '../commands.ts'
import { gateOf } from '../gate.ts'
import type { Policy } from '../policy.ts'
import { records } from '../records.ts'
import type { SignOff } from '../sign-off.ts'
import { judgeSignOff } from '../sign-off.ts'
import type { Waiver } from '../waiver.ts'
import { faultsOfWaiver } from '../waiver.ts'
import type { GovernanceContext } from './context.ts'
import { readCommand, refuse, releaseOf } from './context.ts'
import type { Governance } from './governance.ts'

/** What people put their name to: sign-offs, waivers and lent roles. */
export function approvalCommands(
  context: GovernanceContext,
): Pick<Governance, 'signOff' | 'waive' | 'delegate'> {
  const { store, policy, log, clock, ids } = context
  return {
    async signOff(input) {
      const { subject, actor, ...given } = readCommand(signCommand, input, 'the sign-off')
      const { gate, digest, role } = given
      gateOf(policy, gate)
      knownRole(policy, role)
      const action = 'release.signed'
      try {
        return await store.transaction(async (tx) => {
          const db = records.on(tx)
          const { authors } = await releaseOf(db, subject, digest)
          const delegations = await records.delegationsOf(db, [role])
          const before = await records.signOffsOf(db, gate, subject, digest)
          const signers = new Set(
            before.flatMap(({ by, onBehalfOf }) => [by.id, ...(onBehalfOf ? [onBehalfOf] : [])]),
          )
          const signOff: SignOff = { ...given, by: actor, at: isoTime(clock) }
          const judged = judgeSignOff(signOff, { digest, authors, delegations, signers })
          if (!judged.counts) {
            throw new MlopsError({
              kind: 'denied',
              code: 'governance.sign-off-refused',
              message: `${actor.id} cannot sign ${formatSubject(subject)} as ${role}: ${judged.reason}`,
              details: { gate, role, reason: judged.reason },
            })
          }
          const { onBehalfOf } = judged
          const signed = { ...signOff, ...(onBehalfOf !== undefined && { onBehalfOf }) }
          await records.saveSignOff(db, ids.next(), subject, signed)
          await log.append(tx, {
            actor,
            action,
            subject,
            data: { ...given, ...(onBehalfOf !== undefined && { onBehalfOf }) },
          })
          return signed
        })
      } catch (error) {
        if (isMlopsError(error) && error.code === 'governance.sign-off-refused')
          await refuse(context, { actor, action, subject, error })
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
      } = readCommand(waiveCommand, input, 'the waiver')
      const gate = gateOf(policy, gateId)
      const { measure } = rest
      if (!policy.measures.some((known) => known.id === measure)) {
        const known = policy.measures.map((one) => one.id)
        throw invalid(
          'governance.unknown-measure',
          `policy '${policy.id}' has no measure '${measure}'; it has ${known.join(', ')}`,
          { measure, known },
        )
      }
      const waiver: Waiver = { gate: gateId, by: actor, at: isoTime(clock), ...rest }
      const action = 'measure.waived'
      const faults = faultsOfWaiver(waiver, { role: gate.waiverRole, now: clock.now() })
      if (faults.length > 0) {
        const error = new MlopsError({
          kind: 'denied',
          code: 'governance.waiver-refused',
          message: `${actor.id} cannot waive '${measure}': wrong ${faults.join(', ')}; it takes the role ${gate.waiverRole ?? '(none may)'}, a reason and a term in the future`,
          details: { gate: gateId, measure, faults },
        })
        await refuse(context, { actor, action, subject, error })
      }
      return store.transaction(async (tx) => {
        const db = records.on(tx)
        await releaseOf(db, subject, digest)
        await records.saveWaiver(db, ids.next(), subject, digest, waiver)
        await log.append(tx, { actor, action, subject, data: waiver })
        return waiver
      })
    },

    async delegate(input) {
      const { role, to, until, actor } = readCommand(delegateCommand, input, 'the delegation')
      knownRole(policy, role)
      if (Date.parse(until) <= clock.now()) {
        throw invalid(
          'governance.delegation-past',
          `the delegation would end at ${until}, before it begins`,
          { until },
        )
      }
      const subject = { type: 'role', name: role }
      const action = 'role.delegated'
      if (!actor.roles?.includes(role)) {
        const error = new MlopsError({
          kind: 'denied',
          code: 'governance.role-not-held',
          message: `${actor.id} does not hold the role '${role}' and cannot lend it`,
          details: { role, to },
        })
        await refuse(context, { actor, action, subject, error })
      }
      const delegation = { role, from: actor.id, to, since: isoTime(clock), until }
      await store.transaction(async (tx) => {
        await records.saveDelegation(records.on(tx), ids.next(), delegation)
        await log.append(tx, { actor, action, subject, data: delegation })
      })
    },
  }
}

function knownRole(policy: Policy, role: string): void {
  const known = policy.roles.map((one) => one.id)
  if (known.includes(role)) return
  throw invalid(
    'governance.unknown-role',
    `policy '${policy.id}' has no role '${role}'; it has ${known.join(', ')}`,
    { role, known },
  )
}
