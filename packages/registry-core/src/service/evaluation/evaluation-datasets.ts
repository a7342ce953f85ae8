import type { Page, PageRequest } from '@mlops/core'
import { decodeCursor, digestOf, givenOptions, invalid, isoTime, pageLimit } from '@mlops/core'
import { parseWith } from '@mlops/core/schema'
import type { Transaction } from 'kysely'
import { sql } from 'kysely'
import type {
  ChangeEvaluationDataset,
  CreateEvaluationDataset,
  EvaluationDataset,
  EvaluationRecord,
  PutEvaluationRecords,
  RemoveEvaluationRecords,
} from '../../model/evaluation-dataset.ts'
import {
  changeEvaluationDatasetSchema,
  createEvaluationDatasetSchema,
  evaluationDatasetCommandSchema,
  putEvaluationRecordsSchema,
  removeEvaluationRecordsSchema,
} from '../../model/evaluation-dataset.ts'
import type { SearchRequest } from '../../model/filter.ts'
import { searchKeys } from '../../sql/search.ts'
import { evaluationDatasetSearch } from '../../sql/searchables.ts'
import type { EvaluationDatasetRow, RegistryTables } from '../../sql/tables.ts'
import type { Db, RegistryContext } from '../context.ts'
import { record } from '../context.ts'
import { nextCursor } from '../cursors.ts'
import { numericId, readExperimentIds } from '../tracking/experiments.ts'
import { inChunks, upsertTexts } from '../tracking/keyed-texts.ts'
import {
  addExperiments,
  assembleEvaluationDatasets,
  loadEvaluationDataset,
  schemaOf,
} from './evaluation-dataset-records.ts'
import type { RecordsWritten } from './evaluation-records.ts'
import { contentOf, recordFromRow, schemaWith, writeRecords } from './evaluation-records.ts'

export interface SearchEvaluationDatasets extends SearchRequest {
  /** Only those of any of these. @default all there are */
  readonly experimentIds?: readonly string[]
}

/** Examples that models are judged by. One dataset may serve several experiments. */
export interface EvaluationDatasets {
  /** @throws `not-found` `registry.no-experiment` */
  create(command: CreateEvaluationDataset): Promise<EvaluationDataset>
  /** @throws `not-found` `registry.no-evaluation-dataset` */
  get(id: string): Promise<EvaluationDataset>
  /** Sets and takes off tags, adds it to experiments and removes it from some: all of it or nothing. */
  change(command: ChangeEvaluationDataset): Promise<EvaluationDataset>
  /** With its records. */
  remove(command: Pick<RemoveEvaluationRecords, 'id' | 'by'>): Promise<void>
  /** Newest first, unless ordered otherwise. Fields: name, created_time, last_update_time, created_by, last_updated_by, tags. */
  search(request?: SearchEvaluationDatasets): Promise<Page<EvaluationDataset>>
  /**
   * Inserts records; one with the inputs of another is merged into it: its outputs replace, its
   * expectations and tags are added. Cost: reads the digests of all records, for the dataset's.
   */
  putRecords(command: PutEvaluationRecords): Promise<RecordsWritten>
  /** In the order in which they came. 10 000 at most. */
  records(id: string, page?: PageRequest): Promise<Page<EvaluationRecord>>
  /** How many of these it had. */
  removeRecords(command: RemoveEvaluationRecords): Promise<number>
}

const told = { code: 'registry.invalid-evaluation-dataset', what: 'the evaluation dataset' }

export function createEvaluationDatasets(context: RegistryContext): EvaluationDatasets {
  const { db, clock, ids } = context
  const subject = (name: string) => ({ type: 'evaluation-dataset', name })
  const newId = (prefix: string) => `${prefix}-${ids.next().replaceAll('-', '')}`
  const assemble = async (on: Db, id: string) =>
    (await assembleEvaluationDatasets(on, [await loadEvaluationDataset(on, id)]))[0]!

  async function touch(
    tx: Transaction<RegistryTables>,
    id: string,
    set: Partial<EvaluationDatasetRow> = {},
  ): Promise<void> {
    await tx
      .updateTable('registry_evaluation_datasets')
      .set({ ...set, updated_at: isoTime(clock) })
      .where('id', '=', id)
      .execute()
  }

  return {
    async create(command) {
      const { name, experimentIds, tags, user, by } = parseWith(
        createEvaluationDatasetSchema,
        command,
        told,
      )
      const id = newId('d')
      const at = isoTime(clock)
      return db.transaction(async (tx) => {
        await tx
          .insertInto('registry_evaluation_datasets')
          .values({
            id,
            name,
            digest: digestOf([]),
            schema: null,
            records: 0,
            created_at: at,
            updated_at: at,
            created_by: user,
            updated_by: user,
          })
          .execute()
        await upsertTexts(tx, 'registry_evaluation_tags', 'dataset', id, tags)
        await addExperiments(tx, id, experimentIds)
        const facts = { name, experimentIds }
        await record(context, tx, by, 'evaluation-dataset.created', subject(id), facts)
        return assemble(tx, id)
      })
    },
    get: (id) => assemble(db.query, id),
    async change(command) {
      const { id, by, ...changes } = parseWith(changeEvaluationDatasetSchema, command, told)
      const { tags, withoutTags = [], addExperiments: more = [], removeExperiments = [] } = changes
      return db.transaction(async (tx) => {
        await loadEvaluationDataset(tx, id)
        await upsertTexts(tx, 'registry_evaluation_tags', 'dataset', id, tags ?? {})
        if (withoutTags.length > 0) {
          await tx
            .deleteFrom('registry_evaluation_tags')
            .where('dataset', '=', id)
            .where('key', 'in', withoutTags)
            .execute()
        }
        await addExperiments(tx, id, more)
        if (removeExperiments.length > 0) {
          await tx
            .deleteFrom('registry_evaluation_experiments')
            .where('dataset', '=', id)
            .where('experiment', 'in', removeExperiments.map(numericId))
            .execute()
        }
        await touch(tx, id)
        await record(context, tx, by, 'evaluation-dataset.changed', subject(id), {
          ...changes,
          ...(tags && { tags: Object.keys(tags) }),
        })
        return assemble(tx, id)
      })
    },
    async remove(command) {
      const { id, by } = parseWith(evaluationDatasetCommandSchema, command, told)
      await db.transaction(async (tx) => {
        const { name, digest, records } = await loadEvaluationDataset(tx, id)
        for (const table of [
          'registry_evaluation_records',
          'registry_evaluation_experiments',
          'registry_evaluation_tags',
        ] as const) {
          await tx.deleteFrom(table).where('dataset', '=', id).execute()
        }
        await tx.deleteFrom('registry_evaluation_datasets').where('id', '=', id).execute()
        const facts = { name, digest, records }
        await record(context, tx, by, 'evaluation-dataset.removed', subject(id), facts)
      })
    },
    async search(given = {}) {
      const { experimentIds, ...request } = givenOptions(given, 'registry.invalid-search')
      const numbers = experimentIds === undefined ? undefined : readExperimentIds(experimentIds)
      if (numbers?.length === 0) return { items: [] }
      const scope = {
        db: db.query,
        dialect: db.dialect,
        where: numbers
          ? [
              sql`exists (select 1 from registry_evaluation_experiments x where x.dataset = d.id and x.experiment in (${sql.join(numbers)}))`,
            ]
          : [],
        token: { numbers: numbers ?? null },
      }
      const { keys, nextCursor: next } = await searchKeys(evaluationDatasetSearch(), scope, request)
      const wanted = keys.map(({ id }) => id as string)
      const rows = await inChunks(wanted, (some) =>
        db.query
          .selectFrom('registry_evaluation_datasets')
          .selectAll()
          .where('id', 'in', some)
          .execute(),
      )
      const byId = new Map(
        (await assembleEvaluationDatasets(db.query, rows)).map((one) => [one.id, one]),
      )
      const items = wanted.map((id) => byId.get(id)!)
      return { items, ...(next !== undefined && { nextCursor: next }) }
    },
    async putRecords(command) {
      const { id, records, by } = parseWith(putEvaluationRecordsSchema, command, told)
      return db.transaction(async (tx) => {
        const row = await loadEvaluationDataset(tx, id)
        const at = isoTime(clock)
        const written = await writeRecords(tx, id, records, { at, newId: () => newId('dr') })
        const schema = schemaWith(schemaOf(row), records)
        const user = records.findLast((one) => one.user)?.user
        const content = await contentOf(tx, id)
        await touch(tx, id, {
          ...content,
          ...(schema && { schema: JSON.stringify(schema) }),
          ...(user !== undefined && { updated_by: user }),
        })
        const facts = { ...written, digest: content.digest }
        await record(context, tx, by, 'evaluation-dataset.records-put', subject(id), facts)
        return written
      })
    },
    async records(id, given = {}) {
      const request = givenOptions(given)
      await loadEvaluationDataset(db.query, id)
      const limit = pageLimit(request.limit, { fallback: 100, max: 10_000 })
      let select = db.query
        .selectFrom('registry_evaluation_records')
        .selectAll()
        .where('dataset', '=', id)
      if (request.cursor !== undefined) {
        const [at, last] = position(request.cursor)
        select = select.where((on) =>
          on.or([
            on('created_at', '>', at),
            on.and([on('created_at', '=', at), on('id', '>', last)]),
          ]),
        )
      }
      const rows = await select
        .orderBy('created_at')
        .orderBy('id')
        .limit(limit + 1)
        .execute()
      return {
        items: rows.slice(0, limit).map(recordFromRow),
        ...nextCursor(rows, limit, ({ created_at, id: last }) => [created_at, last]),
      }
    },
    async removeRecords(command) {
      const { id, records, by } = parseWith(removeEvaluationRecordsSchema, command, told)
      return db.transaction(async (tx) => {
        await loadEvaluationDataset(tx, id)
        const removed = await inChunks(records, (some) =>
          tx
            .deleteFrom('registry_evaluation_records')
            .where('dataset', '=', id)
            .where('id', 'in', some)
            .returning('id')
            .execute(),
        )
        const content = await contentOf(tx, id)
        await touch(tx, id, content)
        const facts = { removed: removed.length, digest: content.digest }
        await record(context, tx, by, 'evaluation-dataset.records-removed', subject(id), facts)
        return removed.length
      })
    },
  }
}

function position(cursor: string): readonly [at: string, id: string] {
  const read = decodeCursor(cursor)
  if (Array.isArray(read) && read.length === 2 && read.every((part) => typeof part === 'string')) {
    return read as [string, string]
  }
  throw invalid('core.invalid-cursor', 'the cursor is not one that this list gave out', {})
}
