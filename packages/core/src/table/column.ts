import { invalid } from '../errors.ts'
import type { At } from './cell.ts'
import { isMissing, unreadable } from './cell.ts'
import type { EmbeddingColumn, FlatEmbedding, VectorCell } from './embedding.ts'
import { embeddingOfFlat, embeddingOfRows, isFlatEmbedding, isVector } from './embedding.ts'

/** Numbers, or instants in milliseconds since the epoch. NaN is a missing value. */
export interface NumericColumn {
  readonly type: 'numeric' | 'datetime'
  readonly length: number
  readonly values: Float64Array
  /** How many values are missing. */
  readonly missing: number
}

/** Categories as codes into a dictionary. Code −1 is a missing value. */
export interface CategoricalColumn {
  readonly type: 'categorical' | 'boolean'
  readonly length: number
  readonly codes: Int32Array
  /** In order of first appearance; for booleans always `['false', 'true']`. */
  readonly categories: readonly string[]
  /** How many values are missing. */
  readonly missing: number
}

/** Free text, one document a row. Read only on request: texts are categories unless `type` says otherwise. */
export interface TextColumn {
  readonly type: 'text'
  readonly length: number
  /** `null` is a missing value; the empty text is a value. */
  readonly values: readonly (string | null)[]
  /** How many values are missing. */
  readonly missing: number
}

/** A column in the one form that all packages compute on. */
export type Column = NumericColumn | CategoricalColumn | TextColumn | EmbeddingColumn
export type ColumnType = Column['type']

/** One value of a plain-array column. */
export type CellValue = number | bigint | string | boolean | Date | VectorCell | null | undefined

/** Anything with a length and `get(i)` or `at(i)`: an Arrow vector, a flechette or arquero column. */
export interface VectorLike {
  readonly length: number
  get?(index: number): unknown
  at?(index: number): unknown
}

export type NumericArray =
  | Float64Array
  | Float32Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array

/** What is accepted as a column. */
export type ColumnInput = NumericArray | readonly CellValue[] | VectorLike

/**
 * Reads anything column-like into a {@link Column}.
 *
 * Missing means `null`, `undefined` or NaN; the empty text is a value. A `Float64Array` is kept, not
 * copied. The type is that of the values; `type` overrides it: numbers read as categories by their
 * text, texts read as numbers by `Number`, anything `Date.parse` knows as datetime, anything as
 * `text` by its text. Integers beyond 2⁵³ are rounded to the nearest double. Arrays of numbers, all of
 * one length, are an `embedding`; so is `{ values, dimension }`. A vector with a NaN in it is missing.
 * Cost: O(n).
 *
 * @throws `invalid` `core.mixed-column` for values of more than one type, `core.unreadable-value`
 *   for a value that the wanted type cannot hold, `core.ragged-vectors` for vectors of different
 *   lengths; all name the column and the row.
 * @example
 * ```ts
 * import { readColumn } from '@mlops/core'
 *
 * const column = readColumn(['a', null, 'b', 'a'])
 * console.log(column.type, column.missing) // categorical 1
 * ```
 */
export function readColumn(
  input: ColumnInput | FlatEmbedding,
  { name = 'column', type }: { readonly name?: string; readonly type?: ColumnType } = {},
): Column {
  if (isFlatEmbedding(input)) {
    if (type !== undefined && type !== 'embedding')
      throw unreadable(name, 0, 'a flat array of vectors', type)
    return embeddingOfFlat(input, name)
  }
  if (isNumericArray(input) && (type === undefined || type === 'numeric' || type === 'datetime')) {
    return numericColumn(
      input instanceof Float64Array ? input : Float64Array.from(input),
      type ?? 'numeric',
    )
  }
  if (Array.isArray(input) && (type === undefined || type === 'categorical')) {
    const texts = columnOfTexts(input)
    if (texts) return texts
  }
  const { length, at } = reader(input, name)
  const found = type ?? inferType(length, at, name)
  switch (found) {
    case 'numeric':
      return numericColumn(
        fill(length, at, (value, row) => toNumber(value, name, row)),
        found,
      )
    case 'datetime':
      return numericColumn(
        fill(length, at, (value, row) => toInstant(value, name, row)),
        found,
      )
    case 'boolean':
      return booleanColumn(length, at, name)
    case 'categorical':
      return categoricalColumn(length, at)
    case 'text':
      return textColumn(length, at)
    case 'embedding':
      return embeddingOfRows(length, at, name)
  }
}

function isNumericArray(input: unknown): input is NumericArray {
  return (
    ArrayBuffer.isView(input) &&
    !(input instanceof DataView) &&
    typeof (input as unknown as ArrayLike<unknown>)[0] !== 'bigint'
  )
}

function reader(input: ColumnInput, name: string): { length: number; at: At } {
  if (Array.isArray(input) || ArrayBuffer.isView(input)) {
    const items = input as ArrayLike<unknown>
    return { length: items.length, at: (i) => items[i] }
  }
  const vector = input as VectorLike
  if (typeof vector === 'object' && vector !== null && Number.isInteger(vector.length)) {
    if (typeof vector.get === 'function')
      return { length: vector.length, at: (i) => vector.get?.(i) }
    if (typeof vector.at === 'function') return { length: vector.length, at: (i) => vector.at?.(i) }
  }
  throw invalid(
    'core.not-a-column',
    `'${name}' is not a column: pass an array, a typed array, or an Arrow or arquero column`,
    { column: name },
  )
}

function inferType(length: number, at: At, name: string): ColumnType {
  let found: ColumnType | undefined
  let foundAt = 0
  for (let row = 0; row < length; row++) {
    const value = at(row)
    if (isMissing(value)) continue
    const type = typeOf(value, name, row)
    if (found === undefined) {
      found = type
      foundAt = row
    } else if (found !== type) {
      throw invalid(
        'core.mixed-column',
        `column '${name}' is ${found} at row ${foundAt} but ${type} at row ${row}; give its type explicitly, or clean it`,
        { column: name, rows: [foundAt, row], types: [found, type] },
      )
    }
  }
  // A column without any value has no type to see; as numbers it stays "all missing".
  return found ?? 'numeric'
}

function typeOf(value: unknown, name: string, row: number): ColumnType {
  switch (typeof value) {
    case 'number':
    case 'bigint':
      return 'numeric'
    case 'string':
      return 'categorical'
    case 'boolean':
      return 'boolean'
    default:
      if (value instanceof Date) return 'datetime'
      if (isVector(value)) return 'embedding'
      throw unreadable(name, row, value, 'number, string, boolean, Date or vector')
  }
}

function fill(length: number, at: At, read: (value: unknown, row: number) => number): Float64Array {
  const values = new Float64Array(length)
  for (let row = 0; row < length; row++) {
    const value = at(row)
    values[row] = isMissing(value) ? Number.NaN : read(value, row)
  }
  return values
}

function numericColumn(values: Float64Array, type: NumericColumn['type']): NumericColumn {
  let missing = 0
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i])) missing++
  return { type, length: values.length, values, missing }
}

function categoricalColumn(length: number, at: At): CategoricalColumn {
  const codes = new Int32Array(length)
  const index = new Map<string, number>()
  let missing = 0
  for (let row = 0; row < length; row++) {
    const value = at(row)
    let text: string
    if (typeof value === 'string') text = value
    else if (isMissing(value)) {
      codes[row] = -1
      missing++
      continue
    } else text = value instanceof Date ? value.toISOString() : String(value)
    let code = index.get(text)
    if (code === undefined) {
      code = index.size
      index.set(text, code)
    }
    codes[row] = code
  }
  return { type: 'categorical', length, codes, categories: [...index.keys()], missing }
}

/** Codes that were found last are looked for first, by the length and the last character of their text. */
const RECENT = 256

/** An array of texts in one pass, or undefined where it holds anything else. */
function columnOfTexts(items: readonly unknown[]): CategoricalColumn | undefined {
  const { length } = items
  const codes = new Int32Array(length)
  const index = new Map<string, number>()
  const recentTexts = new Array<string | undefined>(RECENT).fill(undefined)
  const recentCodes = new Int32Array(RECENT)
  let missing = 0
  for (let row = 0; row < length; row++) {
    const text = items[row]
    if (typeof text !== 'string') {
      if (!isMissing(text)) return undefined
      codes[row] = -1
      missing++
      continue
    }
    const slot = text === '' ? 0 : (text.length * 37 + text.charCodeAt(text.length - 1)) % RECENT
    if (recentTexts[slot] !== text) {
      let code = index.get(text)
      if (code === undefined) {
        code = index.size
        index.set(text, code)
      }
      recentTexts[slot] = text
      recentCodes[slot] = code
    }
    codes[row] = recentCodes[slot]!
  }
  // Without any text there is no type to see.
  if (missing === length) return undefined
  return { type: 'categorical', length, codes, categories: [...index.keys()], missing }
}

function textColumn(length: number, at: At): TextColumn {
  const values = new Array<string | null>(length)
  let missing = 0
  for (let row = 0; row < length; row++) {
    const value = at(row)
    if (isMissing(value)) missing++
    values[row] = isMissing(value)
      ? null
      : value instanceof Date
        ? value.toISOString()
        : String(value)
  }
  return { type: 'text', length, values, missing }
}

function booleanColumn(length: number, at: At, name: string): CategoricalColumn {
  const codes = new Int32Array(length)
  let missing = 0
  for (let row = 0; row < length; row++) {
    const value = at(row)
    if (isMissing(value)) {
      codes[row] = -1
      missing++
    } else if (value === true || value === 1 || value === 'true') codes[row] = 1
    else if (value === false || value === 0 || value === 'false') codes[row] = 0
    else throw unreadable(name, row, value, 'boolean')
  }
  return { type: 'boolean', length, codes, categories: ['false', 'true'], missing }
}

function toNumber(value: unknown, name: string, row: number): number {
  if (typeof value === 'string' && value.trim() === '') throw unreadable(name, row, value, 'number')
  const number = value instanceof Date ? value.getTime() : Number(value)
  if (Number.isNaN(number)) throw unreadable(name, row, value, 'number')
  return number
}

function toInstant(value: unknown, name: string, row: number): number {
  const ms = typeof value === 'string' ? Date.parse(value) : Number(value)
  if (Number.isNaN(ms)) throw unreadable(name, row, value, 'datetime')
  return ms
}
