import type { Column, ColumnType, Table, TableInput } from '@mlops/core'
import { invalid, readTable } from '@mlops/core'
import type { Matrix } from '@mlops/stats/multivariate'

/** How a feature becomes numbers for trees. Plain JSON. */
export interface FeatureEncoding {
  readonly name: string
  readonly type: 'numeric' | 'datetime' | 'categorical' | 'boolean' | 'embedding'
  /** Categories, the most frequent first: their places are the codes. */
  readonly categories?: readonly string[]
  /** Of an embedding. */
  readonly dimension?: number
}

/** @throws `invalid` those of `readTable`; `evaluate.bad-feature` for a text column. */
export function fitFeatures(
  input: TableInput,
  types: Readonly<Record<string, ColumnType>>,
): { readonly table: Table; readonly encoding: FeatureEncoding[] } {
  const table = readTable(input, { types, name: 'features' })
  const encoding = [...table.columns].map(([name, column]): FeatureEncoding => {
    switch (column.type) {
      case 'text':
        throw invalid(
          'evaluate.bad-feature',
          `feature '${name}' is text, which trees cannot read; give an embedding, or leave it out`,
          { feature: name },
        )
      case 'categorical':
      case 'boolean': {
        const counts = new Array<number>(column.categories.length).fill(0)
        for (const code of column.codes) if (code >= 0) counts[code]!++
        const order = counts.map((_, code) => code).sort((a, b) => counts[b]! - counts[a]!)
        return {
          name,
          type: column.type,
          categories: order.map((code) => column.categories[code]!),
        }
      }
      case 'embedding':
        return { name, type: column.type, dimension: column.dimension }
      default:
        return { name, type: column.type }
    }
  })
  return { table, encoding }
}

/**
 * Features as a matrix with the predictions as the last column. Missing and infinite values are NaN,
 * which trees can read; a category that the reference lacks is −1.
 *
 * @throws `invalid`: `evaluate.missing-feature`, `evaluate.bad-feature` for another type.
 */
export function encodeFeatures(
  encoding: readonly FeatureEncoding[],
  table: Table,
  predictions: Float64Array,
): Matrix {
  const width = ({ dimension = 1 }: FeatureEncoding) => dimension
  const columns = encoding.reduce((sum, one) => sum + width(one), 1)
  const rows = predictions.length
  const values = new Float64Array(rows * columns)
  let at = 0
  for (const one of encoding) {
    const column = table.columns.get(one.name)
    if (!column) {
      throw invalid(
        'evaluate.missing-feature',
        `feature '${one.name}' of the reference is not there`,
        {
          feature: one.name,
        },
      )
    }
    const read = readerOf(one, column)
    for (let row = 0; row < rows; row++)
      for (let k = 0; k < width(one); k++) values[row * columns + at + k] = read(row, k)
    at += width(one)
  }
  for (let row = 0; row < rows; row++) values[row * columns + at] = predictions[row]!
  return { rows, columns, values }
}

function readerOf(encoding: FeatureEncoding, column: Column): (row: number, k: number) => number {
  // Without any value a column shows no type.
  if (column.missing === column.length) return () => Number.NaN
  const fits =
    column.type === encoding.type &&
    (column.type !== 'embedding' || column.dimension === encoding.dimension)
  if (!fits) {
    throw invalid(
      'evaluate.bad-feature',
      `feature '${encoding.name}' was ${encoding.type} in the reference and is ${column.type} now; give its type`,
      { feature: encoding.name, reference: encoding.type, current: column.type },
    )
  }
  if ('codes' in column) {
    const place = new Map(encoding.categories!.map((category, code) => [category, code]))
    const codes = column.categories.map((category) => place.get(category) ?? -1)
    return (row) => (column.codes[row]! < 0 ? Number.NaN : codes[column.codes[row]!]!)
  }
  const { dimension = 1 } = encoding
  const values = (column as { readonly values: ArrayLike<number> }).values
  return (row, k) => {
    const x = values[row * dimension + k]!
    return Number.isFinite(x) ? x : Number.NaN
  }
}
