import type { RawBuilder } from 'kysely'
import { sql } from 'kysely'

/**
 * Whether a key of several columns is one of `keys`, none if there are none. Keys that differ in the last
 * column alone become one list: SQLite looks up such a list in an index, but of `(a, b) in (…)` only `a`.
 */
export function keyIn(
  columns: readonly string[],
  keys: readonly (readonly (string | number)[])[],
): RawBuilder<boolean> {
  const groups = new Map<string, { readonly first: readonly unknown[]; readonly last: unknown[] }>()
  for (const key of keys) {
    const first = key.slice(0, -1)
    const name = JSON.stringify(first)
    const group = groups.get(name) ?? { first, last: [] }
    groups.set(name, group)
    group.last.push(key.at(-1))
  }
  if (groups.size === 0) return sql<boolean>`1 = 0`
  const column = (at: number) => sql.ref(columns[at]!)
  const terms = [...groups.values()].map(({ first, last }) => {
    const same = first.map((value, at) => sql`${column(at)} = ${value}`)
    const listed = sql`${column(columns.length - 1)} in (${sql.join(last)})`
    return sql`(${sql.join([...same, listed], sql` and `)})`
  })
  return sql<boolean>`(${sql.join(terms, sql` or `)})`
}
