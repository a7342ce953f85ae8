import type { Page, PageRequest } from '@mlops/core'
import { canonicalJson, decodeCursor, encodeCursor, invalid, isoTime, pageLimit } from '@mlops/core'
import { parseWith } from '@mlops/core/schema'
import { expectRevision } from '@mlops/store'
import type { CreateModel, RegisteredModel, UpdateModel } from '../model/registered-model.ts'
import { createModelSchema, updateModelSchema } from '../model/registered-model.ts'
import { modelFromRow } from '../sql/rows.ts'
import type { Db, RegistryContext } from './context.ts'
import { conflict, modelSubject, notFound, record } from './context.ts'

export interface Models {
  /** @throws `conflict` `registry.model-exists` */
  create(command: CreateModel): Promise<RegisteredModel>
  /** @throws `not-found` `registry.no-model` */
  get(name: string): Promise<RegisteredModel>
  find(name: string): Promise<RegisteredModel | undefined>
  /** By name. */
  list(page?: PageRequest): Promise<Page<RegisteredModel>>
  /** @throws `conflict` `store.revision-conflict` */
  update(command: UpdateModel): Promise<RegisteredModel>
}

export function createModels(context: RegistryContext): Models {
  const { db, clock } = context

  return {
    async create(command) {
      const { name, description, tags, by } = parseWith(createModelSchema, command, {
        code: 'registry.invalid-model',
        what: 'the model',
      })
      return db.transaction(async (tx) => {
        if (await findModel(tx, name)) {
          throw conflict('registry.model-exists', `there is a model ${name} already`, { name })
        }
        const at = isoTime(clock)
        const row = {
          name,
          description,
          tags: canonicalJson(tags),
          last_version: 0,
          created_at: at,
          created_by: canonicalJson(by),
          updated_at: at,
          revision: 1,
        }
        await tx.insertInto('registry_models').values(row).execute()
        await record(context, tx, by, 'model.created', modelSubject(name), { description, tags })
        return modelFromRow(row)
      })
    },
    get: (name) => loadModel(db.query, name),
    find: (name) => findModel(db.query, name),
    async list(page = {}) {
      const limit = pageLimit(page.limit)
      let select = db.query.selectFrom('registry_models').selectAll()
      if (page.cursor !== undefined) select = select.where('name', '>', cursorText(page.cursor))
      const rows = await select
        .orderBy('name')
        .limit(limit + 1)
        .execute()
      const items = rows.slice(0, limit).map(modelFromRow)
      return rows.length > limit
        ? { items, nextCursor: encodeCursor(items.at(-1)!.name) }
        : { items }
    },
    async update(command) {
      const { name, description, tags, expectedRevision, by } = parseWith(
        updateModelSchema,
        command,
        {
          code: 'registry.invalid-model',
          what: 'the change',
        },
      )
      return db.transaction(async (tx) => {
        const model = await loadModel(tx, name)
        expectRevision(`model ${name}`, { expected: expectedRevision, actual: model.revision })
        const changes = {
          ...(description !== undefined && { description }),
          ...(tags !== undefined && { tags: canonicalJson(tags) }),
        }
        const set = { ...changes, updated_at: isoTime(clock), revision: model.revision + 1 }
        await tx.updateTable('registry_models').set(set).where('name', '=', name).execute()
        await record(context, tx, by, 'model.updated', modelSubject(name), {
          ...(description !== undefined && { description }),
          ...(tags !== undefined && { tags }),
        })
        return loadModel(tx, name)
      })
    },
  }
}

export async function findModel(db: Db, name: string): Promise<RegisteredModel | undefined> {
  const row = await db
    .selectFrom('registry_models')
    .selectAll()
    .where('name', '=', name)
    .executeTakeFirst()
  return row && modelFromRow(row)
}

export async function loadModel(db: Db, name: string): Promise<RegisteredModel> {
  const found = await findModel(db, name)
  if (found) return found
  throw notFound('registry.no-model', `there is no model ${name}: create it first`, { name })
}

/** The text that a cursor of this package holds. */
export function cursorText(cursor: string): string {
  const position = decodeCursor(cursor)
  if (typeof position === 'string') return position
  throw invalid('core.invalid-cursor', 'the cursor is not one that this list gave out', {})
}
