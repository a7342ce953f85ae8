import type { CategoricalColumn, Column, Table } from '@mlops/core'
import type { Matrix } from '@mlops/stats/multivariate'
import { matrixRows } from '@mlops/stats/multivariate'
import type { CategoriesEncoding, ColumnEncoding, NumberEncoding } from './table-encoding.ts'
import { checkEncoded, widthOf } from './table-encoding.ts'

/**
 * What missing and infinite values become: the mean or mode of the reference, a dropped row, or NaN
 * for a method that can read it.
 */
export type MissingRule = 'impute' | 'drop' | 'keep'

/** A table as numbers. */
export interface EncodedTable {
  readonly matrix: Matrix
  /** Rows left out. */
  readonly dropped: number
  /** Cells filled in. */
  readonly imputed: number
}

/**
 * A table as a matrix: numbers standardised by the reference's mean and standard deviation (as they
 * are with `keep`), categories as their encoding says. Cost: O(rows · columns).
 */
export function encodeTable(
  encoding: readonly ColumnEncoding[],
  table: Table,
  missing: MissingRule,
): EncodedTable {
  checkEncoded(encoding, table)
  const rows = table.rowCount
  const columns = encoding.reduce((sum, one) => sum + widthOf(one), 0)
  const matrix: Matrix = { rows, columns, values: new Float64Array(rows * columns) }
  const gaps = new Uint8Array(rows)
  let imputed = 0
  let at = 0
  for (const one of encoding) {
    const column = table.columns.get(one.name)!
    const filled = !('by' in one)
      ? writeNumbers(one, column, { matrix, at, gaps, missing })
      : writeCategories(one, column, { matrix, at, gaps, missing })
    imputed += filled
    at += widthOf(one)
  }
  if (missing !== 'drop') return { matrix, dropped: 0, imputed: missing === 'impute' ? imputed : 0 }
  const kept: number[] = []
  for (let row = 0; row < rows; row++) if (gaps[row] === 0) kept.push(row)
  return {
    matrix: kept.length === rows ? matrix : matrixRows(matrix, kept),
    dropped: rows - kept.length,
    imputed: 0,
  }
}

interface Target {
  readonly matrix: Matrix
  readonly at: number
  /** 1 for rows in which something is missing. */
  readonly gaps: Uint8Array
  readonly missing: MissingRule
}

/** Returns how many rows had a missing value. */
function writeNumbers(
  { mean, sd }: NumberEncoding,
  column: Column,
  { matrix: { rows, columns, values }, at, gaps, missing }: Target,
): number {
  const width = mean.length
  const source = 'values' in column && column.missing < column.length ? column.values : null
  let found = 0
  for (let row = 0; row < rows; row++) {
    let gap = false
    for (let k = 0; k < width; k++) {
      const x = source === null ? Number.NaN : (source[row * width + k] as number)
      const to = row * columns + at + k
      if (Number.isFinite(x))
        values[to] = missing === 'keep' ? x : standardised(x, mean[k]!, sd[k]!)
      else {
        gap = true
        // The standardised mean is 0, where the matrix stands already.
        if (missing === 'keep') values[to] = Number.NaN
      }
    }
    if (gap) {
      gaps[row] = 1
      found++
    }
  }
  return found
}

/** Beyond 1e100 standard deviations all values are equally far: their squares must not overflow. */
function standardised(x: number, mean: number, sd: number): number {
  const plain = (x - mean) / sd
  return Math.min(Math.max(Number.isFinite(plain) ? plain : x / sd - mean / sd, -1e100), 1e100)
}

function writeCategories(
  encoding: CategoriesEncoding,
  column: Column,
  { matrix: { rows, columns, values }, at, gaps, missing }: Target,
): number {
  const { by, categories, mean, sd } = encoding
  const last = widthOf(encoding) - 1
  const place = new Map(categories.map(([category], k) => [category, k]))
  const known = column.missing < column.length ? (column as CategoricalColumn) : null
  const places = known?.categories.map((category) => place.get(category) ?? -1) ?? []
  let found = 0
  for (let row = 0; row < rows; row++) {
    const code = known ? known.codes[row]! : -1
    const gap = code < 0
    if (gap) {
      gaps[row] = 1
      found++
    }
    // The mode stands first. A reference without any value has no mode.
    const k = gap ? (categories.length > 0 ? 0 : -1) : places[code]!
    const to = row * columns + at
    if (by === 'frequency') values[to] = ((k < 0 ? 0 : categories[k]![1]) - mean) / sd
    else if (by === 'code') values[to] = gap && missing === 'keep' ? Number.NaN : k
    else values[to + (k < 0 || k > last ? last : k)] = 1
  }
  return found
}
