export type { SqliteDatabase, SqliteEngine, SqliteStatement } from './engine.ts'
export type { JournalMode } from './journal.ts'
export type { SqliteStoreOptions } from './sqlite-store.ts'
export { openSqliteStore } from './sqlite-store.ts'
