import type { Actor, Page, PageRequest } from '@mlops/core'
import { isoTime } from '@mlops/core'
import { parseWith } from '@mlops/core/schema'
import { sendLater } from '@mlops/store'
import type { Transaction } from 'kysely'
import { assertFunction, assertTexts } from '../../model/arguments.ts'
import type { Experiment } from '../../model/experiment.ts'
import { tagsSchema } from '../../model/names.ts'
import type { DescribeRun, RunOrigin } from '../../model/origin.ts'
import type {
  LogRun,
  MetricPoint,
  Run,
  RunCommand,
  RunStatus,
  StartRun,
  UpdateRun,
} from '../../model/run.ts'
import {
  endRunSchema,
  logRunSchema,
  runCommandSchema,
  runTagSchema,
  startRunSchema,
  updateRunSchema,
} from '../../model/run.ts'
import type { RegistryTables, RunRow } from '../../sql/tables.ts'
import type { RegistryContext } from '../context.ts'
import { conflict, record } from '../context.ts'
import { createExperiments } from './experiments.ts'
import { deleteTags, insertOnce, textsOf, upsertTexts } from './keyed-texts.ts'
import { assertLoggedModels } from './logged-model-records.ts'
import type { MetricHistory } from './metric-history.ts'
import { metricHistory } from './metric-history.ts'
import { createMetricQueue } from './metric-queue.ts'
import type { OriginComparison } from './origin-comparison.ts'
import { compareOrigins } from './origin-comparison.ts'
import { originsOf } from './origin-records.ts'
import { createOrigins } from './origins.ts'
import { plainPoints } from './plain-points.ts'
import { writeInputs, writeRunModels } from './run-inputs.ts'
import type { NewMetricPoint } from './run-metrics.ts'
import { writeMetrics } from './run-metrics.ts'
import { assembleRun, assembleRuns, loadActiveRow, loadRow } from './run-records.ts'
import type { BestRun, ListRuns, RunComparison, SearchRuns } from './run-search.ts'
import { bestRun, compareRuns, listRuns, searchRuns } from './run-search.ts'
import { createRunStarts } from './run-starts.ts'

export interface Runs {
  /** @throws `conflict` `registry.experiment-exists` */
  createExperiment(command: {
    readonly name: string
    readonly tags?: Readonly<Record<string, string>>
    readonly by: Actor
  }): Promise<Experiment>
  /**
   * Starts a run, and makes its experiment when there is none of that name. What makes it repeatable may be
   * told at once, as `describe` does.
   *
   * @throws `conflict` `registry.run-exists` or `registry.experiment-deleted`; `not-found`
   *   `registry.no-experiment` or `registry.no-run` (the parent).
   */
  start(command: StartRun): Promise<Run>
  /**
   * Records params, metrics, tags, inputs and models: all of them or none. The same metric point
   * again is ignored, so a repeated request does no harm.
   *
   * @throws `conflict` `registry.param-exists` for another value of a param, `registry.run-deleted`;
   *   `not-found` `registry.no-run` or `registry.no-logged-model`; `invalid` `registry.invalid-run`.
   */
  log(command: LogRun): Promise<void>
  end(command: {
    readonly run: string
    readonly status?: Exclude<RunStatus, 'running' | 'scheduled'>
    readonly by: Actor
  }): Promise<Run>
  /** Changes the name, the status (from any to any other), and tags. */
  update(command: UpdateRun): Promise<Run>
  /**
   * Sets tags that depend on the ones it has, in one transaction. `change` may be called more than
   * once.
   */
  retag(
    command: RunCommand,
    change: (tags: Readonly<Record<string, string>>) => Readonly<Record<string, string>>,
  ): Promise<void>
  /** Puts it aside; `restore` brings it back. */
  remove(command: RunCommand): Promise<void>
  restore(command: RunCommand): Promise<void>
  /** @throws `not-found` `registry.no-tag` */
  deleteTag(command: RunCommand & { readonly key: string }): Promise<void>
  /** @throws `not-found` `registry.no-run` */
  get(run: string): Promise<Run>
  /** Oldest first. */
  list(request: ListRuns): Promise<Page<Run>>
  /**
   * The runs that match a filter; newest first, unless ordered otherwise. Only latest values of
   * metrics are looked at.
   *
   * @throws `invalid` `registry.invalid-filter`, `core.invalid-limit`, `core.invalid-cursor`.
   */
  search(request: SearchRuns): Promise<Page<Run>>
  /** Every point of a metric, in order of step, time and value. */
  history(run: string, metric: string): Promise<readonly MetricPoint[]>
  /** The same, page by page. */
  historyPage(run: string, metric: string, page?: PageRequest): Promise<Page<MetricPoint>>
  /** The run whose latest value of the metric is best; NaN never is. */
  best(options: BestRun): Promise<Run | undefined>
  /**
   * Params, latest metrics, tags and origins of runs, side by side.
   *
   * @throws `not-found` `registry.no-run`
   */
  compare(runs: readonly string[]): Promise<RunComparison & OriginComparison>
  /**
   * Records what makes it repeatable: its code's version, a snapshot of its environment, its seeds. Each
   * of the three is written once, by itself or with the others; the same again is ignored. Snapshots are
   * kept once, however many runs share them. An environment has 20,000 packages and 1 MiB of JSON at most.
   *
   * @throws `conflict` `registry.origin-exists` for another than was described, `registry.run-deleted`;
   *   `not-found` `registry.no-run`; `invalid` `registry.invalid-run`.
   */
  describe(command: DescribeRun): Promise<void>
  /**
   * What `describe` and `start` were told. Where no code was, it is the commit that MLflow's client left in
   * the run's tags, if it did.
   *
   * @throws `not-found` `registry.no-run`
   */
  origin(run: string): Promise<RunOrigin>
}

const told = { code: 'registry.invalid-run', what: 'the run' }

export function createRuns(context: RegistryContext): Runs {
  const { db, clock, ids } = context
  const experiments = createExperiments(context)
  const history: MetricHistory = metricHistory(context)
  const logMetrics = createMetricQueue(context)
  const startRun = createRunStarts(context)
  const within = (tx: Transaction<RegistryTables>) => ({ query: tx, dialect: db.dialect })

  const setLifecycle = (action: string, lifecycle: 'active' | 'deleted') =>
    async function set(command: RunCommand): Promise<void> {
      const { run, by } = parseWith(runCommandSchema, command, told)
      await db.transaction(async (tx) => {
        const row = await loadRow(tx, run)
        if (row.lifecycle === lifecycle) return
        await sendLater(
          tx,
          tx.updateTable('registry_runs').set({ lifecycle }).where('id', '=', run),
        )
        await record(context, tx, by, action, { type: 'run', name: run })
      })
    }

  return {
    createExperiment: (command) => experiments.create(command),
    async start(command) {
      const wanted = parseWith(startRunSchema, command, told)
      return startRun({ ...wanted, id: wanted.id ?? ids.next() })
    },
    async log(command) {
      const now = isoTime(clock)
      const plain = plainPoints(command?.metrics, now)
      const parsed = parseWith(logRunSchema, plain ? { ...command, metrics: [] } : command, told)
      const { run, name, params, metrics, tags, inputs, modelInputs, modelOutputs, by } = parsed
      const points: readonly NewMetricPoint[] =
        plain ?? metrics.map((point) => ({ ...point, at: instant(point.at) ?? now }))
      const others = [inputs, modelInputs, modelOutputs, Object.keys(params), Object.keys(tags)]
      const pointsOnly =
        name === undefined && points.length > 0 && others.every(({ length }) => length === 0)
      if (pointsOnly && points.every(({ model }) => model === undefined))
        return logMetrics(run, by, points)
      await db.transaction(async (tx) => {
        const { experiment } = await loadActiveRow(tx, run)
        await assertLoggedModels(tx, [
          ...metrics.flatMap(({ model }) => model ?? []),
          ...modelInputs.map(({ model }) => model),
          ...modelOutputs.map(({ model }) => model),
        ])
        await insertOnce(tx, 'registry_params', 'run', run, params)
        await writeMetrics(tx, db.dialect, run, points)
        await upsertTexts(tx, 'registry_run_tags', 'run', run, tags)
        if (name !== undefined) {
          await sendLater(tx, tx.updateTable('registry_runs').set({ name }).where('id', '=', run))
        }
        await writeInputs(tx, { run, experiment }, inputs)
        await writeRunModels(tx, run, 'input', modelInputs)
        await writeRunModels(tx, run, 'output', modelOutputs)
        await record(
          context,
          tx,
          by,
          'run.logged',
          { type: 'run', name: run },
          {
            ...(name !== undefined && { name }),
            params: Object.keys(params),
            metrics: points.length,
            tags: Object.keys(tags),
            inputs: inputs.map(({ name, digest, context: use }) => ({
              name,
              digest,
              context: use,
            })),
            ...(modelInputs.length > 0 && { modelInputs }),
            ...(modelOutputs.length > 0 && { modelOutputs }),
          },
        )
      })
    },
    async end(command) {
      const { run, status, by } = parseWith(endRunSchema, command, told)
      return db.transaction(async (tx) => {
        const row = await loadActiveRow(tx, run)
        if (!['running', 'scheduled', status].includes(row.status)) {
          throw conflict('registry.run-ended', `run ${run} ended as ${row.status} already`, {
            run,
            status: row.status,
          })
        }
        if (row.status === status) return assembleRun(within(tx), row)
        const set = { status, ended_at: isoTime(clock) }
        await sendLater(tx, tx.updateTable('registry_runs').set(set).where('id', '=', run))
        await record(context, tx, by, 'run.ended', { type: 'run', name: run }, { status })
        return assembleRun(within(tx), { ...row, ...set })
      })
    },
    async update(command) {
      const { run, status, endedAt, name, tags, by } = parseWith(updateRunSchema, command, told)
      return db.transaction(async (tx) => {
        const row = await loadActiveRow(tx, run)
        const set = {
          status: status ?? row.status,
          name: name ?? row.name,
          ended_at: instant(endedAt) ?? row.ended_at,
        }
        await sendLater(tx, tx.updateTable('registry_runs').set(set).where('id', '=', run))
        await upsertTexts(tx, 'registry_run_tags', 'run', run, tags)
        const facts = {
          ...(status !== undefined && { status }),
          ...(name !== undefined && { name, from: row.name }),
        }
        await record(context, tx, by, 'run.updated', { type: 'run', name: run }, facts)
        return assembleRun(within(tx), { ...row, ...set })
      })
    },
    async retag(command, change) {
      const { run, by } = parseWith(runCommandSchema, command, told)
      assertFunction(change, 'change')
      await db.transaction(async (tx) => {
        await loadActiveRow(tx, run)
        const known = (await textsOf(tx, 'registry_run_tags', 'run', [run])).get(run) ?? {}
        const tags = parseWith(tagsSchema, change(known), told)
        await upsertTexts(tx, 'registry_run_tags', 'run', run, tags)
        const facts = { tags: Object.keys(tags) }
        await record(context, tx, by, 'run.updated', { type: 'run', name: run }, facts)
      })
    },
    remove: setLifecycle('run.removed', 'deleted'),
    restore: setLifecycle('run.restored', 'active'),
    async deleteTag(command) {
      const { run, key, by } = parseWith(runTagSchema, command, told)
      await db.transaction(async (tx) => {
        await loadActiveRow(tx, run)
        await deleteTags(tx, 'registry_run_tags', 'run', run, [key])
        await record(context, tx, by, 'run.tag-deleted', { type: 'run', name: run }, { key })
      })
    },
    get: async (run) => assembleRun(db, await loadRow(db.query, run)),
    list: (request) => listRuns(context, request),
    search: (request) => searchRuns(context, request),
    history: history.all,
    historyPage: history.page,
    best: (wanted) => bestRun(context, wanted),
    async compare(runs) {
      assertTexts(runs, 'runs')
      const rows: RunRow[] = []
      for (const run of runs) rows.push(await loadRow(db.query, run))
      const compared = compareRuns(await assembleRuns(db, rows))
      return { ...compared, ...compareOrigins(await originsOf(db.query, runs)) }
    },
    ...createOrigins(context),
  }
}

/** One spelling of an instant, so that texts sort by time. */
function instant(text: string | undefined): string | undefined {
  // With milliseconds and in UTC it is written as it is kept.
  if (text === undefined || (text.length === 24 && text.endsWith('Z'))) return text
  return new Date(text).toISOString()
}
