export type { PostgresPool, PostgresStoreOptions } from './postgres-store.ts'
export { openPostgresStore } from './postgres-store.ts'
