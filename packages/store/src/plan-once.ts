import type { CompiledQuery } from 'kysely'

const plannedOnce = new WeakSet<CompiledQuery>()

/**
 * Marks a query whose plan does not depend on its parameters, as of rows that are looked up by their keys:
 * PostgreSQL keeps its plan, outside of a transaction, too. Others are planned for what they look for.
 *
 * @example
 * ```ts
 * import { openStore, planOnce } from '@mlops/store'
 *
 * const store = (await openStore('sqlite::memory:')).tables<{ mlops_migrations: { id: string } }>()
 * const read = planOnce(store.query.selectFrom('mlops_migrations').select('id').compile())
 * const { rows } = await store.query.executeQuery(read)
 * console.log(rows.length > 0) // true
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
