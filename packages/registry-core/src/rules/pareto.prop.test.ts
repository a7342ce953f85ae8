import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Objective } from '../model/study.ts'
import { bestTrials } from './pareto.ts'

interface Measured {
  readonly number: number
  readonly values: Readonly<Record<string, number>>
}

/** By the definition: every trial against every other. */
function naive(trials: readonly Measured[], objectives: readonly Objective[]): number[] {
  const able = trials.filter(({ values }) =>
    objectives.every(({ metric }) => !Number.isNaN(values[metric])),
  )
  const atLeast = (a: Measured, b: Measured, { metric, goal }: Objective) =>
    goal === 'min' ? a.values[metric]! <= b.values[metric]! : a.values[metric]! >= b.values[metric]!
  const dominates = (a: Measured, b: Measured) =>
    objectives.every((one) => atLeast(a, b, one)) && !objectives.every((one) => atLeast(b, a, one))
  const front = able
    .filter((one) => !able.some((other) => dominates(other, one)))
    .map(({ number }) => number)
    .sort((a, b) => a - b)
  return objectives.length === 1 ? front.slice(0, 1) : front
}

// Few values, so that ties, dominance and fronts of several are all common.
const value = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -3, max: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom(-0, Number.NaN, Infinity, -Infinity) },
  { weight: 2, arbitrary: fc.double() },
)

const searches = fc.integer({ min: 1, max: 4 }).chain((width) =>
  fc.record({
    goals: fc.array(fc.constantFrom('min' as const, 'max' as const), {
      minLength: width,
      maxLength: width,
    }),
    rows: fc.array(fc.array(value, { minLength: width, maxLength: width }), { maxLength: 40 }),
  }),
)

test('the best are those that the definition names, in whatever order trials come', () => {
  fc.assert(
    fc.property(searches, fc.boolean(), ({ goals, rows }, reversed) => {
      const objectives = goals.map((goal, i) => ({ metric: `m${i}`, goal }))
      const trials = rows.map((row, i) => ({
        number: i + 1,
        values: Object.fromEntries(row.map((one, k) => [`m${k}`, one])),
      }))
      const given = reversed ? trials.toReversed() : trials
      expect(bestTrials(given, objectives)).toEqual(naive(trials, objectives))
    }),
    { numRuns: 1000 },
  )
})
