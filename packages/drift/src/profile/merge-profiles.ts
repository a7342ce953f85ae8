import { invalid } from '@mlops/core'
import type { NumericBinning } from '@mlops/stats'
import { mergeFrequentItems, mergeHyperLogLog, mergeKll, mergeMoments } from '@mlops/stats'
import type { BinnedCounts } from '../reference.ts'
import type { CalendarProfile } from './calendar-profile.ts'
import { mergeCalendars } from './calendar-profile.ts'
import { checkProfile } from './check-profile.ts'
import { displayed } from './create-profiler.ts'
import type {
  CategoricalProfile,
  ColumnProfile,
  DataProfile,
  NumericProfile,
  SavedMoments,
  TextProfile,
} from './data-profile.ts'
import { formatOf, isNumericType, readMoments, savedMoments } from './data-profile.ts'
import { addVocabularies } from './vocabulary-profile.ts'

/**
 * One profile of the rows of all: what a single pass would have given, to within the same bounds, in
 * whatever order and grouping they are merged. Counts, moments (up to rounding), bins, calendars,
 * words and distinct counts are those of the single pass exactly.
 *
 * Input: profiles made with the same options. A column that one of them lacks is missing in its rows;
 * a column in which a profile has no value takes the type of the others. Times of which one profile has
 * no calendar (format 1) have none when merged.
 * Cost: O(columns · sketch size).
 *
 * @throws `invalid`: `drift.not-a-profile`, `drift.profile-mismatch` for another type, other bins or words,
 *   `stats.sketch-mismatch` for another precision.
 * @example
 * ```ts
 * import { createProfiler, mergeProfiles } from '@mlops/drift/profile'
 *
 * const replica = (latency: number[]) => {
 *   const profiler = createProfiler()
 *   profiler.addTable({ latency })
 *   return profiler.profile()
 * }
 * const all = mergeProfiles(replica([12, 15]), replica([11, 40, 13]))
 * console.log(all.rowCount) // 5
 * ```
 */
export function mergeProfiles(first: DataProfile, ...rest: readonly DataProfile[]): DataProfile {
  for (const profile of [first, ...rest]) checkProfile(profile)
  return displayed(rest.reduce(mergeTwo, first))
}

function mergeTwo(a: DataProfile, b: DataProfile): DataProfile {
  const others = new Map(b.columns.map((column) => [column.name, column]))
  const columns = a.columns.map((column) => {
    const other = others.get(column.name)
    others.delete(column.name)
    return other ? mergeColumns(column, other) : withMissing(column, b.rowCount)
  })
  const fresh = [...others.values()].map((other) => withMissing(other, a.rowCount))
  const all = [...columns, ...fresh]
  return {
    kind: 'data-profile',
    formatVersion: formatOf(all),
    rowCount: a.rowCount + b.rowCount,
    columns: all,
  }
}

function withMissing<Profile extends ColumnProfile>(column: Profile, rows: number): Profile {
  return { ...column, missing: column.missing + rows }
}

function mergeColumns(a: ColumnProfile, b: ColumnProfile): ColumnProfile {
  if (a.type !== b.type) {
    if (isEmpty(a)) return withMissing(b, a.missing)
    if (isEmpty(b)) return withMissing(a, b.missing)
    throw mismatch(a.name, `is ${a.type} in one profile and ${b.type} in another`)
  }
  const outline = {
    name: a.name,
    count: a.count + b.count,
    missing: a.missing + b.missing,
    mistyped: sumOf(a.mistyped, b.mistyped),
    distinct: mergeHyperLogLog(a.distinct, b.distinct),
  }
  if (a.type === 'text') return { ...outline, type: a.type, ...mergeTexts(a, b as TextProfile) }
  return isNumericType(a.type)
    ? { ...outline, type: a.type, ...mergeNumeric(a as NumericProfile, b as NumericProfile) }
    : {
        ...outline,
        type: a.type,
        ...mergeCategorical(a as CategoricalProfile, b as CategoricalProfile),
      }
}

function mergeTexts(a: TextProfile, b: TextProfile) {
  if (a.vocabulary?.digest !== b.vocabulary?.digest)
    throw mismatch(a.name, 'was counted over other words; profile both against one reference')
  return {
    distinctWords: mergeHyperLogLog(a.distinctWords, b.distinctWords),
    documents: a.documents.map(
      (document, at) => mergeColumns(document, b.documents[at]!) as NumericProfile,
    ),
    ...(a.vocabulary &&
      b.vocabulary && { vocabulary: addVocabularies(a.vocabulary, b.vocabulary) }),
  }
}

function isEmpty({ count, mistyped }: ColumnProfile): boolean {
  return count === 0 && Object.keys(mistyped).length === 0
}

function mergeNumeric(a: NumericProfile, b: NumericProfile) {
  const bins = mergeBins(a.name, a.bins, b.bins)
  const histogram = mergeBins(a.name, a.histogram, b.histogram)
  const calendar = mergedCalendar(a, b)
  return {
    infinities: {
      negative: a.infinities.negative + b.infinities.negative,
      positive: a.infinities.positive + b.infinities.positive,
    },
    moments: mergedMoments(a.moments, b.moments),
    quantiles: mergeKll(a.quantiles, b.quantiles),
    ...(bins && { bins }),
    ...(histogram && { histogram }),
    ...(calendar && { calendar }),
  }
}

/** Of instants that were not all counted by clock and calendar nothing is known. */
function mergedCalendar(a: NumericProfile, b: NumericProfile): CalendarProfile | undefined {
  if (a.quantiles.n === 0) return b.calendar
  if (b.quantiles.n === 0) return a.calendar
  return a.calendar && b.calendar && mergeCalendars(a.calendar, b.calendar)
}

function mergeCategorical(a: CategoricalProfile, b: CategoricalProfile) {
  return {
    items: mergeFrequentItems(a.items, b.items),
    ...(a.lengths &&
      b.lengths && {
        lengths: {
          moments: mergedMoments(a.lengths.moments, b.lengths.moments),
          quantiles: mergeKll(a.lengths.quantiles, b.lengths.quantiles),
        },
      }),
  }
}

function mergedMoments(a: SavedMoments, b: SavedMoments): SavedMoments {
  return savedMoments(mergeMoments(readMoments(a), readMoments(b)))
}

function mergeBins(
  column: string,
  a: BinnedCounts<NumericBinning> | undefined,
  b: BinnedCounts<NumericBinning> | undefined,
): BinnedCounts<NumericBinning> | undefined {
  if (!a && !b) return undefined
  if (!a || !b || !sameBins(a.binning, b.binning))
    throw mismatch(column, 'was counted over other bins; profile both against one reference')
  return { binning: a.binning, counts: a.counts.map((count, bin) => count + b.counts[bin]!) }
}

/** Whether two binnings count every value alike. */
export function sameBins(a: NumericBinning, b: NumericBinning): boolean {
  const sameRange =
    a.outside === 'end-bins' || (a.range?.[0] === b.range?.[0] && a.range?.[1] === b.range?.[1])
  return (
    a.closed === b.closed &&
    a.outside === b.outside &&
    sameRange &&
    a.innerEdges.length === b.innerEdges.length &&
    a.innerEdges.every((edge, i) => edge === b.innerEdges[i])
  )
}

function sumOf(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>) {
  const sum = new Map(Object.entries(a))
  for (const [type, count] of Object.entries(b)) sum.set(type, (sum.get(type) ?? 0) + count)
  return Object.fromEntries(sum)
}

function mismatch(column: string, what: string) {
  return invalid('drift.profile-mismatch', `column '${column}' ${what}`, { column })
}
