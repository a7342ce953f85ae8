import type { ColumnComparison, Outline } from '../column-outline.ts'
import { notCompared, tooFew } from '../column-outline.ts'
import type { ArrivalSummary, OutsideShares } from '../compare-datetime.ts'
import { calendarComparison, compareCalendars, withoutCalendar } from '../compare-datetime.ts'
import { CYCLES, calendarOf, fitCalendar, PHASES } from '../fit-calendar.ts'
import type { CalendarReference, CycleCounts, NumericReference } from '../reference.ts'
import { boundedPart } from './bounded-part.ts'
import type { CalendarProfile } from './calendar-profile.ts'
import type { CycleAlternatives } from './cycle-bounds.ts'
import { cycleAlternatives, knownCounts } from './cycle-bounds.ts'
import type { NumericProfile } from './data-profile.ts'
import type { NumericSide } from './numeric-side.ts'
import type { Steps } from './steps.ts'
import { weightUpTo } from './steps.ts'

/** One side of a datetime column: a calendar that is known, or what a profile tells of one. */
interface TimesSide {
  readonly calendar: CalendarReference | undefined
  readonly profiled?: CalendarProfile
}

type Times = readonly [NumericReference | NumericProfile, NumericSide]

/** Whether clock and calendar of this side were counted, or can be had from its values. */
export function holdsTimes(column: NumericReference | NumericProfile): boolean {
  return !('quantiles' in column) || column.calendar !== undefined
}

/**
 * Compares times as `compare` does: by hour, weekday and month, over whole cycles. Where a sketch still
 * holds all values the report is the same; where not, each figure has a bound that is certain.
 */
export function compareTimes(
  outline: Outline,
  [before, after]: readonly [Times, Times],
  minCount: number,
): ColumnComparison {
  const short = tooFew({ reference: outline.reference!, current: outline.current! }, minCount)
  if (short) return notCompared({ ...outline, status: 'insufficient-data' }, short)
  const [r, c] = [timesOf(...before), timesOf(...after)]
  const [from, to] = [arrivalOf(r), arrivalOf(c)]
  if (!from || !to) return withoutCalendar(outline)
  const outside = outsideOf(from, after[1].finiteSteps)
  if (r.calendar && c.calendar)
    return compareCalendars(outline, [r.calendar, c.calendar], { outside, minCount })
  const [known, later] = [alternativesOf(r), alternativesOf(c)]
  const parts = CYCLES.flatMap(({ cycle }) => {
    const sides = [known.get(cycle) ?? [null], later.get(cycle) ?? [null]] as const
    return boundedPart(cycle, PHASES[cycle], sides, minCount) ?? []
  })
  const compared = calendarComparison(outline, parts, { before: from, after: to, outside })
  const open = parts.filter(({ uncertain }) => uncertain).map(({ name }) => name)
  if (open.length === 0) return compared
  const note = `${open.join(' and ')} may be nothing to judge: the values stop within two steps of a whole cycle, or just below or above the least number of them`
  return { ...compared, reasons: [...compared.reasons, note] }
}

function timesOf(column: NumericReference | NumericProfile, side: NumericSide): TimesSide {
  if (!('quantiles' in column)) return { calendar: column.calendar }
  if (column.quantiles.worstCase === 0) return { calendar: fitCalendar(valuesOf(side.finiteSteps)) }
  return { calendar: undefined, profiled: column.calendar! }
}

/** The values of steps that lost none. */
function valuesOf({ values, upTo, total }: Steps): Float64Array {
  const all = new Float64Array(total)
  values.forEach((value, at) => {
    all.fill(value, at === 0 ? 0 : upTo[at - 1]!, upTo[at]!)
  })
  return all
}

function arrivalOf({ calendar, profiled }: TimesSide): ArrivalSummary | undefined {
  if (calendar || !profiled || profiled.n === 0) return calendar
  const { n, first, last } = profiled
  const ends = { n, first: first!, last: last!, typicalStep: Number.NaN, longestGapMs: Number.NaN }
  return { ...calendarOf(ends, []), longestGapMs: null }
}

function alternativesOf({
  calendar,
  profiled,
}: TimesSide): ReadonlyMap<CycleCounts['cycle'], CycleAlternatives> {
  if (profiled) return cycleAlternatives(profiled)
  return new Map(calendar!.cycles.map(({ cycle, counts }) => [cycle, [knownCounts(counts)]]))
}

function outsideOf({ span: [first, last] }: ArrivalSummary, steps: Steps): OutsideShares {
  const { values, total, error } = steps
  const later = total - weightUpTo(steps, last, '<=')
  const earlier = weightUpTo(steps, first, '<')
  // At and beyond the ends of the values all is known.
  const [least, most] = [values[0]!, values.at(-1)!]
  const known = (first <= least || first > most) && (last >= most || last < least)
  return { after: later / total, before: earlier / total, error: known ? 0 : error }
}
