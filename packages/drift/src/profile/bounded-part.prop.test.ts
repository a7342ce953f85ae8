import fc from 'fast-check'
import { expect, test } from 'vitest'
import { categoricalPart } from '../column-parts.ts'
import type { Bound } from '../report.ts'
import { boundedPart } from './bounded-part.ts'

const LABELS = ['a', 'b', 'c', 'd']
const inside = (value: number, [low, high]: Bound) => {
  expect(value).toBeGreaterThanOrEqual(low - 1e-12 - 1e-9 * low)
  expect(value).toBeLessThanOrEqual(high + 1e-12 + 1e-9 * high)
}
/** Counts as they are, and what is known of them. */
const slack = fc.constantFrom(0, 0, 1, 5)
const cells = fc.array(
  fc.tuple(
    fc.oneof(fc.constantFrom(0, 1), fc.integer({ min: 0, max: 60 })),
    slack,
    slack,
    fc.nat({ max: 5 }),
  ),
  { minLength: 4, maxLength: 4 },
)
const side = fc.tuple(cells, fc.boolean()).map(([drawn, isKnown]) => {
  const truth = drawn.map(([count]) => count)
  const low = drawn.map(([count, under]) => (isKnown ? count : Math.max(0, count - under)))
  const high = drawn.map(([count, , over]) => (isKnown ? count : count + over))
  const counts = low.map((least, at) => Math.min(high[at]!, least + drawn[at]![3]))
  return { truth, bounds: { counts, low, high } }
})
const total = (counts: readonly number[]) => counts.reduce((sum, n) => sum + n, 0)

test('the figures of whatever counts there are lie within the bounds', () => {
  const seen = { uncertain: 0, fewerCells: 0, known: 0 }
  fc.assert(
    fc.property(side, side, side, fc.nat({ max: 3 }), (r, c, other, alternatives) => {
      const [before, after] = [[r.bounds], [c.bounds]] as (typeof r.bounds | null)[][]
      if (alternatives === 1) before!.unshift(other.bounds)
      if (alternatives === 2) after!.push(null)
      const minCount = 10
      const found = boundedPart('x', LABELS, [before!, after!], minCount)
      if (Math.min(total(r.truth), total(c.truth)) < minCount) {
        expect(found === undefined || found.uncertain).toBe(true)
        return
      }
      const truth = categoricalPart('x', LABELS, r.truth, c.truth)
      if (found!.bounds === undefined) {
        seen.known++
        expect(found).toEqual(truth)
        return
      }
      const { test: shown, uncertain } = found!
      const bounds = found!.bounds!
      if (uncertain) seen.uncertain++
      if (r.truth.some((n, at) => n + c.truth[at]! === 0)) seen.fewerCells++
      expect(uncertain ?? false).toBe(
        alternatives === 2 ||
          [r.bounds, c.bounds, ...(alternatives === 1 ? [other.bounds] : [])].some(
            ({ low }) => total(low) < minCount,
          ),
      )
      inside(truth.effectSize.value, bounds.effectSize)
      inside(found!.effectSize.value, bounds.effectSize)
      if (truth.test.pValue !== null) inside(truth.test.pValue, bounds.pValue!)
      expect(shown.pValue).toBe(bounds.pValue?.[1] ?? null)
      for (const [name, bound] of Object.entries(bounds.distances))
        inside(truth.distances[name as 'psi'], bound!)
    }),
    { numRuns: 1500 },
  )
  for (const times of Object.values(seen)) expect(times, JSON.stringify(seen)).toBeGreaterThan(20)
})
