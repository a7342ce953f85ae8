import type { Page, PageRequest } from '@mlops/core'
import { decodeCursor, invalid, pageLimit } from '@mlops/core'
import { sql } from 'kysely'
import type { MetricPoint } from '../../model/run.ts'
import { isLater } from '../../rules/metrics.ts'
import { metricFromRow } from '../../sql/rows.ts'
import type { RegistryContext } from '../context.ts'
import { nextCursor } from '../cursors.ts'
import { loadRow } from './run-records.ts'

export interface MetricHistory {
  all(run: string, metric: string): Promise<readonly MetricPoint[]>
  page(run: string, metric: string, page?: PageRequest): Promise<Page<MetricPoint>>
}

/** The points of a metric, by step, then time, then value. */
export function metricHistory({ db }: RegistryContext): MetricHistory {
  return {
    async all(run, metric) {
      await loadRow(db.query, run)
      const rows = await db.query
        .selectFrom('registry_metrics')
        .selectAll()
        .where('run', '=', run)
        .where('key', '=', metric)
        .execute()
      return rows.map(metricFromRow).sort((a, b) => (isLater(a, b) ? 1 : -1))
    },
    async page(run, metric, { limit: wanted, cursor } = {}) {
      await loadRow(db.query, run)
      const limit = pageLimit(wanted, { fallback: 25_000, max: 50_000 })
      let select = db.query
        .selectFrom('registry_metrics')
        .selectAll()
        .where('run', '=', run)
        .where('key', '=', metric)
      if (cursor !== undefined) {
        const [step, at, text] = position(cursor)
        select = select.where(sql<boolean>`(step, at, value_text) > (${step}, ${at}, ${text})`)
      }
      const rows = await select
        .orderBy('step')
        .orderBy('at')
        .orderBy('value_text')
        .limit(limit + 1)
        .execute()
      const items = rows.slice(0, limit).map(metricFromRow)
      return { items, ...nextCursor(rows, limit, (last) => [last.step, last.at, last.value_text]) }
    },
  }
}

function position(cursor: string): [number, string, string] {
  const at = decodeCursor(cursor)
  if (Array.isArray(at) && at.length === 3 && Number.isSafeInteger(at[0])) {
    if (typeof at[1] === 'string' && typeof at[2] === 'string')
      return at as [number, string, string]
  }
  throw invalid('core.invalid-cursor', 'the cursor is not one that this list gave out', {})
}
