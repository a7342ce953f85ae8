import type { ColumnType, Row } from '@mlops/core'
import { invalid } from '@mlops/core'
import type { CsvField } from './csv-parser.ts'
import { createCsvParser } from './csv-parser.ts'

export interface ReadCsvOptions {
  /** One character. @default ',' */
  readonly delimiter?: string
  /** The columns' names: on the first line, or given here. @default 'first-line' */
  readonly header?: 'first-line' | readonly string[]
  /** Unquoted fields that mean "no value". @default [''] */
  readonly missing?: readonly string[]
  /** Types of single columns; the others are seen from the first batch. */
  readonly types?: Readonly<Record<string, ColumnType>>
  /** Rows a batch. @default 10000 */
  readonly batchSize?: number
  /** Longest field, in characters: what bounds the memory when a quote is missing. @default 1000000 */
  readonly longestField?: number
}

/** Text or UTF-8 bytes in pieces: a web stream, a file, a list. */
export type TextSource =
  | AsyncIterable<string | Uint8Array>
  | Iterable<string | Uint8Array>
  | ReadableStream<string | Uint8Array>

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$|^[+-]?(?:Infinity|inf)$|^NaN$/

/**
 * Reads CSV (RFC 4180) as batches of rows, for {@link profileBatches}.
 *
 * A column is numeric when every present field of its first batch is a number, boolean when all are
 * `true` or `false`, else text. A later field that does not fit stays text, which the profiler counts
 * as mistyped.
 *
 * Input: pieces of text or UTF-8; a byte order mark is dropped; lines end in CRLF, LF or CR.
 * Output: arrays of rows, pulled one by one: the source waits. Memory: one batch.
 * Cost: about 100 ns a field.
 *
 * @throws `invalid`: `drift.csv-malformed`, `drift.csv-unterminated-quote`, `drift.csv-ragged-row`,
 *   `drift.csv-field-too-long`, `drift.csv-encoding`, `drift.csv-header`, `drift.invalid-option`; each
 *   with the line.
 * @example
 * ```ts
 * import { readCsv } from '@mlops/drift/profile'
 *
 * for await (const rows of readCsv(['name,n\r\n"Smith, J.",3\r\n']))
 *   console.log(rows) // [ { name: 'Smith, J.', n: 3 } ]
 * ```
 * Source: RFC 4180.
 */
export async function* readCsv(
  source: TextSource,
  {
    delimiter = ',',
    header = 'first-line',
    missing = [''],
    types = {},
    batchSize = 10_000,
    longestField = 1_000_000,
  }: ReadCsvOptions = {},
): AsyncGenerator<Row[]> {
  checkOptions(delimiter, batchSize)
  const parser = createCsvParser({ delimiter, longestField })
  const absent = new Set(missing)
  let names = header === 'first-line' ? undefined : checkNames(header)
  let columnTypes: ColumnType[] | undefined
  let waiting: CsvField[][] = []
  let row = 0

  function take(records: readonly CsvField[][]): void {
    for (const record of records) {
      if (names === undefined) names = checkNames(record.map(({ text }) => text))
      else {
        row++
        // A blank line holds no record, unless records are one field wide.
        const blank = record.length === 1 && record[0]!.text === '' && !record[0]!.quoted
        if (blank && names.length > 1) continue
        if (record.length !== names.length) throw ragged(row, record.length, names.length)
        waiting.push(record)
      }
    }
  }

  function rowsOf(records: readonly CsvField[][]): Row[] {
    columnTypes ??= names!.map((name, at) =>
      Object.hasOwn(types, name) ? types[name]! : typeOf(records, at, absent),
    )
    return records.map((record) =>
      Object.fromEntries(
        record.map((field, at) => [names![at]!, cellOf(field, columnTypes![at]!, absent)]),
      ),
    )
  }

  for await (const piece of textOf(source)) {
    take(parser.push(piece))
    while (waiting.length >= batchSize) {
      yield rowsOf(waiting.slice(0, batchSize))
      waiting = waiting.slice(batchSize)
    }
  }
  take(parser.end())
  if (waiting.length > 0) yield rowsOf(waiting)
}

async function* textOf(source: TextSource): AsyncGenerator<string> {
  const utf8 = new TextDecoder('utf-8', { fatal: true })
  const decode = (bytes?: Uint8Array) => {
    try {
      return bytes ? utf8.decode(bytes, { stream: true }) : utf8.decode()
    } catch (cause) {
      throw invalid(
        'drift.csv-encoding',
        'the data are not UTF-8; decode them first (TextDecoderStream)',
        { cause: String(cause) },
      )
    }
  }
  for await (const piece of source as AsyncIterable<string | Uint8Array>)
    yield typeof piece === 'string' ? piece : decode(piece)
  yield decode()
}

function typeOf(
  records: readonly CsvField[][],
  at: number,
  absent: ReadonlySet<string>,
): ColumnType {
  let [some, numeric, boolean] = [false, true, true]
  for (const record of records) {
    const { text, quoted } = record[at]!
    if (!quoted && absent.has(text)) continue
    some = true
    numeric &&= !quoted && NUMBER.test(text)
    boolean &&= text === 'true' || text === 'false'
    if (!numeric && !boolean) return 'categorical'
  }
  return some && boolean ? 'boolean' : numeric ? 'numeric' : 'categorical'
}

function cellOf(
  { text, quoted }: CsvField,
  type: ColumnType,
  absent: ReadonlySet<string>,
): Row[string] {
  if (!quoted && absent.has(text)) return null
  if (type === 'numeric') return NUMBER.test(text) ? Number(text.replace(/inf$/, 'Infinity')) : text
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return type === 'datetime' && !Number.isNaN(Date.parse(text)) ? new Date(text) : text
}

function checkNames(names: readonly string[]): readonly string[] {
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined || names.length === 0) {
    throw invalid(
      'drift.csv-header',
      twice === undefined
        ? 'the header names no column'
        : `the header names '${twice}' twice; columns are told apart by name`,
      { names: names.slice(0, 50) },
    )
  }
  return names
}

function checkOptions(delimiter: string, batchSize: number): void {
  if (delimiter.length !== 1 || delimiter === '"' || delimiter === '\n' || delimiter === '\r') {
    throw invalid(
      'drift.invalid-option',
      `delimiter must be one character other than a quote or line break, got ${JSON.stringify(delimiter)}`,
      { delimiter },
    )
  }
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw invalid('drift.invalid-option', `batchSize must be an integer >= 1, got ${batchSize}`, {
      batchSize,
    })
  }
}

function ragged(row: number, found: number, wanted: number) {
  return invalid(
    'drift.csv-ragged-row',
    `row ${row} has ${found} fields, the header ${wanted}; is a delimiter unquoted?`,
    { row, found, wanted },
  )
}
