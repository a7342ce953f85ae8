import { invalid } from '@mlops/core'

/** Rows of numbers, one after another: `values[row * columns + column]`. */
export interface Matrix {
  readonly rows: number
  readonly columns: number
  readonly values: Float64Array
}

/**
 * A matrix from its rows.
 *
 * Input: rows of equal length. Output: a copy. Cost: O(rows · columns).
 *
 * @throws `invalid` `stats.bad-matrix` for rows of different lengths.
 * @example
 * ```ts
 * import { matrixOf } from '@mlops/stats/multivariate'
 *
 * console.log(matrixOf([[1, 2], [3, 4], [5, 6]]).columns) // 2
 * ```
 */
export function matrixOf(rows: readonly ArrayLike<number>[]): Matrix {
  const columns = rows[0]?.length ?? 0
  const values = new Float64Array(rows.length * columns)
  for (const [at, row] of rows.entries()) {
    if (row.length !== columns) {
      throw invalid(
        'stats.bad-matrix',
        `row ${at} has ${row.length} values, row 0 has ${columns}; all rows need the same length.`,
        { row: at, length: row.length, columns },
      )
    }
    values.set(row, at * columns)
  }
  return { rows: rows.length, columns, values }
}

/** The named rows of a matrix, in that order. */
export function matrixRows({ columns, values }: Matrix, rows: ArrayLike<number>): Matrix {
  const taken = new Float64Array(rows.length * columns)
  for (let i = 0; i < rows.length; i++) {
    const start = rows[i]! * columns
    taken.set(values.subarray(start, start + columns), i * columns)
  }
  return { rows: rows.length, columns, values: taken }
}

/** Two matrices as one, the second below the first. */
export function stackRows(x: Matrix, y: Matrix): Matrix {
  const values = new Float64Array(x.values.length + y.values.length)
  values.set(x.values)
  values.set(y.values, x.values.length)
  return { rows: x.rows + y.rows, columns: x.columns, values }
}

/** @throws `invalid`: `stats.bad-matrix`, `stats.infinite-value` unless all values are finite. */
export function checkFiniteMatrix({ rows, columns, values }: Matrix, name: string): void {
  if (!(values instanceof Float64Array) || values.length !== rows * columns) {
    throw invalid(
      'stats.bad-matrix',
      `the ${name} has ${values?.length} values; ${rows} rows of ${columns} columns need a Float64Array of ${rows * columns}.`,
      { name, rows, columns },
    )
  }
  for (let i = 0; i < values.length; i++) {
    const x = values[i]!
    if (x - x !== 0) {
      throw invalid(
        'stats.infinite-value',
        `the ${name} holds ${x} in row ${Math.floor(i / columns)}; distances need finite numbers. Impute or drop the row.`,
        { name, row: Math.floor(i / columns) },
      )
    }
  }
}

/** @throws `invalid`: those of {@link checkFiniteMatrix}, `stats.bad-matrix` where the widths differ. */
export function checkSamples(x: Matrix, y: Matrix): void {
  checkFiniteMatrix(x, 'first sample')
  checkFiniteMatrix(y, 'second sample')
  if (x.columns !== y.columns) {
    throw invalid(
      'stats.bad-matrix',
      `the samples have ${x.columns} and ${y.columns} columns; both need the same.`,
      { columns: [x.columns, y.columns] },
    )
  }
}
