import type { Page } from '@mlops/core'
import { givenOptions, isoTime } from '@mlops/core'
import { parseWith } from '@mlops/core/schema'
import { sendLater } from '@mlops/store'
import { sql } from 'kysely'
import type { SearchRequest } from '../../model/filter.ts'
import type { ChangeLoggedModel, CreateLoggedModel, LoggedModel } from '../../model/logged-model.ts'
import {
  changeLoggedModelSchema,
  createLoggedModelSchema,
  datasetRefsSchema,
  loggedModelCommandSchema,
} from '../../model/logged-model.ts'
import { searchKeys } from '../../sql/search.ts'
import type { DatasetRef } from '../../sql/searchables.ts'
import { loggedModelSearch } from '../../sql/searchables.ts'
import type { LoggedModelRow } from '../../sql/tables.ts'
import type { RegistryContext } from '../context.ts'
import { conflict, record } from '../context.ts'
import { loadExperiment, readExperimentIds } from './experiments.ts'
import { deleteTags, inChunks, insertOnce, upsertTexts } from './keyed-texts.ts'
import { assembleLoggedModels, loadLoggedModel } from './logged-model-records.ts'

export interface SearchLoggedModels extends SearchRequest {
  readonly experimentIds: readonly string[]
  /** Only models that were measured on one of these; metrics in filter and order are theirs. */
  readonly datasets?: readonly DatasetRef[]
}

export interface LoggedModels {
  /** Its files go below the experiment's place: `<place>/models/<id>/artifacts`. */
  create(command: CreateLoggedModel): Promise<LoggedModel>
  /** @throws `not-found` `registry.no-logged-model` */
  get(id: string, options?: { readonly deleted?: boolean }): Promise<LoggedModel>
  /**
   * Sets the status, adds params (write-once), sets and takes off tags: all of it or nothing.
   *
   * @throws `conflict` `registry.param-exists`; `not-found` `registry.no-tag` or
   *   `registry.no-logged-model`.
   */
  change(command: ChangeLoggedModel): Promise<LoggedModel>
  remove(command: { readonly id: string; readonly by: CreateLoggedModel['by'] }): Promise<void>
  /** Newest first, unless ordered otherwise. */
  search(request: SearchLoggedModels): Promise<Page<LoggedModel>>
}

const told = { code: 'registry.invalid-logged-model', what: 'the logged model' }

export function createLoggedModels(context: RegistryContext): LoggedModels {
  const { db, clock, ids } = context
  const subject = (name: string) => ({ type: 'logged-model', name })
  const assemble = async (tx: typeof db.query, row: LoggedModelRow) =>
    (await assembleLoggedModels(tx, [row]))[0]!

  return {
    async create(command) {
      const wanted = parseWith(createLoggedModelSchema, command, told)
      return db.transaction(async (tx) => {
        const experiment = await loadExperiment(tx, wanted.experimentId)
        if (experiment.lifecycle !== 'active') {
          throw conflict(
            'registry.experiment-deleted',
            `experiment ${experiment.name} is deleted`,
            {
              id: wanted.experimentId,
            },
          )
        }
        const id = wanted.id ?? `m-${ids.next().replaceAll('-', '')}`
        const at = isoTime(clock)
        const row: LoggedModelRow = {
          id,
          experiment: experiment.id,
          name: wanted.name,
          model_type: wanted.type,
          source_run: wanted.sourceRun ?? null,
          status: 'pending',
          artifact_location: `${experiment.artifact_location ?? ''}/models/${id}/artifacts`,
          lifecycle: 'active',
          created_at: at,
          updated_at: at,
        }
        await sendLater(tx, tx.insertInto('registry_logged_models').values(row))
        await insertOnce(tx, 'registry_logged_model_params', 'model', id, wanted.params)
        await upsertTexts(tx, 'registry_logged_model_tags', 'model', id, wanted.tags)
        await record(context, tx, wanted.by, 'logged-model.created', subject(id), {
          name: wanted.name,
          experimentId: wanted.experimentId,
          ...(wanted.sourceRun !== undefined && { run: wanted.sourceRun }),
        })
        return assemble(tx, row)
      })
    },
    get: async (id, options = {}) =>
      assemble(db.query, await loadLoggedModel(db.query, id, givenOptions(options))),
    async change(command) {
      const { id, status, params, tags, withoutTags, by } = parseWith(
        changeLoggedModelSchema,
        command,
        told,
      )
      return db.transaction(async (tx) => {
        const row = await loadLoggedModel(tx, id)
        const set = { status: status ?? row.status, updated_at: isoTime(clock) }
        await sendLater(tx, tx.updateTable('registry_logged_models').set(set).where('id', '=', id))
        await insertOnce(tx, 'registry_logged_model_params', 'model', id, params ?? {})
        await upsertTexts(tx, 'registry_logged_model_tags', 'model', id, tags ?? {})
        await deleteTags(tx, 'registry_logged_model_tags', 'model', id, withoutTags ?? [])
        await record(context, tx, by, 'logged-model.changed', subject(id), {
          ...(status !== undefined && { status }),
          ...(params !== undefined && { params: Object.keys(params) }),
          ...(tags !== undefined && { tags: Object.keys(tags) }),
          ...(withoutTags !== undefined && { withoutTags }),
        })
        return assemble(tx, { ...row, ...set })
      })
    },
    async remove(command) {
      const { id, by } = parseWith(loggedModelCommandSchema, command, told)
      await db.transaction(async (tx) => {
        await loadLoggedModel(tx, id)
        const set = { lifecycle: 'deleted', updated_at: isoTime(clock) }
        await sendLater(tx, tx.updateTable('registry_logged_models').set(set).where('id', '=', id))
        await record(context, tx, by, 'logged-model.removed', subject(id))
      })
    },
    async search(wanted) {
      const {
        experimentIds,
        datasets: given = [],
        ...request
      } = givenOptions(wanted, 'registry.invalid-search')
      const numbers = readExperimentIds(experimentIds)
      const datasets = parseWith(datasetRefsSchema, given, {
        code: 'registry.invalid-search',
        what: 'the list of datasets',
      })
      if (numbers.length === 0) return { items: [] }
      const measured = datasets.map(
        ({ name, digest }) =>
          sql`exists (select 1 from registry_logged_model_metrics d where d.model = l.id and d.dataset_name = ${name}${
            digest === undefined ? sql`` : sql` and d.dataset_digest = ${digest}`
          })`,
      )
      const scope = {
        db: db.query,
        dialect: db.dialect,
        where: [
          sql`l.experiment in (${sql.join(numbers)})`,
          sql`l.lifecycle = 'active'`,
          ...(measured.length > 0 ? [sql`(${sql.join(measured, sql` or `)})`] : []),
        ],
        token: { numbers, datasets },
      }
      const searchable = loggedModelSearch(datasets.length === 1 ? datasets[0] : undefined)
      const { keys, nextCursor } = await searchKeys(searchable, scope, request)
      const ids = keys.map(({ id }) => id as string)
      const rows = await inChunks(ids, (some) =>
        db.query.selectFrom('registry_logged_models').selectAll().where('id', 'in', some).execute(),
      )
      const found = await assembleLoggedModels(db.query, rows)
      const byId = new Map(found.map((model) => [model.id, model]))
      const items = ids.map((id) => byId.get(id)!)
      return { items, ...(nextCursor !== undefined && { nextCursor }) }
    },
  }
}
