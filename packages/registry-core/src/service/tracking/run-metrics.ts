import { sendLater } from '@mlops/store'
import type { Transaction } from 'kysely'
import type { MetricPoint } from '../../model/run.ts'
import { isLater } from '../../rules/metrics.ts'
import { insertPoints, upsertLatest } from '../../sql/metric-inserts.ts'
import { metricToRow } from '../../sql/rows.ts'
import type { RegistryTables } from '../../sql/tables.ts'

const BATCH = 1000

/** A point on its way in, with what it was measured of and on. */
export interface NewMetricPoint extends MetricPoint {
  readonly model?: string
  readonly dataset?: { readonly name: string; readonly digest: string }
}

/** Keeps the points, and the latest of every key, so that searches need no history. */
export async function writeMetrics(
  tx: Transaction<RegistryTables>,
  dialect: 'sqlite' | 'postgres',
  run: string,
  points: readonly NewMetricPoint[],
): Promise<void> {
  if (points.length === 0) return
  await insertPoints(tx, dialect, run, points)
  await upsertLatest(tx, dialect, run, latestOf(points))
  await writeModelMetrics(tx, run, points)
}

/** The latest of each key. */
function latestOf(points: readonly MetricPoint[]): readonly MetricPoint[] {
  const latest = new Map<string, MetricPoint>()
  for (const point of points) {
    const known = latest.get(point.key)
    if (!known || isLater(point, known)) latest.set(point.key, point)
  }
  return [...latest.values()]
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
    await sendLater(
      tx,
      tx
        .insertInto('registry_logged_model_metrics')
        .values(rows.slice(i, i + BATCH))
        .onConflict((key) => key.doNothing()),
    )
  }
}
