import type { Actor } from '@mlops/core'
import { CONTEXT_TAG } from '../mlflow/json.ts'
import type { IntakeLoggedModel, IntakeRun } from '../model/intake.ts'
import type { MetricPoint } from '../model/run.ts'
import type { MlflowDatabase, MlflowRow } from './mlflow-database.ts'
import { instantOf, numberOf, recordOf, textOf } from './mlflow-database.ts'

const UNKNOWN_TIME = new Date(0).toISOString()

/** A run with what belongs to it, as the registry takes it in. */
export function readRun(
  database: MlflowDatabase,
  row: MlflowRow,
  experiment: { readonly id: string; readonly deletedAt: number | undefined },
  by: Actor,
): IntakeRun {
  const id = textOf(row['run_uuid'])
  const tags = recordOf(database.rows('tags', 'run_uuid = ?', id), 'key', 'value')
  const parent = tags['mlflow.parentRunId']
  const hasParent =
    parent !== undefined && database.rows('runs', 'run_uuid = ?', parent).length === 1
  const endedAt = instantOf(row['end_time'])
  return {
    id,
    experimentId: experiment.id,
    name: (textOf(row['name']) || tags['mlflow.runName'] || id).slice(0, 250),
    status: textOf(row['status']).toLowerCase() as IntakeRun['status'],
    lifecycle: lifecycleOf(row, experiment.deletedAt),
    user: textOf(row['user_id']),
    ...(hasParent && { parent }),
    startedAt: instantOf(row['start_time']) ?? endedAt ?? UNKNOWN_TIME,
    ...(endedAt !== undefined && { endedAt }),
    params: recordOf(database.rows('params', 'run_uuid = ?', id), 'key', 'value'),
    tags,
    inputs: readInputs(database, id),
    modelInputs: readModels(database, 'RUN_INPUT', id),
    modelOutputs: readModels(database, 'RUN_OUTPUT', id),
    by,
  }
}

/** MLflow removes an experiment's runs with it, and brings them back with it. */
function lifecycleOf(row: MlflowRow, deletedAt: number | undefined): IntakeRun['lifecycle'] {
  if (row['lifecycle_stage'] !== 'deleted') return 'active'
  const at = Number(row['deleted_time'] ?? 0)
  return deletedAt !== undefined && at >= deletedAt ? 'deleted-with-experiment' : 'deleted'
}

function readInputs(database: MlflowDatabase, run: string): NonNullable<IntakeRun['inputs']> {
  const rows = database.rows(
    'inputs',
    "source_type = 'DATASET' and destination_type = 'RUN' and destination_id = ?",
    run,
  )
  return rows.flatMap((input) => {
    const [dataset] = database.rows('datasets', 'dataset_uuid = ?', textOf(input['source_id']))
    if (!dataset) return []
    const pairs = recordOf(
      database.rows('input_tags', 'input_uuid = ?', textOf(input['input_uuid'])),
      'name',
      'value',
    )
    const { [CONTEXT_TAG]: context = '', ...tags } = pairs
    const optional = (name: string, column: string) =>
      textOf(dataset[column]) === '' ? {} : { [name]: textOf(dataset[column]) }
    return [
      {
        name: textOf(dataset['name']),
        digest: textOf(dataset['digest']),
        context,
        ...optional('sourceType', 'dataset_source_type'),
        ...optional('source', 'dataset_source'),
        ...optional('schema', 'dataset_schema'),
        ...optional('profile', 'dataset_profile'),
        tags,
      },
    ]
  })
}

function readModels(database: MlflowDatabase, type: string, run: string) {
  const rows = database.rows('inputs', 'source_type = ? and source_id = ?', type, run)
  return rows.map(({ destination_id, step }) => ({
    model: textOf(destination_id),
    step: Number(step ?? 0),
  }))
}

/** Every point of a run's metrics; `refused` hears of those without a time that can be. */
export function* readMetrics(
  database: MlflowDatabase,
  run: string,
  refused: (row: MlflowRow) => void,
): Generator<MetricPoint> {
  for (const row of database.pages('metrics', 'run_uuid = ?', run)) {
    const at = instantOf(row['timestamp'])
    if (at === undefined) refused(row)
    else {
      const value = numberOf(row['value'], row['is_nan'])
      yield { key: textOf(row['key']), value, step: Number(row['step'] ?? 0), at }
    }
  }
}

const STATUS = { 1: 'pending', 2: 'ready', 3: 'failed' } as const

/** A logged model with its params, tags and metrics. */
export function readLoggedModel(
  database: MlflowDatabase,
  row: MlflowRow,
  place: { readonly experimentId: string; readonly artifactLocation: string },
  by: Actor,
): IntakeLoggedModel {
  const id = textOf(row['model_id'])
  const of = (table: string) => database.rows(table, 'model_id = ?', id)
  const sourceRun = textOf(row['source_run_id'])
  const createdAt = instantOf(row['creation_timestamp_ms']) ?? UNKNOWN_TIME
  return {
    id,
    ...place,
    name: textOf(row['name']),
    type: textOf(row['model_type']),
    ...(sourceRun !== '' && { sourceRun }),
    status: STATUS[Number(row['status']) as keyof typeof STATUS] ?? 'pending',
    lifecycle: row['lifecycle_stage'] === 'deleted' ? 'deleted' : 'active',
    params: recordOf(of('logged_model_params'), 'param_key', 'param_value'),
    tags: recordOf(of('logged_model_tags'), 'tag_key', 'tag_value'),
    metrics: of('logged_model_metrics').map((metric) => ({
      key: textOf(metric['metric_name']),
      value: numberOf(metric['metric_value']),
      step: Number(metric['metric_step'] ?? 0),
      at: instantOf(metric['metric_timestamp_ms']) ?? UNKNOWN_TIME,
      run: textOf(metric['run_id']),
      ...(textOf(metric['dataset_name']) !== '' && {
        dataset: {
          name: textOf(metric['dataset_name']),
          digest: textOf(metric['dataset_digest']),
        },
      }),
    })),
    createdAt,
    updatedAt: instantOf(row['last_updated_timestamp_ms']) ?? createdAt,
    by,
  }
}
