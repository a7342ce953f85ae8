import type { Kysely } from 'kysely'
import { sql } from 'kysely'

export type Cell = string | number | null

/**
 * Rows of a table by their owner, as one row of JSON for each owner: for a driver a row is dear, whatever
 * it holds. In no order. Values must be texts, whole numbers or null.
 */
export async function groupedRows<Owner extends string | number>(
  // biome-ignore lint/suspicious/noExplicitAny: any table that has an owner
  db: Kysely<any>,
  dialect: 'sqlite' | 'postgres',
  {
    table,
    owner,
    columns,
    owners,
  }: {
    readonly table: string
    readonly owner: string
    readonly columns: readonly string[]
    readonly owners: readonly Owner[]
  },
): Promise<{ readonly owner: Owner; readonly rows: readonly (readonly Cell[])[] }[]> {
  const cells = sql.join(columns.map((column) => sql.ref(column)))
  const items =
    dialect === 'sqlite'
      ? sql`json_group_array(json_array(${cells}))`
      : sql`json_agg(json_build_array(${cells}))::text`
  const { rows } = await sql<{ owner: Owner; items: string }>`
    select ${sql.ref(owner)} as owner, ${items} as items from ${sql.table(table)}
    where ${sql.ref(owner)} in (${sql.join(owners)}) group by ${sql.ref(owner)}`.execute(db)
  return rows.map((row) => ({ owner: row.owner, rows: JSON.parse(row.items) as Cell[][] }))
}
