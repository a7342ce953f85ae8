import { invalid } from '@mlops/core'
import { parseWith } from '@mlops/core/schema'
import type { Transaction } from 'kysely'
import { assertFunction } from '../model/arguments.ts'
import type { Experiment } from '../model/experiment.ts'
import type {
  IntakeExperiment,
  IntakeLoggedModel,
  IntakeModel,
  IntakeRun,
} from '../model/intake.ts'
import {
  intakeExperimentSchema,
  intakeLoggedModelSchema,
  intakeModelSchema,
  intakeRunSchema,
} from '../model/intake.ts'
import type { MetricPoint } from '../model/run.ts'
import { metricToRow } from '../sql/rows.ts'
import type { RegistryTables } from '../sql/tables.ts'
import type { RegistryContext } from './context.ts'
import { record } from './context.ts'
import { takeInModel } from './intake-model.ts'
import { createExperiments, findByName, loadExperiment, numericId } from './tracking/experiments.ts'
import { insertOnce, upsertTexts } from './tracking/keyed-texts.ts'
import { writeInputs, writeRunModels } from './tracking/run-inputs.ts'
import { writeMetrics } from './tracking/run-metrics.ts'
import { knownRuns } from './tracking/run-records.ts'

/** Whether it came in now, or was there before and stays as it is. */
export type IntakeStatus = 'added' | 'present'

/**
 * Takes in what another registry kept, with its ids, times and life cycle, for imports. Each call is
 * one transaction: the whole entity or nothing. What is there already is left as it is, so that an
 * import can be repeated. No gate is asked: stages are history here, and the log says who took it in.
 */
export interface Intake {
  /** By its name. Under its id if that is free, else under the next one. */
  experiment(
    command: IntakeExperiment,
  ): Promise<{ readonly status: IntakeStatus; readonly experiment: Experiment }>
  /**
   * A run with every point of its metrics, which are read piece by piece and perhaps more than once.
   *
   * @throws `not-found` `registry.no-experiment`; `invalid` `registry.invalid-intake`.
   */
  run(command: IntakeRun, metrics?: () => Iterable<MetricPoint>): Promise<IntakeStatus>
  /** @throws as {@link Intake.run} */
  loggedModel(command: IntakeLoggedModel): Promise<IntakeStatus>
  /**
   * A registered model with its versions and aliases. A name that was given away before, and
   * removed since, is refused.
   *
   * @throws `conflict` `registry.model-exists` for a removed one; `invalid`
   *   `registry.unknown-stage`, `registry.invalid-intake`.
   */
  model(command: IntakeModel): Promise<IntakeStatus>
}

const told = { code: 'registry.invalid-intake', what: 'what is to be taken in' }
const POINTS = 5000

export function createIntake(context: RegistryContext): Intake {
  const { db } = context
  const experiments = createExperiments(context)

  return {
    async experiment(command) {
      const wanted = parseWith(intakeExperimentSchema, command, told)
      const { status, id } = await db.transaction(async (tx) => {
        const known = await findByName(tx, wanted.name)
        if (known) return { status: 'present' as const, id: String(known.id) }
        const id = await freeId(tx, wanted.id)
        const { name, lifecycle, artifactLocation, tags, by } = wanted
        const place = artifactLocation?.replaceAll('{id}', String(id)) ?? null
        await tx
          .insertInto('registry_experiments')
          .values({
            id,
            name,
            artifact_location: place,
            lifecycle,
            created_at: wanted.createdAt,
            updated_at: wanted.updatedAt,
          })
          .execute()
        await upsertTexts(tx, 'registry_experiment_tags', 'experiment', id, tags)
        const facts = { id: String(id), lifecycle }
        await record(context, tx, by, 'experiment.imported', { type: 'experiment', name }, facts)
        return { status: 'added' as const, id: String(id) }
      })
      return { status, experiment: await experiments.get(id) }
    },
    async run(command, metrics = () => []) {
      const { id, params, tags, inputs, modelInputs, modelOutputs, by, ...wanted } = parseWith(
        intakeRunSchema,
        command,
        told,
      )
      assertFunction(metrics, 'metrics')
      return db.transaction(async (tx) => {
        if ((await knownRuns(tx, [id])).has(id)) return 'present'
        const experiment = await loadExperiment(tx, wanted.experimentId)
        await tx
          .insertInto('registry_runs')
          .values({
            id,
            experiment: experiment.id,
            name: wanted.name,
            status: wanted.status,
            parent: wanted.parent ?? null,
            user_id: wanted.user,
            lifecycle: wanted.lifecycle,
            started_at: wanted.startedAt,
            ended_at: wanted.endedAt ?? null,
          })
          .execute()
        await insertOnce(tx, 'registry_params', 'run', id, params)
        await upsertTexts(tx, 'registry_run_tags', 'run', id, tags)
        await writeInputs(tx, { run: id, experiment: experiment.id }, inputs)
        await writeRunModels(tx, id, 'input', modelInputs)
        await writeRunModels(tx, id, 'output', modelOutputs)
        const points = await writePoints(tx, context.db.dialect, id, metrics())
        const facts = { experiment: experiment.name, lifecycle: wanted.lifecycle, metrics: points }
        await record(context, tx, by, 'run.imported', { type: 'run', name: id }, facts)
        return 'added'
      })
    },
    async loggedModel(command) {
      const { id, params, tags, metrics, by, ...wanted } = parseWith(
        intakeLoggedModelSchema,
        command,
        told,
      )
      return db.transaction(async (tx) => {
        const known = await tx
          .selectFrom('registry_logged_models')
          .select('id')
          .where('id', '=', id)
          .executeTakeFirst()
        if (known) return 'present'
        const experiment = await loadExperiment(tx, wanted.experimentId)
        await tx
          .insertInto('registry_logged_models')
          .values({
            id,
            experiment: experiment.id,
            name: wanted.name,
            model_type: wanted.type,
            source_run: wanted.sourceRun ?? null,
            status: wanted.status,
            artifact_location: wanted.artifactLocation,
            lifecycle: wanted.lifecycle,
            created_at: wanted.createdAt,
            updated_at: wanted.updatedAt,
          })
          .execute()
        await insertOnce(tx, 'registry_logged_model_params', 'model', id, params)
        await upsertTexts(tx, 'registry_logged_model_tags', 'model', id, tags)
        for (const { key, value, step, at, run, dataset } of metrics) {
          await tx
            .insertInto('registry_logged_model_metrics')
            .values({
              ...metricToRow(run, { key, value, step, at }),
              model: id,
              dataset_name: dataset?.name ?? '',
              dataset_digest: dataset?.digest ?? '',
            })
            .onConflict((key) => key.doNothing())
            .execute()
        }
        const facts = { experimentId: String(experiment.id), metrics: metrics.length }
        const subject = { type: 'logged-model', name: id }
        await record(context, tx, by, 'logged-model.imported', subject, facts)
        return 'added'
      })
    },
    async model(command) {
      const wanted = parseWith(intakeModelSchema, command, told)
      return db.transaction((tx) => takeInModel(context, tx, wanted))
    },
  }
}

async function freeId(tx: Transaction<RegistryTables>, wanted: string | undefined) {
  const rows = tx.selectFrom('registry_experiments').select('id')
  if (wanted !== undefined) {
    const id = numericId(wanted)
    if (!(await rows.where('id', '=', id).executeTakeFirst())) return id
  }
  const last = await rows.orderBy('id', 'desc').limit(1).executeTakeFirst()
  return (last?.id ?? 0) + 1
}

async function writePoints(
  tx: Transaction<RegistryTables>,
  dialect: 'sqlite' | 'postgres',
  run: string,
  points: Iterable<MetricPoint>,
): Promise<number> {
  let batch: MetricPoint[] = []
  let written = 0
  const flush = async () => {
    await writeMetrics(tx, dialect, run, batch)
    written += batch.length
    batch = []
  }
  if (typeof points?.[Symbol.iterator] !== 'function') throw noPoint()
  for (const point of points) {
    if (!isPoint(point)) throw noPoint()
    batch.push(point)
    if (batch.length === POINTS) await flush()
  }
  await flush()
  return written
}

function isPoint(point: MetricPoint | null | undefined): boolean {
  const { key, value, step, at } = point ?? {}
  const isNamed = typeof key === 'string' && key !== ''
  const isTimed = typeof at === 'string' && !Number.isNaN(Date.parse(at))
  return isNamed && typeof value === 'number' && Number.isSafeInteger(step) && isTimed
}

function noPoint() {
  return invalid(
    told.code,
    'metrics gives points of a key, a value, a whole step and an ISO 8601 time',
  )
}
