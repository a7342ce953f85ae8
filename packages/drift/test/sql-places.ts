import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { DuckDBInstance } from '@duckdb/node-api'
import pg from 'pg'
import {
  clickhouseEngine,
  duckdbEngine,
  postgresEngine,
  type SqlEngine,
} from '../src/sql/sql-engine.ts'

/** An engine under test, with what only its tests need. */
export interface SqlPlace {
  readonly engine: SqlEngine
  /** Runs a statement that returns nothing. */
  run(sql: string): Promise<void>
  close(): Promise<void>
}

export const postgresUrl = process.env['MLOPS_TEST_POSTGRES_URL']
export const chdbPython = process.env['MLOPS_TEST_CHDB_PYTHON']

export async function openDuckdb(): Promise<SqlPlace> {
  const instance = await DuckDBInstance.create()
  const connection = await instance.connect()
  return {
    engine: duckdbEngine(connection as never),
    run: async (sql) => {
      await connection.run(sql)
    },
    close: async () => {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

export async function openPostgres(): Promise<SqlPlace> {
  const client = new pg.Client({ connectionString: postgresUrl })
  await client.connect()
  // Temporary tables go with the session.
  await client.query('SET search_path TO pg_temp')
  return {
    engine: postgresEngine(client),
    run: async (sql) => {
      await client.query(sql)
    },
    close: () => client.end(),
  }
}

export async function openChdb(): Promise<SqlPlace> {
  const script = fileURLToPath(new URL('processes/clickhouse.py', import.meta.url))
  const child: ChildProcess = spawn(chdbPython!, [script], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  let last: Promise<unknown> = Promise.resolve()
  const ask = async (sql: string): Promise<string> => {
    await last
    child.stdin!.write(`${JSON.stringify({ sql })}\n`)
    const { value, done } = await lines.next()
    if (done) throw new Error('chDB ended')
    const answer = JSON.parse(value) as { text?: string; error?: string }
    if (answer.error !== undefined) throw new Error(answer.error)
    return answer.text!
  }
  const send = (sql: string) => {
    const answer = ask(sql)
    last = answer.catch(() => undefined)
    return answer
  }
  return {
    engine: clickhouseEngine(send),
    run: async (sql) => {
      await send(sql)
    },
    close: async () => {
      child.stdin!.end()
      await new Promise((resolve) => child.once('exit', resolve))
    },
  }
}
