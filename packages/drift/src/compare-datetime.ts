import type { NumericColumn } from '@mlops/core'
import { formatNumber } from '@mlops/core'
import { describe } from '@mlops/stats'
import type { ColumnComparison, Outline } from './column-outline.ts'
import { notCompared, outlineOf, sideOf, tooFew } from './column-outline.ts'
import type { PartFinding } from './column-parts.ts'
import { categoricalPart, compareByParts } from './column-parts.ts'
import { percent } from './explain.ts'
import { DAY, fitCalendar, HOUR, PHASES } from './fit-calendar.ts'
import type { CalendarReference, NumericReference } from './reference.ts'
import { numbersOf } from './reference.ts'

/**
 * Compares times by their place on the clock and in the calendar. That time went on is no drift: only
 * the spread over hours, weekdays and months is judged, each over whole cycles and only where both
 * sides cover one. Range, rate of arrival and gaps are described.
 */
export function compareDatetime(
  reference: NumericReference,
  column: NumericColumn,
  minCount: number,
): ColumnComparison {
  const { present, finite } = numbersOf(column)
  const infinite = present.length - finite.length
  const current = { ...sideOf(present.length, column.missing), numbers: describe(finite), infinite }
  const outline = outlineOf(reference, current)
  const short = tooFew(outline, minCount)
  if (short) return notCompared({ ...outline, status: 'insufficient-data' }, short)
  const { calendar } = reference
  const shareOf = (is: (x: number) => boolean) => finite.filter(is).length / finite.length
  const outside = calendar && {
    after: shareOf((x) => x > calendar.span[1]),
    before: shareOf((x) => x < calendar.span[0]),
  }
  return compareCalendars(outline, [calendar, fitCalendar(finite)], { outside, minCount })
}

/** How much of the current instants lies outside the reference's span. */
export interface OutsideShares {
  readonly after: number
  readonly before: number
  /** By how much either may be off. @default 0 */
  readonly error?: number
}

/** When instants came, and how densely; the longest gap is `null` where nobody knows it. */
export type ArrivalSummary = Pick<CalendarReference, 'span' | 'perDay'> & {
  readonly longestGapMs: number | null
}

/** Judges two calendars of enough instants. */
export function compareCalendars(
  outline: Outline,
  [before, after]: readonly [CalendarReference | undefined, CalendarReference | undefined],
  { outside, minCount }: { readonly outside: OutsideShares | undefined; readonly minCount: number },
): ColumnComparison {
  if (!before || !after || !outside) return withoutCalendar(outline)
  const parts = before.cycles.flatMap(({ cycle, counts }): PartFinding[] => {
    const other = after.cycles.find((one) => one.cycle === cycle)
    if (!other || total(counts) < minCount || total(other.counts) < minCount) return []
    return [categoricalPart(cycle, PHASES[cycle], counts, other.counts)]
  })
  return calendarComparison(outline, parts, { before, after, outside })
}

/** Times of which one side has no calendar. */
export function withoutCalendar(outline: Outline): ColumnComparison {
  return notCompared(
    { ...outline, status: 'described' },
    'times are compared by hour, weekday and month, and the reference holds none of them (it was fitted by an earlier version, or without a valid time)',
  )
}

/** A datetime column as its cycles have it, with a description of how its values came in. */
export function calendarComparison(
  outline: Outline,
  parts: readonly PartFinding[],
  {
    before,
    after,
    outside,
  }: {
    readonly before: ArrivalSummary
    readonly after: ArrivalSummary
    readonly outside: OutsideShares
  },
): ColumnComparison {
  const remarks = arrival(before, after)
  const described = [
    extrapolation(before, after, outside),
    ...remarks.map(({ message }) => message),
  ]
  const warned = { ...outline, warnings: [...outline.warnings, ...remarks] }
  if (parts.length === 0) {
    const { reasons, ...rest } = notCompared(
      { ...warned, status: 'described' },
      'no whole day, week or year is covered on both sides',
    )
    return { ...rest, reasons: [...reasons, ...described] }
  }
  return compareByParts(warned, parts, described)
}

/** Where the new times lie, seen from the reference. */
function extrapolation(
  { span: [first, last] }: ArrivalSummary,
  after: ArrivalSummary,
  outside: OutsideShares,
): string {
  const day = (x: number) => new Date(x).toISOString().slice(0, 10)
  const { error = 0 } = outside
  const within = error === 0 ? '' : `, give or take ${percent(error)}`
  return `from ${day(after.span[0])} to ${day(after.span[1])}, the reference from ${day(first)} to ${day(last)}: ${percent(outside.after)} lie after it, ${percent(outside.before)} before it${within}`
}

/** Remarks on how densely the times come. No drift by itself: a sample comes at another rate than a stream. */
function arrival(before: ArrivalSummary, after: ArrivalSummary) {
  const remarks: { code: string; message: string }[] = []
  const { perDay: from } = before
  const { perDay: to } = after
  if (from !== null && to !== null && from > 0 && to > 0 && Math.max(from / to, to / from) >= 2) {
    remarks.push({
      code: 'drift.arrival-rate-changed',
      message: `${formatNumber(to)} rows a day came in, in the reference ${formatNumber(from)}`,
    })
  }
  // Compared in mean steps, so that a thinner sample has no longer gaps.
  if (before.longestGapMs === null || after.longestGapMs === null) return remarks
  const steps = ({ longestGapMs, perDay }: ArrivalSummary) =>
    perDay === null ? 0 : (longestGapMs! * perDay) / DAY
  if (steps(after) > 3 * Math.max(steps(before), 5)) {
    remarks.push({
      code: 'drift.arrival-gap',
      message: `nothing came in for ${formatNumber(after.longestGapMs / HOUR)} hours, ${formatNumber(steps(after))} times the mean step (reference: ${formatNumber(steps(before))} times)`,
    })
  }
  return remarks
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0)
}
