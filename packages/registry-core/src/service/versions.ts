import type { Page, PageRequest } from '@mlops/core'
import { canonicalJson, decodeCursor, encodeCursor, invalid, isoTime, pageLimit } from '@mlops/core'
import { parseWith } from '@mlops/core/schema'
import { expectRevision } from '@mlops/store'
import type { Transaction } from 'kysely'
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
  createVersionSchema,
  removeVersionSchema,
  tagVersionSchema,
  updateVersionSchema,
} from '../model/model-version.ts'
import { nextSemver, parseSemver } from '../rules/semver.ts'
import { versionFromRow, versionToRow } from '../sql/rows.ts'
import type { RegistryTables } from '../sql/tables.ts'
import type { RegistryContext } from './context.ts'
import {
  conflict,
  findVersionRow,
  loadVersion,
  notFound,
  record,
  touchModel,
  touchVersion,
  versionSubject,
} from './context.ts'
import { removeVersion } from './model-lifecycle.ts'
import { latestVersions, searchVersions } from './model-search.ts'
import { changedTags, loadModel } from './models.ts'
import { retagLoggedModel } from './tracking/retag-logged-model.ts'
import { assertRemovable } from './uses.ts'
import { findSources, insertSource } from './version-sources.ts'

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

export interface CreateVersionOptions {
  /**
   * Tags for the logged model that `source.loggedModel` names, from those that it has and the new
   * version: set in the same transaction. May be called more than once.
   */
  readonly tagLoggedModel?: (
    tags: Readonly<Record<string, string>>,
    version: ModelVersion,
  ) => Readonly<Record<string, string>>
}

export function createVersions(context: RegistryContext): Versions {
  const { db, clock, stages } = context

  return {
    async create(command, { tagLoggedModel } = {}) {
      const wanted = parseWith(createVersionSchema, command, {
        code: 'registry.invalid-version',
        what: 'the version',
      })
      if (wanted.semver !== undefined) parseSemver(wanted.semver)
      return db.transaction(async (tx) => {
        const { name, lastVersion } = await loadModel(tx, wanted.model)
        const taken = await tx
          .selectFrom('registry_versions')
          .select('semver')
          .where('model', '=', name)
          .execute()
        const known = taken.map(({ semver }) => semver)
        const semver = wanted.semver ?? nextSemver(known, wanted.bump ?? 'minor')
        if (known.includes(semver)) {
          throw conflict(
            'registry.semver-exists',
            `model ${name} has a version ${semver} already`,
            {
              model: name,
              semver,
            },
          )
        }
        await assertReferences(tx, wanted)
        const at = isoTime(clock)
        const version: ModelVersion = {
          model: name,
          version: lastVersion + 1,
          semver,
          stage: stages.initial,
          aliases: [],
          description: wanted.description ?? '',
          tags: wanted.tags ?? {},
          metadata: wanted.metadata ?? {},
          ...(wanted.signature !== undefined && { signature: wanted.signature }),
          ...(wanted.card !== undefined && { card: wanted.card }),
          ...(wanted.runId !== undefined && { runId: wanted.runId }),
          dependsOn: wanted.dependsOn,
          createdAt: at,
          createdBy: wanted.by,
          updatedAt: at,
          revision: 1,
        }
        await tx
          .updateTable('registry_models')
          .set({ last_version: version.version, updated_at: at })
          .where('name', '=', name)
          .execute()
        await tx.insertInto('registry_versions').values(versionToRow(version)).execute()
        if (wanted.source) await insertSource(tx, version, wanted.source)
        const subject = versionSubject(name, version.version)
        await record(context, tx, wanted.by, 'model-version.created', subject, {
          semver,
          stage: version.stage,
          ...(wanted.runId !== undefined && { runId: wanted.runId }),
          ...(wanted.source !== undefined && { source: wanted.source.source }),
        })
        if (tagLoggedModel && wanted.source?.loggedModel) {
          const retag = (tags: Tags) => tagLoggedModel(tags, version)
          await retagLoggedModel(context, tx, wanted.source.loggedModel, {
            retag,
            at,
            by: wanted.by,
          })
        }
        return version
      })
    },
    get: (model, version) => loadVersion(db.query, model, version),
    find: (model, version) => findVersionRow(db.query, model, version),
    async list(model, { limit: wantedLimit, cursor, stage } = {}) {
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
        await tx
          .updateTable('registry_versions')
          .set(versionToRow({ ...changed, aliases: [] }))
          .where('model', '=', model)
          .where('version', '=', number)
          .execute()
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

type Tags = Readonly<Record<string, string>>

const told = { code: 'registry.invalid-version', what: 'the change' }

async function assertReferences(
  tx: Transaction<RegistryTables>,
  {
    model,
    runId,
    dependsOn,
  }: { model: string; runId?: string; dependsOn: ModelVersion['dependsOn'] },
): Promise<void> {
  for (const dependency of dependsOn) {
    if (dependency.model === model) {
      throw invalid('registry.own-dependency', 'a model cannot depend on itself', { model })
    }
    await loadVersion(tx, dependency.model, dependency.version)
  }
  if (runId === undefined) return
  const run = await tx
    .selectFrom('registry_runs')
    .select('id')
    .where('id', '=', runId)
    .executeTakeFirst()
  if (!run) throw notFound('registry.no-run', `there is no run ${runId}`, { run: runId })
}

function cursorNumber(cursor: string): number {
  const position = decodeCursor(cursor)
  if (Number.isSafeInteger(position)) return position as number
  throw invalid('core.invalid-cursor', 'the cursor is not one that this list gave out', {})
}
