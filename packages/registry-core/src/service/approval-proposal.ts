import type { Transaction } from 'kysely'
import type { AliasTarget, ApprovalRequest, Propose } from '../model/approval.ts'
import type { ModelVersion } from '../model/model-version.ts'
import type { RegistryTables } from '../sql/tables.ts'
import { pointsTo } from './alias-records.ts'
import { replacedBy, setStatus, statusAt } from './approval-records.ts'
import type { RegistryContext } from './context.ts'
import { conflict, record, versionSubject } from './context.ts'
import { loadDeployment } from './deployment-records.ts'

/** One open request for the same; one whose version changed or whose time ran out makes room. */
export async function closeEarlier(
  context: RegistryContext,
  tx: Transaction<RegistryTables>,
  { model, version, revision }: ModelVersion,
  target: string,
  by: Propose['by'],
): Promise<void> {
  const { clock, stages } = context
  const rows = await tx
    .selectFrom('registry_approvals')
    .selectAll()
    .where('model', '=', model)
    .where('version', '=', version)
    .where('target', '=', target)
    .where('status', 'in', ['proposed', 'approved'])
    .execute()
  for (const row of rows) {
    const expired = statusAt(row, clock.now()) === 'expired'
    const parsed = JSON.parse(row.target) as ApprovalRequest['target']
    const replaces = await replacedBy(tx, stages, { model, target: parsed })
    if (!expired && row.version_revision === revision && row.replaces === replaces) {
      throw conflict(
        'registry.approval-open',
        `request ${row.id} asks for the same and is open: review that one`,
        { id: row.id },
      )
    }
    const status = expired ? 'expired' : 'superseded'
    await setStatus(tx, row, { status })
    const facts = { request: row.id }
    await record(context, tx, by, `approval.${status}`, versionSubject(model, version), facts)
  }
}

/** @throws `conflict` `registry.rollback-elsewhere` unless a rollback leads to the version. */
export async function assertRollback(
  tx: Transaction<RegistryTables>,
  { model, version, environment }: { model: string; version: number; environment: string },
): Promise<void> {
  const { rollbackTo } = await loadDeployment(tx, model, environment)
  if (rollbackTo === version) return
  throw conflict(
    'registry.rollback-elsewhere',
    `a rollback of ${model} in ${environment} leads to ${rollbackTo ?? 'nothing'}, not to ${version}`,
    { environment, version, actual: rollbackTo ?? null },
  )
}

/** @throws `conflict` `registry.alias-moved` when there is nothing to change. */
export async function assertAliasChange(
  tx: Transaction<RegistryTables>,
  { model, version, target }: { model: string; version: number; target: AliasTarget },
): Promise<void> {
  const { kind, alias } = target
  const current = await pointsTo(tx, model, alias)
  if ((kind === 'alias') !== (current === version)) return
  throw conflict(
    'registry.alias-moved',
    `alias ${alias} of ${model} points to ${current ?? 'nothing'}: there is nothing to ${kind === 'alias' ? 'move' : 'remove'}`,
    { alias, actual: current ?? null },
  )
}
