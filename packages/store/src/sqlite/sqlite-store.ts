import { stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { MlopsError, systemClock } from '@mlops/core'
import { SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler, sql } from 'kysely'
import { toStoreError } from '../driver-errors.ts'
import { guardedDialect, transactionScope } from '../guarded-driver.ts'
import type { Store } from '../store.ts'
import { buildStore } from '../store.ts'
import type { OpenStoreOptions } from '../store-options.ts'
import { sqliteDriver } from './connection.ts'
import type { SqliteDatabase, SqliteEngine } from './engine.ts'
import { openEngine } from './engine.ts'
import type { JournalMode } from './journal.ts'
import { setJournalMode } from './journal.ts'

export interface SqliteStoreOptions extends OpenStoreOptions {
  /** What to do when the file does not exist (or is empty). @default 'create' */
  readonly ifMissing?: 'create' | 'fail'
  /** @default the file's own; for a new file WAL where this SQLite is safe with it, else TRUNCATE; WAL if `exclusive` */
  readonly journalMode?: JournalMode
  /**
   * Whether this store has the file to itself: whoever else opens it meanwhile gets `store.busy`. Then
   * every SQLite is safe with WAL, whose commits cost a fraction of TRUNCATE's. @default false
   */
  readonly exclusive?: boolean
  /** Only this binding. @default node:sqlite where the runtime has it, else libsql */
  readonly engine?: SqliteEngine
}

/**
 * Opens a SQLite store: a file path, `:memory:`, or an open database of a compatible binding
 * (better-sqlite3), which the store then owns.
 *
 * Durable: `synchronous=FULL`. One connection per store; several processes may share the file, unless
 * one of them opened it as `exclusive`.
 *
 * @throws `not-found` `store.missing`, `unavailable` `store.cannot-open`, `invalid`
 *   `store.not-a-database`, `internal` `store.corrupt-database`, `unsupported` `store.no-sqlite` or
 *   `store.newer-schema`.
 */
export async function openSqliteStore(
  database: string | SqliteDatabase,
  options: SqliteStoreOptions = {},
): Promise<Store> {
  const {
    clock = systemClock,
    busyTimeoutMs = 10_000,
    detectNesting = true,
    exclusive = false,
  } = options
  const path = typeof database === 'string' ? database : ':given:'
  const location = `sqlite:${path}`
  const isNew =
    typeof database === 'string' && (await looksNew(path, options.ifMissing ?? 'create'))
  const scope = transactionScope({ detect: detectNesting })
  try {
    const engine =
      typeof database === 'string'
        ? await openEngine(path, options.engine ? [options.engine] : undefined)
        : database
    try {
      engine.exec('pragma busy_timeout=100')
      const journal = { path, isNew, exclusive, wanted: options.journalMode }
      // Before the journal is first looked at: WAL then needs no memory that processes share.
      if (exclusive) engine.exec('pragma locking_mode=exclusive')
      await patiently(() => setJournalMode(engine, journal), busyTimeoutMs)
      // The lock is taken by the first write, and kept.
      if (exclusive) await patiently(() => engine.exec('begin immediate; commit'), busyTimeoutMs)
      engine.exec('pragma synchronous=full')
      engine.exec(`pragma wal_autocheckpoint=${LOG_PAGES}`)
      engine.exec('pragma foreign_keys=on')
      engine.exec('pragma recursive_triggers=on')
      engine.exec(`pragma cache_size=-${CACHE_KIB}`)
      engine.exec('pragma busy_timeout=5')
    } catch (error) {
      engine.close()
      throw error
    }
    const driver = sqliteDriver(exclusive ? releasing(engine) : engine, {
      busyTimeoutMs,
      now: () => performance.now(),
      sleep,
    })
    const dialect = guardedDialect(
      {
        createAdapter: () => new SqliteAdapter(),
        createDriver: () => driver,
        createIntrospector: (db) => new SqliteIntrospector(db),
        createQueryCompiler: () => new SqliteQueryCompiler(),
      },
      location,
      scope,
    )
    return await buildStore({
      kind: 'sqlite',
      dialect,
      location,
      scope,
      clock,
      async check(query) {
        const { rows } = await sql<Record<string, string>>`pragma integrity_check(20)`.execute(
          query,
        )
        const problems = rows.map((row) => String(Object.values(row)[0])).filter((t) => t !== 'ok')
        return problems.length === 0 ? { status: 'ok', problems } : { status: 'damaged', problems }
      },
    })
  } catch (error) {
    throw toStoreError(error, location)
  }
}

/**
 * Closes in a way that gives the file up at once: libsql keeps a connection, and with it the lock, until
 * its statements are collected. A lock that WAL was opened with goes only with WAL.
 */
function releasing(engine: SqliteDatabase): SqliteDatabase {
  return {
    prepare: (text) => engine.prepare(text),
    exec: (text) => engine.exec(text),
    close() {
      try {
        for (const text of ['journal_mode=truncate', 'locking_mode=normal', 'user_version']) {
          engine.prepare(`pragma ${text}`).all()
        }
      } catch {
        // The log stays, and whoever opens the file next reads it.
      }
      engine.close()
    },
  }
}

/** Pages kept in memory, at most. SQLite's own 2 MiB are less than what one search of 100 000 runs looks at. */
const CACHE_KIB = 32 * 1024

/** Pages in the write-ahead log before they move to the file: 16 MiB, so that pages written often move once. */
const LOG_PAGES = 4096

/** A lock held for a moment by another process that opens the same file. */
async function patiently(work: () => void, timeoutMs: number): Promise<void> {
  for (let waited = 0; ; waited += 120) {
    try {
      return work()
    } catch (error) {
      const code = toStoreError(error, '').code
      if ((code !== 'store.busy' && code !== 'store.journal-mode') || waited > timeoutMs)
        throw error
      await sleep(20)
    }
  }
}

async function looksNew(path: string, ifMissing: 'create' | 'fail'): Promise<boolean> {
  if (path === ':memory:') return true
  const file = await stat(path).catch(() => undefined)
  if (file?.isDirectory()) {
    throw new MlopsError({
      kind: 'invalid',
      code: 'store.is-directory',
      message: `${path} is a directory: name the database file inside it`,
      details: { path },
    })
  }
  if (file !== undefined && file.size > 0) return false
  if (ifMissing === 'fail') {
    throw new MlopsError({
      kind: 'not-found',
      code: 'store.missing',
      message: `there is no database at ${path}: check the path, or open it with ifMissing 'create'`,
      details: { path },
    })
  }
  const directory = dirname(resolve(path))
  if ((await stat(directory).catch(() => undefined)) === undefined) {
    throw new MlopsError({
      kind: 'not-found',
      code: 'store.no-directory',
      message: `the directory ${directory} for the database does not exist: create it first`,
      details: { path, directory },
    })
  }
  return true
}
