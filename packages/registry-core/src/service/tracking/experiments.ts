import type { Actor, Page } from '@mlops/core'
import { givenOptions, invalid, isoTime } from '@mlops/core'
import { parseWith } from '@mlops/core/schema'
import { sendLater } from '@mlops/store'
import type { Transaction } from 'kysely'
import { sql } from 'kysely'
import { assertList, assertText } from '../../model/arguments.ts'
import type {
  ChangeExperiment,
  CreateExperiment,
  Experiment,
  ExperimentCommand,
} from '../../model/experiment.ts'
import {
  changeExperimentSchema,
  createExperimentSchema,
  experimentCommandSchema,
} from '../../model/experiment.ts'
import type { Lifecycle, LifecycleView, SearchRequest } from '../../model/filter.ts'
import { assertView } from '../../model/filter.ts'
import { searchKeys } from '../../sql/search.ts'
import { experimentSearch } from '../../sql/searchables.ts'
import type { ExperimentRow, RegistryTables } from '../../sql/tables.ts'
import type { Db, RegistryContext } from '../context.ts'
import { conflict, notFound, record } from '../context.ts'
import { deleteTags, inChunks, textsOf, upsertTexts } from './keyed-texts.ts'

export interface Experiments {
  /** @throws `conflict` `registry.experiment-exists` */
  create(command: CreateExperiment): Promise<Experiment>
  /** @throws `not-found` `registry.no-experiment` */
  get(id: string): Promise<Experiment>
  findByName(name: string): Promise<Experiment | undefined>
  /**
   * Renames it, sets and takes off tags.
   *
   * @throws `conflict` `registry.experiment-exists` or `registry.experiment-deleted`; `not-found`
   *   `registry.no-experiment` or `registry.no-tag`.
   */
  change(command: ChangeExperiment): Promise<Experiment>
  /** Puts it aside, with its runs; `restore` brings it back. Its name stays taken. */
  remove(command: ExperimentCommand): Promise<void>
  restore(command: ExperimentCommand): Promise<void>
  /** Newest first, unless ordered otherwise. */
  search(request?: SearchRequest & LifecycleView): Promise<Page<Experiment>>
  /** Makes experiment 0, named Default, unless there is one of that id or name: the one that runs go to unasked. */
  ensureDefault(command: { readonly artifactLocation?: string; readonly by: Actor }): Promise<void>
  /** The datasets that runs of these experiments read. */
  datasets(experimentIds: readonly string[]): Promise<readonly ExperimentDataset[]>
}

export interface ExperimentDataset {
  readonly experimentId: string
  readonly name: string
  readonly digest: string
  readonly context: string
}

const told = { code: 'registry.invalid-experiment', what: 'the experiment' }

export function createExperiments(context: RegistryContext): Experiments {
  const { db, clock } = context

  const setLifecycle = (action: string, from: Lifecycle, to: Lifecycle) =>
    async function set(command: ExperimentCommand): Promise<void> {
      const { id, by } = parseWith(experimentCommandSchema, command, told)
      await db.transaction(async (tx) => {
        const row = await loadExperiment(tx, id)
        if (row.lifecycle !== from) {
          throw notFound('registry.no-experiment', `there is no ${from} experiment ${id}`, { id })
        }
        const at = isoTime(clock)
        await sendLater(
          tx,
          tx
            .updateTable('registry_experiments')
            .set({ lifecycle: to, updated_at: at })
            .where('id', '=', row.id),
        )
        // Runs that were put aside by themselves before keep their own state.
        await sendLater(
          tx,
          tx
            .updateTable('registry_runs')
            .set({ lifecycle: to === 'deleted' ? 'deleted-with-experiment' : 'active' })
            .where('experiment', '=', row.id)
            .where('lifecycle', '=', to === 'deleted' ? 'active' : 'deleted-with-experiment'),
        )
        await record(context, tx, by, action, { type: 'experiment', name: row.name }, { id })
      })
    }

  return {
    async create(command) {
      const { name, artifactLocation, tags, by } = parseWith(createExperimentSchema, command, told)
      return db.transaction(async (tx) => {
        await assertFree(tx, name)
        return insertExperiment(context, tx, {
          name,
          tags,
          by,
          ...(artifactLocation !== undefined && { artifactLocation }),
        })
      })
    },
    get: async (id) => assembleOne(db.query, await loadExperiment(db.query, id)),
    async findByName(name) {
      const row = await findByName(db.query, name)
      return row && assembleOne(db.query, row)
    },
    async change(command) {
      const { id, name, tags, withoutTags, by } = parseWith(changeExperimentSchema, command, told)
      return db.transaction(async (tx) => {
        const row = await loadExperiment(tx, id)
        if (row.lifecycle !== 'active') {
          throw conflict(
            'registry.experiment-deleted',
            `experiment ${id} is deleted: restore it first`,
            { id },
          )
        }
        if (name !== undefined && name !== row.name) await assertFree(tx, name)
        const set = { name: name ?? row.name, updated_at: isoTime(clock) }
        await sendLater(
          tx,
          tx.updateTable('registry_experiments').set(set).where('id', '=', row.id),
        )
        await upsertTexts(tx, 'registry_experiment_tags', 'experiment', row.id, tags ?? {})
        await deleteTags(tx, 'registry_experiment_tags', 'experiment', row.id, withoutTags ?? [])
        const facts = {
          id,
          ...(name !== undefined && { from: row.name }),
          ...(tags !== undefined && { tags }),
          ...(withoutTags !== undefined && { withoutTags }),
        }
        const subject = { type: 'experiment', name: set.name }
        await record(context, tx, by, 'experiment.changed', subject, facts)
        return assembleOne(tx, { ...row, ...set })
      })
    },
    remove: setLifecycle('experiment.removed', 'active', 'deleted'),
    restore: setLifecycle('experiment.restored', 'deleted', 'active'),
    async search(wanted = {}) {
      const { view = 'active', ...request } = givenOptions(wanted)
      assertView(view)
      const scope = {
        db: db.query,
        dialect: db.dialect,
        where: view === 'all' ? [] : [sql`e.lifecycle = ${view}`],
        token: view,
        maxLimit: 50_000,
      }
      const { keys, nextCursor } = await searchKeys(experimentSearch(), scope, request)
      const rows = await inChunks(keys, (some) =>
        db.query
          .selectFrom('registry_experiments')
          .selectAll()
          .where(
            'id',
            'in',
            some.map(({ id }) => id as number),
          )
          .execute(),
      )
      const found = await assembleExperiments(db.query, rows)
      const byId = new Map(found.map((experiment) => [experiment.id, experiment]))
      const items = keys.map(({ id }) => byId.get(String(id))!)
      return { items, ...(nextCursor !== undefined && { nextCursor }) }
    },
    async ensureDefault(command) {
      const { artifactLocation, by } = givenOptions(command, told.code)
      const missing = async (on: Db) =>
        (await on.selectFrom('registry_experiments').select('id').where('id', '=', 0).execute())
          .length === 0
      if (!(await missing(db.query))) return
      const wanted = parseWith(
        createExperimentSchema,
        { name: 'Default', ...(artifactLocation !== undefined && { artifactLocation }), by },
        told,
      )
      await db.transaction(async (tx) => {
        if (!(await missing(tx))) return
        if (await findByName(tx, wanted.name)) return
        await insertExperiment(context, tx, { ...wanted, id: 0 })
      })
    },
    async datasets(experimentIds) {
      assertList(experimentIds, 'experimentIds')
      if (experimentIds.length === 0) return []
      const rows = await db.query
        .selectFrom('registry_inputs as i')
        .innerJoin('registry_runs as r', 'r.id', 'i.run')
        .select(['r.experiment', 'i.name', 'i.digest', 'i.context'])
        .distinct()
        .where('r.experiment', 'in', experimentIds.map(numericId))
        .orderBy('r.experiment')
        .orderBy('i.name')
        .orderBy('i.digest')
        .orderBy('i.context')
        .limit(1000)
        .execute()
      return rows.map(({ experiment, ...rest }) => ({ experimentId: String(experiment), ...rest }))
    },
  }
}

/** A number that no experiment has, for what is not an id. */
export function numericId(id: unknown): number {
  const text = typeof id === 'number' ? String(id) : id
  return typeof text === 'string' && /^\d{1,15}$/.test(text) ? Number(text) : -1
}

/** The numbers of the experiments to look in. @throws `invalid` `registry.invalid-search` */
export function readExperimentIds(ids: unknown): readonly number[] {
  if (Array.isArray(ids)) return ids.map(numericId)
  throw invalid('registry.invalid-search', 'experimentIds is a list of ids', {})
}

export async function loadExperiment(db: Db, id: string): Promise<ExperimentRow> {
  assertText(id, 'experiment')
  const row = await db
    .selectFrom('registry_experiments')
    .selectAll()
    .where('id', '=', numericId(id))
    .executeTakeFirst()
  if (!row) throw noExperiment(id)
  return row
}

export function noExperiment(id: string) {
  return notFound('registry.no-experiment', `there is no experiment ${id}`, { id })
}

export async function findByName(db: Db, name: string): Promise<ExperimentRow | undefined> {
  assertText(name, 'name')
  return db
    .selectFrom('registry_experiments')
    .selectAll()
    .where('name', '=', name)
    .executeTakeFirst()
}

async function assertFree(tx: Db, name: string): Promise<void> {
  const known = await findByName(tx, name)
  if (!known) return
  throw conflict(
    'registry.experiment-exists',
    known.lifecycle === 'active'
      ? `there is an experiment ${name} already`
      : `there is a deleted experiment ${name}: restore it, or choose another name`,
    { name, lifecycle: known.lifecycle },
  )
}

export async function insertExperiment(
  context: RegistryContext,
  tx: Transaction<RegistryTables>,
  wanted: {
    name: string
    artifactLocation?: string
    tags: Readonly<Record<string, string>>
    by: Actor
    id?: number
  },
): Promise<Experiment> {
  const { name, artifactLocation, tags, by } = wanted
  const last = await tx
    .selectFrom('registry_experiments')
    .select('id')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  const id = wanted.id ?? (last?.id ?? 0) + 1
  const at = isoTime(context.clock)
  const row: ExperimentRow = {
    id,
    name,
    artifact_location: artifactLocation?.replaceAll('{id}', String(id)) ?? null,
    lifecycle: 'active',
    created_at: at,
    updated_at: at,
  }
  await sendLater(tx, tx.insertInto('registry_experiments').values(row))
  await upsertTexts(tx, 'registry_experiment_tags', 'experiment', id, tags)
  const subject = { type: 'experiment', name }
  await record(context, tx, by, 'experiment.created', subject, { id: String(id) })
  return experimentFromRow(row, tags)
}

function experimentFromRow(row: ExperimentRow, tags: Readonly<Record<string, string>>): Experiment {
  return {
    id: String(row.id),
    name: row.name,
    ...(row.artifact_location !== null && { artifactLocation: row.artifact_location }),
    lifecycle: row.lifecycle as Lifecycle,
    tags,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

async function assembleExperiments(db: Db, rows: readonly ExperimentRow[]): Promise<Experiment[]> {
  const ids = rows.map(({ id }) => id)
  const tags = await textsOf(db, 'registry_experiment_tags', 'experiment', ids)
  return rows.map((row) => experimentFromRow(row, tags.get(row.id) ?? {}))
}

async function assembleOne(db: Db, row: ExperimentRow): Promise<Experiment> {
  return (await assembleExperiments(db, [row]))[0]!
}
