import type { Page, PageRequest } from '@mlops/core'
import { givenOptions, pageLimit } from '@mlops/core'
import { parseWith } from '@mlops/core/schema'
import type { RawBuilder } from 'kysely'
import { sql } from 'kysely'
import type * as z from 'zod'
import { assertList, assertText } from '../../model/arguments.ts'
import type { LifecycleView, SearchRequest } from '../../model/filter.ts'
import { assertView } from '../../model/filter.ts'
import type { Run } from '../../model/run.ts'
import { bestRunSchema } from '../../model/run.ts'
import type { PartTexts } from '../../sql/run-parts.ts'
import { foundWithParts, partsOf, TOGETHER } from '../../sql/run-parts.ts'
import { searchKeys } from '../../sql/search.ts'
import { runSearch } from '../../sql/searchables.ts'
import type { RunRow } from '../../sql/tables.ts'
import type { RegistryContext } from '../context.ts'
import { nextCursor } from '../cursors.ts'
import { cursorText } from '../models.ts'
import { readExperimentIds } from './experiments.ts'
import { assembleFrom, assembleRun, assembleRuns } from './run-records.ts'

export interface SearchRuns extends SearchRequest, LifecycleView {
  /** In which experiments to look; none means in none. */
  readonly experimentIds: readonly string[]
}

export interface ListRuns extends PageRequest {
  /** By name. */
  readonly experiment: string
}

/** The active runs of an experiment, oldest first. */
export async function listRuns({ db }: RegistryContext, options: ListRuns): Promise<Page<Run>> {
  const { experiment, limit: wanted, cursor } = givenOptions(options, 'registry.invalid-search')
  assertText(experiment, 'experiment')
  const limit = pageLimit(wanted)
  let select = db.query
    .selectFrom('registry_runs as r')
    .innerJoin('registry_experiments as e', 'e.id', 'r.experiment')
    .selectAll('r')
    .where('e.name', '=', experiment)
    .where('r.lifecycle', '=', 'active')
  if (cursor !== undefined) select = select.where('r.id', '>', cursorText(cursor))
  const rows = await select
    .orderBy('r.id')
    .limit(limit + 1)
    .execute()
  const items = await assembleRuns(db, rows.slice(0, limit))
  return { items, ...nextCursor(rows, limit, ({ id }) => id) }
}

export type BestRun = Readonly<z.infer<typeof bestRunSchema>>

const PARTS_ALONG = { most: TOGETHER, statement: foundWithParts }

/** A page of runs. @throws as `Runs.search` */
export async function searchRuns(
  { db, estimates }: RegistryContext,
  wanted: SearchRuns,
): Promise<Page<Run>> {
  const {
    experimentIds,
    view = 'active',
    ...request
  } = givenOptions(wanted, 'registry.invalid-search')
  assertView(view)
  const ids = readExperimentIds(experimentIds)
  if (ids.length === 0) return { items: [] }
  // A sign in front keeps a column from its index.
  const where = (experiment: RawBuilder<unknown>) => [
    ids.length === 1 ? sql`${experiment} = ${ids[0]}` : sql`${experiment} in (${sql.join(ids)})`,
    ...(view === 'all'
      ? []
      : [sql`r.lifecycle ${sql.raw(view === 'active' ? '=' : '<>')} 'active'`]),
  ]
  const scope = {
    db: db.query,
    dialect: db.dialect,
    where: where(sql`r.experiment`),
    whereOfListed: where(sql`+r.experiment`),
    token: { ids, view },
    ...(db.dialect === 'postgres' && { estimates, along: PARTS_ALONG }),
    maxLimit: 50_000,
  }
  const { keys, along, nextCursor } = await searchKeys(runSearch(db.dialect), scope, request)
  const rows = keys as readonly object[] as readonly RunRow[]
  const items = along
    ? await assembleFrom(db.query, rows, partsOf(along as unknown as PartTexts))
    : await assembleRuns(db, rows)
  return { items, ...(nextCursor !== undefined && { nextCursor }) }
}

/** The run whose latest value of the metric is best. */
export async function bestRun({ db }: RegistryContext, wanted: BestRun): Promise<Run | undefined> {
  const { experiment, metric, goal } = parseWith(bestRunSchema, wanted, {
    code: 'registry.invalid-search',
    what: 'the search for the best run',
  })
  const row = await db.query
    .selectFrom('registry_latest_metrics as m')
    .innerJoin('registry_runs as r', 'r.id', 'm.run')
    .innerJoin('registry_experiments as e', 'e.id', 'r.experiment')
    .selectAll('r')
    .where('m.key', '=', metric)
    .where('m.value', 'is not', null)
    .where('e.name', '=', experiment)
    .where('r.lifecycle', '=', 'active')
    .orderBy('m.value', goal === 'max' ? 'desc' : 'asc')
    .orderBy('r.id')
    .limit(1)
    .executeTakeFirst()
  return row && assembleRun(db, row)
}

/** How several runs differ, side by side. */
export interface RunComparison {
  readonly runs: readonly Pick<Run, 'id' | 'name' | 'status' | 'startedAt'>[]
  readonly params: readonly ComparedRow<string>[]
  readonly metrics: readonly ComparedRow<number>[]
  readonly tags: readonly ComparedRow<string>[]
}

export interface ComparedRow<Value> {
  readonly key: string
  /** In the order of the runs; null where a run has none. */
  readonly values: readonly (Value | null)[]
  /** Whether not all are the same. */
  readonly differs: boolean
}

/**
 * Puts the params, latest metrics and tags of runs next to each other. Cost: O(runs × keys).
 *
 * @throws `invalid` `registry.invalid-argument` for what is no list of runs.
 */
export function compareRuns(runs: readonly Run[]): RunComparison {
  assertList(runs, 'runs')
  for (const run of runs) {
    const { params, metrics, tags } = givenOptions(run, 'registry.invalid-argument')
    for (const part of [params, metrics, tags]) givenOptions(part, 'registry.invalid-argument')
  }
  return {
    runs: runs.map(({ id, name, status, startedAt }) => ({ id, name, status, startedAt })),
    params: comparedRows(runs.map(({ params }) => params)),
    metrics: comparedRows(runs.map(({ metrics }) => metrics)),
    tags: comparedRows(runs.map(({ tags }) => tags)),
  }
}

/** A row for each key that one of the records has. */
export function comparedRows<Value>(
  records: readonly Readonly<Record<string, Value>>[],
): readonly ComparedRow<Value>[] {
  const keys = [...new Set(records.flatMap((record) => Object.keys(record)))].sort()
  return keys.map((key) => {
    const values = records.map((record) => (Object.hasOwn(record, key) ? record[key]! : null))
    return { key, values, differs: values.some((value) => !Object.is(value, values[0])) }
  })
}
