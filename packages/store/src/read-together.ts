import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'
import { Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely'
import { travelsWithNext } from './send-later.ts'

interface Asked {
  readonly query: CompiledQuery
  readonly resolve: (result: QueryResult<never>) => void
  readonly reject: (error: unknown) => void
}

/**
 * The same tables for queries that are asked at the same time, with `Promise.all`: PostgreSQL gets them
 * together, on one connection, and answers them together; one that fails fails them all. For reads of
 * one caller that belong together and take about as long. On SQLite, and in a transaction, they run one
 * after the other.
 *
 * @example
 * ```ts
 * import { openStore, readTogether } from '@mlops/store'
 *
 * const store = (await openStore('sqlite::memory:')).tables<{ mlops_migrations: { id: string } }>()
 * const db = readTogether(store.query)
 * const all = db.selectFrom('mlops_migrations').select('id')
 * const [first, again] = await Promise.all([all.execute(), all.execute()])
 * console.log(first.length === again.length) // true
 * await store.close()
 * ```
 */
export function readTogether<Tables>(db: Kysely<Tables>): Kysely<Tables> {
  if (db.isTransaction || !(db.getExecutor().adapter instanceof PostgresAdapter)) return db
  let asked: Asked[] = []

  async function send(): Promise<void> {
    const flight = asked
    asked = []
    try {
      await db.connection().execute(async (one) => {
        for (const [at, { query, resolve }] of flight.entries()) {
          if (at < flight.length - 1) {
            travelsWithNext(query, (rows) => resolve({ rows: rows as never[] }))
          }
          const result = await one.executeQuery(query)
          if (at === flight.length - 1) resolve(result as QueryResult<never>)
        }
      })
    } catch (error) {
      for (const { reject } of flight) reject(error)
    }
  }

  const connection: DatabaseConnection = {
    executeQuery: <Row>(query: CompiledQuery) =>
      new Promise<QueryResult<Row>>((resolve, reject) => {
        // Once those who ask at this moment have asked.
        if (asked.length === 0) setImmediate(send)
        asked.push({ query, resolve: resolve as Asked['resolve'], reject })
      }),
    streamQuery() {
      throw new Error('streaming is refused')
    },
  }
  return new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createIntrospector: (of) => new PostgresIntrospector(of),
      createQueryCompiler: () => new PostgresQueryCompiler(),
      createDriver: () => ({
        init: async () => {},
        acquireConnection: async () => connection,
        releaseConnection: async () => {},
        beginTransaction: async () => {
          throw new Error('reads only')
        },
        commitTransaction: async () => {},
        rollbackTransaction: async () => {},
        destroy: async () => {},
      }),
    },
  })
}
