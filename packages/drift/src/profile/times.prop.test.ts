import { createRng } from '@mlops/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compare } from '../compare.ts'
import { CYCLES } from '../fit-calendar.ts'
import { fitReference } from '../fit-reference.ts'
import type { Bound, ColumnDrift } from '../report.ts'
import type { CalendarProfile } from './calendar-profile.ts'
import { CELL_MS, createCalendarCounter, mergeCalendars } from './calendar-profile.ts'
import { compareProfiles } from './compare-profiles.ts'
import { createProfiler } from './create-profiler.ts'

const DAY = 86_400_000
const types = { t: 'datetime' } as const
const counted = (instants: readonly number[]): CalendarProfile => {
  const counter = createCalendarCounter()
  for (const instant of instants) counter.add(instant)
  return counter.profile()
}
const inside = (value: number, [low, high]: Bound) => {
  expect(value).toBeGreaterThanOrEqual(low - 1e-12 - 1e-9 * Math.abs(low))
  expect(value).toBeLessThanOrEqual(high + 1e-12 + 1e-9 * Math.abs(high))
}

/** Instants with few and many ties, in and out of order, near each other and years apart. */
const instants = fc
  .tuple(
    fc.constantFrom(0, -3 * DAY, Date.UTC(2024, 1, 28, 23, 59, 30), Date.UTC(1999, 11, 31)),
    fc.constantFrom(1, 1000, 300_000, 3_600_000, DAY, 30 * DAY),
    fc.array(fc.integer({ min: 0, max: 900 }), { maxLength: 60 }),
  )
  .map(([start, unit, steps]) => steps.map((step) => start + unit * step))

describe('the calendar of a profile', () => {
  test('counts what a naive count does, in whatever order the instants come', () => {
    fc.assert(
      fc.property(instants, (values) => {
        const found = counted(values)
        expect(found.n).toBe(values.length)
        if (values.length === 0) return
        const first = Math.min(...values)
        expect([found.first, found.last]).toEqual([first + 0, Math.max(...values) + 0])
        expect(found.atFirst).toBe(values.filter((x) => x === first).length)
        CYCLES.forEach(({ cycle, phases, phaseOf }, at) => {
          const { counts, opening } = found.cycles[at]!
          const width = CELL_MS[cycle]
          const base = Math.floor(first / width)
          const spread = new Array<number>(phases).fill(0)
          const cells = new Array<number>(opening.length).fill(0)
          for (const x of values) {
            spread[phaseOf(x)]!++
            const cell = Math.floor(x / width) - base
            if (cell < cells.length) cells[cell]!++
          }
          expect(counts).toEqual(spread)
          expect(opening).toEqual(cells)
        })
      }),
    )
  })

  test('of parts that are merged in any order and grouping is that of all', () => {
    fc.assert(
      fc.property(
        instants,
        fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 60, maxLength: 60 }),
        fc.integer({ min: 0, max: 1e6 }),
        (values, dealt, seed) => {
          const left = [0, 1, 2, 3, 4].map((part) =>
            counted(values.filter((_, at) => dealt[at] === part)),
          )
          const rng = createRng(seed)
          while (left.length > 1) {
            const [a] = left.splice(rng.int(left.length), 1)
            const [b] = left.splice(rng.int(left.length), 1)
            left.push(mergeCalendars(a!, b!))
          }
          expect(left[0]).toEqual(counted(values))
        },
      ),
    )
  })
})

/** Arrivals with a rhythm of hours and days over about `days` days, some regular, some by chance. */
const stream = fc
  .record({
    days: fc.constantFrom(0.9, 1, 1.4, 2, 3.3, 7, 8.5, 14, 21.2, 300, 365.3, 400, 740),
    start: fc.integer({ min: 0, max: 2 * 366 * 24 }),
    n: fc.integer({ min: 60, max: 400 }),
    spacing: fc.constantFrom('regular', 'chance', 'working-hours', 'bursts'),
    seed: fc.integer({ min: 0, max: 1e6 }),
  })
  .map(({ days, start, n, spacing, seed }) => {
    const rng = createRng(seed)
    const from = Date.UTC(2023, 0, 1) + start * 3_600_000
    return Array.from({ length: n }, (_, i) => {
      const share = spacing === 'regular' ? i / n : rng.next()
      const at = from + Math.floor(share * days * DAY)
      if (spacing === 'working-hours') return at - (at % DAY) + 8 * 3_600_000 + (at % (DAY / 3))
      return spacing === 'bursts' ? at - (at % (DAY / 4)) : at
    })
  })

/** Not 0: an effect that equals the threshold is either side of it by rounding. */
const near = fc.oneof(
  fc.double({ min: -0.02, max: -1e-6, noNaN: true }),
  fc.double({ min: 1e-6, max: 0.02, noNaN: true }),
)

describe('between profiles that lost most values', () => {
  const profileOf = (t: readonly number[]) => {
    const profiler = createProfiler({ k: 8, types })
    profiler.addTable({ t })
    return profiler.profile()
  }

  test('every figure that compare gives lies in its bound, and the verdict never contradicts it', () => {
    const seen = { parts: 0, uncertain: 0, drifted: 0, undecided: 0, known: 0 }
    fc.assert(
      fc.property(stream, stream, fc.boolean(), near, (before, after, fitted, offset) => {
        const options = { minCount: 30 }
        const usual = compare({ t: before }, { t: after }, { ...options, types }).columns[0]!
        // A threshold near the effect is what bounds may leave open.
        const effect = usual.effectSize?.value ?? 0.1
        const threshold = Math.min(0.99, Math.max(0.01, effect + offset))
        const judged = { ...options, rule: { threshold } }
        const exact = compare({ t: before }, { t: after }, { ...judged, types }).columns[0]!
        const reference = fitted ? fitReference({ t: before }, { types }) : profileOf(before)
        const found = compareProfiles(reference, profileOf(after), judged).columns[0]!
        const names = (one: ColumnDrift) => (one.parts ?? []).map(({ name }) => name)
        expect(names(found)).toEqual(expect.arrayContaining(names(exact)))
        for (const part of found.parts ?? []) {
          seen.parts++
          const truth = exact.parts?.find(({ name }) => name === part.name)
          if (part.uncertain) seen.uncertain++
          else expect(truth).toBeDefined()
          if (!truth) continue
          if (part.bounds === undefined) {
            seen.known++
            expect({ ...part, adjustedPValue: 0 }).toEqual({ ...truth, adjustedPValue: 0 })
            continue
          }
          const { bounds } = part
          inside(truth.effectSize.value, bounds.effectSize)
          inside(part.effectSize.value, bounds.effectSize)
          if (truth.test.pValue !== null) inside(truth.test.pValue, bounds.pValue!)
          expect(part.test.pValue).toBe(bounds.pValue?.[1] ?? null)
          for (const [name, bound] of Object.entries(bounds.distances))
            inside(truth.distances[name as 'psi'], bound!)
        }
        if (exact.status === 'compared' && found.bounds) {
          inside(exact.effectSize!.value, found.bounds.effectSize)
          if (found.decision!.undecided) seen.undecided++
          else {
            expect(found.decision!.drifted).toBe(exact.decision!.drifted)
            if (found.decision!.drifted) seen.drifted++
          }
        }
        if (found.decision?.drifted) expect(exact.decision!.drifted).toBe(true)
      }),
      { numRuns: 400 },
    )
    // Each branch was met: the test says something about all of them.
    for (const times of Object.values(seen)) expect(times, JSON.stringify(seen)).toBeGreaterThan(5)
  })
})
