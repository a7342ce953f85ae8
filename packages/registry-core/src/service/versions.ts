import type { Page, PageRequest } from '@mlops/core'
import {
  canonicalJson,
  decodeCursor,
  encodeCursor,
  givenOptions,
  invalid,
  isoTime,
  pageLimit,
} from '@mlops/core'
import { parseWith } from '@mlops/core/schema'
import { expectRevision, sendLater } from '@mlops/store'
import { assertText } from '../model/arguments.ts'
import type { SearchRequest } from '../model/filter.ts'
import type {
  CreateVersion,
  ModelVersion,
  RemoveVersion,
  TagVersion,
  UpdateVersion,
  VersionSource,
} from '../model/model-version.ts'
import {
  removeVersionSchema,
  tagVersionSchema,
  updateVersionSchema,
} from '../model/model-version.ts'
import { versionFromRow, versionToRow } from '../sql/rows.ts'
import type { RegistryContext } from './context.ts'
import {
  findVersionRow,
  loadVersion,
  record,
  touchModel,
  touchVersion,
  versionSubject,
} from './context.ts'
import { removeVersion } from './model-lifecycle.ts'
import { latestVersions, searchVersions } from './model-search.ts'
import { changedTags, loadModel } from './models.ts'
import { assertRemovable } from './uses.ts'
import type { CreateVersionOptions } from './version-creation.ts'
import { createVersionCreation } from './version-creation.ts'
import { findSources } from './version-sources.ts'

export interface Versions {
  /**
   * Registers the next version of a model.
   *
   * @throws `not-found` `registry.no-model`, `registry.no-run` or `registry.no-version` (of a
   *   dependency); `conflict` `registry.semver-exists`; `invalid` `registry.invalid-semver`.
   */
  create(command: CreateVersion, options?: CreateVersionOptions): Promise<ModelVersion>
  /** @throws `not-found` `registry.no-version` */
  get(model: string, version: number): Promise<ModelVersion>
  find(model: string, version: number): Promise<ModelVersion | undefined>
  /** Newest first. */
  list(
    model: string,
    options?: PageRequest & { readonly stage?: string },
  ): Promise<Page<ModelVersion>>
  /**
   * Changes what is said about a version; its artifacts and number stay.
   *
   * @throws `conflict` `store.revision-conflict`
   */
  update(command: UpdateVersion): Promise<ModelVersion>
  /** Sets and takes off single tags; others stay. */
  tag(command: TagVersion): Promise<ModelVersion>
  /**
   * Removes it and the aliases that point to it. Its number is never given out again, and the log
   * keeps what it was. Its files stay until `retention.sweep`.
   *
   * @throws `conflict` `registry.version-in-use` while it serves, is held, has a protected alias, or
   *   another version depends on it.
   */
  remove(command: RemoveVersion): Promise<void>
  /** Latest change first, unless ordered otherwise. @throws `invalid` `registry.invalid-filter` */
  search(request?: SearchRequest): Promise<Page<ModelVersion>>
  /** Where each said that it came from, in the same order; undefined for those that did not say. */
  sources(
    versions: readonly Pick<ModelVersion, 'model' | 'version'>[],
  ): Promise<readonly (VersionSource | undefined)[]>
  /** The newest version of every stage, of several models. */
  latest(models: readonly string[]): Promise<readonly ModelVersion[]>
}

export function createVersions(context: RegistryContext): Versions {
  const { db, clock } = context

  return {
    create: createVersionCreation(context),
    get: (model, version) => loadVersion(db.query, model, version),
    find: (model, version) => findVersionRow(db.query, model, version),
    async list(model, options = {}) {
      const { limit: wantedLimit, cursor, stage } = givenOptions(options)
      if (stage !== undefined) assertText(stage, 'stage')
      await loadModel(db.query, model)
      const limit = pageLimit(wantedLimit)
      let select = db.query
        .selectFrom('registry_versions')
        .selectAll()
        .where('model', '=', model)
        .where('deleted_at', 'is', null)
      if (stage !== undefined) select = select.where('stage', '=', stage)
      if (cursor !== undefined) select = select.where('version', '<', cursorNumber(cursor))
      const rows = await select
        .orderBy('version', 'desc')
        .limit(limit + 1)
        .execute()
      const aliases = await db.query
        .selectFrom('registry_aliases')
        .select(['alias', 'version'])
        .where('model', '=', model)
        .orderBy('alias')
        .execute()
      const items = rows.slice(0, limit).map((row) =>
        versionFromRow(
          row,
          aliases.filter(({ version }) => version === row.version).map(({ alias }) => alias),
        ),
      )
      return rows.length > limit
        ? { items, nextCursor: encodeCursor(items.at(-1)!.version) }
        : { items }
    },
    async update(command) {
      const wanted = parseWith(updateVersionSchema, command, {
        code: 'registry.invalid-version',
        what: 'the change',
      })
      const { model, version: number, expectedRevision, by, ...changes } = wanted
      return db.transaction(async (tx) => {
        const version = await loadVersion(tx, model, number)
        const what = `version ${number} of ${model}`
        expectRevision(what, { expected: expectedRevision, actual: version.revision })
        const { aliases: _, ...changed } = {
          ...version,
          ...changes,
          updatedAt: isoTime(clock),
          revision: version.revision + 1,
        }
        await sendLater(
          tx,
          tx
            .updateTable('registry_versions')
            .set(versionToRow({ ...changed, aliases: [] }))
            .where('model', '=', model)
            .where('version', '=', number),
        )
        const subject = versionSubject(model, number)
        await record(context, tx, by, 'model-version.updated', subject, changes)
        return loadVersion(tx, model, number)
      })
    },
    async tag(command) {
      const { model, version: number, set, unset, by } = parseWith(tagVersionSchema, command, told)
      return db.transaction(async (tx) => {
        const version = await loadVersion(tx, model, number)
        const tags = changedTags(version.tags, set, unset)
        await touchVersion(tx, version, isoTime(clock), { tags: canonicalJson(tags) })
        const subject = versionSubject(model, number)
        await record(context, tx, by, 'model-version.updated', subject, { set, unset })
        return loadVersion(tx, model, number)
      })
    },
    async remove(command) {
      const { model, version: number, by } = parseWith(removeVersionSchema, command, told)
      await db.transaction(async (tx) => {
        const { semver, stage } = await loadVersion(tx, model, number)
        await assertRemovable(context, tx, { model, version: number })
        const at = isoTime(clock)
        await removeVersion(tx, model, number, at)
        await touchModel(tx, model, at)
        const subject = versionSubject(model, number)
        await record(context, tx, by, 'model-version.removed', subject, { semver, stage })
      })
    },
    search: (request = {}) => searchVersions(context, request),
    sources: (versions) => findSources(db.query, versions),
    latest: (models) => latestVersions(context, models),
  }
}

const told = { code: 'registry.invalid-version', what: 'the change' }

function cursorNumber(cursor: string): number {
  const position = decodeCursor(cursor)
  if (Number.isSafeInteger(position)) return position as number
  throw invalid('core.invalid-cursor', 'the cursor is not one that this list gave out', {})
}
