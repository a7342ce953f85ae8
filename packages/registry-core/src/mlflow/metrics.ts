import type { MetricPoint } from '../model/run.ts'
import type { Call, MlflowRoute } from './call.ts'
import { listed, named, optionalText, text, texts } from './call.ts'
import { mlflowInvalid } from './errors.ts'
import { missingField } from './fields.ts'
import { metricJson } from './json.ts'
import { nextToken, pageOf } from './pages.ts'
import { runId } from './runs.ts'

const MAX_RUNS = 100

async function history({ registry, input }: Call) {
  const page = await registry.runs.historyPage(text(input, 'run_id'), text(input, 'metric_key'), {
    ...pageOf(input, 25_000),
  })
  return {
    metrics: page.items.map(metricJson),
    ...nextToken(page),
  }
}

async function bulk({ registry, input }: Call) {
  const runs = texts(input, 'run_id')
  if (runs.length === 0) {
    throw mlflowInvalid('GetMetricHistoryBulk request must specify at least one run_id.')
  }
  if (runs.length > MAX_RUNS) {
    throw mlflowInvalid(
      `GetMetricHistoryBulk request cannot specify more than ${MAX_RUNS} run_ids. Received ${runs.length} run_ids.`,
    )
  }
  const key = optionalText(input, 'metric_key')
  if (!key) throw mlflowInvalid('GetMetricHistoryBulk request must specify a metric_key.')
  const limit = Math.min((input['max_results'] as number | undefined) ?? 25_000, 25_000)
  const metrics: object[] = []
  for (const run of [...runs].sort()) {
    if (metrics.length >= limit) break
    const { items } = await registry.runs.historyPage(run, key, { limit: limit - metrics.length })
    for (const point of items) metrics.push({ ...metricJson(point), run_id: run })
  }
  return { metrics }
}

async function bulkInterval({ registry, input }: Call) {
  const runs = texts(input, 'run_ids')
  if (runs.length === 0) throw missingField('run_ids')
  if (runs.length > MAX_RUNS) {
    throw mlflowInvalid(
      `GetMetricHistoryBulkInterval request must specify at most ${MAX_RUNS} run_ids. Received ${runs.length} run_ids.`,
    )
  }
  const key = optionalText(input, 'metric_key')
  if (!key) throw missingField('metric_key')
  const most = (input['max_results'] as number | undefined) ?? 2500
  if (most < 1 || most > 2500) throw mlflowInvalid('max_results must be between 1 and 2500.')
  const [start, end] = [input['start_step'], input['end_step']] as (number | undefined)[]
  if ((start === undefined) !== (end === undefined)) {
    throw mlflowInvalid('If either start step or end step are specified, both must be specified.')
  }
  if (start !== undefined && start > end!) {
    throw mlflowInvalid(
      `end_step must be greater than start_step. Found start_step=${start} and end_step=${end}.`,
    )
  }
  const histories = new Map<string, MetricPoint[]>()
  for (const run of runs) {
    const points = await registry.runs.history(run, key)
    const inside = ({ step }: MetricPoint) => start === undefined || (step >= start && step <= end!)
    histories.set(run, points.filter(inside))
  }
  const wanted = sampledSteps([...histories.values()], most)
  const metrics = [...histories].flatMap(([run, points]) =>
    points
      .filter(({ step }) => wanted.has(step))
      .map((point) => ({ ...metricJson(point), run_id: run })),
  )
  return { metrics }
}

/** Steps at even distances, and the first and last of every run. */
function sampledSteps(histories: readonly (readonly MetricPoint[])[], most: number): Set<number> {
  const steps = [...new Set(histories.flatMap((points) => points.map(({ step }) => step)))].sort(
    (a, b) => a - b,
  )
  if (steps.length <= most) return new Set(steps)
  const distance = Math.ceil(steps.length / most)
  const sampled = new Set(steps.filter((_, i) => i % distance === 0))
  for (const points of histories) {
    for (const point of [points[0], points.at(-1)]) if (point) sampled.add(point.step)
  }
  sampled.add(steps.at(-1)!)
  return sampled
}

const read = named('run.read', 'run', 'run_id')

export const metricRoutes: readonly MlflowRoute[] = [
  {
    method: 'GET',
    path: '/mlflow/metrics/get-history',
    base: 'api',
    access: read,
    fields: {
      ...runId,
      metric_key: { type: 'text', required: true },
      max_results: { type: 'whole', max: 50_000 },
      page_token: { type: 'text' },
    },
    handle: history,
  },
  {
    method: 'GET',
    path: '/mlflow/metrics/get-history-bulk',
    base: 'api',
    access: listed('run.read', 'run', 'run_id'),
    fields: {
      run_id: { type: 'texts' },
      metric_key: { type: 'text' },
      max_results: { type: 'whole' },
    },
    handle: bulk,
  },
  {
    method: 'GET',
    path: '/mlflow/metrics/get-history-bulk-interval',
    base: 'api',
    access: listed('run.read', 'run', 'run_ids'),
    fields: {
      run_ids: { type: 'texts' },
      metric_key: { type: 'text' },
      start_step: { type: 'whole' },
      end_step: { type: 'whole' },
      max_results: { type: 'whole' },
    },
    handle: bulkInterval,
  },
]
