import type {
  CategoricalColumn,
  Column,
  ColumnType,
  NumericColumn,
  ReadTableOptions,
  Rng,
  TableInput,
} from '@mlops/core'
import { createRng, invalid, MlopsError, readTable } from '@mlops/core'
import type { Binning, CategoryBinning, Description, NumericBinning } from '@mlops/stats'
import {
  checkBinning,
  countBins,
  describe,
  equalWidthBinning,
  quantileBinning,
  quantiles,
} from '@mlops/stats'

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

export interface FitReferenceOptions extends Omit<ReadTableOptions, 'name'> {
  /** How many bins the numeric columns get: deciles by default. @default 10 */
  readonly bins?: number
  /** Bins for single columns, instead of quantiles. */
  readonly binnings?: Readonly<Record<string, NumericBinning>>
  /** How many values are kept per numeric column for the tests on values; `'all'` keeps every one. @default 10000 */
  readonly sampleSize?: number | 'all'
  /** Draws the sample. @default createRng('drift-reference') */
  readonly rng?: Rng
}

/**
 * Boils a reference table down to a small JSON document, to be compared with any number of tables
 * later: per column counts, moments, quantile bins and a sample of the values, or the categories.
 *
 * Input: a table in any shape that `readTable` takes. Missing values are counted, not used.
 * Output: plain JSON; about 100 KB for a numeric column with a full sample of 10 000.
 * Cost: O(rows · columns).
 *
 * @throws `invalid`: those of `readTable` (`core.empty-table`, `core.missing-key`, …), and
 *   `drift.invalid-option`.
 * @example
 * ```ts
 * import { compare, fitReference } from '@mlops/drift'
 *
 * const reference = fitReference({ age: [22, 35, 41, 58, 63, 29, 47, 51, 38, 44] })
 * const saved = JSON.stringify(reference)
 *
 * const report = compare(JSON.parse(saved), { age: [23, 36, 40, 57, 64, 28, 46, 52, 39, 43] })
 * console.log(report.verdict) // 'pass'
 * ```
 */
export function fitReference(table: TableInput, options: FitReferenceOptions = {}): DriftReference {
  const { sampleSize = 10_000 } = options
  if (sampleSize !== 'all' && (!Number.isInteger(sampleSize) || sampleSize < 1)) {
    throw invalid(
      'drift.invalid-option',
      `sampleSize must be an integer >= 1 or 'all', got ${sampleSize}`,
      { sampleSize },
    )
  }
  const fitted = fitColumns(table, { ...options, sampleSize })
  const columns = fitted.columns.map((column) =>
    'sample' in column ? { ...column, sample: Array.from(column.sample, jsonSafe) } : column,
  )
  return { ...fitted, columns }
}

/** As {@link fitReference}, but keeps the samples as they are, uncopied. For use at once, not for JSON. */
export function fitColumns(
  input: TableInput,
  {
    bins = 10,
    binnings = {},
    sampleSize = 'all',
    rng = createRng('drift-reference'),
    ...reading
  }: FitReferenceOptions,
): DriftReference {
  const table = readTable(input, { ...reading, name: 'reference' })
  const columns = [...table.columns].map(([name, column]) =>
    isNumeric(column)
      ? fitNumeric(name, column, {
          bins,
          binning: Object.hasOwn(binnings, name) ? binnings[name] : undefined,
          sampleSize,
          rng,
        })
      : fitCategorical(name, column),
  )
  return {
    kind: 'drift-reference',
    formatVersion: 1,
    rowCount: table.rowCount,
    types: reading.types ?? {},
    columns,
  }
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
  const finite = present.every(Number.isFinite) ? present : present.filter(Number.isFinite)
  return { present, finite }
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

interface NumericFit {
  readonly bins: number
  readonly binning: NumericBinning | undefined
  readonly sampleSize: number | 'all'
  readonly rng: Rng
}

function fitNumeric(
  name: string,
  column: NumericColumn,
  { bins, binning: given, sampleSize, rng }: NumericFit,
): NumericReference {
  const { present, finite } = numbersOf(column)
  const some = finite.length > 0
  const binning = some || given ? (given ?? quantileBinning(finite, { bins })) : undefined
  const histogram = some ? drawingBins(finite) : undefined
  const complete = sampleSize === 'all' || present.length <= sampleSize
  return {
    name,
    type: column.type,
    count: present.length,
    missing: column.missing,
    infinite: present.length - finite.length,
    summary: describe(finite),
    ...(binning && { bins: { binning, counts: countBins(binning, present).counts } }),
    ...(histogram && {
      histogram: { binning: histogram, counts: countBins(histogram, present).counts },
    }),
    sample: complete ? present : drawSample(present, sampleSize, rng),
    sampleIsComplete: complete,
  }
}

function fitCategorical(name: string, column: CategoricalColumn): CategoricalReference {
  return {
    name,
    type: column.type,
    count: column.length - column.missing,
    missing: column.missing,
    categories: categoriesOf(column),
  }
}

function drawingBins(finite: Float64Array): NumericBinning {
  const [low, high] = quantiles(finite, [0.01, 0.99])
  return equalWidthBinning([low!, high!], { bins: 24 })
}

/** A simple random sample without replacement (a partial Fisher-Yates shuffle). */
function drawSample(values: Float64Array, size: number, rng: Rng): Float64Array {
  const pool = values.slice()
  for (let i = 0; i < size; i++) {
    const j = i + rng.int(pool.length - i)
    const held = pool[i]!
    pool[i] = pool[j]!
    pool[j] = held
  }
  return pool.slice(0, size)
}

/** JSON has no infinities; the largest doubles stand for them. */
function jsonSafe(x: number): number {
  return Number.isFinite(x) ? x : Math.sign(x) * Number.MAX_VALUE
}

/** The sample as numbers, with the infinities that {@link jsonSafe} took out. */
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
