import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely'
import { isSqliteBusy } from '../driver-errors.ts'
import { receiverOf } from '../send-later.ts'
import type { SqliteDatabase, SqliteStatement } from './engine.ts'

const MAX_STATEMENTS = 256
const RETURNS_ROWS = /^\s*(select|with|values|pragma|explain)\b|\breturning\b/i

/** How the driver waits: injected, so that nothing here owns a timer or a clock. */
export interface Waiting {
  readonly busyTimeoutMs: number
  now(): number
  sleep(ms: number): Promise<void>
}

/**
 * One connection per store. Transactions are immediate, that is, they take the write lock first,
 * and everything else of this process waits in line for them. While another process holds the lock
 * the driver sleeps between attempts instead of blocking the event loop.
 */
export function sqliteDriver(database: SqliteDatabase, waiting: Waiting): Driver {
  const connection = new SqliteConnection(database, waiting)
  let tail = Promise.resolve()
  let release = () => {}

  return {
    async init() {},
    async acquireConnection() {
      const before = tail
      let done = () => {}
      tail = new Promise<void>((resolve) => {
        done = resolve
      })
      await before
      release = done
      return connection
    },
    async releaseConnection() {
      release()
    },
    beginTransaction: () => connection.command('begin immediate'),
    commitTransaction: () => connection.command('commit'),
    rollbackTransaction: () => connection.rollback(),
    async destroy() {
      await tail
      database.close()
    },
  }
}

class SqliteConnection implements DatabaseConnection {
  readonly #statements = new Map<string, SqliteStatement>()

  constructor(
    private readonly database: SqliteDatabase,
    private readonly waiting: Waiting,
  ) {}

  command(sql: string): Promise<void> {
    return this.#whenFree(() => {
      this.database.exec(sql)
    })
  }

  /** After some failures (a full disk) SQLite has rolled back by itself. */
  async rollback(): Promise<void> {
    try {
      await this.command('rollback')
    } catch (error) {
      if (!/no transaction is active/.test(String((error as Error).message))) throw error
    }
  }

  executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const { sql, parameters } = query
    return this.#whenFree(() => {
      const statement = this.#prepare(sql)
      const bound = parameters.map(bindable)
      if (RETURNS_ROWS.test(sql)) {
        const rows = (statement.all(...bound) as Row[]).map(plainRow)
        receiverOf(query)?.(rows)
        return { rows }
      }
      const { changes, lastInsertRowid } = statement.run(...bound)
      return {
        rows: [],
        numAffectedRows: BigInt(changes),
        insertId: BigInt(lastInsertRowid),
      }
    })
  }

  streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('streaming is refused one layer above')
  }

  #prepare(sql: string): SqliteStatement {
    let statement = this.#statements.get(sql)
    if (statement) {
      this.#statements.delete(sql)
    } else {
      statement = this.database.prepare(sql)
      if (this.#statements.size >= MAX_STATEMENTS) {
        for (const oldest of this.#statements.keys()) {
          this.#statements.delete(oldest)
          break
        }
      }
    }
    this.#statements.set(sql, statement)
    return statement
  }

  async #whenFree<Result>(work: () => Result): Promise<Result> {
    let deadline: number | undefined
    for (let attempt = 0; ; attempt++) {
      try {
        return work()
      } catch (error) {
        if (!isSqliteBusy(error)) throw error
        deadline ??= this.waiting.now() + this.waiting.busyTimeoutMs
        if (this.waiting.now() >= deadline) throw error
        await this.waiting.sleep(Math.min(1 + attempt, 20))
      }
    }
  }
}

/** libsql aborts the process on a plain Uint8Array and binds every number as a real. */
function bindable(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (value instanceof Uint8Array && !Buffer.isBuffer(value)) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  }
  return value
}

/** libsql returns a blob as ArrayBuffer, node:sqlite as Uint8Array and rows without prototype. */
function plainRow<Row>(row: Row): Row {
  const plain: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(row as object)) {
    plain[name] = value instanceof ArrayBuffer ? new Uint8Array(value) : value
  }
  return plain as Row
}
