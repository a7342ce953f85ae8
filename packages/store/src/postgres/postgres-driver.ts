import type { DatabaseConnection, Dialect, Driver, TransactionSettings } from 'kysely'
import { PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely'
import type { Pool, PoolClient } from 'pg'
import type { ParserOf } from './postgres-connection.ts'
import { PostgresConnection } from './postgres-connection.ts'

/** PostgreSQL through a pool of the `pg` package. */
export function postgresDialect(pool: Pool, parserOf: ParserOf): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => postgresDriver(pool, parserOf),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  }
}

function postgresDriver(pool: Pool, parserOf: ParserOf): Driver {
  const connections = new WeakMap<PoolClient, PostgresConnection>()
  const own = (connection: DatabaseConnection) => connection as PostgresConnection
  return {
    async init() {},
    async acquireConnection() {
      const client = await pool.connect()
      const known = connections.get(client) ?? new PostgresConnection(client, parserOf)
      connections.set(client, known)
      return known
    },
    async beginTransaction(connection, { isolationLevel }: TransactionSettings) {
      own(connection).begin(
        `start transaction${isolationLevel ? ` isolation level ${isolationLevel}` : ''}`,
      )
    },
    commitTransaction: (connection) => own(connection).end('commit'),
    rollbackTransaction: (connection) => own(connection).end('rollback'),
    async releaseConnection(connection) {
      own(connection).client.release()
    },
    destroy: () => pool.end(),
  }
}
