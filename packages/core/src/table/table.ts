import { invalid } from '../errors.ts'
import type { CellValue, Column, ColumnInput, ColumnType, VectorLike } from './column.ts'
import { readColumn } from './column.ts'
import type { FlatEmbedding } from './embedding.ts'

/** Columns of equal length, by name, in order. */
export interface Table {
  readonly rowCount: number
  readonly columns: ReadonlyMap<string, Column>
}

/** One row as a record. */
export type Row = Readonly<Record<string, CellValue>>

/** An Arrow or flechette table, seen through the two members that are used. */
export interface ArrowTableLike {
  readonly schema: { readonly fields: readonly { readonly name: string }[] }
  getChild(name: string): VectorLike | null | undefined
}

/** An arquero table, seen through the two members that are used; filters and orders are honoured. */
export interface ArqueroTableLike {
  columnNames(): string[]
  array(name: string): ArrayLike<unknown>
}

/** What is accepted as a table: a record of columns, rows, an Arrow table or an arquero table. */
export type TableInput =
  | Table
  | ArrowTableLike
  | ArqueroTableLike
  | readonly Row[]
  | Readonly<Record<string, ColumnInput | FlatEmbedding>>

export interface ReadTableOptions {
  /** Types that override what the values show, by column name. */
  readonly types?: Readonly<Record<string, ColumnType>>
  /** What a key that a row lacks means: an `error`, or a `missing` value. @default 'error' */
  readonly missingKeys?: 'error' | 'missing'
  /** What the table is called in error messages. @default 'table' */
  readonly name?: string
}

/**
 * Reads anything table-like into a {@link Table}.
 * Cost: O(rows · columns); typed arrays are not copied.
 *
 * @throws `invalid` `core.not-a-table`, `core.empty-table` (no column or no row), `core.ragged-columns`
 *   (lengths differ), `core.missing-key` (a row lacks a key that another has), and those of
 *   {@link readColumn}.
 * @example
 * ```ts
 * import { readTable } from '@mlops/core'
 *
 * const table = readTable([{ age: 31, city: 'Oslo' }, { age: null, city: 'Rome' }])
 * console.log(table.rowCount, [...table.columns.keys()]) // 2 [ 'age', 'city' ]
 * ```
 */
export function readTable(
  input: TableInput,
  { types = {}, missingKeys = 'error', name = 'table' }: ReadTableOptions = {},
): Table {
  const columns = new Map<string, Column>()
  for (const [columnName, values] of columnInputs(input, missingKeys, name)) {
    const type = Object.hasOwn(types, columnName) ? types[columnName] : undefined
    columns.set(
      columnName,
      isColumn(values) ? values : readColumn(values, { name: columnName, ...(type && { type }) }),
    )
  }
  return checked(columns, name)
}

/**
 * Reads rows that arrive over time into tables of at most `batchSize` rows each, so that memory
 * stays bounded however many there are.
 *
 * @throws as {@link readTable}; `missingKeys` is judged within each batch.
 */
export async function* readBatches(
  rows: AsyncIterable<Row> | Iterable<Row>,
  { batchSize = 10_000, ...options }: ReadTableOptions & { readonly batchSize?: number } = {},
): AsyncGenerator<Table> {
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw invalid(
      'core.invalid-batch-size',
      `batchSize must be an integer >= 1, got ${batchSize}`,
      { batchSize },
    )
  }
  let batch: Row[] = []
  for await (const row of rows) {
    batch.push(row)
    if (batch.length === batchSize) {
      yield readTable(batch, options)
      batch = []
    }
  }
  if (batch.length > 0) yield readTable(batch, options)
}

type Columns = Iterable<readonly [string, ColumnInput | FlatEmbedding | Column]>

function columnInputs(input: TableInput, missingKeys: 'error' | 'missing', name: string): Columns {
  if (typeof input !== 'object' || input === null || ArrayBuffer.isView(input))
    throw notATable(name)
  if (isTable(input)) return input.columns
  if (isArquero(input))
    return input.columnNames().map((key) => [key, input.array(key) as ColumnInput] as const)
  if (isArrow(input)) return input.schema.fields.map((field) => arrowColumn(input, field.name))
  if (Array.isArray(input)) return columnsOfRows(input as readonly Row[], missingKeys, name)
  if (Symbol.asyncIterator in input) {
    throw invalid(
      'core.not-a-table',
      `${name}: rows that arrive asynchronously are read with readBatches()`,
      { name },
    )
  }
  return Object.entries(input as Record<string, ColumnInput | FlatEmbedding>)
}

function columnsOfRows(
  rows: readonly Row[],
  missingKeys: 'error' | 'missing',
  name: string,
): Columns {
  const cells = new Map<string, CellValue[]>()
  for (const [at, row] of rows.entries()) {
    if (typeof row !== 'object' || row === null || Array.isArray(row)) throw notATable(name, at)
    for (const key of Object.keys(row)) if (!cells.has(key)) cells.set(key, new Array(rows.length))
  }
  for (const [key, values] of cells) {
    for (const [at, row] of rows.entries()) {
      if (Object.hasOwn(row, key)) values[at] = row[key]
      else if (missingKeys === 'missing') values[at] = null
      else {
        throw invalid(
          'core.missing-key',
          `${name}: row ${at} has no key '${key}'; set it to null, or pass missingKeys: 'missing' to count it as missing`,
          { table: name, row: at, key },
        )
      }
    }
  }
  return cells
}

function checked(columns: ReadonlyMap<string, Column>, name: string): Table {
  let rowCount: number | undefined
  let first = ''
  for (const [key, { length }] of columns) {
    if (rowCount === undefined) {
      rowCount = length
      first = key
    } else if (rowCount !== length) {
      throw invalid(
        'core.ragged-columns',
        `${name}: column '${key}' has ${length} values but '${first}' has ${rowCount}; all columns need one value a row`,
        { table: name, columns: { [first]: rowCount, [key]: length } },
      )
    }
  }
  if (!rowCount) {
    const what = columns.size === 0 ? 'columns' : 'rows'
    throw invalid(
      'core.empty-table',
      `${name}: there are no ${what}; check the query or file it was read from`,
      {
        table: name,
        columns: columns.size,
        rows: 0,
      },
    )
  }
  return { rowCount, columns }
}

function arrowColumn(table: ArrowTableLike, key: string): readonly [string, ColumnInput] {
  const vector = table.getChild(key)
  if (!vector)
    throw invalid(
      'core.not-a-table',
      `the Arrow table names column '${key}' but does not hold it`,
      { column: key },
    )
  return [key, vector]
}

function isTable(input: object): input is Table {
  return (
    (input as Partial<Table>).columns instanceof Map &&
    Number.isInteger((input as Partial<Table>).rowCount)
  )
}

function isColumn(values: ColumnInput | FlatEmbedding | Column): values is Column {
  const column = values as Partial<Column>
  return (
    typeof column.type === 'string' &&
    ('codes' in values || 'values' in values) &&
    Number.isInteger(column.missing)
  )
}

function isArquero(input: object): input is ArqueroTableLike {
  const table = input as Partial<ArqueroTableLike>
  return typeof table.columnNames === 'function' && typeof table.array === 'function'
}

function isArrow(input: object): input is ArrowTableLike {
  const table = input as Partial<ArrowTableLike>
  return typeof table.getChild === 'function' && Array.isArray(table.schema?.fields)
}

function notATable(name: string, row?: number) {
  const what = row === undefined ? 'it' : `row ${row}`
  return invalid(
    'core.not-a-table',
    `${name}: ${what} is not a table; pass a record of columns, an array of row objects, or an Arrow or arquero table`,
    { table: name, ...(row !== undefined && { row }) },
  )
}
