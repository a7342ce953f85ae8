import type { ColumnType } from '@mlops/core'

import type { SqlDialect, SqlSource } from './sql-engine.ts'

/** What a column of a database can be; texts are categories, embeddings are not read. */
export type SqlColumnType = Exclude<ColumnType, 'text' | 'embedding'>

/** What the engines say differently. `x` is always a column of doubles without NULL or NaN, unless said. */
export interface Dialect {
  quoteName(name: string): string
  /** A double, to the last bit. */
  literal(x: number): string
  /** A table of doubles as a FROM item with one column `x`. */
  values(numbers: ArrayLike<number>): string
  /** The type of a column by the engine's name for it; undefined where it is not supported. */
  columnType(name: string): SqlColumnType | undefined
  /** A column as a double, −0 as 0; instants as whole milliseconds since the epoch. NULL stays. */
  asDouble(column: string, type: SqlColumnType): string
  /** A column as text; booleans as `true` and `false`. NULL stays. */
  asText(column: string, type: SqlColumnType): string
  isNaN(x: string): string
}

/** The source as a FROM item. */
export function fromItem(source: SqlSource, { quoteName }: Dialect): string {
  return 'table' in source
    ? [source.table].flat().map(quoteName).join('.')
    : `(${source.query.replace(/;\s*$/, '')}\n) AS source`
}

export const DIALECTS: Readonly<Record<SqlDialect, Dialect>> = {
  duckdb: {
    quoteName: doubled,
    literal: (x) => `CAST('${textOf(x)}' AS DOUBLE)`,
    values: (numbers) =>
      `(SELECT CAST(unnest([${Array.from(numbers, (x) => `'${textOf(x)}'`).join(',')}]) AS DOUBLE) AS x)`,
    columnType: (name) => {
      if (/^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*)$/.test(name))
        return 'numeric'
      if (/^(TIMESTAMP.*|DATE)$/.test(name)) return 'datetime'
      if (name === 'BOOLEAN') return 'boolean'
      return /^(VARCHAR|ENUM.*|UUID)$/.test(name) ? 'categorical' : undefined
    },
    asDouble: (column, type) =>
      type === 'datetime'
        ? `CAST(epoch_ms(CAST(${column} AS TIMESTAMP)) AS DOUBLE)`
        : `(CAST(${column} AS DOUBLE) + 0)`,
    asText: (column) => `CAST(${column} AS VARCHAR)`,
    isNaN: (x) => `isnan(${x})`,
  },
  postgres: {
    quoteName: doubled,
    literal: (x) => `'${textOf(x)}'::float8`,
    values: (numbers) =>
      `(SELECT unnest('{${Array.from(numbers, textOf).join(',')}}'::float8[]) AS x)`,
    columnType: (name) => {
      if (/^(smallint|integer|bigint|real|double precision|numeric)$/.test(name)) return 'numeric'
      if (/^(timestamp .*|date)$/.test(name)) return 'datetime'
      if (name === 'boolean') return 'boolean'
      return /^(text|character.*|uuid|name)$/.test(name) ? 'categorical' : undefined
    },
    asDouble: (column, type) =>
      type === 'datetime'
        ? `floor(extract(epoch from ${column}) * 1000)::float8`
        : `(${column}::float8 + 0)`,
    asText: (column) => `${column}::text`,
    // PostgreSQL's NaN equals itself.
    isNaN: (x) => `${x} = 'NaN'::float8`,
  },
  clickhouse: {
    quoteName: (name) => `\`${name.replace(/[\\`]/g, '\\$&')}\``,
    // Its reader of decimal texts is fast rather than exact: the bits are.
    literal: (x) => `reinterpretAsFloat64(toUInt64(${bitsOf(x)}))`,
    // As one text of bits: an array of numbers would pass the server's limit of 256 KiB a query.
    values: (numbers) =>
      `(SELECT reinterpretAsFloat64(substring(unhex('${Array.from(numbers, hexOf).join('')}'), 8 * number + 1, 8)) AS x FROM numbers(${numbers.length}))`,
    columnType: (name) => {
      const inner = /^(?:Nullable|LowCardinality)\((.*)\)$/.exec(name)
      if (inner) return DIALECTS.clickhouse.columnType(inner[1]!)
      if (/^(U?Int\d+|Float\d+|Decimal.*)$/.test(name)) return 'numeric'
      if (/^Date/.test(name)) return 'datetime'
      if (name === 'Bool') return 'boolean'
      return /^(String|FixedString.*|Enum.*|UUID)$/.test(name) ? 'categorical' : undefined
    },
    asDouble: (column, type) =>
      type === 'datetime'
        ? `toFloat64(toUnixTimestamp64Milli(toDateTime64(${column}, 3, 'UTC')))`
        : `(toFloat64(${column}) + 0)`,
    asText: (column, type) =>
      type === 'boolean'
        ? `if(isNull(${column}), NULL, if(${column}, 'true', 'false'))`
        : `toString(${column})`,
    isNaN: (x) => `isNaN(${x})`,
  },
}

function doubled(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function textOf(x: number): string {
  return Number.isFinite(x) ? String(x) : x > 0 ? 'Infinity' : '-Infinity'
}

function bitsOf(x: number): string {
  return new BigUint64Array(Float64Array.of(x).buffer)[0]!.toString()
}

/** The bytes of a double, the lowest first. */
function hexOf(x: number): string {
  let hex = ''
  for (const byte of new Uint8Array(Float64Array.of(x).buffer))
    hex += byte.toString(16).padStart(2, '0')
  return hex
}
