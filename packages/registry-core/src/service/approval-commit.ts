import type { Actor } from '@mlops/core'
import { expectRevision } from '@mlops/store'
import type { Transaction } from 'kysely'
import type { AliasTarget, ApprovalRequest, CommitOutcome } from '../model/approval.ts'
import type { ModelVersion } from '../model/model-version.ts'
import type { StageDecision } from '../model/stage.ts'
import { assertOpenRequest, assertSameSubject, missingApprovals } from '../rules/approvals.ts'
import { assertMayMove } from '../rules/protected-aliases.ts'
import type { RegistryTables } from '../sql/tables.ts'
import { dropAlias, pointAliases } from './alias-records.ts'
import { assertRollback } from './approval-proposal.ts'
import { loadRequest, replacedBy, ruleFor, setStatus } from './approval-records.ts'
import { manifestOf } from './artifacts.ts'
import type { Db, RegistryContext } from './context.ts'
import { conflict, loadVersion, record, versionSubject } from './context.ts'
import { rollBack } from './deployment-change.ts'
import type { StageMover } from './stages.ts'

interface Commit {
  readonly id: string
  readonly reason: string
  readonly expectedRevision?: number
  readonly by: Actor
}

/** See `Approvals.commit`. */
export async function commitRequest(
  context: RegistryContext,
  stageMover: StageMover,
  commit: Commit,
): Promise<CommitOutcome> {
  const { db } = context
  const { id, reason, by } = commit
  const { model, version, target } = await loadRequest(context, db.query, id)
  if (target.kind === 'rollback') {
    return db.transaction((tx) => commitRollback(context, tx, commit, target.environment))
  }
  if (target.kind !== 'stage') {
    return db.transaction((tx) => commitAlias(context, tx, commit, target))
  }
  const command = { model, version, to: target.stage, reason, by }
  return stageMover.transition(command, {
    async assertAllows(reader: Db, seen: ModelVersion) {
      await assertCommittable(context, reader, commit, seen)
    },
    async committed(tx: Transaction<RegistryTables>, decision: StageDecision) {
      await finish(context, tx, await loadRequest(context, tx, id), { by, decision: decision.id })
    },
  })
}

async function commitAlias(
  context: RegistryContext,
  tx: Transaction<RegistryTables>,
  commit: Commit,
  { kind, alias }: AliasTarget,
): Promise<CommitOutcome> {
  const { id, by } = commit
  const { model, version: number } = await loadRequest(context, tx, id)
  const seen = await loadVersion(tx, model, number)
  const request = await assertCommittable(context, tx, commit, seen)
  assertMayMove(context.rules.protectedAliases, { model, alias, by, approved: true })
  const change = { model, alias, by, request: id }
  if (kind === 'alias') {
    const { replaces } = request
    await pointAliases(context, tx, [{ ...change, version: number, from: replaces ?? undefined }])
  } else {
    await dropAlias(context, tx, { ...change, from: number })
  }
  await finish(context, tx, request, { by })
  return { status: 'changed', version: await loadVersion(tx, model, number) }
}

async function commitRollback(
  context: RegistryContext,
  tx: Transaction<RegistryTables>,
  commit: Commit,
  environment: string,
): Promise<CommitOutcome> {
  const { id, reason, by } = commit
  const { model, version: number } = await loadRequest(context, tx, id)
  const request = await assertCommittable(context, tx, commit, await loadVersion(tx, model, number))
  await assertRollback(tx, { model, version: number, environment })
  await rollBack(context, tx, { model, environment, reason: reason || request.reason, by })
  await finish(context, tx, request, { by })
  return { status: 'changed', version: await loadVersion(tx, model, number) }
}

/** The request is approved by the rules of now, and speaks of what is there now. */
async function assertCommittable(
  context: RegistryContext,
  db: Db,
  { id, expectedRevision }: Commit,
  seen: ModelVersion,
): Promise<ApprovalRequest> {
  const { rules, stages } = context
  const { model, target } = await loadRequest(context, db, id)
  const subject = {
    revision: seen.revision,
    manifestDigest: (await manifestOf(db, seen.model, seen.version)).digest,
    replaces: await replacedBy(db, stages, { model, target }),
  }
  // Judged as of after that: once another commit of it went through, it is closed, and not stale.
  const request = await loadRequest(context, db, id)
  expectRevision(`request ${id}`, { expected: expectedRevision, actual: request.revision })
  assertOpenRequest(request, ['approved'])
  const missing = missingApprovals(ruleFor(rules, request), request.notes)
  if (missing.length > 0) {
    throw conflict(
      'registry.approval-missing',
      `request ${id} needs more by the rules of now: ${missing.map(({ message }) => message).join('; ')}`,
      { id, missing },
    )
  }
  assertSameSubject(request, subject)
  return request
}

async function finish(
  context: RegistryContext,
  tx: Transaction<RegistryTables>,
  request: ApprovalRequest,
  { by, decision }: { readonly by: Actor; readonly decision?: string },
): Promise<void> {
  const { id, model, version, target } = request
  const kept = decision !== undefined && { decision }
  await setStatus(tx, request, { status: 'committed', ...kept })
  const facts = { request: id, target, ...kept }
  await record(context, tx, by, 'approval.committed', versionSubject(model, version), facts)
}
