import type { PostgresStoreOptions } from './postgres/postgres-store.ts'
import { openPostgresStore } from './postgres/postgres-store.ts'
import type { SqliteStoreOptions } from './sqlite/sqlite-store.ts'
import { openSqliteStore } from './sqlite/sqlite-store.ts'
import type { Store } from './store.ts'
import { parseStoreUrl } from './store-url.ts'

/**
 * Opens the database that a URL names, and brings the store's own tables up to date.
 *
 * `sqlite:FILE` and `sqlite::memory:` need nothing installed on Node 22.13+, Deno and Bun, and the
 * optional `libsql` on Node 20. `postgres://user:password@host/database` needs `pg`.
 *
 * @throws `invalid` `store.invalid-url`, and what {@link openSqliteStore} and
 *   {@link openPostgresStore} throw. No message holds a password.
 * @example
 * ```ts
 * import { openStore } from '@mlops/store'
 *
 * const store = await openStore('sqlite::memory:')
 * await store.migrate('notes', [
 *   { id: '0001-notes', up: ({ text }) => [`create table notes (id ${text} primary key)`] },
 * ])
 * const notes = store.tables<{ notes: { id: string } }>()
 * await notes.transaction((tx) => tx.insertInto('notes').values({ id: 'a' }).execute())
 * console.log(await notes.query.selectFrom('notes').selectAll().execute()) // [ { id: 'a' } ]
 * await store.close()
 * ```
 */
export async function openStore(
  url: string,
  options: SqliteStoreOptions & PostgresStoreOptions = {},
): Promise<Store> {
  const location = parseStoreUrl(url)
  return location.dialect === 'sqlite'
    ? openSqliteStore(location.path, options)
    : openPostgresStore(location.url, options)
}
