import { AsyncLocalStorage } from 'node:async_hooks'
import { invalid, MlopsError } from '@mlops/core'
import type { CompiledQuery, DatabaseConnection, Dialect, Driver, QueryResult } from 'kysely'
import { toStoreError } from './driver-errors.ts'

/** Knows whether the running code is inside a transaction of its store. */
export interface TransactionScope {
  run<Result>(work: () => Promise<Result>): Promise<Result>
  /** @throws `invalid` `store.nested` inside a transaction. */
  assertOutside(): void
}

/** Makes the {@link TransactionScope} of one store, which knows nothing unless it is to `detect`. */
export function transactionScope({ detect }: { readonly detect: boolean }): TransactionScope {
  if (!detect) return { run: (work) => work(), assertOutside() {} }
  const scope = new AsyncLocalStorage<{ open: boolean }>()
  return {
    async run(work) {
      const state = { open: true }
      try {
        return await scope.run(state, work)
      } finally {
        state.open = false
      }
    },
    assertOutside() {
      if (scope.getStore()?.open) {
        throw invalid(
          'store.nested',
          'inside a transaction use its `tx`; `store.query` and `store.transaction` would run beside it',
        )
      }
    },
  }
}

/** A dialect whose driver is closed by its owner, so that later queries can be told why they fail. */
export interface ClosableDialect {
  readonly dialect: Dialect
  close(): Promise<void>
}

/**
 * Wraps a dialect so that every failure is typed, parameters that only one database would take are
 * refused on both, and a query that should have used `tx` is found instead of waiting for ever.
 */
export function guardedDialect(
  dialect: Dialect,
  location: string,
  scope: TransactionScope,
): ClosableDialect {
  const driver = guardedDriver(dialect.createDriver(), location, scope)
  let closing: Promise<void> | undefined
  return {
    dialect: {
      createAdapter: () => dialect.createAdapter(),
      createIntrospector: (db) => dialect.createIntrospector(db),
      createQueryCompiler: () => dialect.createQueryCompiler(),
      createDriver: () => driver,
    },
    close() {
      closing ??= driver.destroy()
      return closing
    },
  }
}

function guardedDriver(inner: Driver, location: string, scope: TransactionScope): Driver {
  const guarded = new WeakMap<DatabaseConnection, Guarded>()
  let closed = false

  async function typed<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      throw toStoreError(error, location)
    }
  }

  return {
    init: () => typed(() => inner.init()),
    acquireConnection() {
      return typed(async () => {
        scope.assertOutside()
        if (closed) throw closedError(location)
        const connection = await inner.acquireConnection()
        const known = guarded.get(connection) ?? new Guarded(connection, location)
        guarded.set(connection, known)
        return known
      })
    },
    beginTransaction: (c, settings) => typed(() => inner.beginTransaction(unwrap(c), settings)),
    async commitTransaction(c) {
      try {
        await inner.commitTransaction(unwrap(c))
      } catch (cause) {
        const error = toStoreError(cause, location)
        throw isUnreachable(error) ? commitUnknown(location, cause) : error
      }
    },
    async rollbackTransaction(c) {
      try {
        await inner.rollbackTransaction(unwrap(c))
      } catch (cause) {
        const error = toStoreError(cause, location)
        // Its server undid it; why the transaction failed matters more.
        if (!isUnreachable(error)) throw error
      }
    },
    releaseConnection: (c) => typed(() => inner.releaseConnection(unwrap(c))),
    destroy: () => {
      closed = true
      return typed(() => inner.destroy())
    },
  }
}

class Guarded implements DatabaseConnection {
  constructor(
    readonly inner: DatabaseConnection,
    private readonly location: string,
  ) {}

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    query.parameters.forEach(checkParameter)
    try {
      return await this.inner.executeQuery<Row>(query)
    } catch (error) {
      throw toStoreError(error, this.location)
    }
  }

  streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new MlopsError({
      kind: 'unsupported',
      code: 'store.no-streaming',
      message: 'queries are not streamed: read page by page with a keyset condition and a limit',
    })
  }
}

function unwrap(connection: DatabaseConnection): DatabaseConnection {
  return connection instanceof Guarded ? connection.inner : connection
}

function checkParameter(value: unknown, index: number): void {
  const kind = typeof value
  if (value === null || kind === 'bigint' || value instanceof Uint8Array) return
  if (kind === 'number') {
    if (!Number.isNaN(value)) return
    throw badParameter(index, 'NaN, which SQLite would keep as null')
  }
  if (kind === 'string') {
    checkText(value as string, index)
    return
  }
  // A list of PostgreSQL's.
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'string') checkText(item, index)
    return
  }
  throw badParameter(
    index,
    kind === 'boolean' ? 'a boolean: store 0 or 1' : `a value of type ${kind}`,
  )
}

function checkText(text: string, index: number): void {
  if (text.includes('\0')) {
    throw badParameter(index, 'a text with a NUL character, which PostgreSQL refuses')
  }
  if (!text.isWellFormed()) {
    throw badParameter(index, 'a text with half a character, which would be kept as another one')
  }
}

function badParameter(index: number, reason: string) {
  return invalid('store.bad-parameter', `query parameter ${index + 1} is ${reason}`, {
    index,
    reason,
  })
}

const isUnreachable = ({ code }: MlopsError) => code === 'store.unreachable'

function commitUnknown(location: string, cause: unknown) {
  return new MlopsError({
    kind: 'unavailable',
    code: 'store.commit-unknown',
    message: `the connection to ${location} was lost during a commit: look whether the change is there before you make it again`,
    details: { location },
    cause,
  })
}

function closedError(location: string) {
  return new MlopsError({
    kind: 'unavailable',
    code: 'store.closed',
    message: `the store ${location} was closed`,
    details: { location },
  })
}
