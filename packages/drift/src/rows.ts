import type { Column, Table } from '@mlops/core'

/** The rows of a table at the given places, in that order. */
export function rowsAt(table: Table, rows: ArrayLike<number>): Table {
  const columns = new Map<string, Column>()
  for (const [name, column] of table.columns) columns.set(name, columnAt(column, rows))
  return { rowCount: rows.length, columns }
}

/** The rows from `start` up to `end`. */
export function rowsBetween(table: Table, start: number, end: number): Table {
  return rowsAt(
    table,
    Int32Array.from({ length: end - start }, (_, i) => start + i),
  )
}

function columnAt(column: Column, rows: ArrayLike<number>): Column {
  const { length } = rows
  switch (column.type) {
    case 'numeric':
    case 'datetime': {
      const values = Float64Array.from(rows, (row) => column.values[row]!)
      return { ...column, length, values, missing: count(values, Number.isNaN) }
    }
    case 'categorical':
    case 'boolean': {
      const codes = Int32Array.from(rows, (row) => column.codes[row]!)
      return { ...column, length, codes, missing: count(codes, (code) => code < 0) }
    }
    case 'text': {
      const values = Array.from(rows, (row) => column.values[row]!)
      return { ...column, length, values, missing: count(values, (text) => text === null) }
    }
    case 'embedding': {
      const { dimension } = column
      const values = new Float64Array(length * dimension)
      let missing = 0
      for (let i = 0; i < length; i++) {
        const start = rows[i]! * dimension
        values.set(column.values.subarray(start, start + dimension), i * dimension)
        if (Number.isNaN(values[i * dimension])) missing++
      }
      return { ...column, length, values, missing }
    }
  }
}

function count<T>(values: Iterable<T>, counts: (value: T) => boolean): number {
  let found = 0
  for (const value of values) if (counts(value)) found++
  return found
}
