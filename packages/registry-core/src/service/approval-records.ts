import type { Actor, Digest } from '@mlops/core'
import { canonicalJson } from '@mlops/core'
import { sendLater } from '@mlops/store'
import type { Transaction } from 'kysely'
import type {
  ApprovalNote,
  ApprovalRequest,
  ApprovalRule,
  ApprovalStatus,
  ApprovalTarget,
} from '../model/approval.ts'
import type { Serving } from '../model/deployment.ts'
import type { StageRules } from '../model/stage.ts'
import { missingApprovals } from '../rules/approvals.ts'
import { rollbackRule } from '../rules/deployments.ts'
import { aliasApproval } from '../rules/protected-aliases.ts'
import type { ApprovalRow } from '../sql/lifecycle-tables.ts'
import type { RegistryTables } from '../sql/tables.ts'
import { pointsTo } from './alias-records.ts'
import type { Db, GoverningRules, RegistryContext } from './context.ts'
import { notFound } from './context.ts'
import { deploymentRow } from './deployment-records.ts'

/** The rule that a request is judged by: the registry's of today, else one approval. */
export function ruleFor(
  { approvals, protectedAliases, environments }: GoverningRules,
  { model, target }: Pick<ApprovalRequest, 'model' | 'target'>,
): ApprovalRule {
  if (target.kind === 'stage') {
    return Object.hasOwn(approvals, target.stage) ? approvals[target.stage]! : {}
  }
  if (target.kind === 'rollback') return rollbackRule(environments, target.environment) ?? {}
  return aliasApproval(protectedAliases, { model, alias: target.alias }) ?? {}
}

/** The version whose place the target's would take. */
export async function replacedBy(
  db: Db,
  stages: StageRules,
  { model, target }: { readonly model: string; readonly target: ApprovalTarget },
): Promise<number | null> {
  if (target.kind === 'rollback') {
    const row = await deploymentRow(db, model, target.environment)
    return row ? ((JSON.parse(row.state) as Serving).shares[0]?.version ?? null) : null
  }
  if (target.kind !== 'stage') return (await pointsTo(db, model, target.alias)) ?? null
  return target.stage === stages.production
    ? ((await productionOf(db, stages, model)) ?? null)
    : null
}

export async function productionOf(
  db: Db,
  { production }: StageRules,
  model: string,
): Promise<number | undefined> {
  const row = await db
    .selectFrom('registry_versions')
    .select('version')
    .where('model', '=', model)
    .where('stage', '=', production)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  return row?.version
}

/** @throws `not-found` `registry.no-approval` */
export async function loadRequest(
  context: RegistryContext,
  db: Db,
  id: string,
): Promise<ApprovalRequest> {
  const row = await db
    .selectFrom('registry_approvals')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) throw notFound('registry.no-approval', `there is no approval request ${id}`, { id })
  return (await assembleRequests(context, db, [row]))[0]!
}

export async function assembleRequests(
  { clock, rules }: RegistryContext,
  db: Db,
  rows: readonly ApprovalRow[],
): Promise<ApprovalRequest[]> {
  if (rows.length === 0) return []
  const ids = rows.map(({ id }) => id)
  const noteRows = await db
    .selectFrom('registry_approval_notes')
    .selectAll()
    .where('request', 'in', ids)
    .orderBy('position')
    .execute()
  const notes = new Map<string, ApprovalNote[]>()
  for (const { request, kind, text, by_actor, at } of noteRows) {
    const by = JSON.parse(by_actor) as Actor
    const note = { kind: kind as ApprovalNote['kind'], text, by, at }
    notes.set(request, [...(notes.get(request) ?? []), note])
  }
  return rows.map((row) => {
    const request = {
      id: row.id,
      model: row.model,
      version: row.version,
      target: JSON.parse(row.target) as ApprovalTarget,
      status: statusAt(row, clock.now()),
      reason: row.reason,
      versionRevision: row.version_revision,
      manifestDigest: row.manifest as Digest,
      replaces: row.replaces,
      notes: notes.get(row.id) ?? [],
      proposedBy: JSON.parse(row.proposed_by) as Actor,
      proposedAt: row.proposed_at,
      expiresAt: row.expires_at,
      ...(row.decision !== null && { decision: row.decision }),
      revision: row.revision,
    }
    const open = request.status === 'proposed' || request.status === 'approved'
    const missing = open ? missingApprovals(ruleFor(rules, request), request.notes) : []
    return { ...request, missing }
  })
}

/** What is written as open may have run out since. */
export function statusAt(
  { status, expires_at }: Pick<ApprovalRow, 'status' | 'expires_at'>,
  now: number,
): ApprovalStatus {
  const open = status === 'proposed' || status === 'approved'
  return open && now >= Date.parse(expires_at) ? 'expired' : (status as ApprovalStatus)
}

export async function setStatus(
  tx: Transaction<RegistryTables>,
  { id, revision }: Pick<ApprovalRequest, 'id' | 'revision'>,
  set: { readonly status?: ApprovalStatus; readonly decision?: string },
): Promise<void> {
  await sendLater(
    tx,
    tx
      .updateTable('registry_approvals')
      .set({ ...set, revision: revision + 1 })
      .where('id', '=', id),
  )
}

export async function addNote(
  tx: Transaction<RegistryTables>,
  { id, notes }: Pick<ApprovalRequest, 'id' | 'notes'>,
  { kind, text, by, at }: ApprovalNote,
): Promise<void> {
  const row = { request: id, position: notes.length + 1, kind, text, at }
  await sendLater(
    tx,
    tx.insertInto('registry_approval_notes').values({ ...row, by_actor: canonicalJson(by) }),
  )
}
