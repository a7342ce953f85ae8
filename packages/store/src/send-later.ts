import type { Compilable, CompiledQuery, Transaction } from 'kysely'

/** What comes back for a statement that nobody waits for. */
type Receiver = (rows: readonly unknown[]) => void

const later = new WeakMap<CompiledQuery, Receiver>()

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
  later.set(compiled, () => {})
  await tx.executeQuery(compiled)
}

/**
 * Runs a query of a transaction and hands its rows to `receive`: on PostgreSQL once the next statement that
 * is awaited is answered, which it travels with; on SQLite at once. For what is needed together with the rows
 * of that statement. See {@link sendLater} about failures.
 *
 * @example
 * ```ts
 * import { openStore, readLater } from '@mlops/store'
 *
 * const store = (await openStore('sqlite::memory:')).tables<{ n: { i: number } }>()
 * await store.migrate('n', [{ id: '0001', up: ({ integer }) => [`create table n (i ${integer})`] }])
 * await store.transaction(async (tx) => {
 *   let first: readonly { i: number }[] = []
 *   await readLater(tx, tx.selectFrom('n').selectAll(), (rows) => {
 *     first = rows
 *   })
 *   const second = await tx.selectFrom('n').selectAll().execute()
 *   console.log(first.length === second.length) // true
 * })
 * await store.close()
 * ```
 */
export async function readLater<Row>(
  // biome-ignore lint/suspicious/noExplicitAny: the transaction of any package
  tx: Transaction<any>,
  query: Compilable<Row> | CompiledQuery<Row>,
  receive: (rows: readonly Row[]) => void,
): Promise<void> {
  const compiled = 'compile' in query ? query.compile() : query
  later.set(compiled, (rows) => receive(rows as readonly Row[]))
  await tx.executeQuery(compiled)
}

/** Who gets the rows of a statement that travels with the next one. */
export function receiverOf(query: CompiledQuery): Receiver | undefined {
  return later.get(query)
}
