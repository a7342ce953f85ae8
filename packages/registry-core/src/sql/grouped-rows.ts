import type { Kysely, RawBuilder } from 'kysely'
import { sql } from 'kysely'
import { oneOf } from './one-of.ts'

export type Cell = string | number | null

/**
 * Rows of a table by their owner, all in one text of JSON: for a driver a row is dear, whatever it holds. In no
 * order. Values must be texts, whole numbers or null.
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
): Promise<readonly (readonly [owner: Owner, rows: readonly (readonly Cell[])[]])[]> {
  const of = sql.ref(owner)
  const cells = sql.join(columns.map((column) => sql.ref(column)))
  const [item, list] = written[dialect](of, cells)
  const { rows } = await sql<{ items: string | null }>`
    select ${list} as items from (
      select ${item} as item from ${sql.table(table)}
      where ${oneOf(dialect, of, owners)} group by ${of}
    ) owned`.execute(db)
  const items = rows[0]!.items
  return items === null ? [] : JSON.parse(`[${items}]`)
}

/** `[owner, [rows]]` of one owner, and those of all with commas between. Texts are joined: no JSON is read again. */
const written: Record<
  'sqlite' | 'postgres',
  (
    of: RawBuilder<unknown>,
    cells: RawBuilder<unknown>,
  ) => readonly [RawBuilder<unknown>, RawBuilder<unknown>]
> = {
  sqlite: (of, cells) => [
    sql`'[' || json_quote(${of}) || ',' || json_group_array(json_array(${cells})) || ']'`,
    sql`group_concat(item, ',')`,
  ],
  postgres: (of, cells) => [
    sql`'[' || to_json(${of})::text || ',' || json_agg(json_build_array(${cells}))::text || ']'`,
    sql`string_agg(item, ',')`,
  ],
}
