import type { Actor, Clock, IdSource, Logger, SubjectRef } from '@mlops/core'
import { MlopsError } from '@mlops/core'
import type { AnyTransaction, EventLog, LogEntry, Store } from '@mlops/store'
import { planOnce, sendLater } from '@mlops/store'
import type { BlobStore } from '@mlops/store/blobs'
import type { Kysely, Transaction } from 'kysely'
import { sql } from 'kysely'
import type { StageApprovals } from '../model/approval.ts'
import { assertText, assertVersion } from '../model/arguments.ts'
import type { EnvironmentRule } from '../model/deployment.ts'
import type { ModelVersion } from '../model/model-version.ts'
import type { ProtectedAlias } from '../model/protected-alias.ts'
import type { SigningRules } from '../model/signature.ts'
import type { StageGate, StageRules } from '../model/stage.ts'
import type { RowEstimates } from '../sql/row-estimates.ts'
import { versionFromRow } from '../sql/rows.ts'
import type { RegistryTables, VersionRow } from '../sql/tables.ts'

export type Db = Kysely<RegistryTables> | Transaction<RegistryTables>

/** What the parts of the service share. */
export interface RegistryContext {
  readonly db: Store<RegistryTables>
  readonly log: EventLog
  readonly blobs: BlobStore
  readonly clock: Clock
  readonly ids: IdSource
  readonly gate: StageGate | undefined
  readonly stages: StageRules
  readonly rules: GoverningRules
  readonly estimates: RowEstimates
  readonly logger: Logger
}

/** What must be there before a version may go somewhere. */
export interface GoverningRules {
  readonly approvals: StageApprovals
  readonly protectedAliases: readonly ProtectedAlias[]
  /** Undefined: deployments may go to environments of any name. */
  readonly environments: readonly EnvironmentRule[] | undefined
  readonly signing: SigningRules | undefined
}

export async function record(
  { log }: RegistryContext,
  tx: AnyTransaction,
  by: Actor,
  action: string,
  subject: SubjectRef,
  data: unknown = {},
): Promise<LogEntry> {
  return log.append(tx, { actor: by, action, subject, data })
}

export function modelSubject(name: string): SubjectRef {
  return { type: 'model', name }
}

export function versionSubject(model: string, version: number): SubjectRef {
  return { type: 'model-version', name: model, version: String(version) }
}

export async function findVersionRow(
  db: Db,
  model: string,
  version: number,
): Promise<ModelVersion | undefined> {
  assertText(model, 'model')
  assertVersion(version)
  const query = versionsWithAliases(db)
    .where('v.model', '=', model)
    .where('v.version', '=', version)
  const [row] = (await db.executeQuery(planOnce(query.compile()))).rows
  return row && versionWithAliases(row)
}

/** Versions `v` that were not removed, each with the list of its aliases. */
export function versionsWithAliases(db: Db) {
  return db
    .selectFrom('registry_versions as v')
    .selectAll('v')
    .select(
      sql<string | null>`(select string_agg(own.alias, ${'\n'} order by own.alias)
        from registry_aliases own where own.model = v.model and own.version = v.version)`.as(
        'aliases',
      ),
    )
    .where('v.deleted_at', 'is', null)
}

export function versionWithAliases({
  aliases,
  ...row
}: VersionRow & { readonly aliases: string | null }): ModelVersion {
  return versionFromRow(row, aliases?.split('\n') ?? [])
}

/** @throws `not-found` `registry.no-version` */
export async function loadVersion(db: Db, model: string, version: number): Promise<ModelVersion> {
  const found = await findVersionRow(db, model, version)
  if (found) return found
  throw noVersion(model, version)
}

export function noVersion(model: string, version: number) {
  return notFound('registry.no-version', `model ${model} has no version ${version}`, {
    model,
    version,
  })
}

/** Shows on the model that its versions changed; its own revision stays. */
export async function touchModel(
  tx: Transaction<RegistryTables>,
  model: string,
  at: string,
): Promise<void> {
  await sendLater(
    tx,
    tx.updateTable('registry_models').set({ updated_at: at }).where('name', '=', model),
  )
}

/** Marks a version as changed. Called by every change of it or of what belongs to it. */
export async function touchVersion(
  tx: Transaction<RegistryTables>,
  { model, version, revision }: ModelVersion,
  at: string,
  set: { stage?: string; tags?: string } = {},
): Promise<void> {
  await sendLater(
    tx,
    tx
      .updateTable('registry_versions')
      .set({ ...set, updated_at: at, revision: revision + 1 })
      .where('model', '=', model)
      .where('version', '=', version),
  )
}

export function notFound(code: string, message: string, details: object) {
  return new MlopsError({ kind: 'not-found', code, message, details })
}

export function conflict(code: string, message: string, details: object) {
  return new MlopsError({ kind: 'conflict', code, message, details })
}
