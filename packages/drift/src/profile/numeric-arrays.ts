import type { ArrowTableLike, ColumnInput, TableInput, VectorLike } from '@mlops/core'

/** The members of an Arrow vector (apache-arrow, flechette) through which its buffer can be had. */
interface NumericVector extends VectorLike {
  readonly type: { readonly typeId: number; readonly precision?: number }
  readonly nullCount: number
  toArray(): unknown
}

/** The type ids of Arrow's format for integers and floating-point numbers. */
const INT = 2
const FLOAT = 3

/**
 * An Arrow table or record batch as a record of columns in which numbers without nulls are typed
 * arrays, so that they need not be fetched one by one. Other tables stay as they are.
 */
export function numericArrays(input: TableInput): TableInput {
  const table = input as Partial<ArrowTableLike>
  if (typeof table?.getChild !== 'function' || !Array.isArray(table.schema?.fields)) return input
  const columns: [string, ColumnInput][] = []
  for (const { name } of table.schema.fields) {
    const vector = table.getChild(name)
    // readTable says what is wrong with such a table.
    if (!vector) return input
    columns.push([name, typedArray(vector) ?? vector])
  }
  return Object.fromEntries(columns)
}

function typedArray(vector: VectorLike): ColumnInput | undefined {
  const { type, nullCount, toArray } = vector as Partial<NumericVector>
  if (nullCount !== 0 || typeof toArray !== 'function') return undefined
  const isFloat = type?.typeId === FLOAT
  if (!isFloat && type?.typeId !== INT) return undefined
  const array = (vector as NumericVector).toArray()
  // Half floats come as their bits, 64-bit integers as bigints: both are read one by one.
  if (array instanceof Float64Array || array instanceof Float32Array) return array
  const isInteger =
    array instanceof Int32Array ||
    array instanceof Int16Array ||
    array instanceof Int8Array ||
    array instanceof Uint32Array ||
    array instanceof Uint16Array ||
    array instanceof Uint8Array
  return isInteger && !isFloat ? array : undefined
}
