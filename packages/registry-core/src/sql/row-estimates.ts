import type { Clock } from '@mlops/core'
import { digestOf } from '@mlops/core'
import type { QueryExecutorProvider, RawBuilder } from 'kysely'
import { sql } from 'kysely'

/** How many rows queries have, by what is quickly found out. */
export interface RowEstimates {
  /** What the planner expects. By the names of the queries, each of which stands for all that its query looks for. */
  of(
    db: QueryExecutorProvider,
    queries: ReadonlyMap<string, RawBuilder<unknown>>,
  ): Promise<ReadonlyMap<string, number>>
  /** The rows of a short query, counted. */
  counted(db: QueryExecutorProvider, name: string, query: RawBuilder<unknown>): Promise<number>
}

/** The planner's statistics change once a minute at most. */
const KEPT_MS = 10_000
const MOST_KEPT = 1000

interface Plan {
  readonly 'Plan Rows': number
  readonly Plans?: readonly Plan[]
}

/**
 * Asks PostgreSQL, the planner in a statement that is planned and not run, and keeps what it said for a
 * while: the pages of a search, and a search that comes again, ask the same.
 */
export function createRowEstimates(clock: Clock): RowEstimates {
  const kept = new Map<string, { readonly rows: number; readonly until: number }>()
  const known = (name: string): number | undefined => {
    const one = kept.get(digestOf(name))
    return one && one.until > clock.now() ? one.rows : undefined
  }
  const keep = (name: string, rows: number): void => {
    if (kept.size >= MOST_KEPT) kept.clear()
    // A name holds what a caller looks for, of any length.
    kept.set(digestOf(name), { rows, until: clock.now() + KEPT_MS })
  }
  return {
    async of(db, queries) {
      const found = new Map<string, number>()
      const asked: [string, RawBuilder<unknown>][] = []
      for (const [name, query] of queries) {
        const rows = known(name)
        if (rows === undefined) asked.push([name, query])
        else found.set(name, rows)
      }
      if (asked.length === 0) return found
      const queried = asked.map(([, query]) => query)
      const expected = await expectedRows(db, queried)
      for (const [i, [name]] of asked.entries()) {
        found.set(name, expected[i]!)
        keep(name, expected[i]!)
      }
      return found
    },
    async counted(db, name, query) {
      const before = known(name)
      if (before !== undefined) return before
      const { rows } = await sql<{
        n: number
      }>`select count(*) as n from (${query}) counted`.execute(db)
      const n = Number(rows[0]!.n)
      keep(name, n)
      return n
    },
  }
}

async function expectedRows(
  db: QueryExecutorProvider,
  queries: readonly RawBuilder<unknown>[],
): Promise<number[]> {
  const { rows } = await sql<{ 'QUERY PLAN': readonly [{ readonly Plan: Plan }] }>`
    explain (format json) ${sql.join(queries, sql` union all `)}`.execute(db)
  const plan = rows[0]!['QUERY PLAN'][0].Plan
  const plans = queries.length === 1 ? [plan] : plan.Plans!
  return plans.map((one) => one['Plan Rows'])
}
