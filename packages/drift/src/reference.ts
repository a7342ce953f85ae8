import type { CategoricalColumn, Column, ColumnType, NumericColumn } from '@mlops/core'
import { invalid, MlopsError } from '@mlops/core'
import type { Binning, CategoryBinning, Description, NumericBinning } from '@mlops/stats'
import { checkBinning } from '@mlops/stats'

/** Counts over the bins of a binning. */
export interface BinnedCounts<Bins extends Binning = Binning> {
  readonly binning: Bins
  readonly counts: readonly number[]
}

/** What is kept of a numeric or datetime column. */
export interface NumericReference {
  readonly name: string
  readonly type: 'numeric' | 'datetime'
  /** Present values, infinities among them. */
  readonly count: number
  readonly missing: number
  readonly infinite: number
  /** Of the finite values; instants are milliseconds since the epoch. */
  readonly summary: Description
  /** What PSI, KL and the other binned distances are computed on; absent without finite values. */
  readonly bins?: BinnedCounts<NumericBinning>
  /** Bins of equal width between the 1 % and the 99 % quantile, for drawing. */
  readonly histogram?: BinnedCounts<NumericBinning>
  /** Values for the tests that need them: all, or a random sample without replacement. */
  readonly sample: ArrayLike<number>
  /** Whether `sample` holds every present value. */
  readonly sampleIsComplete: boolean
}

/** What is kept of a categorical or boolean column. */
export interface CategoricalReference {
  readonly name: string
  readonly type: 'categorical' | 'boolean'
  readonly count: number
  readonly missing: number
  /** Every category with its count, the most frequent first. */
  readonly categories: readonly (readonly [category: string, count: number])[]
}

export type ColumnReference = NumericReference | CategoricalReference

/** A reference table boiled down to what a comparison needs. Plain JSON: keep it with the model. */
export interface DriftReference {
  readonly kind: 'drift-reference'
  readonly formatVersion: 1
  readonly rowCount: number
  /** Types that were given by hand; later tables are read the same way. */
  readonly types: Readonly<Record<string, ColumnType>>
  readonly columns: readonly ColumnReference[]
}

/**
 * Confirms that a document read back is a reference that this version can compare with.
 *
 * @throws `invalid` `drift.not-a-reference`; `unsupported` `drift.unsupported-format` for a format
 *   this version does not know.
 */
export function checkReference(reference: DriftReference): void {
  if (reference?.kind !== 'drift-reference' || !Array.isArray(reference.columns)) {
    throw invalid(
      'drift.not-a-reference',
      'the reference is neither a table nor a document made by fitReference()',
      {},
    )
  }
  if (reference.formatVersion !== 1) {
    throw new MlopsError({
      kind: 'unsupported',
      code: 'drift.unsupported-format',
      message: `the reference has format ${String(reference.formatVersion)}, this version reads format 1; fit the reference again, or update @mlops/drift`,
      details: { formatVersion: reference.formatVersion },
    })
  }
  for (const column of reference.columns)
    if ('bins' in column && column.bins) checkBinning(column.bins.binning)
}

/** Numbers on a line: numeric and datetime columns. */
export function isNumeric(column: Column): column is NumericColumn {
  return column.type === 'numeric' || column.type === 'datetime'
}

/** The present values of a column, and the finite ones among them. Neither is copied without need. */
export function numbersOf({ values, missing }: NumericColumn): {
  present: Float64Array
  finite: Float64Array
} {
  const present = missing === 0 ? values : values.filter((x) => !Number.isNaN(x))
  const finite = allFinite(present) ? present : present.filter(Number.isFinite)
  return { present, finite }
}

function allFinite(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false
  return true
}

/** Each category that occurs, with its count, the most frequent first; equals in code-point order. */
export function categoriesOf({
  codes,
  categories,
}: CategoricalColumn): (readonly [string, number])[] {
  const counts = new Array<number>(categories.length).fill(0)
  for (const code of codes) if (code >= 0) counts[code]!++
  return categories
    .map((category, code) => [category, counts[code]!] as const)
    .filter(([, count]) => count > 0)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
}

/** The sample as numbers, with the infinities that JSON cannot hold. */
export function sampleOf({ sample, infinite }: NumericReference): Float64Array {
  if (sample instanceof Float64Array) return sample
  const values = Float64Array.from(sample)
  if (infinite === 0) return values
  return values.map((x) =>
    Math.abs(x) === Number.MAX_VALUE ? Math.sign(x) * Number.POSITIVE_INFINITY : x,
  )
}

/** The bins of a categorical comparison: the union of both sides' categories, by code point. */
export function categoryUnion(
  reference: readonly string[],
  current: readonly string[],
): CategoryBinning {
  const categories = [...new Set([...reference, ...current])].sort((a, b) => (a < b ? -1 : 1))
  return { kind: 'categories', categories, other: 'drop', missing: 'drop' }
}
