import { MlopsError } from '@mlops/core'
import type { SqliteDatabase } from './engine.ts'

/** How SQLite makes a transaction durable and atomic. */
export type JournalMode = 'wal' | 'truncate'

/** The first release that resets the write-ahead log safely with several connections. */
const SAFE_WAL = [3, 51, 3] as const

/**
 * Chooses the journal: the one asked for; else the file's own, so that processes that share a file
 * agree; else, for a new file, WAL where this SQLite handles it safely and TRUNCATE where not. A
 * connection that has the file to itself is safe with WAL on every SQLite, and gets it.
 *
 * @throws `unavailable` `store.journal-mode` when the file is held in WAL mode by another process
 *   and this SQLite is too old to join safely.
 */
export function setJournalMode(
  database: SqliteDatabase,
  {
    path,
    isNew,
    exclusive,
    wanted,
  }: { path: string; isNew: boolean; exclusive: boolean; wanted: JournalMode | undefined },
): void {
  const current = pragma(database, 'journal_mode')
  if (current === 'memory') return
  const safe = walIsSafe(version(database))
  const mode = wanted ?? (exclusive || (safe && (isNew || current === 'wal')) ? 'wal' : 'truncate')
  if (current !== mode && pragma(database, `journal_mode=${mode}`) !== mode) {
    throw journalRefused(path, mode)
  }
}

function version(database: SqliteDatabase): string {
  const rows = database.prepare('select sqlite_version() as v').all() as { v: string }[]
  return rows[0]!.v
}

export function walIsSafe(sqliteVersion: string): boolean {
  const parts = sqliteVersion.split('.').map(Number)
  for (const [at, least] of SAFE_WAL.entries()) {
    const part = parts[at] ?? 0
    if (part !== least) return part > least
  }
  return true
}

function pragma(database: SqliteDatabase, text: string): string {
  const rows = database.prepare(`pragma ${text}`).all() as { journal_mode: string }[]
  return String(rows[0]?.journal_mode).toLowerCase()
}

function journalRefused(path: string, mode: JournalMode) {
  return new MlopsError({
    kind: 'unavailable',
    code: 'store.journal-mode',
    message: `${path} cannot be switched to journal mode ${mode} while another process has it open: close the others first, or run them all on the same Node version`,
    details: { path, mode },
  })
}
