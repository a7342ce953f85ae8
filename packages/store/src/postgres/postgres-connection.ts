import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'
import type { PoolClient } from 'pg'
import { isPlannedOnce } from '../plan-once.ts'
import { receiverOf } from '../send-later.ts'
import type { Statement, StatementResult } from './flight.ts'
import { Flight } from './flight.ts'
import { PreparedStatements } from './prepared-statements.ts'

/** Statements that wait for others, at most: an import makes thousands. */
const MOST_WAITING = 100
const COUNTED = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE'])

interface WaitingStatement extends Statement {
  readonly receive?: (rows: readonly unknown[]) => void
}

/** How a type's text becomes a value. */
export type ParserOf = (type: number) => (text: string) => unknown

/**
 * A connection on which statements that nobody waits for travel with the next one. Inside a transaction
 * they are prepared once and used again; searches outside are planned anew for what they look for,
 * unless they are marked by `planOnce`.
 */
export class PostgresConnection implements DatabaseConnection {
  readonly client: PoolClient
  readonly #parserOf: ParserOf
  readonly #prepared = new PreparedStatements()
  #waiting: WaitingStatement[] = []
  #inTransaction = false
  #outdated: readonly string[] = []

  constructor(client: PoolClient, parserOf: ParserOf) {
    this.client = client
    this.#parserOf = parserOf
  }

  /** Opens a transaction with its first statement. */
  begin(sql: string): void {
    const outdated = this.#outdated.map((name) => `deallocate ${name}`)
    this.#waiting = [sql, ...outdated].map((text) => ({ sql: text, parameters: [] }))
    this.#outdated = []
    this.#inTransaction = true
  }

  async end(sql: 'commit' | 'rollback'): Promise<void> {
    if (sql === 'rollback') this.#waiting = []
    try {
      await this.#send({ sql, parameters: [] })
    } finally {
      this.#inTransaction = false
    }
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const receive = receiverOf(query)
    if (receive && this.#waiting.length < MOST_WAITING) {
      this.#waiting.push({ ...query, receive })
      return { rows: [] }
    }
    // Several commands in one text go another way, which takes no parameters.
    const several = query.parameters.length === 0 && query.sql.includes(';')
    const { command, rowCount, rows } = several
      ? await this.#sendAlone(query.sql)
      : await (isPlannedOnce(query) ? this.#sendPrepared(query) : this.#send(query))
    receive?.(rows)
    return {
      rows: rows as readonly Row[] as Row[],
      ...(COUNTED.has(command) && { numAffectedRows: BigInt(rowCount) }),
    }
  }

  async #send(last: Statement, prepared = this.#inTransaction): Promise<StatementResult> {
    return (await this.#sendWaiting([last], prepared)).at(-1)!
  }

  async #sendWaiting(
    last: readonly Statement[],
    prepared: boolean,
  ): Promise<readonly StatementResult[]> {
    const waiting = this.#waiting
    this.#waiting = []
    const results = await this.#fly([...waiting, ...last], prepared)
    for (const [at, { receive }] of waiting.entries()) receive?.(results[at]!.rows)
    return results
  }

  async #sendPrepared(query: Statement): Promise<StatementResult> {
    const outdated = this.#outdated
    try {
      return await this.#send(query, true)
    } catch (error) {
      // Outside of a transaction nobody would run it again.
      if (this.#inTransaction || this.#outdated === outdated) throw error
      return this.#send(query)
    }
  }

  async #sendAlone(sql: string): Promise<StatementResult> {
    if (this.#waiting.length > 0) await this.#sendWaiting([], this.#inTransaction)
    await this.client.query(sql)
    return { command: '', rowCount: 0, rows: [] }
  }

  #fly(statements: readonly Statement[], prepared: boolean): Promise<readonly StatementResult[]> {
    return new Promise((resolve, reject) => {
      this.client.query(
        new Flight(statements, {
          parserOf: this.#parserOf,
          ...(prepared && { prepared: this.#prepared }),
          done: (error, results) => {
            if (error === undefined) resolve(results)
            else reject(this.#outdatedOr(error))
          },
        }) as never,
      )
    })
  }

  /** A migration changed what a prepared statement returns: the transaction is run again with new ones. */
  #outdatedOr(error: unknown): unknown {
    const { code, message } = error as { code?: unknown; message?: unknown }
    if (code !== '0A000' || !String(message).includes('cached plan')) return error
    this.#outdated = [...this.#outdated, ...this.#prepared.clear()]
    return Object.assign(new Error('a prepared statement is outdated', { cause: error }), {
      code: '40001',
    })
  }

  streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('streaming is refused one layer above')
  }
}
