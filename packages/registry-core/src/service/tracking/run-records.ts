import { readTogether } from '@mlops/store'
import type { Kysely } from 'kysely'
import type { MetricPoint, Run, RunStatus } from '../../model/run.ts'
import { type Cell, groupedRows } from '../../sql/grouped-rows.ts'
import { metricFromRow } from '../../sql/rows.ts'
import type { ExperimentRow, RegistryTables, RunRow } from '../../sql/tables.ts'
import type { Db } from '../context.ts'
import { conflict, notFound } from '../context.ts'
import { byKey, inChunks, textsOf } from './keyed-texts.ts'
import { inputsOf, runModelsOf } from './run-inputs.ts'

/** @throws `not-found` `registry.no-run` */
export async function loadRow(db: Db, run: string): Promise<RunRow> {
  const row = await db
    .selectFrom('registry_runs')
    .selectAll()
    .where('id', '=', run)
    .executeTakeFirst()
  if (!row) throw noRun(run)
  return row
}

export function noRun(run: string) {
  return notFound('registry.no-run', `there is no run ${run}`, { run })
}

/** @throws also `conflict` `registry.run-deleted` */
export async function loadActiveRow(db: Db, run: string): Promise<RunRow> {
  const row = await loadRow(db, run)
  if (row.lifecycle === 'active') return row
  throw conflict('registry.run-deleted', `run ${run} is deleted: restore it first`, { run })
}

/** Those of the ids that are runs'. */
export async function knownRuns(db: Db, ids: readonly string[]): Promise<Set<string>> {
  const rows = await inChunks(ids, (some) => selectRunIds(db, some).execute())
  return new Set(rows.map(({ id }) => id))
}

/** Those of the ids that are runs. */
export function selectRunIds(db: Db, ids: readonly string[]) {
  return db.selectFrom('registry_runs').select('id').where('id', 'in', ids)
}

const COLUMNS = [
  'id',
  'experiment',
  'name',
  'status',
  'parent',
  'user_id',
  'lifecycle',
  'started_at',
  'ended_at',
] as const satisfies readonly (keyof RunRow)[]

/** In the order of the ids; faster for many of them where the dialect is told. */
export async function rowsById(
  db: Db,
  ids: readonly string[],
  dialect?: 'sqlite' | 'postgres',
): Promise<RunRow[]> {
  const rows = await inChunks(ids, async (some) => {
    if (!dialect) {
      return db.selectFrom('registry_runs').selectAll().where('id', 'in', some).execute()
    }
    const table = { table: 'registry_runs', owner: 'id', columns: COLUMNS, owners: some }
    const found = await groupedRows(db as Kysely<unknown>, dialect, table)
    return found.map(([, [cells]]) => rowOfCells(cells!))
  })
  const byId = new Map(rows.map((row) => [row.id, row]))
  return ids.flatMap((id) => byId.get(id) ?? [])
}

function rowOfCells(cells: readonly Cell[]): RunRow {
  return Object.fromEntries(COLUMNS.map((column, i) => [column, cells[i]])) as unknown as RunRow
}

/** Runs with all that belongs to them: a handful of queries, however many they are. */
export async function assembleRuns(
  db: Db,
  rows: readonly RunRow[],
  dialect?: 'sqlite' | 'postgres',
): Promise<Run[]> {
  if (rows.length === 0) return []
  const ids = rows.map(({ id }) => id)
  const all = readTogether(db as Kysely<RegistryTables>)
  const [params, tags, latest, inputs, models, experiments] = await Promise.all([
    textsOf(all, 'registry_params', 'run', ids, dialect),
    textsOf(all, 'registry_run_tags', 'run', ids, dialect),
    latestOf(all, ids, dialect),
    inputsOf(all, ids, dialect),
    runModelsOf(all, ids, dialect),
    experimentsOf(all, rows),
  ])
  return rows.map((row) => {
    const points = latest.get(row.id) ?? []
    return runFromRow(row, experiments.get(row.experiment)!, {
      params: params.get(row.id) ?? {},
      metrics: Object.fromEntries(points.map(({ key, value }) => [key, value])),
      tags: tags.get(row.id) ?? {},
      latest: points,
      inputs: inputs.get(row.id) ?? [],
      modelInputs: models.get(row.id)?.inputs ?? [],
      modelOutputs: models.get(row.id)?.outputs ?? [],
    })
  })
}

/** A run that has nothing yet but tags. */
export function freshRun(row: RunRow, experiment: ExperimentOfRun, tags: Run['tags']): Run {
  return runFromRow(row, experiment, {
    params: {},
    metrics: {},
    tags: Object.fromEntries(Object.entries(tags).sort(byKey)),
    latest: [],
    inputs: [],
    modelInputs: [],
    modelOutputs: [],
  })
}

export type ExperimentOfRun = Pick<ExperimentRow, 'name' | 'artifact_location'>

type Recorded = 'params' | 'metrics' | 'tags' | 'latest' | 'inputs' | 'modelInputs' | 'modelOutputs'

function runFromRow(
  row: RunRow,
  { name, artifact_location: place }: ExperimentOfRun,
  recorded: Pick<Run, Recorded>,
): Run {
  return {
    id: row.id,
    experiment: name,
    experimentId: String(row.experiment),
    ...(place !== null && { artifactLocation: place }),
    name: row.name,
    status: row.status as RunStatus,
    lifecycle: row.lifecycle === 'active' ? 'active' : 'deleted',
    user: row.user_id,
    ...(row.parent !== null && { parent: row.parent }),
    ...recorded,
    startedAt: row.started_at,
    ...(row.ended_at !== null && { endedAt: row.ended_at }),
  }
}

export async function assembleRun(db: Db, row: RunRow): Promise<Run> {
  return (await assembleRuns(db, [row]))[0]!
}

async function latestOf(
  db: Db,
  runs: readonly string[],
  dialect: 'sqlite' | 'postgres' | undefined,
): Promise<ReadonlyMap<string, MetricPoint[]>> {
  if (dialect) {
    const columns = ['key', 'value_text', 'step', 'at']
    const table = 'registry_latest_metrics'
    const found = await inChunks(runs, (owners) =>
      groupedRows(db as Kysely<unknown>, dialect, { table, owner: 'run', columns, owners }),
    )
    return new Map(found.map(([owner, rows]) => [owner, [...rows].sort(byKey).map(pointOfCells)]))
  }
  const rows = await inChunks(runs, (some) =>
    db
      .selectFrom('registry_latest_metrics')
      .selectAll()
      .where('run', 'in', some)
      .orderBy('key')
      .execute(),
  )
  const latest = new Map<string, MetricPoint[]>()
  for (const row of rows) {
    const points = latest.get(row.run)
    if (points) points.push(metricFromRow(row))
    else latest.set(row.run, [metricFromRow(row)])
  }
  return latest
}

function pointOfCells([key, value, step, at]: readonly Cell[]): MetricPoint {
  return { key: key as string, value: Number(value), step: step as number, at: at as string }
}

async function experimentsOf(
  db: Db,
  rows: readonly RunRow[],
): Promise<ReadonlyMap<number, ExperimentOfRun>> {
  const found = await inChunks([...new Set(rows.map(({ experiment }) => experiment))], (ids) =>
    db
      .selectFrom('registry_experiments')
      .select(['id', 'name', 'artifact_location'])
      .where('id', 'in', ids)
      .execute(),
  )
  return new Map(found.map((experiment) => [experiment.id, experiment]))
}
