import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readColumn } from './column.ts'

// Texts that share lengths and last characters, so that the short-cuts of reading meet their match.
const text = fc.oneof(
  fc.constantFrom('', 'a', 'b', 'aa', 'ba', 'é', '😀', '\ud83d'),
  fc.string({ maxLength: 3 }),
)
const cell = fc.oneof(
  { weight: 9, arbitrary: text },
  { weight: 1, arbitrary: fc.constantFrom(null, undefined, Number.NaN) },
)

test('texts are coded in order of first appearance, however they are read', () => {
  fc.assert(
    fc.property(fc.array(cell, { maxLength: 300 }), (cells) => {
      const column = readColumn(cells as string[], { type: 'categorical' })
      if (column.type !== 'categorical') throw new Error(column.type)
      const seen = [...new Set(cells.filter((one) => typeof one === 'string'))]
      expect(column.categories).toEqual(seen)
      expect([...column.codes]).toEqual(
        cells.map((one) => (typeof one === 'string' ? seen.indexOf(one) : -1)),
      )
      expect(column.missing).toBe(cells.filter((one) => typeof one !== 'string').length)
      // The way through `get`, which vectors take.
      const vector = { length: cells.length, get: (i: number) => cells[i] }
      expect(readColumn(vector, { type: 'categorical' })).toEqual(column)
    }),
    { numRuns: 200 },
  )
})
