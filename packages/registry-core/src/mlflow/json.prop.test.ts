import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ms } from './json.ts'

test('the milliseconds of a time are those that Date reads', () => {
  const date = fc.date({
    min: new Date('-000100-01-01T00:00:00.000Z'),
    max: new Date('+020000-01-01T00:00:00.000Z'),
    noInvalidDate: true,
  })
  fc.assert(
    fc.property(date, (given) => {
      expect(ms(given.toISOString())).toBe(given.getTime())
    }),
    {
      examples: [
        [new Date(0)],
        [new Date('0999-12-31T23:59:59.999Z')],
        [new Date('9999-12-31T23:59:59.999Z')],
      ],
    },
  )
  expect(ms('2026-01-01T02:00:00.123+02:00')).toBe(Date.parse('2026-01-01T00:00:00.123Z'))
})
