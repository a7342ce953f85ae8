import type { Page, PageRequest } from '@mlops/core'
import { canonicalJson, decodeCursor, givenOptions, invalid, isoTime, pageLimit } from '@mlops/core'
import { parseWith } from '@mlops/core/schema'
import { expectRevision } from '@mlops/store'
import { assertText } from '../model/arguments.ts'
import type { SearchRequest } from '../model/filter.ts'
import type {
  CreateModel,
  RegisteredModel,
  RemoveModel,
  RenameModel,
  TagModel,
  UpdateModel,
} from '../model/registered-model.ts'
import {
  createModelSchema,
  removeModelSchema,
  renameModelSchema,
  tagModelSchema,
  updateModelSchema,
} from '../model/registered-model.ts'
import { modelFromRow } from '../sql/rows.ts'
import type { ModelRow } from '../sql/tables.ts'
import type { Db, RegistryContext } from './context.ts'
import { conflict, modelSubject, notFound, record } from './context.ts'
import { nextCursor } from './cursors.ts'
import { insertModel, removeModel, renameModel } from './model-lifecycle.ts'
import { searchModels } from './model-search.ts'
import { assertRemovable } from './uses.ts'

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
  /** Sets and takes off single tags; others stay. @throws `not-found` `registry.no-model` */
  tag(command: TagModel): Promise<RegisteredModel>
  /**
   * Renames it with all its versions, aliases and evidence. What the log says of the old name stays
   * under the old name.
   *
   * @throws `conflict` `registry.model-exists` or `store.revision-conflict`
   */
  rename(command: RenameModel): Promise<RegisteredModel>
  /**
   * Removes it with its versions and aliases. A model made anew under the name goes on counting
   * where this one stopped, so a version number never means two things.
   *
   * @throws `conflict` `registry.version-in-use`, as `versions.remove`.
   */
  remove(command: RemoveModel): Promise<void>
  /** By name, unless ordered otherwise. @throws `invalid` `registry.invalid-filter` */
  search(request?: SearchRequest): Promise<Page<RegisteredModel>>
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
          highest_semver: null,
          deleted_at: null,
          created_at: at,
          created_by: canonicalJson(by),
          updated_at: at,
          revision: 1,
        }
        await insertModel(tx, row)
        await record(context, tx, by, 'model.created', modelSubject(name), { description, tags })
        return modelFromRow(row)
      })
    },
    get: (name) => loadModel(db.query, name),
    find: (name) => findModel(db.query, name),
    async list(options = {}) {
      const page = givenOptions(options)
      const limit = pageLimit(page.limit)
      let select = db.query
        .selectFrom('registry_models')
        .selectAll()
        .where('deleted_at', 'is', null)
      if (page.cursor !== undefined) select = select.where('name', '>', cursorText(page.cursor))
      const rows = await select
        .orderBy('name')
        .limit(limit + 1)
        .execute()
      const items = rows.slice(0, limit).map(modelFromRow)
      return { items, ...nextCursor(rows, limit, ({ name }) => name) }
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
    async tag(command) {
      const { name, set: added, unset, by } = parseWith(tagModelSchema, command, told)
      return db.transaction(async (tx) => {
        const model = await loadModel(tx, name)
        const tags = changedTags(model.tags, added, unset)
        const set = {
          tags: canonicalJson(tags),
          updated_at: isoTime(clock),
          revision: model.revision + 1,
        }
        await tx.updateTable('registry_models').set(set).where('name', '=', name).execute()
        await record(context, tx, by, 'model.updated', modelSubject(name), { set: added, unset })
        return loadModel(tx, name)
      })
    },
    async rename(command) {
      const wanted = parseWith(renameModelSchema, command, told)
      const { name, newName, expectedRevision, by } = wanted
      return db.transaction(async (tx) => {
        const model = await loadModel(tx, name)
        expectRevision(`model ${name}`, { expected: expectedRevision, actual: model.revision })
        if (name === newName) return model
        await renameModel(tx, name, newName, isoTime(clock))
        await record(context, tx, by, 'model.renamed', modelSubject(name), { to: newName })
        await record(context, tx, by, 'model.renamed', modelSubject(newName), { from: name })
        return loadModel(tx, newName)
      })
    },
    async remove(command) {
      const { name, by } = parseWith(removeModelSchema, command, told)
      await db.transaction(async (tx) => {
        await loadModel(tx, name)
        for (const version of await liveVersionsOf(tx, name)) {
          await assertRemovable(context, tx, { model: name, version })
        }
        await removeModel(tx, name, isoTime(clock))
        await record(context, tx, by, 'model.removed', modelSubject(name))
      })
    },
    search: (request = {}) => searchModels(context, request),
  }
}

const told = { code: 'registry.invalid-model', what: 'the change' }

/** The tags after a change. */
export function changedTags(
  tags: Readonly<Record<string, string>>,
  set: Readonly<Record<string, string>>,
  unset: readonly string[],
): Readonly<Record<string, string>> {
  const kept = Object.entries(tags).filter(([key]) => !unset.includes(key))
  return Object.fromEntries([...kept, ...Object.entries(set)])
}

export async function findModel(db: Db, name: string): Promise<RegisteredModel | undefined> {
  const row = await findModelRow(db, name)
  return row && modelFromRow(row)
}

export async function findModelRow(db: Db, name: string): Promise<ModelRow | undefined> {
  assertText(name, 'model')
  return db
    .selectFrom('registry_models')
    .selectAll()
    .where('name', '=', name)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
}

export async function loadModel(db: Db, name: string): Promise<RegisteredModel> {
  return modelFromRow(await loadModelRow(db, name))
}

/** @throws `not-found` `registry.no-model` */
export async function loadModelRow(db: Db, name: string): Promise<ModelRow> {
  const found = await findModelRow(db, name)
  if (found) return found
  throw noModel(name)
}

export function noModel(name: string) {
  return notFound('registry.no-model', `there is no model ${name}: create it first`, { name })
}

async function liveVersionsOf(db: Db, model: string): Promise<number[]> {
  const rows = await db
    .selectFrom('registry_versions')
    .select('version')
    .where('model', '=', model)
    .where('deleted_at', 'is', null)
    .orderBy('version')
    .execute()
  return rows.map(({ version }) => version)
}

/** The text that a cursor of this package holds. */
export function cursorText(cursor: string): string {
  const position = decodeCursor(cursor)
  if (typeof position === 'string') return position
  throw invalid('core.invalid-cursor', 'the cursor is not one that this list gave out', {})
}
