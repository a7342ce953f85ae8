import type { Clock } from '@mlops/core'
import type { RawBuilder } from 'kysely'
import { sql } from 'kysely'
import type { Db } from '../service/context.ts'

/** How many rows a planner expects of queries. */
export interface RowEstimates {
  /** By the names of the queries, each of which stands for all that its query looks for. */
  of(
    db: Db,
    queries: ReadonlyMap<string, RawBuilder<unknown>>,
  ): Promise<ReadonlyMap<string, number>>
}

/** The statistics that they come from change once a minute at most. */
const KEPT_MS = 10_000
const MOST_KEPT = 1000

interface Plan {
  readonly 'Plan Rows': number
  readonly Plans?: readonly Plan[]
}

/**
 * Asks PostgreSQL, in a statement that is planned and not run, and keeps what it said for a while: the pages
 * of a search, and a search that comes again, ask the same.
 */
export function createRowEstimates(clock: Clock): RowEstimates {
  const kept = new Map<string, { readonly rows: number; readonly until: number }>()
  return {
    async of(db, queries) {
      const now = clock.now()
      const found = new Map<string, number>()
      const asked: [string, RawBuilder<unknown>][] = []
      for (const [name, query] of queries) {
        const one = kept.get(name)
        if (one && one.until > now) found.set(name, one.rows)
        else asked.push([name, query])
      }
      if (asked.length === 0) return found
      const queried = asked.map(([, query]) => query)
      const expected = await expectedRows(db, queried)
      if (kept.size + asked.length > MOST_KEPT) kept.clear()
      for (const [i, [name]] of asked.entries()) {
        const rows = expected[i]!
        found.set(name, rows)
        kept.set(name, { rows, until: now + KEPT_MS })
      }
      return found
    },
  }
}

async function expectedRows(db: Db, queries: readonly RawBuilder<unknown>[]): Promise<number[]> {
  const { rows } = await sql<{ 'QUERY PLAN': readonly [{ readonly Plan: Plan }] }>`
    explain (format json) ${sql.join(queries, sql` union all `)}`.execute(db)
  const plan = rows[0]!['QUERY PLAN'][0].Plan
  const plans = queries.length === 1 ? [plan] : plan.Plans!
  return plans.map((one) => one['Plan Rows'])
}
