import type { Actor } from '@mlops/core'
import { canonicalJson } from '@mlops/core'
import type { MetricPoint } from '../../model/run.ts'
import type { RegistryContext } from '../context.ts'
import { record } from '../context.ts'
import { writeMetrics } from './run-metrics.ts'
import { loadActiveRow } from './run-records.ts'

/** Points that are written together, at most. */
const LARGEST = 1000

interface Waiting {
  readonly points: MetricPoint[]
  done: Promise<void>
}

/**
 * Writes metric points of runs. Calls for the same run by the same actor that wait for the database at
 * the same time become one write with one event: training loops log many single points, and each would
 * cost a transaction. A call is told of success once its points are durable, and all calls of a write
 * succeed or fail alike: what could fail for one of them alone was checked before.
 */
export function createMetricQueue(context: RegistryContext) {
  const { db } = context
  const open = new Map<string, Waiting>()

  return async function logMetrics(
    run: string,
    by: Actor,
    points: readonly MetricPoint[],
  ): Promise<void> {
    db.assertOutside()
    const key = canonicalJson([run, by])
    const known = open.get(key)
    if (known && known.points.length + points.length <= LARGEST) {
      known.points.push(...points)
      return known.done
    }
    const batch: Waiting = { points: [...points], done: Promise.resolve() }
    open.set(key, batch)
    batch.done = db
      .transaction(async (tx) => {
        // From here on nothing is added: later calls begin another write.
        if (open.get(key) === batch) open.delete(key)
        await loadActiveRow(tx, run)
        await writeMetrics(tx, db.dialect, run, batch.points)
        const facts = { params: [], metrics: batch.points.length, tags: [], inputs: [] }
        await record(context, tx, by, 'run.logged', { type: 'run', name: run }, facts)
      })
      .finally(() => {
        if (open.get(key) === batch) open.delete(key)
      })
    return batch.done
  }
}
