import { assertText } from '../../model/arguments.ts'
import type { LoggedModel, LoggedModelMetric, LoggedModelStatus } from '../../model/logged-model.ts'
import type { LoggedModelMetricRow, LoggedModelRow } from '../../sql/tables.ts'
import type { Db } from '../context.ts'
import { notFound } from '../context.ts'
import { inChunks, textsOf } from './keyed-texts.ts'

/** @throws `not-found` `registry.no-logged-model`, of deleted ones unless they are wanted. */
export async function loadLoggedModel(
  db: Db,
  id: string,
  { deleted = false }: { readonly deleted?: boolean } = {},
): Promise<LoggedModelRow> {
  assertText(id, 'logged model')
  const row = await db
    .selectFrom('registry_logged_models')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  if (row && (deleted || row.lifecycle === 'active')) return row
  throw notFound('registry.no-logged-model', `there is no logged model ${id}`, { id })
}

export async function assertLoggedModels(db: Db, ids: readonly string[]): Promise<void> {
  for (const id of new Set(ids)) await loadLoggedModel(db, id)
}

export async function assembleLoggedModels(
  db: Db,
  rows: readonly LoggedModelRow[],
): Promise<LoggedModel[]> {
  const ids = rows.map(({ id }) => id)
  const params = await textsOf(db, 'registry_logged_model_params', 'model', ids)
  const tags = await textsOf(db, 'registry_logged_model_tags', 'model', ids)
  const metrics = await metricsOf(db, ids)
  return rows.map((row) => ({
    id: row.id,
    experimentId: String(row.experiment),
    name: row.name,
    type: row.model_type,
    ...(row.source_run !== null && { sourceRun: row.source_run }),
    status: row.status as LoggedModelStatus,
    lifecycle: row.lifecycle === 'active' ? 'active' : 'deleted',
    artifactLocation: row.artifact_location,
    params: params.get(row.id) ?? {},
    tags: tags.get(row.id) ?? {},
    metrics: metrics.get(row.id) ?? [],
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }))
}

async function metricsOf(
  db: Db,
  models: readonly string[],
): Promise<ReadonlyMap<string, readonly LoggedModelMetric[]>> {
  const rows = await inChunks(models, (some) =>
    db
      .selectFrom('registry_logged_model_metrics')
      .selectAll()
      .where('model', 'in', some)
      .orderBy('key')
      .orderBy('step')
      .orderBy('at')
      .orderBy('value')
      .execute(),
  )
  // Rows come in order of time, so the last of each kind is the latest.
  const latest = new Map<string, Map<string, LoggedModelMetricRow>>()
  for (const row of rows) {
    const of = latest.get(row.model) ?? new Map<string, LoggedModelMetricRow>()
    of.set(JSON.stringify([row.key, row.run, row.dataset_name, row.dataset_digest]), row)
    latest.set(row.model, of)
  }
  return new Map([...latest].map(([id, of]) => [id, [...of.values()].map(metricFromRow)]))
}

function metricFromRow(row: LoggedModelMetricRow): LoggedModelMetric {
  return {
    key: row.key,
    value: Number(row.value_text),
    step: row.step,
    at: row.at,
    run: row.run,
    ...(row.dataset_name !== '' && {
      dataset: { name: row.dataset_name, digest: row.dataset_digest },
    }),
  }
}
