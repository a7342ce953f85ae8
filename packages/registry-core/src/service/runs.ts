import type { Actor, Page, PageRequest } from '@mlops/core'
import { canonicalJson, encodeCursor, isoTime, pageLimit } from '@mlops/core'
import { parseWith } from '@mlops/core/schema'
import type { Transaction } from 'kysely'
import type { Experiment, LogRun, MetricPoint, Run, RunStatus, StartRun } from '../model/run.ts'
import { createExperimentSchema, endRunSchema, logRunSchema, startRunSchema } from '../model/run.ts'
import { isLater } from '../rules/metrics.ts'
import { metricFromRow, metricToRow } from '../sql/rows.ts'
import type { RegistryTables, RunRow } from '../sql/tables.ts'
import type { Db, RegistryContext } from './context.ts'
import { conflict, notFound, record } from './context.ts'
import { cursorText } from './models.ts'

/** Rows per insert: under the parameter limits of both databases. */
const BATCH = 1000

export interface Runs {
  /** @throws `conflict` `registry.experiment-exists` */
  createExperiment(command: {
    readonly name: string
    readonly tags?: Readonly<Record<string, string>>
    readonly by: Actor
  }): Promise<Experiment>
  /** Starts a run, and makes its experiment when there is none of that name. */
  start(command: StartRun): Promise<Run>
  /**
   * Records params, metrics, tags and inputs: all of them or none. The same metric point again is
   * ignored, so a repeated request does no harm.
   *
   * @throws `conflict` `registry.param-exists` for another value of a param; `not-found`
   *   `registry.no-run`; `invalid` `registry.invalid-run`.
   */
  log(command: LogRun): Promise<void>
  end(command: {
    readonly run: string
    readonly status?: Exclude<RunStatus, 'running'>
    readonly by: Actor
  }): Promise<Run>
  /** @throws `not-found` `registry.no-run` */
  get(run: string): Promise<Run>
  /** Oldest first. */
  list(options: PageRequest & { readonly experiment: string }): Promise<Page<Run>>
  /** Every point of a metric, in order of step, time and value. */
  history(run: string, metric: string): Promise<readonly MetricPoint[]>
  /** The run whose latest value of the metric is best; NaN never is. */
  best(options: {
    readonly experiment: string
    readonly metric: string
    readonly goal: 'max' | 'min'
  }): Promise<Run | undefined>
}

export function createRuns(context: RegistryContext): Runs {
  const { db, clock, ids } = context
  const told = { code: 'registry.invalid-run', what: 'the run' }

  async function insertExperiment(
    tx: Transaction<RegistryTables>,
    name: string,
    tags: Readonly<Record<string, string>>,
    by: Actor,
  ): Promise<Experiment> {
    const createdAt = isoTime(clock)
    await tx
      .insertInto('registry_experiments')
      .values({ name, tags: canonicalJson(tags), created_at: createdAt })
      .execute()
    await record(context, tx, by, 'experiment.created', { type: 'experiment', name })
    return { name, tags, createdAt }
  }

  return {
    async createExperiment(command) {
      const { name, tags, by } = parseWith(createExperimentSchema, command, told)
      return db.transaction(async (tx) => {
        if (await hasExperiment(tx, name)) {
          throw conflict('registry.experiment-exists', `there is an experiment ${name} already`, {
            name,
          })
        }
        return insertExperiment(tx, name, tags, by)
      })
    },
    async start(command) {
      const { experiment, name, parent, tags, by } = parseWith(startRunSchema, command, told)
      return db.transaction(async (tx) => {
        if (!(await hasExperiment(tx, experiment))) await insertExperiment(tx, experiment, {}, by)
        if (parent !== undefined) await loadRow(tx, parent)
        const id = ids.next()
        const row: RunRow = {
          id,
          experiment,
          name: name ?? id,
          status: 'running',
          parent: parent ?? null,
          started_at: isoTime(clock),
          ended_at: null,
        }
        await tx.insertInto('registry_runs').values(row).execute()
        await writeTags(tx, id, tags)
        await record(context, tx, by, 'run.started', { type: 'run', name: id }, { experiment })
        return assemble(tx, row)
      })
    },
    async log(command) {
      const { run, params, metrics, tags, inputs, by } = parseWith(logRunSchema, command, told)
      await db.transaction(async (tx) => {
        await loadRow(tx, run)
        await writeParams(tx, run, params)
        const now = isoTime(clock)
        const points = metrics.map(({ at = now, ...point }) => ({
          ...point,
          at: new Date(at).toISOString(),
        }))
        await writeMetrics(tx, run, points)
        await writeTags(tx, run, tags)
        if (inputs.length > 0) {
          await tx
            .insertInto('registry_inputs')
            .values(inputs.map((input) => ({ run, ...input })))
            .onConflict((key) => key.doNothing())
            .execute()
        }
        await record(
          context,
          tx,
          by,
          'run.logged',
          { type: 'run', name: run },
          {
            params: Object.keys(params),
            metrics: metrics.length,
            tags: Object.keys(tags),
            inputs,
          },
        )
      })
    },
    async end(command) {
      const { run, status, by } = parseWith(endRunSchema, command, told)
      return db.transaction(async (tx) => {
        const row = await loadRow(tx, run)
        if (row.status !== 'running' && row.status !== status) {
          throw conflict('registry.run-ended', `run ${run} ended as ${row.status} already`, {
            run,
            status: row.status,
          })
        }
        if (row.status === status) return assemble(tx, row)
        const set = { status, ended_at: isoTime(clock) }
        await tx.updateTable('registry_runs').set(set).where('id', '=', run).execute()
        await record(context, tx, by, 'run.ended', { type: 'run', name: run }, { status })
        return assemble(tx, { ...row, ...set })
      })
    },
    get: async (run) => assemble(db.query, await loadRow(db.query, run)),
    async list({ experiment, limit: wanted, cursor }) {
      const limit = pageLimit(wanted)
      let select = db.query
        .selectFrom('registry_runs')
        .selectAll()
        .where('experiment', '=', experiment)
      if (cursor !== undefined) select = select.where('id', '>', cursorText(cursor))
      const rows = await select
        .orderBy('id')
        .limit(limit + 1)
        .execute()
      const items: Run[] = []
      for (const row of rows.slice(0, limit)) items.push(await assemble(db.query, row))
      return rows.length > limit ? { items, nextCursor: encodeCursor(items.at(-1)!.id) } : { items }
    },
    async history(run, metric) {
      await loadRow(db.query, run)
      const rows = await db.query
        .selectFrom('registry_metrics')
        .selectAll()
        .where('run', '=', run)
        .where('key', '=', metric)
        .execute()
      return rows.map(metricFromRow).sort((a, b) => (isLater(a, b) ? 1 : -1))
    },
    async best({ experiment, metric, goal }) {
      const row = await db.query
        .selectFrom('registry_latest_metrics as m')
        .innerJoin('registry_runs as r', 'r.id', 'm.run')
        .selectAll('r')
        .where('m.key', '=', metric)
        .where('m.value', 'is not', null)
        .where('r.experiment', '=', experiment)
        .orderBy('m.value', goal === 'max' ? 'desc' : 'asc')
        .orderBy('r.id')
        .limit(1)
        .executeTakeFirst()
      return row && assemble(db.query, row)
    },
  }
}

async function hasExperiment(db: Db, name: string): Promise<boolean> {
  const row = await db
    .selectFrom('registry_experiments')
    .select('name')
    .where('name', '=', name)
    .executeTakeFirst()
  return row !== undefined
}

async function loadRow(db: Db, run: string): Promise<RunRow> {
  const row = await db
    .selectFrom('registry_runs')
    .selectAll()
    .where('id', '=', run)
    .executeTakeFirst()
  if (!row) throw notFound('registry.no-run', `there is no run ${run}`, { run })
  return row
}

async function writeParams(
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

async function writeTags(
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

async function writeMetrics(
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

async function assemble(db: Db, row: RunRow): Promise<Run> {
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
