import { digestOf } from '@mlops/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compare } from './compare.ts'
import { fitReference } from './fit-reference.ts'

const number = fc.oneof(
  fc.double(),
  fc.constantFrom(
    null,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    0,
    -0,
    5e-324,
    Number.MAX_VALUE,
  ),
  fc.integer({ min: -3, max: 3 }),
)
const text = fc.oneof(
  fc.string(),
  fc.constantFrom('', '__proto__', 'constructor', '<script>', '\u0000', '\ud83d\ude00', null),
)
const numbers = fc.array(number, { minLength: 1, maxLength: 60 })
const texts = fc.array(text, { minLength: 1, maxLength: 60 })

test('whatever numbers come, the report is finite JSON and never throws', () => {
  fc.assert(
    fc.property(numbers, numbers, (before, after) => {
      const report = compare({ x: before }, { x: after }, { minCount: 1 })
      expect(digestOf(JSON.parse(JSON.stringify(report)))).toBe(digestOf(report))
      const [column] = report.columns
      if (column!.status === 'compared') {
        expect(column!.effectSize!.value).toBeGreaterThanOrEqual(0)
        expect(column!.effectSize!.value).toBeLessThanOrEqual(1)
      } else expect(report.verdict).not.toBe('pass')
    }),
    { numRuns: 300 },
  )
})

test('whatever texts come, the same holds, and the counts add up', () => {
  fc.assert(
    fc.property(texts, texts, (before, after) => {
      const report = compare(
        { c: before },
        { c: after },
        { minCount: 1, types: { c: 'categorical' } },
      )
      expect(digestOf(JSON.parse(JSON.stringify(report)))).toBe(digestOf(report))
      const { distribution, current } = report.columns[0]!
      if (distribution)
        expect(distribution.current.reduce((sum, n) => sum + n, 0)).toBe(current!.count)
    }),
    { numRuns: 300 },
  )
})

test('a table never drifts from itself, fitted or not', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), {
        minLength: 10,
        maxLength: 80,
      }),
      (values) => {
        expect(compare({ x: values }, { x: values }).verdict).toBe('pass')
        const saved = JSON.parse(JSON.stringify(fitReference({ x: values })))
        expect(compare(saved, { x: values }).columns[0]!.effectSize!.value).toBe(0)
      },
    ),
  )
})
