// Databases: openStore(url) → Store { query, tables, transaction, migrate, check, close }.

export type { ChainProblem, ChainVerification, Checkpoint, LogEntry } from './log/chain.ts'
export { entryHash, genesisHash, verifyEntries } from './log/chain.ts'
// The hash-chained event log: createEventLog({ store, name, clock }) → append(tx, …), read, head, verify.
export type {
  AnyTransaction,
  EventLog,
  LogQuery,
  LogSubject,
  NewLogEntry,
} from './log/event-log.ts'
export { createEventLog } from './log/event-log.ts'
export type { Migration, MigrationReport, SqlWords } from './migrations/migration.ts'
export { openStore } from './open-store.ts'
export { planOnce } from './plan-once.ts'
export { expectRevision } from './revision.ts'
export { readLater, sendLater } from './send-later.ts'
export type { Store, StoreCheck, TransactionOptions } from './store.ts'
export type { OpenStoreOptions } from './store-options.ts'
export { redactUrl } from './store-url.ts'
