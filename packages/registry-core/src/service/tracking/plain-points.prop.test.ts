import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { logRunSchema } from '../../model/run.ts'
import { plainPoints } from './plain-points.ts'

const NOW = '2026-01-01T00:00:00.000Z'

const odd = fc.constantFrom<unknown>(undefined, null, '', 'x', 1.5, Infinity, true, [], {}, 2 ** 53)
const key = fc.oneof(
  { weight: 9, arbitrary: fc.string({ minLength: 1, maxLength: 3 }) },
  fc.constantFrom<unknown>('k'.repeat(250), 'k'.repeat(251)),
  odd,
)
const value = fc.oneof({ weight: 9, arbitrary: fc.double() }, odd)
const step = fc.oneof({ weight: 9, arbitrary: fc.maxSafeInteger() }, odd)
const at = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.constantFrom(
      NOW,
      '2024-02-29T23:59:59.5Z',
      '2026-03-01T12:00:00+02:00',
      '2026-01-01T00:00:00.123456Z',
    ),
  },
  fc.constantFrom('2026-02-30T00:00:00Z', '2026-01-01', 'yesterday', '10000-01-01T00:00:00Z'),
  odd,
)
const point = fc.record(
  { key, value, step, at, model: odd, other: odd },
  { requiredKeys: ['key', 'value'] },
)

test('whatever is read by hand is what the schema reads, and what it refuses is not read', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 9, arbitrary: point }, odd), { maxLength: 4 }),
      (metrics) => {
        const read = plainPoints(metrics, NOW)
        const by = { type: 'service', id: 'x' }
        const parsed = logRunSchema.safeParse({ run: 'r', metrics, by })
        if (read === undefined) return
        expect(parsed.success).toBe(true)
        expect(read).toEqual(
          parsed.data!.metrics.map((one) => ({
            key: one.key,
            value: one.value,
            step: one.step,
            at: one.at === undefined ? NOW : new Date(one.at).toISOString(),
          })),
        )
      },
    ),
    { numRuns: 3000 },
  )
})

test('plain points are read by hand', () => {
  const values = [0, -0, 1.5, Number.NaN, Infinity, -Infinity]
  const metrics = values.map((value, step) => ({
    key: 'm',
    value,
    ...(step > 0 && { step, at: NOW }),
  }))
  expect(plainPoints(metrics, '2026-05-05T00:00:00.000Z')).toEqual(
    values.map((value, step) => ({
      key: 'm',
      value,
      step,
      at: step > 0 ? NOW : '2026-05-05T00:00:00.000Z',
    })),
  )
  expect(plainPoints([{ key: 'm', value: 1, model: 'x' }], NOW)).toBeUndefined()
  expect(plainPoints(undefined, NOW)).toBeUndefined()
  expect(
    plainPoints(
      Array.from({ length: 10_001 }, () => metrics[0]),
      NOW,
    ),
  ).toBeUndefined()
})
