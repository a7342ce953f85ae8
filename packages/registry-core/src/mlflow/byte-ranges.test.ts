import { expect, test } from 'vitest'
import { wantedBytes } from './byte-ranges.ts'

const range = (start: number, end: number) => ({ kind: 'range', start, end })

test.each<[string | null, number, unknown]>([
  [null, 10, { kind: 'whole' }],
  ['bytes=0-3', 10, range(0, 4)],
  ['bytes=4-', 10, range(4, 10)],
  ['bytes=-3', 10, range(7, 10)],
  ['bytes=-30', 10, range(0, 10)],
  ['bytes=9-99', 10, range(9, 10)],
  ['bytes=10-', 10, { kind: 'unsatisfiable' }],
  ['bytes=-0', 10, { kind: 'unsatisfiable' }],
  ['bytes=0-', 0, { kind: 'unsatisfiable' }],
  ['bytes=3-1', 10, { kind: 'whole' }],
  ['bytes=0-1,3-4', 10, { kind: 'whole' }],
  ['lines=0-1', 10, { kind: 'whole' }],
  ['bytes=-', 10, { kind: 'whole' }],
])('%j of %i', (header, size, expected) => {
  expect(wantedBytes(header, size)).toEqual(expected)
})
