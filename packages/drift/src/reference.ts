import type { CategoricalColumn, ColumnType, NumericColumn } from '@mlops/core'
import { invalid, MlopsError } from '@mlops/core'
import type {
  Binning,
  CategoryBinning,
  ConventionName,
  Description,
  NumericBinning,
  ThresholdRule,
} from '@mlops/stats'
import { allFinite, checkBinning } from '@mlops/stats'
import type { DriftMethod } from './report.ts'

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
  /** Of a datetime column: how its instants spread over the clock and the calendar. */
  readonly calendar?: CalendarReference
}

/** How often each phase of a cycle occurred within whole cycles, counted back from the last instant. */
export interface CycleCounts {
  readonly cycle: 'hour-of-day' | 'day-of-week' | 'month-of-year'
  /** Whole cycles that the data cover. */
  readonly cycles: number
  readonly counts: readonly number[]
}

/** Clock and calendar of a datetime column, in UTC. */
export interface CalendarReference {
  /** Cycles that the data cover at least once. */
  readonly cycles: readonly CycleCounts[]
  /** First and last instant. */
  readonly span: readonly [first: number, last: number]
  /** Instants per day between the first and the last; `null` when they are the same. */
  readonly perDay: number | null
  /** The longest time without an instant, in milliseconds. */
  readonly longestGapMs: number
}

/** What is kept of a text column. */
export interface TextReference {
  readonly name: string
  readonly type: 'text'
  readonly count: number
  readonly missing: number
  /** Per document: length in code points, number of words, share of words no other document has. */
  readonly documents: readonly NumericReference[]
  readonly vocabulary: VocabularyReference
}

/** The words of the reference documents. */
export interface VocabularyReference {
  /** Words in so many documents at least are known; more than 1 only where the vocabulary was cut. */
  readonly minDocuments: number
  /** Words that are known, sorted. */
  readonly words: readonly string[]
  /** The most frequent words, with what their sampling variance needs. */
  readonly top: readonly WordCount[]
  /** All words counted, and the sum of the squared lengths of the documents. */
  readonly total: number
  readonly squaredLengths: number
}

/** A word's occurrences x_d over documents d of length n_d. */
export interface WordCount {
  readonly word: string
  /** sum x_d */
  readonly count: number
  /** sum x_d² */
  readonly squares: number
  /** sum x_d·n_d */
  readonly products: number
}

/** What is kept of an embedding column. */
export interface EmbeddingReference {
  readonly name: string
  readonly type: 'embedding'
  readonly count: number
  readonly missing: number
  /** Rows with an infinite component; they are left out. */
  readonly infinite: number
  readonly dimension: number
  /** Mean of every dimension over all finite rows. */
  readonly mean: readonly number[]
  /** Rows for the tests, one after another: all, or a random sample without replacement. */
  readonly sample: ArrayLike<number>
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
  /** Which of them are compared one by one, and where the others count; absent: every one. */
  readonly binning?: CategoryBinning
}

export type ColumnReference =
  | NumericReference
  | CategoricalReference
  | TextReference
  | EmbeddingReference

/** A reference table boiled down to what a comparison needs. Plain JSON: keep it with the model. */
export interface DriftReference {
  readonly kind: 'drift-reference'
  /** 2 since text and embedding columns, calendars and learned thresholds; 1 is still read. */
  readonly formatVersion: 1 | 2
  readonly rowCount: number
  /** Types that were given by hand; later tables are read the same way. */
  readonly types: Readonly<Record<string, ColumnType>>
  readonly columns: readonly ColumnReference[]
  /** Limits learned from chunks of the reference, for rules with `threshold: 'learned'`. */
  readonly learned?: readonly LearnedLimit[]
}

/** The limit of one measure of one column, learned from chunks of the reference. */
export interface LearnedLimit {
  readonly column: string
  readonly method: DriftMethod
  readonly convention?: ConventionName
  /** `null`: no limit on that side. */
  readonly lower: number | null
  readonly upper: number | null
  /** The measure over the chunks; `null` where it was undefined. */
  readonly values: readonly (number | null)[]
  readonly rule: ThresholdRule
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
  if (reference.formatVersion !== 1 && reference.formatVersion !== 2) {
    throw new MlopsError({
      kind: 'unsupported',
      code: 'drift.unsupported-format',
      message: `the reference has format ${String((reference as DriftReference).formatVersion)}, this version reads formats 1 and 2; fit the reference again, or update @mlops/drift`,
      details: { formatVersion: (reference as DriftReference).formatVersion },
    })
  }
  for (const column of reference.columns) {
    if ('bins' in column && column.bins) checkBinning(column.bins.binning)
    if ('binning' in column && column.binning) checkBinning(column.binning)
  }
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

/** Each category that occurs, with its count, the most frequent first; equals in code-point order. */
export function categoriesOf({
  codes,
  categories,
}: CategoricalColumn): (readonly [string, number])[] {
  const counts = new Array<number>(categories.length).fill(0)
  for (let row = 0; row < codes.length; row++) if (codes[row]! >= 0) counts[codes[row]!]!++
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

/**
 * Counts by the categories of a binning: those it lists one by one, the others and the missing values
 * in bins of their own or nowhere, as it says.
 */
export function groupedCategories(
  counts: ReadonlyMap<string, number>,
  missing: number,
  { categories, other, missing: whereMissing }: CategoryBinning,
): Map<string, number> {
  const listed = new Set(categories)
  const grouped = new Map<string, number>()
  let others = 0
  for (const [category, count] of counts) {
    if (listed.has(category)) grouped.set(category, count)
    else others += count
  }
  if (other === 'own-bin' && others > 0) grouped.set('(other)', others)
  if (whereMissing === 'own-bin' && missing > 0) grouped.set('(missing)', missing)
  return grouped
}
