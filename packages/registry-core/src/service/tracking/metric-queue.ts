import type { Actor } from '@mlops/core'
import { canonicalJson } from '@mlops/core'
import type { MetricPoint } from '../../model/run.ts'
import type { RegistryContext } from '../context.ts'
import { record } from '../context.ts'
import { together } from '../together.ts'
import { writeMetrics } from './run-metrics.ts'
import { loadActiveRow } from './run-records.ts'

/** Points that are written together, at most. */
const LARGEST = 1000

interface Points {
  readonly run: string
  readonly by: Actor
  readonly points: readonly MetricPoint[]
}

/**
 * Writes metric points of runs. Calls for the same run by the same actor that wait for the database at
 * the same time become one write with one event: training loops log many single points, and each would
 * cost a transaction.
 */
export function createMetricQueue(context: RegistryContext) {
  const { db } = context
  const log = together<Points, void>(
    context,
    async (tx, calls) => {
      const { run, by } = calls[0]!
      const points = calls.flatMap((call) => call.points)
      await loadActiveRow(tx, run)
      await writeMetrics(tx, db.dialect, run, points)
      const facts = { params: [], metrics: points.length, tags: [], inputs: [] }
      await record(context, tx, by, 'run.logged', { type: 'run', name: run }, facts)
      return calls.map(() => ({ result: undefined }))
    },
    { most: LARGEST, weigh: ({ points }) => points.length },
  )
  return (run: string, by: Actor, points: readonly MetricPoint[]): Promise<void> =>
    log(canonicalJson([run, by]), { run, by, points })
}
