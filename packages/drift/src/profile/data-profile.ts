import type { ColumnType } from '@mlops/core'
import type {
  FrequentItemsSketch,
  HyperLogLogSketch,
  KllSketch,
  Moments,
  NumericBinning,
} from '@mlops/stats'
import type { BinnedCounts } from '../reference.ts'
import type { CalendarProfile } from './calendar-profile.ts'
import type { VocabularyProfile } from './vocabulary-profile.ts'

/** {@link Moments} as JSON can hold them: `null` is what overflowed a double. */
export type SavedMoments = { readonly [Part in keyof Moments]: Moments[Part] | null } & {
  readonly n: number
}

/** What every column's profile holds. */
interface ProfileOutline {
  readonly name: string
  /** Present values, infinities among them. */
  readonly count: number
  readonly missing: number
  /** Values of another type than the column's, by their type: counted here and nowhere else. */
  readonly mistyped: Readonly<Record<string, number>>
  /** How many different present values there were. */
  readonly distinct: HyperLogLogSketch
}

/** The profile of numbers or of instants (milliseconds since the epoch). */
export interface NumericProfile extends ProfileOutline {
  readonly type: 'numeric' | 'datetime'
  readonly infinities: { readonly negative: number; readonly positive: number }
  /** Of the finite values. */
  readonly moments: SavedMoments
  /** Of the finite values. */
  readonly quantiles: KllSketch
  /** Exact counts over the reference's bins, where a reference was given. */
  readonly bins?: BinnedCounts<NumericBinning>
  /** The same over the bins for drawing. */
  readonly histogram?: BinnedCounts<NumericBinning>
  /** Of a datetime column: clock and calendar of its instants. Absent in profiles of format 1. */
  readonly calendar?: CalendarProfile
}

/** The profile of categories or booleans. */
export interface CategoricalProfile extends ProfileOutline {
  readonly type: 'categorical' | 'boolean'
  readonly items: FrequentItemsSketch
  /** Of categorical columns: the lengths of the texts, in code points. */
  readonly lengths?: { readonly moments: SavedMoments; readonly quantiles: KllSketch }
}

/** The profile of free text. */
export interface TextProfile extends ProfileOutline {
  readonly type: 'text'
  /** How many different words there were. */
  readonly distinctWords: HyperLogLogSketch
  /**
   * Per document: `length` in code points, number of `words`, and, where a reference was given, the
   * share of `unknown-words`; a document without words has none and counts as missing there.
   */
  readonly documents: readonly NumericProfile[]
  /** Counts over the reference's vocabulary, where a reference was given. */
  readonly vocabulary?: VocabularyProfile
}

export type ColumnProfile = NumericProfile | CategoricalProfile | TextProfile

/** A table seen in one pass, boiled down to mergeable sketches. Plain JSON. */
export interface DataProfile {
  readonly kind: 'data-profile'
  /** 2 where a column holds what format 1 did not know: clock and calendar, or texts. */
  readonly formatVersion: 1 | 2
  readonly rowCount: number
  readonly columns: readonly ColumnProfile[]
}

/** The lowest format that can hold these columns, so that earlier versions read what they can. */
export function formatOf(columns: readonly ColumnProfile[]): DataProfile['formatVersion'] {
  return columns.some((column) => column.type === 'text' || 'calendar' in column) ? 2 : 1
}

/** The types whose profile is a {@link NumericProfile}. */
export function isNumericType(type: ColumnType): type is NumericProfile['type'] {
  return type === 'numeric' || type === 'datetime'
}

/** Moments as they are saved. */
export function savedMoments(moments: Moments): SavedMoments {
  // JSON has no −0.
  const kept = (x: number | null) => (x !== null && Number.isFinite(x) ? x + 0 : null)
  const { mean, meanTail, m2, m3, m4, min, max } = moments
  return {
    ...moments,
    mean: kept(mean),
    meanTail: kept(meanTail),
    m2: kept(m2),
    m3: kept(m3),
    m4: kept(m4),
    min: kept(min),
    max: kept(max),
  }
}

/** Saved moments to reckon with: what overflowed is NaN, and makes NaN what rests on it. */
export function readMoments(saved: SavedMoments): Moments {
  const known = (x: number | null) => x ?? Number.NaN
  const { mean, meanTail, m2, m3, m4, dropped } = saved
  return {
    ...saved,
    mean: known(mean),
    meanTail: known(meanTail),
    m2: known(m2),
    m3: known(m3),
    m4: known(m4),
    dropped: known(dropped),
  }
}
