import type { CalendarReference, CycleCounts } from './reference.ts'

export const HOUR = 3_600_000
export const DAY = 24 * HOUR
/** What a calendar can hold: the range of Date. */
export const LATEST = 8.64e15

export interface Cycle {
  readonly cycle: CycleCounts['cycle']
  readonly lengthMs: number
  readonly phases: number
  readonly phaseOf: (instant: number) => number
}

export const CYCLES: readonly Cycle[] = [
  {
    cycle: 'hour-of-day',
    lengthMs: DAY,
    phases: 24,
    phaseOf: (instant) => ((Math.floor(instant / HOUR) % 24) + 24) % 24,
  },
  {
    cycle: 'day-of-week',
    lengthMs: 7 * DAY,
    phases: 7,
    // 1970-01-01 was a Thursday; Monday is 0.
    phaseOf: (instant) => (((Math.floor(instant / DAY) + 3) % 7) + 7) % 7,
  },
  {
    cycle: 'month-of-year',
    lengthMs: 365.2425 * DAY,
    phases: 12,
    phaseOf: (instant) => new Date(Math.floor(instant)).getUTCMonth(),
  },
]

/** The phases of a cycle as people say them. */
export const PHASES: Readonly<Record<CycleCounts['cycle'], readonly string[]>> = {
  'hour-of-day': Array.from({ length: 24 }, (_, h) => `${String(h).padStart(2, '0')} h`),
  'day-of-week': ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'],
  'month-of-year': 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' '),
}

/**
 * How instants spread over the clock and the calendar (UTC).
 *
 * A cycle is counted over whole cycles only, back from the last instant: in a week and a half every
 * weekday is there once or twice, and the difference would pass for drift. Undefined without any
 * instant within the range of Date.
 */
export function fitCalendar(instants: Float64Array): CalendarReference | undefined {
  const sorted = instants.filter((x) => Math.abs(x) <= LATEST).sort()
  const first = sorted[0]
  const last = sorted.at(-1)
  if (first === undefined || last === undefined) return undefined
  let longestGapMs = 0
  for (let i = 1; i < sorted.length; i++)
    longestGapMs = Math.max(longestGapMs, sorted[i]! - sorted[i - 1]!)
  const arrival = { n: sorted.length, first, last, typicalStep: typicalStep(sorted), longestGapMs }
  const cycles = wholeCycles(arrival).map(({ cycle, phases, phaseOf, covered, after }) => {
    const counts = new Array<number>(phases).fill(0)
    for (let i = sorted.length - 1; i >= 0 && sorted[i]! > after; i--)
      counts[phaseOf(sorted[i]!)]!++
    return { cycle, cycles: covered, counts }
  })
  return calendarOf(arrival, cycles)
}

/** How instants came in, in order. */
export interface Arrival {
  readonly n: number
  readonly first: number
  readonly last: number
  /** The median time between two instants. */
  readonly typicalStep: number
  readonly longestGapMs: number
}

/** The cycles of which the instants cover a whole one, how many, and after which instant they count. */
export function wholeCycles({
  first,
  last,
  typicalStep,
}: Pick<Arrival, 'first' | 'last' | 'typicalStep'>) {
  return CYCLES.flatMap((one) => {
    // Values that stop just short of a whole cycle (the last of 24 hourly ones) cover it all the same.
    const covered = Math.floor((last - first + typicalStep) / one.lengthMs)
    return covered < 1 ? [] : [{ ...one, covered, after: last - covered * one.lengthMs }]
  })
}

export function calendarOf(
  { n, first, last, longestGapMs }: Arrival,
  cycles: readonly CycleCounts[],
): CalendarReference {
  return {
    cycles,
    span: [first, last],
    perDay: last > first ? ((n - 1) * DAY) / (last - first) : null,
    longestGapMs,
  }
}

function typicalStep(sorted: Float64Array): number {
  if (sorted.length < 2) return 0
  const steps = Float64Array.from(
    { length: sorted.length - 1 },
    (_, i) => sorted[i + 1]! - sorted[i]!,
  )
  return steps.sort()[steps.length >> 1]!
}
