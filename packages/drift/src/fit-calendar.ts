import type { CalendarReference, CycleCounts } from './reference.ts'

const DAY = 86_400_000
/** What a calendar can hold: the range of Date. */
const LATEST = 8.64e15

interface Cycle {
  readonly cycle: CycleCounts['cycle']
  readonly lengthMs: number
  readonly phases: number
  readonly phaseOf: (instant: number) => number
}

const CYCLES: readonly Cycle[] = [
  {
    cycle: 'hour-of-day',
    lengthMs: DAY,
    phases: 24,
    phaseOf: (instant) => Math.floor((((instant % DAY) + DAY) % DAY) / 3_600_000),
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
    phaseOf: (instant) => new Date(instant).getUTCMonth(),
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
  const cycles = CYCLES.flatMap(({ cycle, lengthMs, phases, phaseOf }) => {
    // Values that stop just short of a whole cycle (the last of 24 hourly ones) cover it all the same.
    const covered = Math.floor((last - first + typicalStep(sorted)) / lengthMs)
    if (covered < 1) return []
    const counts = new Array<number>(phases).fill(0)
    for (let i = sorted.length - 1; i >= 0 && sorted[i]! > last - covered * lengthMs; i--)
      counts[phaseOf(sorted[i]!)]!++
    return [{ cycle, cycles: covered, counts }]
  })
  return {
    cycles,
    span: [first, last],
    perDay: last > first ? ((sorted.length - 1) * DAY) / (last - first) : null,
    longestGapMs,
  }
}

/** The median time between two instants. */
function typicalStep(sorted: Float64Array): number {
  if (sorted.length < 2) return 0
  const steps = Float64Array.from(
    { length: sorted.length - 1 },
    (_, i) => sorted[i + 1]! - sorted[i]!,
  )
  return steps.sort()[steps.length >> 1]!
}
