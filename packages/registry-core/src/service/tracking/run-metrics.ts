import type { Transaction } from 'kysely'
import { sql } from 'kysely'
import type { MetricPoint } from '../../model/run.ts'
import { isLater } from '../../rules/metrics.ts'
import { metricFromRow, metricToRow } from '../../sql/rows.ts'
import type { RegistryTables } from '../../sql/tables.ts'
import { inChunks } from './keyed-texts.ts'

const BATCH = 1000

/** A point on its way in, with what it was measured of and on. */
export interface NewMetricPoint extends MetricPoint {
  readonly model?: string
  readonly dataset?: { readonly name: string; readonly digest: string }
}

/** Keeps the points, once each, and the latest of every key, so that searches need no history. */
export async function writeMetrics(
  tx: Transaction<RegistryTables>,
  run: string,
  points: readonly NewMetricPoint[],
): Promise<void> {
  if (points.length === 0) return
  for (let i = 0; i < points.length; i += BATCH) {
    await tx
      .insertInto('registry_metrics')
      .values(points.slice(i, i + BATCH).map((point) => metricToRow(run, point)))
      .onConflict((key) => key.doNothing())
      .execute()
  }
  await writeLatest(tx, run, points)
  await writeModelMetrics(tx, run, points)
}

async function writeLatest(
  tx: Transaction<RegistryTables>,
  run: string,
  points: readonly MetricPoint[],
): Promise<void> {
  const rows = await inChunks([...new Set(points.map(({ key }) => key))], (keys) =>
    tx
      .selectFrom('registry_latest_metrics')
      .selectAll()
      .where('run', '=', run)
      .where('key', 'in', keys)
      .execute(),
  )
  const latest = new Map(rows.map((row) => [row.key, metricFromRow(row)]))
  const moved = new Map<string, MetricPoint>()
  for (const point of points) {
    const known = latest.get(point.key)
    if (known && !isLater(point, known)) continue
    latest.set(point.key, point)
    moved.set(point.key, point)
  }
  const changed = [...moved.values()].map((point) => metricToRow(run, point))
  for (let i = 0; i < changed.length; i += BATCH) {
    await tx
      .insertInto('registry_latest_metrics')
      .values(changed.slice(i, i + BATCH))
      .onConflict((known) =>
        known.columns(['run', 'key']).doUpdateSet({
          step: sql.ref('excluded.step'),
          at: sql.ref('excluded.at'),
          value_text: sql.ref('excluded.value_text'),
          value: sql.ref('excluded.value'),
        }),
      )
      .execute()
  }
}

async function writeModelMetrics(
  tx: Transaction<RegistryTables>,
  run: string,
  points: readonly NewMetricPoint[],
): Promise<void> {
  const rows = points
    .filter(({ model }) => model !== undefined)
    .map(({ model, dataset, ...point }) => ({
      ...metricToRow(run, point),
      model: model!,
      dataset_name: dataset?.name ?? '',
      dataset_digest: dataset?.digest ?? '',
    }))
  for (let i = 0; i < rows.length; i += BATCH) {
    await tx
      .insertInto('registry_logged_model_metrics')
      .values(rows.slice(i, i + BATCH))
      .onConflict((key) => key.doNothing())
      .execute()
  }
}
