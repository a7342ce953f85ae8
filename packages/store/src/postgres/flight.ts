import type { Column, PreparedStatements } from './prepared-statements.ts'
import { wireValue } from './wire-values.ts'

/** A statement on its way to the server. */
export interface Statement {
  readonly sql: string
  readonly parameters: readonly unknown[]
}

/** What came back for it. */
export interface StatementResult {
  readonly command: string
  readonly rowCount: number
  readonly rows: readonly Readonly<Record<string, unknown>>[]
}

/** What the protocol's messages hold, as the `pg` package reads them. */
interface RowDescription {
  readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[]
}
interface DataRow {
  readonly fields: readonly (string | null)[]
}
interface CommandComplete {
  readonly text: string
}

/** The part of the `pg` package's connection that writes the protocol. */
interface ProtocolConnection {
  readonly stream: { cork?(): void; uncork?(): void }
  parse(message: { readonly name: string; readonly text: string }): void
  bind(message: {
    readonly statement: string
    readonly values: readonly unknown[]
    readonly valueMapper: (value: unknown) => unknown
  }): void
  describe(message: { readonly type: 'P'; readonly name: string }): void
  execute(message: { readonly portal: string; readonly rows?: number }): void
  close(message: { readonly type: 'S'; readonly name: string }): void
  sync(): void
  sendCopyFail(reason: string): void
  on(event: 'parseComplete', listener: () => void): void
  off(event: 'parseComplete', listener: () => void): void
}

export interface FlightOptions {
  readonly parserOf: (type: number) => Column['parse']
  /** Where statements are prepared once and used again. */
  readonly prepared?: PreparedStatements
  readonly done: (error: unknown, results: readonly StatementResult[]) => void
}

/**
 * Several statements that travel to the server together and are answered together: one journey instead
 * of one for each. The first that fails ends the flight: the server skips the others. Handed to a client
 * of the `pg` package as a query of its own kind.
 *
 * Source: PostgreSQL's documentation, "Frontend/Backend Protocol", extended query and pipelining.
 */
export class Flight {
  readonly #statements: readonly Statement[]
  readonly #options: FlightOptions
  readonly #results: StatementResult[] = []
  /** Those whose preparation the server has not confirmed, in order. */
  readonly #preparing: { readonly sql: string; readonly name: string | undefined }[] = []
  readonly #confirmed = () => this.#parsed()
  readonly #outdated: string[] = []
  /** The columns of each statement, as far as they are known, in order. */
  readonly #columns: (readonly Column[] | undefined)[] = []
  #rows: Record<string, unknown>[] = []
  #connection: ProtocolConnection | undefined
  #failure: unknown

  constructor(statements: readonly Statement[], options: FlightOptions) {
    this.#statements = statements
    this.#options = options
  }

  submit(connection: ProtocolConnection): void {
    this.#connection = connection
    connection.on('parseComplete', this.#confirmed)
    connection.stream.cork?.()
    try {
      for (const statement of this.#statements) this.#send(connection, statement)
      connection.sync()
    } finally {
      connection.stream.uncork?.()
    }
  }

  #send(connection: ProtocolConnection, { sql, parameters }: Statement): void {
    const { prepared } = this.#options
    const known = prepared?.find(sql)
    const underway = this.#preparing.find((one) => one.name !== undefined && one.sql === sql)
    let name = known?.name ?? underway?.name
    if (name === undefined) {
      name = prepared?.freshName(sql)
      connection.parse({ name: name ?? '', text: sql })
      this.#preparing.push({ sql, name })
    }
    connection.bind({ statement: name ?? '', values: parameters, valueMapper: wireValue })
    this.#columns.push(known?.columns)
    if (known?.columns === undefined) connection.describe({ type: 'P', name: '' })
    connection.execute({ portal: '' })
  }

  #parsed(): void {
    const { sql, name } = this.#preparing.shift() ?? {}
    if (sql === undefined || name === undefined) return
    const gone = this.#options.prepared?.add(sql, name)
    if (gone !== undefined) this.#outdated.push(gone)
  }

  handleRowDescription({ fields }: RowDescription): void {
    this.#columns[this.#results.length] = fields.map(({ name, dataTypeID }) => ({
      name,
      parse: this.#options.parserOf(dataTypeID),
    }))
  }

  handleDataRow({ fields }: DataRow): void {
    if (this.#failure !== undefined) return
    const columns = this.#columns[this.#results.length]!
    const row: Record<string, unknown> = {}
    try {
      for (let i = 0; i < fields.length; i++) {
        const { name, parse } = columns[i]!
        const text = fields[i]!
        row[name] = text === null ? null : parse(text)
      }
      this.#rows.push(row)
    } catch (error) {
      this.#failure = error
    }
  }

  handleCommandComplete({ text }: CommandComplete): void {
    const [command = '', ...counts] = text.split(' ')
    const at = this.#results.length
    // A statement without columns is told to have none.
    this.#options.prepared?.describe(this.#statements[at]!.sql, this.#columns[at] ?? [])
    this.#results.push({ command, rowCount: Number(counts.at(-1) ?? 0), rows: this.#rows })
    this.#rows = []
  }

  handleEmptyQuery(): void {
    this.handleCommandComplete({ text: '' })
  }

  handleError(error: unknown): void {
    this.#end(error)
  }

  handleReadyForQuery(): void {
    this.#end(this.#failure)
  }

  handlePortalSuspended(): void {}

  handleCopyInResponse(connection: ProtocolConnection): void {
    connection.sendCopyFail('nothing is copied this way')
  }

  handleCopyData(): void {}

  #end(error: unknown): void {
    this.#connection?.off('parseComplete', this.#confirmed)
    for (const name of this.#outdated) this.#connection?.close({ type: 'S', name })
    this.#options.done(error, this.#results)
  }
}
