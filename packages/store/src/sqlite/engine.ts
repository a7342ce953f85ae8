import { MlopsError } from '@mlops/core'

/** The part of a synchronous SQLite binding that is used; `better-sqlite3` fits as well. */
export interface SqliteDatabase {
  prepare(sql: string): SqliteStatement
  exec(sql: string): unknown
  close(): void
}

/** A prepared statement of a {@link SqliteDatabase}. */
export interface SqliteStatement {
  // biome-ignore lint/suspicious/noExplicitAny: each binding names its own parameter type
  all(...parameters: any[]): unknown[]
  // biome-ignore lint/suspicious/noExplicitAny: as above
  run(...parameters: any[]): { changes: number | bigint; lastInsertRowid: number | bigint }
}

/** Which binding to use: the runtime's own, or the `libsql` package. */
export type SqliteEngine = 'node:sqlite' | 'libsql'

/** Opens a database file with the given binding, or with the first of `engines` that is there. */
export async function openEngine(
  path: string,
  engines: readonly SqliteEngine[] = ['node:sqlite', 'libsql'],
): Promise<SqliteDatabase> {
  const missing: unknown[] = []
  for (const engine of engines) {
    const open = await load(engine).catch((error: unknown) => {
      missing.push(error)
      return undefined
    })
    if (open) return open(path)
  }
  throw new MlopsError({
    kind: 'unsupported',
    code: 'store.no-sqlite',
    message: `no SQLite here (tried ${engines.join(', ')}): use Node 22.13 or newer, Deno or Bun, or run \`npm install libsql\``,
    details: { engines },
    cause: missing,
  })
}

async function load(engine: SqliteEngine): Promise<(path: string) => SqliteDatabase> {
  type Open = new (path: string) => SqliteDatabase
  // By variable: node:sqlite is absent from Node 20 and its types, libsql is native and optional.
  const name: string = engine
  const loaded = (await import(name)) as { DatabaseSync?: Open; default?: Open }
  const Database = loaded.DatabaseSync ?? loaded.default
  if (Database === undefined) throw new TypeError(`${engine} has no database class`)
  return (path) => new Database(path)
}
