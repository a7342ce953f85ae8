import type { Transaction } from 'kysely'
import type { MetricPoint, Run, RunStatus } from '../model/run.ts'
import { isLater } from '../rules/metrics.ts'
import { metricFromRow, metricToRow } from '../sql/rows.ts'
import type { RegistryTables, RunRow } from '../sql/tables.ts'
import type { Db } from './context.ts'
import { conflict, notFound } from './context.ts'

/** Rows per insert: under the parameter limits of both databases. */
const BATCH = 1000

export async function hasExperiment(db: Db, name: string): Promise<boolean> {
  const row = await db
    .selectFrom('registry_experiments')
    .select('name')
    .where('name', '=', name)
    .executeTakeFirst()
  return row !== undefined
}

export async function loadRow(db: Db, run: string): Promise<RunRow> {
  const row = await db
    .selectFrom('registry_runs')
    .selectAll()
    .where('id', '=', run)
    .executeTakeFirst()
  if (!row) throw notFound('registry.no-run', `there is no run ${run}`, { run })
  return row
}

export async function writeParams(
  tx: Transaction<RegistryTables>,
  run: string,
  params: Readonly<Record<string, string>>,
): Promise<void> {
  const keys = Object.keys(params)
  if (keys.length === 0) return
  const rows = await tx
    .selectFrom('registry_params')
    .select(['key', 'value'])
    .where('run', '=', run)
    .execute()
  const known = new Map(rows.map(({ key, value }) => [key, value]))
  for (const key of keys) {
    const value = known.get(key)
    if (value !== undefined && value !== params[key]) {
      throw conflict(
        'registry.param-exists',
        `param ${key} of run ${run} is '${value}' and stays so`,
        {
          run,
          key,
          value,
          refused: params[key],
        },
      )
    }
  }
  const fresh = keys
    .filter((key) => !known.has(key))
    .map((key) => ({ run, key, value: params[key]! }))
  for (let i = 0; i < fresh.length; i += BATCH) {
    await tx
      .insertInto('registry_params')
      .values(fresh.slice(i, i + BATCH))
      .execute()
  }
}

export async function writeTags(
  tx: Transaction<RegistryTables>,
  run: string,
  tags: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [key, value] of Object.entries(tags)) {
    await tx
      .insertInto('registry_run_tags')
      .values({ run, key, value })
      .onConflict((at) => at.columns(['run', 'key']).doUpdateSet({ value }))
      .execute()
  }
}

export async function writeMetrics(
  tx: Transaction<RegistryTables>,
  run: string,
  points: readonly MetricPoint[],
): Promise<void> {
  if (points.length === 0) return
  for (let i = 0; i < points.length; i += BATCH) {
    await tx
      .insertInto('registry_metrics')
      .values(points.slice(i, i + BATCH).map((point) => metricToRow(run, point)))
      .onConflict((key) => key.doNothing())
      .execute()
  }
  const rows = await tx
    .selectFrom('registry_latest_metrics')
    .selectAll()
    .where('run', '=', run)
    .execute()
  const before = new Map(rows.map((row) => [row.key, metricFromRow(row)]))
  const latest = new Map(before)
  for (const point of points) {
    const known = latest.get(point.key)
    if (!known || isLater(point, known)) latest.set(point.key, point)
  }
  for (const [key, point] of latest) {
    if (before.get(key) === point) continue
    const { step, at, value_text, value } = metricToRow(run, point)
    const set = { step, at, value_text, value }
    await tx
      .insertInto('registry_latest_metrics')
      .values({ run, key, ...set })
      .onConflict((known) => known.columns(['run', 'key']).doUpdateSet(set))
      .execute()
  }
}

export async function assemble(db: Db, row: RunRow): Promise<Run> {
  const of = <Table extends 'registry_params' | 'registry_run_tags'>(table: Table) =>
    db
      .selectFrom(table as 'registry_params')
      .select(['key', 'value'])
      .where('run', '=', row.id)
      .orderBy('key')
      .execute()
  const [params, tags] = [await of('registry_params'), await of('registry_run_tags')]
  const metrics = await db
    .selectFrom('registry_latest_metrics')
    .selectAll()
    .where('run', '=', row.id)
    .orderBy('key')
    .execute()
  const inputs = await db
    .selectFrom('registry_inputs')
    .select(['name', 'digest', 'context'])
    .where('run', '=', row.id)
    .orderBy('name')
    .orderBy('digest')
    .execute()
  return {
    id: row.id,
    experiment: row.experiment,
    name: row.name,
    status: row.status as RunStatus,
    ...(row.parent !== null && { parent: row.parent }),
    params: Object.fromEntries(params.map(({ key, value }) => [key, value])),
    metrics: Object.fromEntries(metrics.map((metric) => [metric.key, metricFromRow(metric).value])),
    tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
    inputs,
    startedAt: row.started_at,
    ...(row.ended_at !== null && { endedAt: row.ended_at }),
  }
}
