import { describe, expect, test } from 'vitest'
import { readColumn } from './column.ts'
import { readTable } from './table.ts'

const refused = (code: string) => expect.objectContaining({ kind: 'invalid', code })

describe('embedding columns', () => {
  test('rows of arrays show their type; null and NaN make a row missing', () => {
    const column = readColumn([[1, 2], null, new Float32Array([3, 4]), [Number.NaN, 9]])
    expect(column).toMatchObject({ type: 'embedding', length: 4, dimension: 2, missing: 2 })
    if (column.type !== 'embedding') throw new Error(column.type)
    expect([...column.values]).toEqual([1, 2, Number.NaN, Number.NaN, 3, 4, Number.NaN, Number.NaN])
  })

  test('a flat array is kept, and copied only to blank a row that is NaN in part', () => {
    const values = new Float32Array([1, 2, 3, 4])
    const kept = readColumn({ values, dimension: 2 })
    expect(kept).toMatchObject({ type: 'embedding', length: 2, missing: 0 })
    expect('values' in kept && kept.values).toBe(values)
    const holed = new Float32Array([1, Number.NaN, 3, 4])
    const copied = readColumn({ values: holed, dimension: 2 })
    expect('values' in copied && [...(copied.values as Float32Array)]).toEqual([
      Number.NaN,
      Number.NaN,
      3,
      4,
    ])
    expect(holed[0]).toBe(1)
  })

  test('ragged vectors, odd lengths and other values are typed errors', () => {
    expect(() => readColumn([[1, 2], [1]])).toThrowError(refused('core.ragged-vectors'))
    expect(() => readColumn([[]])).toThrowError(refused('core.ragged-vectors'))
    expect(() => readColumn({ values: new Float32Array(5), dimension: 2 })).toThrowError(
      refused('core.ragged-vectors'),
    )
    expect(() => readColumn([[1, 'a'] as never])).toThrowError(refused('core.unreadable-value'))
    expect(() => readColumn([[1], 2])).toThrowError(refused('core.mixed-column'))
    expect(() =>
      readColumn({ values: new Float32Array(4), dimension: 2 }, { type: 'text' }),
    ).toThrowError(refused('core.unreadable-value'))
  })

  test('a table takes both forms, and texts on request', () => {
    const { columns } = readTable(
      { e: { values: new Float64Array(6), dimension: 3 }, t: ['a b', null], c: ['a', 'b'] },
      { types: { t: 'text' } },
    )
    expect([...columns].map(([name, { type, missing }]) => [name, type, missing])).toEqual([
      ['e', 'embedding', 0],
      ['t', 'text', 1],
      ['c', 'categorical', 0],
    ])
  })
})
