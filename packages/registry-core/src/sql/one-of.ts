import type { RawBuilder } from 'kysely'
import { sql } from 'kysely'

/**
 * `expression` is one of `values`, which travel as one parameter: the statement stays the same however many
 * they are, so it is prepared once. Without a dialect: one parameter each.
 */
export function oneOf(
  dialect: 'sqlite' | 'postgres' | undefined,
  expression: RawBuilder<unknown>,
  values: readonly (string | number)[],
): RawBuilder<boolean> {
  if (dialect === 'sqlite') {
    return sql`${expression} in (select value from json_each(${JSON.stringify(values)}))`
  }
  if (dialect === 'postgres') return sql`${expression} = any(${values})`
  return sql`${expression} in (${sql.join(values)})`
}
