import type {
  CategoricalColumn,
  Column,
  ColumnType,
  EmbeddingColumn,
  NumericColumn,
  ReadTableOptions,
  Table,
  TableInput,
  Warning,
} from '@mlops/core'
import { invalid, readTable } from '@mlops/core'
import { categoriesOf } from '../reference.ts'

/**
 * How categories become numbers.
 *
 * - `frequency`: the share of rows that have it; 0 for one that the reference lacks.
 * - `one-hot`: a column per category, the 50 most frequent and one for all others.
 * - `code`: its rank by frequency; −1 for one that the reference lacks. For trees.
 */
export type CategoryEncoding = 'frequency' | 'one-hot' | 'code'

/** How a number or a vector is standardised. */
export interface NumberEncoding {
  readonly name: string
  readonly type: 'numeric' | 'embedding'
  /** Per dimension; of a number there is one. */
  readonly mean: readonly number[]
  /** ddof 0; 1 for a constant. */
  readonly sd: readonly number[]
}

/** How a category becomes a number. */
export interface CategoriesEncoding {
  readonly name: string
  readonly type: 'categorical' | 'boolean'
  readonly by: CategoryEncoding
  /** The most frequent first, with their shares. */
  readonly categories: readonly (readonly [category: string, share: number])[]
  /** Of the encoded number, with `frequency`. */
  readonly mean: number
  readonly sd: number
}

/** How one column becomes one or more numbers. Plain JSON. */
export type ColumnEncoding = NumberEncoding | CategoriesEncoding

export interface EncodingOptions extends Omit<ReadTableOptions, 'name'> {
  /** Columns left out, such as identifiers. */
  readonly ignore?: readonly string[]
}

const MOST_CATEGORIES = 50

/** Columns that have no place in a table of numbers: times always move, texts need their own comparison. */
const LEFT_OUT: ReadonlySet<ColumnType> = new Set(['datetime', 'text'])

/** Reads a table and leaves out what cannot be encoded, with a warning. */
export function readEncodable(
  input: TableInput,
  { ignore = [], types, missingKeys }: EncodingOptions,
  name: string,
): { readonly read: Table; readonly table: Table; readonly warnings: Warning[] } {
  const read = readTable(input, {
    ...(types && { types }),
    ...(missingKeys && { missingKeys }),
    name,
  })
  const out = [...read.columns].filter(([, { type }]) => LEFT_OUT.has(type)).map(([key]) => key)
  const columns = new Map(
    [...read.columns].filter(([key]) => !ignore.includes(key) && !out.includes(key)),
  )
  if (columns.size === 0) {
    throw invalid(
      'drift.no-columns',
      `the ${name} has no numeric, categorical, boolean or embedding column left to compare`,
      { leftOut: out, ignored: ignore },
    )
  }
  return {
    read,
    table: { rowCount: read.rowCount, columns },
    warnings: out.map((key) => ({
      code: 'drift.column-left-out',
      message: `${key}: a ${read.columns.get(key)!.type} column has no place in a multivariate comparison`,
    })),
  }
}

/** @throws `invalid` `drift.unknown-column` for a name that none of the tables has. */
export function refuseUnknown(ignore: readonly string[], tables: readonly Table[]): void {
  const unknown = ignore.find((name) => !tables.some(({ columns }) => columns.has(name)))
  if (unknown === undefined) return
  throw invalid('drift.unknown-column', `ignore names a column '${unknown}' that is not there`, {
    column: unknown,
  })
}

/** Means, standard deviations and categories of every column, from the rows of a table. */
export function fitEncoding(table: Table, by: CategoryEncoding): ColumnEncoding[] {
  return [...table.columns].map(([name, column]) => {
    switch (column.type) {
      case 'categorical':
      case 'boolean':
        return fitCategories(name, column, by)
      default:
        // NannyML standardises what was imputed before.
        return {
          name,
          ...fitNumbers(
            column as NumericColumn | EmbeddingColumn,
            by === 'frequency' ? 'rows' : 'present',
          ),
        }
    }
  })
}

function fitNumbers(column: NumericColumn | EmbeddingColumn, over: 'rows' | 'present') {
  const dimension = dimensionOf(column)
  const mean: number[] = []
  const sd: number[] = []
  for (let k = 0; k < dimension; k++) {
    const own = Float64Array.from(column.values).filter(
      (x, i) => i % dimension === k && Number.isFinite(x),
    )
    const largest = own.reduce((max, x) => Math.max(max, Math.abs(x)), 0)
    // Squares of larger numbers overflow.
    const scale = largest > 1e100 ? largest : 1
    // Deviations from a value of the column, so that a large offset costs no digits.
    const shift = (own[0] ?? 0) / scale
    const n = own.length || 1
    const centre = shift + own.reduce((sum, x) => sum + (x / scale - shift), 0) / n
    const squares = own.reduce((sum, x) => sum + (x / scale - centre) ** 2, 0)
    const spread = Math.sqrt(squares / (over === 'rows' ? column.length : n))
    mean.push(centre * scale)
    // Rounding leaves a constant with a spread of its last digits.
    sd.push(spread > 1e-14 * Math.abs(centre) ? spread * scale : 1)
  }
  return {
    type: column.type === 'embedding' ? ('embedding' as const) : ('numeric' as const),
    mean,
    sd,
  }
}

function fitCategories(
  name: string,
  column: CategoricalColumn,
  by: CategoryEncoding,
): ColumnEncoding {
  const counts = categoriesOf(column)
  // Missing values are imputed by the mode before they are counted.
  const rows = column.length
  const categories = counts.map(
    ([category, count], at) =>
      [category, (at === 0 ? count + column.missing : count) / rows] as const,
  )
  const mean = categories.reduce((sum, [, share]) => sum + share * share, 0)
  const spread = Math.sqrt(
    categories.reduce((sum, [, share]) => sum + share * (share - mean) ** 2, 0),
  )
  return { name, type: column.type, by, categories, mean, sd: spread > 1e-14 ? spread : 1 }
}

/** Confirms that a table has the encoded columns, of the same types and dimensions. */
export function checkEncoded(encoding: readonly ColumnEncoding[], table: Table): void {
  for (const one of encoding) {
    const column = table.columns.get(one.name)
    if (!column) {
      throw invalid(
        'drift.missing-column',
        `column '${one.name}' of the reference is not in the current table; a joint comparison needs all of them, or 'ignore' it on both sides`,
        { column: one.name },
      )
    }
    // Without any value a column shows no type.
    if (column.missing === column.length) continue
    const dimension = 'by' in one ? 1 : one.mean.length
    if (
      column.type === one.type &&
      (one.type !== 'embedding' || dimensionOf(column as EmbeddingColumn) === dimension)
    )
      continue
    throw invalid(
      'drift.type-changed',
      `column '${one.name}' was ${one.type}${one.type === 'embedding' ? ` of ${dimension}` : ''} in the reference and is ${column.type} now`,
      { column: one.name, reference: one.type, current: column.type },
    )
  }
}

/** Numbers per row of a numeric or embedding column. */
function dimensionOf(column: Column): number {
  return column.type === 'embedding' ? column.dimension : 1
}

/** How many columns of the matrix a column takes. */
export function widthOf(encoding: ColumnEncoding): number {
  if (!('by' in encoding)) return encoding.mean.length
  return encoding.by === 'one-hot' ? Math.min(encoding.categories.length, MOST_CATEGORIES) + 1 : 1
}
