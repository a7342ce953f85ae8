import type { KllSketch } from '@mlops/stats'
import { CYCLES, type Cycle, DAY, HOUR, LATEST } from '../fit-calendar.ts'
import type { CycleCounts } from '../reference.ts'
import { isCount } from './is-count.ts'

/**
 * Clock and calendar (UTC) of a profiled datetime column, exactly: of the instants within the range of
 * Date. What is judged lies in whole cycles counted back from the last instant, so what is not lies
 * within the first cycle: it is counted a second time in cells smaller than the phases.
 */
export interface CalendarProfile {
  readonly n: number
  /** `null` without any instant. */
  readonly first: number | null
  readonly last: number | null
  /** How many instants are equal to the first. */
  readonly atFirst: number
  /** Hours of the day, days of the week, months of the year. */
  readonly cycles: readonly CycleProfile[]
}

export interface CycleProfile {
  readonly cycle: CycleCounts['cycle']
  /** All instants a phase. */
  readonly counts: readonly number[]
  /**
   * The instants of the first cycle a cell, the cell that holds the first instant before all: of five
   * minutes in a day, of an hour in a week, of a day in a year.
   */
  readonly opening: readonly number[]
}

/** The width of the cells of each cycle. Every phase is made of whole cells. */
export const CELL_MS: Readonly<Record<CycleCounts['cycle'], number>> = {
  'hour-of-day': HOUR / 12,
  'day-of-week': HOUR,
  'month-of-year': DAY,
}

/** The first instant's cell is entered somewhere: one cell more than a cycle has. */
function cellsOf({ cycle, lengthMs }: Cycle): number {
  return Math.ceil(lengthMs / CELL_MS[cycle]) + 1
}

/** Counts instants by clock and calendar. Cost: 30 ns each where they come in order, else 150; 20 KB. */
export function createCalendarCounter() {
  let [n, atFirst, first, last] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  const cycles = CYCLES.map(createCycleCounter)
  // Instants come in order, or nearly so: those of one smallest cell are counted together.
  const [{ cellMs }] = cycles as [CycleCounter]
  let [cell, run] = [Number.NaN, 0]

  function countRun(): void {
    if (run === 0) return
    for (let at = 0; at < cycles.length; at++) cycles[at]!.add(cell * cellMs, run)
    run = 0
  }

  function add(instant: number): void {
    if (!(Math.abs(instant) <= LATEST)) return
    if (instant < first) {
      for (const one of cycles) one.beginAt(instant)
      // JSON has no −0.
      first = instant + 0
      atFirst = 0
    }
    if (instant === first) atFirst++
    if (instant > last) last = instant + 0
    n++
    const place = Math.floor(instant / cellMs)
    if (place !== cell) {
      countRun()
      cell = place
    }
    run++
  }

  return {
    add,
    addAll(instants: Float64Array): void {
      for (let i = 0; i < instants.length; i++) add(instants[i]!)
    },
    profile(): CalendarProfile {
      countRun()
      return {
        n,
        first: n === 0 ? null : first,
        last: n === 0 ? null : last,
        atFirst,
        cycles: cycles.map((one) => one.profile()),
      }
    },
  }
}

type CycleCounter = ReturnType<typeof createCycleCounter>

/** So many cells are known with their phase: a year of days, which cost a Date each. */
const REMEMBERED = 512

function createCycleCounter(one: Cycle) {
  const { cycle, phaseOf } = one
  const cellMs = CELL_MS[cycle]
  const counts = new Float64Array(one.phases)
  const opening = new Float64Array(cellsOf(one))
  const knownCells = new Float64Array(REMEMBERED).fill(Number.NaN)
  const knownPhases = new Uint8Array(REMEMBERED)
  /** The number of the opening's first cell. */
  let base = Number.POSITIVE_INFINITY

  return {
    cellMs,
    /** From here on nothing before this instant has come. */
    beginAt(instant: number): void {
      const cell = Math.floor(instant / cellMs)
      const later = base - cell
      base = cell
      if (later === 0) return
      opening.copyWithin(Math.min(later, opening.length), 0)
      opening.fill(0, 0, later)
    },
    add(instant: number, times: number): void {
      const cell = Math.floor(instant / cellMs)
      const slot = cell & (REMEMBERED - 1)
      if (knownCells[slot] !== cell) {
        knownCells[slot] = cell
        knownPhases[slot] = phaseOf(cell * cellMs)
      }
      counts[knownPhases[slot]!]! += times
      if (cell - base < opening.length) opening[cell - base]! += times
    },
    profile: (): CycleProfile => ({
      cycle,
      counts: Array.from(counts),
      opening: Array.from(opening),
    }),
  }
}

/** The calendar of all instants of both: exactly that of a single pass. */
export function mergeCalendars(a: CalendarProfile, b: CalendarProfile): CalendarProfile {
  if (a.n === 0 || b.n === 0) return a.n === 0 ? b : a
  const first = Math.min(a.first!, b.first!)
  const sides = [a, b]
  return {
    n: a.n + b.n,
    first,
    last: Math.max(a.last!, b.last!),
    atFirst: sides.reduce((sum, side) => sum + (side.first === first ? side.atFirst : 0), 0),
    cycles: a.cycles.map(({ cycle, counts, opening }, at) => ({
      cycle,
      counts: counts.map((count, phase) => count + b.cycles[at]!.counts[phase]!),
      // An opening that begins later reaches further: it lacks nothing of the earlier one.
      opening: opening.map((_, cell) =>
        sides.reduce((sum, side) => {
          const shift = cellOf(side.first!, cycle) - cellOf(first, cycle)
          return sum + (side.cycles[at]!.opening[cell - shift] ?? 0)
        }, 0),
      ),
    })),
  }
}

export function cellOf(instant: number, cycle: CycleCounts['cycle']): number {
  return Math.floor(instant / CELL_MS[cycle])
}

/** What cannot be right about a calendar read back, beside the sketch of the same instants. */
export function calendarFault(
  calendar: CalendarProfile,
  { n: finite, min, max }: Pick<KllSketch, 'n' | 'min' | 'max'>,
): string | undefined {
  const { n, first, last, atFirst, cycles } = calendar ?? {}
  const least = finite > 0 && Math.max(-min!, max!) <= LATEST ? finite : 0
  if (!isCount(n) || n > finite || n < least || !isCount(atFirst) || !Array.isArray(cycles))
    return `its calendar is none of ${finite} instants`
  if (n === 0 ? first !== null || last !== null || atFirst !== 0 : !isSpan(calendar, min!, max!))
    return 'the calendar does not begin and end within the instants'
  const isWhole = CYCLES.every((one, at) => isCycle(one, cycles[at] as CycleProfile, calendar))
  return isWhole && cycles.length === CYCLES.length
    ? undefined
    : `the cycles of the calendar are not those of ${n} instants`
}

function isSpan({ n, first, last, atFirst }: CalendarProfile, min: number, max: number): boolean {
  if (!Number.isFinite(first) || !Number.isFinite(last)) return false
  const [from, to] = [first!, last!]
  const inside = min <= from && from <= to && to <= max && Math.max(-from, to) <= LATEST
  return inside && atFirst >= 1 && (from === to ? atFirst === n : atFirst < n)
}

function isCycle(one: Cycle, found: CycleProfile | undefined, calendar: CalendarProfile): boolean {
  const { n, first, last, atFirst } = calendar
  const { cycle, counts, opening } = found ?? {}
  if (cycle !== one.cycle || !isCounts(counts, one.phases, n)) return false
  if (!isCounts(opening, cellsOf(one)) || opening[0]! < atFirst) return false
  if (n === 0) return opening.every((count) => count === 0)
  const base = cellOf(first!, cycle)
  const end = cellOf(last!, cycle) - base
  // Nothing lies beyond the last instant, and all where the first cycle holds it.
  if (opening.some((count, cell) => cell > end && count > 0)) return false
  if (end < opening.length && !isCounts(opening, opening.length, n)) return false
  const left = [...counts]
  opening.forEach((count, cell) => {
    if (count > 0) left[one.phaseOf((base + cell) * CELL_MS[cycle])]! -= count
  })
  return left.every((count) => count >= 0)
}

function isCounts(counts: unknown, length: number, total?: number): counts is readonly number[] {
  if (!Array.isArray(counts) || counts.length !== length || !counts.every(isCount)) return false
  return total === undefined || counts.reduce((sum, count) => sum + count, 0) === total
}
