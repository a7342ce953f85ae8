import fc from 'fast-check'
import { expect, test } from 'vitest'
import { restOf, sumsToOne } from './weights.ts'

test.each([
  [[1], true],
  [[0.1, 0.2, 0.7], true],
  [[0.7, 0.2, 0.1], true],
  [Array<number>(10).fill(0.1), true],
  [[1e-7, 0.9999999], true],
  [[1e-21, 1], false],
  [[0.3, 0.3, 0.39], false],
  [[0.3, 0.3, 0.4000000000000001], false],
  [[1 / 3, 1 / 3, 1 / 3], false],
  [[], false],
])('%j sums to one: %s', (weights, expected) => {
  expect(sumsToOne(weights)).toBe(expected)
})

test('parts of a whole in decimals sum to one, and one grain more does not', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 8 }),
      (digits, cuts) => {
        const whole = 10 ** digits
        const inside = [...new Set(cuts.map((cut) => cut % whole))].filter((cut) => cut > 0)
        const points = [0, ...inside.sort((a, b) => a - b), whole]
        const parts = points.slice(1).map((point, i) => point - points[i]!)
        const weights = parts.map((part) => Number(`${part}e-${digits}`))
        expect(sumsToOne(weights)).toBe(true)
        expect(sumsToOne([...weights, Number(`1e-${digits}`)])).toBe(false)
      },
    ),
  )
})

test('the rest of a decimal is a decimal', () => {
  expect([0.1, 0.7, 0.05, 0.999, 1e-7].map(restOf)).toEqual([0.9, 0.3, 0.95, 0.001, 0.9999999])
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 999_999 }), (millionths) => {
      const weight = millionths / 1e6
      expect(sumsToOne([weight, restOf(weight)])).toBe(true)
    }),
  )
})
