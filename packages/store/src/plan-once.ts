import type { CompiledQuery } from 'kysely'

const plannedOnce = new WeakSet<CompiledQuery>()

/**
 * Marks a query whose plan does not depend on its parameters, as of rows that are looked up by their keys:
 * PostgreSQL keeps its plan, outside of a transaction, too. Others are planned for what they look for.
 *
 * @example
 * ```ts
 * import { openStore, planOnce } from '@mlops/store'
 * import { CompiledQuery } from 'kysely'
 *
 * const store = await openStore('sqlite::memory:')
 * const read = planOnce(CompiledQuery.raw('select count(*) as n from mlops_migrations'))
 * console.log((await store.query.executeQuery<{ n: number }>(read)).rows.length) // 1
 * await store.close()
 * ```
 */
export function planOnce<Row>(query: CompiledQuery<Row>): CompiledQuery<Row> {
  plannedOnce.add(query)
  return query
}

export function isPlannedOnce(query: CompiledQuery): boolean {
  return plannedOnce.has(query)
}
