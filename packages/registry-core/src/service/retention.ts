import type { Actor, Digest, Page, PageRequest } from '@mlops/core'
import { canonicalJson, encodeCursor, isoTime, pageLimit } from '@mlops/core'
import { actorSchema, parseWith } from '@mlops/core/schema'
import type { Transaction } from 'kysely'
import * as z from 'zod'
import type {
  ApplyRetention,
  Hold,
  PlaceHold,
  RestoreVersion,
  RetentionItem,
  RetentionPlan,
  RetentionPolicy,
  Sweep,
  SweepReport,
  Tombstone,
} from '../model/retention.ts'
import {
  applySchema,
  holdSchema,
  policiesSchema,
  restoreSchema,
  sweepSchema,
} from '../model/retention.ts'
import type { HoldRow } from '../sql/lifecycle-tables.ts'
import type { RegistryTables } from '../sql/tables.ts'
import { manifestOf } from './artifacts.ts'
import type { Db, RegistryContext } from './context.ts'
import {
  conflict,
  loadVersion,
  modelSubject,
  notFound,
  record,
  touchModel,
  versionSubject,
} from './context.ts'
import { cursorSeq } from './cursors.ts'
import { removeVersion } from './model-lifecycle.ts'
import { loadModel } from './models.ts'
import { itemOf, planRetention } from './retention-plan.ts'
import { sweepRegistry } from './sweep.ts'

export interface Retention {
  /**
   * Lists what the policies speak of: what would go, and what stays and why. Changes nothing.
   *
   * @throws `invalid` `registry.invalid-retention`
   */
  plan(policies: readonly RetentionPolicy[]): Promise<RetentionPlan>
  /**
   * Removes the versions that the policies let go. Each is judged anew in the transaction that
   * removes it. Their files stay until `sweep`, and until then `restore` brings them back.
   */
  apply(command: ApplyRetention): Promise<RetentionPlan>
  /**
   * Lets go of the files of versions removed before the grace period, and deletes blobs that nothing
   * has referred to for as long. A version without a model, alias, deployment or hold left is not
   * enough: it must have been removed. Cost: O(blobs), in short transactions.
   */
  sweep(command: Sweep): Promise<SweepReport>
  /**
   * Brings a removed version back, without its aliases.
   *
   * @throws `not-found` `registry.no-tombstone`; `conflict` `registry.version-collected`
   */
  restore(command: RestoreVersion): Promise<void>
  /** Removed versions of a model, newest number first. */
  tombstones(model: string, page?: PageRequest): Promise<Page<Tombstone>>
  /** Keeps a version or a whole model from being removed or collected. */
  hold(command: PlaceHold): Promise<Hold>
  /** @throws `not-found` `registry.no-hold` */
  release(command: { readonly id: string; readonly by: Actor }): Promise<void>
  /** Oldest first. */
  holds(model: string): Promise<readonly Hold[]>
}

const told = { code: 'registry.invalid-retention', what: 'the retention command' }
const releaseSchema = z.object({ id: z.string().min(1).max(256), by: actorSchema })

export function createRetention(context: RegistryContext): Retention {
  const { db, clock, ids } = context

  async function removeIfDue(
    tx: Transaction<RegistryTables>,
    { model, version }: RetentionItem,
    policy: RetentionPolicy,
    by: Actor,
  ): Promise<RetentionItem | undefined> {
    const item = await itemOf(context, tx, { model, version, policy })
    if (!item || item.keptBy.length > 0) return item
    const at = isoTime(clock)
    await removeVersion(tx, model, version, at)
    await touchModel(tx, model, at)
    const { semver, stage, ageMs } = item
    const facts = { semver, stage, policy: policy.name, ageMs }
    const subject = versionSubject(model, version)
    await record(context, tx, by, 'model-version.removed', subject, facts)
    return item
  }

  return {
    plan: async (policies) =>
      planRetention(context, db.query, parseWith(policiesSchema, policies, told)),
    async apply(command) {
      const { policies, by } = parseWith(applySchema, command, told)
      const plan = await planRetention(context, db.query, policies)
      const remove: RetentionItem[] = []
      const keep: RetentionItem[] = [...plan.keep]
      for (const candidate of plan.remove) {
        const policy = policies.find(({ name }) => name === candidate.policy)!
        const item = await db.transaction((tx) => removeIfDue(tx, candidate, policy, by))
        if (item) (item.keptBy.length > 0 ? keep : remove).push(item)
      }
      return { remove, keep }
    },
    sweep: async (command) => sweepRegistry(context, parseWith(sweepSchema, command, told)),
    async restore(command) {
      const { model, version, by } = parseWith(restoreSchema, command, told)
      await db.transaction(async (tx) => {
        await loadModel(tx, model)
        const tombstone = (await tombstoneRows(tx, model, { version }))[0]
        if (!tombstone) {
          throw notFound(
            'registry.no-tombstone',
            `model ${model} has no removed version ${version}`,
            { model, version },
          )
        }
        if (tombstone.collected_at !== null) {
          throw conflict(
            'registry.version-collected',
            `the files of version ${version} of ${model} were let go: register it anew`,
            { model, version, collectedAt: tombstone.collected_at },
          )
        }
        await tx
          .updateTable('registry_versions')
          .set({ deleted_at: null, updated_at: isoTime(clock), revision: tombstone.revision + 1 })
          .where('model', '=', model)
          .where('version', '=', version)
          .execute()
        await touchModel(tx, model, isoTime(clock))
        await record(context, tx, by, 'model-version.restored', versionSubject(model, version))
      })
    },
    async tombstones(model, page) {
      const limit = pageLimit(page?.limit)
      const before = page?.cursor === undefined ? undefined : cursorSeq(page.cursor)
      const rows = await tombstoneRows(db.query, model, { limit: limit + 1, before })
      const items: Tombstone[] = []
      for (const row of rows.slice(0, limit)) {
        items.push({
          model,
          version: row.version,
          semver: row.semver,
          stage: row.stage,
          removedAt: row.deleted_at!,
          manifestDigest: (row.manifest ??
            (await manifestOf(db.query, model, row.version)).digest) as Digest,
          ...(row.collected_at !== null && { collectedAt: row.collected_at }),
        })
      }
      return rows.length > limit
        ? { items, nextCursor: encodeCursor(items.at(-1)!.version) }
        : { items }
    },
    async hold(command) {
      const { model, version, reason, until, by } = parseWith(holdSchema, command, told)
      return db.transaction(async (tx) => {
        if (version === undefined) await loadModel(tx, model)
        else if ((await tombstoneRows(tx, model, { version })).length === 0) {
          await loadVersion(tx, model, version)
        }
        const row: HoldRow = {
          id: ids.next(),
          model,
          version: version ?? 0,
          reason,
          by_actor: canonicalJson(by),
          placed_at: isoTime(clock),
          until: until === undefined ? null : new Date(until).toISOString(),
        }
        await tx.insertInto('registry_holds').values(row).execute()
        const facts = { id: row.id, reason, until: row.until }
        await record(context, tx, by, 'hold.placed', subjectOf(row), facts)
        return holdFromRow(row)
      })
    },
    async release(command) {
      const { id, by } = parseWith(releaseSchema, command, told)
      await db.transaction(async (tx) => {
        const row = await tx
          .selectFrom('registry_holds')
          .selectAll()
          .where('id', '=', id)
          .executeTakeFirst()
        if (!row) throw notFound('registry.no-hold', `there is no hold ${id}`, { id })
        await tx.deleteFrom('registry_holds').where('id', '=', id).execute()
        await record(context, tx, by, 'hold.released', subjectOf(row), { id, reason: row.reason })
      })
    },
    async holds(model) {
      const rows = await db.query
        .selectFrom('registry_holds')
        .selectAll()
        .where('model', '=', model)
        .orderBy('placed_at')
        .orderBy('id')
        .execute()
      return rows.map(holdFromRow)
    },
  }
}

async function tombstoneRows(
  db: Db,
  model: string,
  scope: { version?: number; limit?: number; before?: number | undefined },
) {
  let select = db
    .selectFrom('registry_versions as v')
    .leftJoin('registry_collected as c', (on) =>
      on.onRef('c.model', '=', 'v.model').onRef('c.version', '=', 'v.version'),
    )
    .select(['v.version', 'v.semver', 'v.stage', 'v.deleted_at', 'v.revision'])
    .select(['c.manifest', 'c.collected_at'])
    .where('v.model', '=', model)
    .where('v.deleted_at', 'is not', null)
  if (scope.version !== undefined) select = select.where('v.version', '=', scope.version)
  if (scope.before !== undefined) select = select.where('v.version', '<', scope.before)
  return select
    .orderBy('v.version', 'desc')
    .limit(scope.limit ?? 1)
    .execute()
}

function holdFromRow(row: HoldRow): Hold {
  return {
    id: row.id,
    model: row.model,
    ...(row.version !== 0 && { version: row.version }),
    reason: row.reason,
    ...(row.until !== null && { until: row.until }),
    placedAt: row.placed_at,
    placedBy: JSON.parse(row.by_actor) as Actor,
  }
}

function subjectOf({ model, version }: HoldRow) {
  return version === 0 ? modelSubject(model) : versionSubject(model, version)
}
