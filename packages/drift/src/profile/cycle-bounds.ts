import type { Cycle } from '../fit-calendar.ts'
import { CYCLES, wholeCycles } from '../fit-calendar.ts'
import type { CycleCounts } from '../reference.ts'
import type { CalendarProfile, CycleProfile } from './calendar-profile.ts'
import { CELL_MS, cellOf } from './calendar-profile.ts'

/** Counts of which each is known to lie between two others. */
export interface CountBounds {
  readonly counts: readonly number[]
  readonly low: readonly number[]
  readonly high: readonly number[]
}

/** What the counts within whole cycles may be, the likeliest first; `null`: no whole one is covered. */
export type CycleAlternatives = readonly (CountBounds | null)[]

/** Counts that are known. */
export function knownCounts(counts: readonly number[]): CountBounds {
  return { counts, low: counts, high: counts }
}

/**
 * The counts of each cycle within whole cycles, as far as a profile tells them.
 *
 * Instants at or before `after` = last − covered·length are left out. The cells of the first cycle tell
 * how many these are of each phase, but for those that share their cell with `after`: 0 up to all of them.
 *
 * How many cycles are covered depends on the median step s between instants, which a profile does not
 * know. At least n − 1 − floor((n − 1)/2) steps are s or longer and all steps add up to the span: that
 * bounds s, and where the bound leaves both open, there are two alternatives. With one cycle more
 * covered, that cycle begins before the first instant, and nothing is left out.
 */
export function cycleAlternatives(
  calendar: CalendarProfile,
): ReadonlyMap<CycleCounts['cycle'], CycleAlternatives> {
  const { n, first, last } = calendar
  if (n === 0) return new Map()
  const span = last! - first!
  const steps = n - 1
  const covering = (typicalStep: number) => wholeCycles({ first: first!, last: last!, typicalStep })
  const least = covering(0)
  const most = covering(steps === 0 ? 0 : span / (steps - (steps >> 1)))
  const likely = covering(steps === 0 ? 0 : span / steps)
  return new Map(
    CYCLES.flatMap((one, at): [CycleCounts['cycle'], CycleAlternatives][] => {
      const coveredIn = (cycles: typeof least) =>
        cycles.find(({ cycle }) => cycle === one.cycle)?.covered ?? 0
      const covered = coveredIn(least)
      const found = calendar.cycles[at]!
      const cut = covered === 0 ? null : withoutTheFirst(one, found, calendar, covered)
      if (coveredIn(most) === covered) return cut === null ? [] : [[one.cycle, [cut]]]
      const whole = knownCounts(found.counts)
      return [[one.cycle, coveredIn(likely) > covered ? [whole, cut] : [cut, whole]]]
    }),
  )
}

function withoutTheFirst(
  { cycle, lengthMs, phaseOf }: Cycle,
  { counts, opening }: CycleProfile,
  { first, last, atFirst }: CalendarProfile,
  covered: number,
): CountBounds {
  const after = last! - covered * lengthMs
  const kept = { counts: [...counts], low: [...counts], high: [...counts] }
  if (after < first!) return kept
  const base = cellOf(first!, cycle)
  const shared = cellOf(after, cycle)
  const leaveOut = (cell: number, count: number, ...from: readonly number[][]) => {
    if (count === 0) return
    const phase = phaseOf(cell * CELL_MS[cycle])
    for (const some of from) some[phase]! -= count
  }
  for (let cell = base; cell < shared; cell++)
    leaveOut(cell, opening[cell - base] ?? 0, kept.counts, kept.low, kept.high)
  const most = after === first ? atFirst : (opening[shared - base] ?? 0)
  const least = shared === base ? atFirst : 0
  const part = (after - shared * CELL_MS[cycle]) / CELL_MS[cycle]
  leaveOut(shared, most, kept.low)
  leaveOut(shared, least, kept.high)
  leaveOut(shared, Math.max(least, Math.round(most * part)), kept.counts)
  return kept
}
