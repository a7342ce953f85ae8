import type { RawBuilder } from 'kysely'
import { sql } from 'kysely'
import type { Comparison, Filter } from '../model/filter.ts'
import type { Db } from '../service/context.ts'
import type { Searchable } from './searchable.ts'

type Ranked = ReturnType<NonNullable<Searchable['rankedBy']>>
type Condition = (comparison: Comparison) => RawBuilder<unknown>

/**
 * What a walk along the index of a metric costs, in look-ups of one row by its key: they take PostgreSQL
 * about 3 µs, an entry that is only passed 0.3, one that is put on a list 1.
 */
const PASSED = 0.1
const LISTED = 1 / 3
/** Look-ups for each thing that a condition leads to: the run, what it is ordered by, the others. */
const LED = 3

/**
 * The conditions of a page that walks along an index, on PostgreSQL. Its joins by hash lose the order, so by
 * itself it looks each condition up for each entry, or sorts all that the rarest one leads to. Where it expects
 * less work of it, what meets a condition is listed once, and entries are looked for in the list. Costs a
 * statement that is planned and not run.
 */
export async function walkedConditions(
  db: Db,
  searchable: Searchable,
  ranked: Ranked,
  filter: Filter,
  limit: number,
  conditionOf: Condition,
): Promise<readonly RawBuilder<unknown>[]> {
  const lists = filter.map((comparison) => searchable.listed?.(comparison))
  const known = lists.filter((list) => list !== undefined)
  if (known.length === 0) return filter.map(conditionOf)
  const [all = 0, ...counts] = await expected(db, [ranked.all, ...known])
  const share = counts.reduce((product, count) => product * Math.min(1, count / all), 1)
  const walked = Math.min(all, limit / share)
  const isListed = (count: number) => count * LISTED < walked
  const looked = counts.reduce((sum, count) => sum + Math.min(count * LISTED, walked), 0)
  if (LED * Math.min(...counts) < PASSED * walked + looked) return filter.map(conditionOf)
  return filter.map((comparison, i) => {
    const list = lists[i]
    if (list === undefined || !isListed(counts[known.indexOf(list)]!))
      return conditionOf(comparison)
    // By itself the planner makes a join of `in`.
    return sql`(${ranked.id} in (${list})) is true`
  })
}

interface Plan {
  readonly 'Plan Rows': number
  readonly Plans?: readonly Plan[]
}

/** How many rows the planner expects of each query. */
async function expected(db: Db, queries: readonly RawBuilder<unknown>[]): Promise<number[]> {
  const { rows } = await sql<{ 'QUERY PLAN': readonly [{ readonly Plan: Plan }] }>`
    explain (format json) ${sql.join(queries, sql` union all `)}`.execute(db)
  return rows[0]!['QUERY PLAN'][0].Plan.Plans!.map((plan) => plan['Plan Rows'])
}
