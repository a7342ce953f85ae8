import { silentLogger, systemClock, uuidV7 } from '@mlops/core'
import { createEventLog } from '@mlops/store'
import { auditTrail } from '../audit.ts'
import { governanceMigrations } from '../tables.ts'
import { approvalCommands } from './approvals.ts'
import { classificationCommands } from './classification.ts'
import type { Governance, GovernanceOptions } from './governance.ts'
import { releaseCommands } from './releases.ts'

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
  const context = { store, policy, log, clock, ids, logger }
  return {
    policy,
    audit: auditTrail(log),
    ...classificationCommands(context),
    ...releaseCommands(context),
    ...approvalCommands(context),
  }
}
