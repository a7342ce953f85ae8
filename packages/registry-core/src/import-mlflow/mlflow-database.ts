import { stat } from 'node:fs/promises'
import { invalid, MlopsError } from '@mlops/core'
import type { SqliteDatabase } from '@mlops/store/sqlite'
import { openEngine } from '@mlops/store/sqlite'

/** A row as it is; older databases have fewer columns. */
export type MlflowRow = Readonly<Record<string, unknown>>

/** MLflow's tables at one moment. Tables that an older version lacks are empty. */
export interface MlflowDatabase {
  rows(table: string, condition?: string, ...values: readonly unknown[]): readonly MlflowRow[]
  /** The same piece by piece, so that long histories need no memory. */
  pages(table: string, condition: string, ...values: readonly unknown[]): Iterable<MlflowRow>
  count(table: string): number
  close(): void
}

const NEEDED = ['experiments', 'runs', 'metrics', 'params', 'tags'] as const
const PAGE = 5000

/**
 * Opens the database file for reading only.
 *
 * @throws `not-found` `mlflow.no-database`; `invalid` `mlflow.invalid-database`; `unsupported`
 *   `store.no-sqlite`.
 */
export async function openMlflowDatabase(path: string): Promise<MlflowDatabase> {
  // SQLite would make an empty file of what is not there.
  const found = await stat(path).catch(() => undefined)
  if (!found?.isFile()) {
    throw new MlopsError({
      kind: 'not-found',
      code: 'mlflow.no-database',
      message: `there is no file ${path}: name the SQLite file of MLflow's --backend-store-uri`,
      details: { path },
    })
  }
  const database = await openEngine(path)
  try {
    database.exec('pragma query_only = on')
    // One moment for all that is read.
    database.exec('begin')
    return overTables(database, tablesOf(database, path))
  } catch (error) {
    database.close()
    throw error
  }
}

function tablesOf(database: SqliteDatabase, path: string): ReadonlySet<string> {
  let tables: ReadonlySet<string>
  try {
    const rows = database.prepare("select name from sqlite_master where type = 'table'").all()
    tables = new Set((rows as { name: string }[]).map(({ name }) => name))
  } catch {
    throw notMlflow(path, 'it is no SQLite database')
  }
  const missing = NEEDED.filter((table) => !tables.has(table))
  if (missing.length > 0) throw notMlflow(path, `it has no tables ${missing.join(', ')}`)
  return tables
}

function notMlflow(path: string, why: string) {
  return invalid(
    'mlflow.invalid-database',
    `${path} is no database of MLflow's: ${why}. Name the SQLite file of its --backend-store-uri`,
    { path },
  )
}

function overTables(database: SqliteDatabase, tables: ReadonlySet<string>): MlflowDatabase {
  const all = (sql: string, values: readonly unknown[]) =>
    database.prepare(sql).all(...values) as MlflowRow[]
  return {
    rows: (table, condition = '1 = 1', ...values) =>
      tables.has(table) ? all(`select * from ${table} where ${condition}`, values) : [],
    *pages(table, condition, ...values) {
      if (!tables.has(table)) return
      const sql = `select rowid as row_id, * from ${table} where (${condition}) and rowid > ? order by rowid limit ${PAGE}`
      let last: unknown = -1n
      for (;;) {
        const page = all(sql, [...values, last])
        yield* page
        if (page.length < PAGE) return
        last = BigInt(Number(page.at(-1)!['row_id']))
      }
    },
    count(table) {
      if (!tables.has(table)) return 0
      return Number(all(`select count(*) as n from ${table}`, [])[0]!['n'])
    },
    close() {
      database.exec('rollback')
      database.close()
    },
  }
}

/** A text, or empty. */
export const textOf = (value: unknown): string =>
  value === null || value === undefined ? '' : String(value)

const LAST_MS = 253_402_300_799_999

/** Milliseconds since 1970 as an instant; what is none is undefined. */
export function instantOf(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined
  const ms = Number(value)
  return Number.isInteger(ms) && ms >= 0 && ms <= LAST_MS ? new Date(ms).toISOString() : undefined
}

/** A column of keys and one of values as a record. */
export function recordOf(rows: readonly MlflowRow[], key: string, value: string) {
  return Object.fromEntries(rows.map((row) => [textOf(row[key]), textOf(row[value])]))
}

/** MLflow keeps infinities as the largest doubles. */
export function numberOf(value: unknown, isNan: unknown = 0): number {
  if (Number(isNan) === 1 || value === null || value === undefined) return Number.NaN
  const number = Number(value)
  if (Math.abs(number) < Number.MAX_VALUE) return number
  return number > 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
}
