import type { Actor, Page, PageRequest } from '@mlops/core'
import { canonicalJson, encodeCursor, isoTime, pageLimit } from '@mlops/core'
import { parseWith } from '@mlops/core/schema'
import type { Transaction } from 'kysely'
import type { Experiment, LogRun, MetricPoint, Run, RunStatus, StartRun } from '../model/run.ts'
import { createExperimentSchema, endRunSchema, logRunSchema, startRunSchema } from '../model/run.ts'
import { isLater } from '../rules/metrics.ts'
import { metricFromRow } from '../sql/rows.ts'
import type { RegistryTables, RunRow } from '../sql/tables.ts'
import type { RegistryContext } from './context.ts'
import { conflict, record } from './context.ts'
import { cursorText } from './models.ts'
import {
  assemble,
  hasExperiment,
  loadRow,
  writeMetrics,
  writeParams,
  writeTags,
} from './run-records.ts'

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
