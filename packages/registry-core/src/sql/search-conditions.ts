import type { RawBuilder } from 'kysely'
import { sql } from 'kysely'
import type { Comparison } from '../model/filter.ts'

type Bool = RawBuilder<unknown>

export interface SearchDialect {
  readonly dialect: 'sqlite' | 'postgres'
}

/** Characters of a value that its index holds: long ones do not fit into an index of PostgreSQL. As in the migrations. */
const INDEXED = 64

/**
 * The value of a tag or param is equal to a text, in a way that its index answers. What is shorter than the
 * index holds needs no more.
 */
export function equalsIndexed({ dialect }: SearchDialect, table: string, text: string): Bool {
  // As databases count them, not in UTF-16 units.
  const characters = [...text]
  const beginning = characters.slice(0, INDEXED).join('')
  const value = sql.ref(`${table}.value`)
  const start =
    dialect === 'postgres'
      ? sql`${sql.ref(`${table}.value_start`)} = ${beginning}`
      : sql`substr(${value}, 1, ${sql.lit(INDEXED)}) = ${beginning}`
  return characters.length < INDEXED ? start : sql`${start} and ${value} = ${text}`
}

/** `expression operator value`, the same on both databases; a missing value matches nothing. */
export function compareText(
  { dialect }: SearchDialect,
  expression: RawBuilder<unknown>,
  { operator, value }: Comparison,
): Bool {
  switch (operator) {
    case 'IS NULL':
      return sql`${expression} is null`
    case 'IS NOT NULL':
      return sql`${expression} is not null`
    case 'IN':
    case 'NOT IN': {
      const list = value as readonly string[]
      if (list.length === 0) return operator === 'IN' ? sql`1 = 0` : sql`1 = 1`
      return sql`${expression} ${sql.raw(operator.toLowerCase())} (${sql.join(list)})`
    }
    case 'LIKE':
      // LIKE of SQLite ignores case.
      return dialect === 'sqlite'
        ? sql`${expression} glob ${globOf(value as string)}`
        : sql`${expression} like ${value} escape ''`
    case 'ILIKE':
      return dialect === 'sqlite'
        ? sql`${expression} like ${value}`
        : sql`${expression} ilike ${value} escape ''`
    default:
      return sql`${expression} ${sql.raw(operator)} ${value}`
  }
}

export function compareNumber(
  expression: RawBuilder<unknown>,
  { operator, value }: Comparison,
): Bool {
  return sql`${expression} ${sql.raw(operator)} ${value}`
}

const FIRST_MS = -62_135_596_800_000
const LAST_MS = 253_402_300_799_999

/** Times are kept as ISO 8601 texts and compared with milliseconds since 1970. */
export function compareInstant(
  expression: RawBuilder<unknown>,
  { operator, value }: Comparison,
): Bool {
  const ms = value as number
  const whole = operator === '>' || operator === '<=' ? Math.floor(ms) : Math.ceil(ms)
  if (whole !== ms && (operator === '=' || operator === '!=')) {
    return operator === '=' ? sql`1 = 0` : sql`${expression} is not null`
  }
  const text = new Date(Math.min(LAST_MS, Math.max(FIRST_MS, whole))).toISOString()
  return sql`${expression} ${sql.raw(operator)} ${text}`
}

function globOf(pattern: string): string {
  return pattern.replace(/[*?[]/g, '[$&]').replaceAll('%', '*').replaceAll('_', '?')
}
