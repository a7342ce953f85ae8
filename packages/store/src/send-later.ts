import type { Compilable, CompiledQuery, Transaction } from 'kysely'

const later = new WeakSet<CompiledQuery>()

/**
 * Runs a statement of a transaction whose result nobody needs. PostgreSQL gets it together with the next
 * statement that is awaited, or with the commit, and so without a journey of its own; SQLite at once.
 * Its failure is the failure of what it travels with, so it is for statements whose failure no code
 * around them handles.
 *
 * @example
 * ```ts
 * import { openStore, sendLater } from '@mlops/store'
 *
 * const store = (await openStore('sqlite::memory:')).tables<{ n: { i: number } }>()
 * await store.migrate('n', [{ id: '0001', up: ({ integer }) => [`create table n (i ${integer})`] }])
 * await store.transaction((tx) => sendLater(tx, tx.insertInto('n').values({ i: 1 })))
 * console.log(await store.query.selectFrom('n').selectAll().execute()) // [ { i: 1 } ]
 * await store.close()
 * ```
 */
export async function sendLater(
  // biome-ignore lint/suspicious/noExplicitAny: the transaction of any package
  tx: Transaction<any>,
  statement: Compilable | CompiledQuery,
): Promise<void> {
  const compiled = 'compile' in statement ? statement.compile() : statement
  later.add(compiled)
  await tx.executeQuery(compiled)
}

/** Whether nobody waits for its result. */
export function isSentLater(query: CompiledQuery): boolean {
  return later.has(query)
}
