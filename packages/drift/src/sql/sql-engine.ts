import { invalid, MlopsError } from '@mlops/core'

/** The dialects that queries are written in. */
export type SqlDialect = 'duckdb' | 'postgres' | 'clickhouse'

/** One row of an answer, by column name. */
export type SqlRow = Readonly<Record<string, unknown>>

/** An engine where the data lie. Queries are complete texts; only names and numbers are put into them. */
export interface SqlEngine {
  readonly dialect: SqlDialect
  query(sql: string): Promise<readonly SqlRow[]>
}

/**
 * What is compared: a table by its name (`[schema, table]` where it needs one), which is quoted, or a
 * SELECT, which is trusted text: never build it from user input.
 */
export type SqlSource = { readonly table: string | readonly string[] } | { readonly query: string }

/**
 * DuckDB through a connection of `@duckdb/node-api`.
 *
 * @example
 * ```ts
 * import { duckdbEngine } from '@mlops/drift/sql'
 *
 * // const connection = await (await DuckDBInstance.create()).connect()
 * const engine = duckdbEngine({ runAndReadAll: async () => ({ getRowObjectsJS: () => [] }) })
 * console.log(engine.dialect) // 'duckdb'
 * ```
 */
export function duckdbEngine(connection: {
  runAndReadAll(sql: string): Promise<{ getRowObjectsJS(): readonly SqlRow[] }>
}): SqlEngine {
  return {
    dialect: 'duckdb',
    query: async (sql) => (await asked(() => connection.runAndReadAll(sql))).getRowObjectsJS(),
  }
}

/**
 * PostgreSQL through a `Pool` or `Client` of `pg`, or anything with its `query`.
 *
 * @example
 * ```ts
 * import { postgresEngine } from '@mlops/drift/sql'
 *
 * // const pool = new pg.Pool({ connectionString })
 * console.log(postgresEngine({ query: async () => ({ rows: [] }) }).dialect) // 'postgres'
 * ```
 */
export function postgresEngine(pool: {
  query(sql: string): Promise<{ readonly rows: readonly SqlRow[] }>
}): SqlEngine {
  return { dialect: 'postgres', query: async (sql) => (await asked(() => pool.query(sql))).rows }
}

/**
 * ClickHouse through a function that sends a query and returns the answer's text, which the query asks
 * for as JSON: a POST to its HTTP interface, or chDB in the process.
 *
 * @example
 * ```ts
 * import { clickhouseEngine } from '@mlops/drift/sql'
 *
 * const engine = clickhouseEngine(async (sql) => {
 *   const answer = await fetch('http://localhost:8123/', { method: 'POST', body: sql })
 *   if (!answer.ok) throw new Error(await answer.text())
 *   return answer.text()
 * })
 * console.log(engine.dialect) // 'clickhouse'
 * ```
 */
export function clickhouseEngine(send: (sql: string) => Promise<string>): SqlEngine {
  return {
    dialect: 'clickhouse',
    query: async (sql) => {
      const text = await asked(() =>
        send(
          `${sql}\nSETTINGS output_format_json_quote_denormals = 1, output_format_json_quote_64bit_integers = 1\nFORMAT JSON`,
        ),
      )
      return (JSON.parse(text) as { data: SqlRow[] }).data
    },
  }
}

async function asked<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new MlopsError({
      kind: 'unavailable',
      code: 'drift.sql-query-failed',
      message: `the engine refused a query: ${reason}`,
      details: { reason },
      cause,
    })
  }
}

/** A number of an answer: engines send wide integers as bigint or text, and denormals as text. */
export function numberOf(value: unknown): number {
  if (value === null || value === undefined) return Number.NaN
  if (value === 'inf' || value === '-inf') return value === 'inf' ? Infinity : -Infinity
  return Number(value)
}

/** Confirms that a source can be asked of. */
export function checkSource(source: SqlSource): void {
  const parts = 'table' in source ? [source.table].flat() : [source.query]
  const usable = parts.length > 0 && parts.every((part) => typeof part === 'string' && part !== '')
  if (!usable) {
    throw invalid(
      'drift.invalid-option',
      'a source is { table: name }, { table: [schema, name] } or { query: select }',
      {},
    )
  }
}
