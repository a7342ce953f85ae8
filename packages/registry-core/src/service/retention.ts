import type { Actor, Digest, Page, PageRequest } from '@mlops/core'
import { givenOptions, isoTime, pageLimit } from '@mlops/core'
import { parseWith } from '@mlops/core/schema'
import type { Transaction } from 'kysely'
import { assertText } from '../model/arguments.ts'
import type {
  ApplyRetention,
  RestoreVersion,
  RetentionItem,
  RetentionPlan,
  RetentionPolicy,
  Sweep,
  SweepReport,
  Tombstone,
} from '../model/retention.ts'
import { applySchema, policiesSchema, restoreSchema, sweepSchema } from '../model/retention.ts'
import type { RegistryTables } from '../sql/tables.ts'
import { manifestOf } from './artifacts.ts'
import type { RegistryContext } from './context.ts'
import { conflict, notFound, record, touchModel, versionSubject } from './context.ts'
import { cursorSeq, nextCursor } from './cursors.ts'
import type { Holds } from './holds.ts'
import { createHolds } from './holds.ts'
import { removeVersion } from './model-lifecycle.ts'
import { loadModel } from './models.ts'
import { itemOf, planRetention } from './retention-plan.ts'
import { sweepRegistry } from './sweep.ts'
import { tombstoneRows } from './tombstones.ts'

export interface Retention extends Holds {
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
   * Brings a removed version back, without its aliases; one that was in production is retired.
   *
   * @throws `not-found` `registry.no-tombstone`; `conflict` `registry.version-collected`
   */
  restore(command: RestoreVersion): Promise<void>
  /** Removed versions of a model, newest number first. */
  tombstones(model: string, page?: PageRequest): Promise<Page<Tombstone>>
}

const told = { code: 'registry.invalid-retention', what: 'the retention command' }

export function createRetention(context: RegistryContext): Retention {
  const { db, clock, stages } = context

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
        // Another version may be in production by now, and nobody approved this one anew.
        const stage = tombstone.stage === stages.production ? stages.retired : tombstone.stage
        await tx
          .updateTable('registry_versions')
          .set({
            deleted_at: null,
            stage,
            updated_at: isoTime(clock),
            revision: tombstone.revision + 1,
          })
          .where('model', '=', model)
          .where('version', '=', version)
          .execute()
        await touchModel(tx, model, isoTime(clock))
        const subject = versionSubject(model, version)
        await record(context, tx, by, 'model-version.restored', subject, { stage })
      })
    },
    async tombstones(model, page) {
      assertText(model, 'model')
      const { limit: wantedLimit, cursor } = givenOptions(page ?? {})
      const limit = pageLimit(wantedLimit)
      const before = cursor === undefined ? undefined : cursorSeq(cursor)
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
      return { items, ...nextCursor(rows, limit, ({ version }) => version) }
    },
    ...createHolds(context),
  }
}
