import type { Actor } from '@mlops/core'
import { canonicalJson, isoTime } from '@mlops/core'
import { actorSchema, parseWith } from '@mlops/core/schema'
import * as z from 'zod'
import { assertText } from '../model/arguments.ts'
import type { Hold, PlaceHold } from '../model/retention.ts'
import { holdSchema } from '../model/retention.ts'
import type { HoldRow } from '../sql/lifecycle-tables.ts'
import type { RegistryContext } from './context.ts'
import { loadVersion, modelSubject, notFound, record, versionSubject } from './context.ts'
import { loadModel } from './models.ts'
import { tombstoneRows } from './tombstones.ts'

export interface Holds {
  /** Keeps a version or a whole model from being removed or collected. */
  hold(command: PlaceHold): Promise<Hold>
  /** @throws `not-found` `registry.no-hold` */
  release(command: { readonly id: string; readonly by: Actor }): Promise<void>
  /** Oldest first. */
  holds(model: string): Promise<readonly Hold[]>
}

const told = { code: 'registry.invalid-retention', what: 'the hold' }
const releaseSchema = z.object({ id: z.string().min(1).max(256), by: actorSchema })

/** See `Retention`. */
export function createHolds(context: RegistryContext): Holds {
  const { db, clock, ids } = context

  return {
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
      assertText(model, 'model')
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
