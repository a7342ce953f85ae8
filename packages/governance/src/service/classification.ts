import { createEvidence } from '@mlops/core'
import { expectRevision } from '@mlops/store'
import { classify } from '../classify.ts'
import { classifyCommand } from '../commands.ts'
import type { UseCase } from '../records.ts'
import { records } from '../records.ts'
import type { GovernanceContext } from './context.ts'
import { readCommand, useCaseOf } from './context.ts'
import type { Governance } from './governance.ts'

/** Use cases and their risk tiers. */
export function classificationCommands(
  context: GovernanceContext,
): Pick<Governance, 'classifyUseCase' | 'getUseCase'> {
  const { store, policy, log, clock } = context
  return {
    async classifyUseCase(input) {
      const {
        useCase: name,
        answers,
        actor,
        expectedRevision,
      } = readCommand(classifyCommand, input, 'the classification')
      const classification = classify(policy, answers)
      const { verdict, tier } = classification
      const subject = { type: 'use-case', name }
      return store.transaction(async (tx) => {
        const db = records.on(tx)
        const before = await records.useCase(db, name)
        const revision = (before?.revision ?? 0) + 1
        expectRevision(`use case ${name}`, { expected: expectedRevision, actual: revision - 1 })
        const evidence = createEvidence(
          {
            kind: 'risk-classification',
            subject,
            verdict,
            result: classification,
            producedBy: actor,
          },
          { clock },
        )
        const after: UseCase = {
          name,
          revision,
          tier,
          classification,
          classifiedAt: evidence.producedAt,
        }
        await records.saveUseCase(db, after)
        await records.saveEvidence(db, evidence)
        const data = { revision, tier, from: before?.tier ?? null, evidence: evidence.digest }
        await log.append(tx, { actor, action: 'use-case.classified', subject, data })
        return { ...after, evidence }
      })
    },
    getUseCase: (name) => useCaseOf(records.outside(store), name),
  }
}
