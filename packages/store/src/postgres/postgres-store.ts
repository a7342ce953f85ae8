import { invalid, MlopsError, silentLogger, systemClock } from '@mlops/core'
import { sql } from 'kysely'
import { guardedDialect, transactionScope } from '../guarded-driver.ts'
import type { Store } from '../store.ts'
import { buildStore } from '../store.ts'
import type { OpenStoreOptions } from '../store-options.ts'
import { redactUrl } from '../store-url.ts'
import { postgresDialect } from './postgres-driver.ts'

export interface PostgresStoreOptions extends OpenStoreOptions {
  /** The schema that holds the tables; made when absent. @default the user's search path */
  readonly schema?: string
  /** Most connections at once. @default 10 */
  readonly maxConnections?: number
  /** How long to wait for a connection. @default 5000 */
  readonly connectTimeoutMs?: number
}

/**
 * Opens a PostgreSQL store (13 or newer) by URL. Needs the `pg` package.
 *
 * Transactions are serializable. A lost race is run again by the store.
 *
 * @throws `unavailable` `store.unreachable`, `store.login-refused` or `store.no-database`;
 *   `unsupported` `store.no-pg` or `store.newer-schema`.
 */
export async function openPostgresStore(
  url: string,
  options: PostgresStoreOptions = {},
): Promise<Store> {
  const {
    clock = systemClock,
    logger = silentLogger,
    busyTimeoutMs = 10_000,
    detectNesting = true,
    maxConnections = 10,
    connectTimeoutMs = 5_000,
    schema,
  } = options
  if (schema !== undefined && !/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) {
    throw invalid(
      'store.invalid-schema',
      `the schema name must be lower-case letters, digits and _, got '${schema}'`,
      { schema },
    )
  }
  const location = redactUrl(url)
  const { Pool, types } = await loadPg()
  const pool = new Pool({
    connectionString: url,
    max: maxConnections,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    ...(schema !== undefined && { options: `-c search_path=${schema}` }),
  })
  const parserOf = (type: number) =>
    type === INT8 ? safeInteger : (types.getTypeParser(type, 'text') as (text: string) => unknown)
  // Without listeners the loss of a connection, idle or in use, would end the process.
  const lost = (error: unknown) => logger.warn({ err: error, location }, 'connection lost')
  pool.on('error', lost)
  pool.on('connect', (client) => {
    client.on('error', lost)
    client.query(SESSION).catch(lost)
  })

  const scope = transactionScope({ detect: detectNesting })
  const dialect = guardedDialect(postgresDialect(pool, parserOf), location, scope)
  return buildStore({
    kind: 'postgres',
    dialect,
    location,
    scope,
    clock,
    busyTimeoutMs,
    ...(schema !== undefined && { schema }),
    async check(query) {
      await sql`select 1`.execute(query)
      return {
        status: 'not-checked',
        problems: ['PostgreSQL guards its own pages: see data_checksums and pg_amcheck'],
      }
    },
  })
}

/**
 * Compiling a search of many conditions takes the server a second, and running it some milliseconds. Its
 * default price of a page out of order is that of a disk that turns: it would rather read a table from
 * one end to the other than look up a thousand rows. A price that somebody set stays. Weighing merge joins
 * and memories of what was looked up takes half the time of planning a search, and a page of results needs
 * neither: it walks an index in order, and looks each key up once. PostgreSQL 13 has no such memory. A service answers
 * several callers at once, so one of them gets no workers of its own.
 */
const SESSION = `set jit = off; set enable_mergejoin = off; set max_parallel_workers_per_gather = 0;
  select set_config(name, 'off', false) from pg_settings where name = 'enable_memoize';
  select set_config('random_page_cost', '1.1', false) where current_setting('random_page_cost') = '4'`

const INT8 = 20

function safeInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) {
    throw new MlopsError({
      kind: 'internal',
      code: 'store.integer-range',
      message: `the integer ${text} is outside ±(2^53 − 1)`,
      details: { text },
    })
  }
  return value
}

async function loadPg(): Promise<Pick<typeof import('pg'), 'Pool' | 'types'>> {
  try {
    const loaded = await import('pg')
    return loaded.default ?? loaded
  } catch (cause) {
    throw new MlopsError({
      kind: 'unsupported',
      code: 'store.no-pg',
      message: 'a postgres: store needs the pg package: run `npm install pg`',
      cause,
    })
  }
}
