import { tableFromArrays } from '@uwdata/flechette'
import { table as arqueroTable, from } from 'arquero'
import { expect, test } from 'vitest'
import type { CategoricalColumn, Column, NumericColumn } from './column.ts'
import { readColumn } from './column.ts'
import type { Row, TableInput } from './table.ts'
import { readBatches, readTable } from './table.ts'

const numbers = (column: Column | undefined) => Array.from((column as NumericColumn).values)
const texts = (column: Column | undefined) => {
  const { codes, categories } = column as CategoricalColumn
  return Array.from(codes, (code) => (code < 0 ? null : categories[code]))
}
const refused = (code: string) => expect.objectContaining({ kind: 'invalid', code })

test('every shape of the same table reads the same', async () => {
  const columns = { age: [31, 42, 58], city: ['Oslo', 'Rome', 'Oslo'], vip: [true, false, true] }
  const rows = columns.age.map((age, i) => ({ age, city: columns.city[i]!, vip: columns.vip[i]! }))
  const shapes: Record<string, TableInput> = {
    columns,
    rows,
    arquero: arqueroTable(columns),
    arrow: tableFromArrays(columns),
    table: readTable(columns),
  }
  for (const [shape, input] of Object.entries(shapes)) {
    const { rowCount, columns: read } = readTable(input)
    expect(rowCount, shape).toBe(3)
    expect([...read.keys()], shape).toEqual(['age', 'city', 'vip'])
    expect(numbers(read.get('age')), shape).toEqual([31, 42, 58])
    expect(texts(read.get('city')), shape).toEqual(['Oslo', 'Rome', 'Oslo'])
    expect(texts(read.get('vip')), shape).toEqual(['true', 'false', 'true'])
  }
  const batches = []
  for await (const batch of readBatches(rows, { batchSize: 2 })) batches.push(batch)
  expect(batches.map((batch) => batch.rowCount)).toEqual([2, 1])
})

test('an arquero filter and order are honoured', () => {
  const filtered = from([{ x: 3 }, { x: 1 }, { x: 2 }])
    .filter((d: { x: number }) => d.x > 1)
    .orderby('x')
  expect(numbers(readTable(filtered).columns.get('x'))).toEqual([2, 3])
})

test('missing values are null, undefined and NaN, and nothing else', () => {
  const n = readColumn([1, null, undefined, Number.NaN, 0, Number.POSITIVE_INFINITY])
  expect([n.type, n.missing]).toEqual(['numeric', 3])
  const c = readColumn(['', 'NaN', null, 'null'])
  expect([c.type, c.missing, texts(c)]).toEqual(['categorical', 1, ['', 'NaN', null, 'null']])
  expect(readColumn([null, null])).toMatchObject({ type: 'numeric', missing: 2 })
})

test('a Float64Array is not copied, other typed arrays are widened', () => {
  const values = Float64Array.of(1, Number.NaN)
  expect((readColumn(values) as NumericColumn).values).toBe(values)
  expect(numbers(readColumn(Float32Array.of(0.5)))).toEqual([0.5])
  expect(numbers(readColumn(BigInt64Array.of(7n) as never))).toEqual([7])
})

test('types can be given', () => {
  expect(texts(readColumn([3, 1, 3], { type: 'categorical' }))).toEqual(['3', '1', '3'])
  expect(texts(readColumn(Float64Array.of(3, Number.NaN), { type: 'categorical' }))).toEqual([
    '3',
    null,
  ])
  expect(numbers(readColumn(['1.5', null, '-2'], { type: 'numeric' }))).toEqual([
    1.5,
    Number.NaN,
    -2,
  ])
  expect(numbers(readColumn(['1970-01-02'], { type: 'datetime' }))).toEqual([86_400_000])
  expect(readColumn([new Date(5)])).toMatchObject({ type: 'datetime', missing: 0 })
  expect(texts(readColumn([0, 1, 'true'], { type: 'boolean' }))).toEqual(['false', 'true', 'true'])
})

test('what cannot be read is refused, naming column and row', () => {
  const cases: [() => unknown, string, object][] = [
    [
      () => readColumn([1, null, 'a'], { name: 'x' }),
      'core.mixed-column',
      { column: 'x', rows: [0, 2] },
    ],
    [
      () => readColumn(['1', ' '], { name: 'x', type: 'numeric' }),
      'core.unreadable-value',
      { column: 'x', row: 1 },
    ],
    [
      () => readColumn(['2020-13-45'], { name: 'x', type: 'datetime' }),
      'core.unreadable-value',
      { row: 0 },
    ],
    [
      () => readColumn([{}] as never, { name: 'x' }),
      'core.unreadable-value',
      { column: 'x', row: 0 },
    ],
    [() => readColumn({} as never, { name: 'x' }), 'core.not-a-column', { column: 'x' }],
    [() => readTable([{ a: 1, b: 2 }, { a: 1 }]), 'core.missing-key', { row: 1, key: 'b' }],
    [() => readTable({ a: [1, 2], b: [1] }), 'core.ragged-columns', { columns: { a: 2, b: 1 } }],
    [() => readTable([]), 'core.empty-table', { columns: 0 }],
    [() => readTable({}), 'core.empty-table', { columns: 0 }],
    [() => readTable({ a: [] }), 'core.empty-table', { columns: 1 }],
    [() => readTable(null as never), 'core.not-a-table', {}],
    [() => readTable('a,b' as never), 'core.not-a-table', {}],
    [() => readTable([1, 2] as never), 'core.not-a-table', { row: 0 }],
    [() => readTable((async function* () {})() as never), 'core.not-a-table', {}],
  ]
  for (const [act, code, details] of cases) {
    expect(act, code).toThrowError(refused(code))
    expect(act).toThrowError(expect.objectContaining({ details: expect.objectContaining(details) }))
  }
})

test('missing keys can be declared missing values', () => {
  const read = readTable([{ a: 1 }, { b: 2 }] as Row[], { missingKeys: 'missing' })
  expect(numbers(read.columns.get('a'))).toEqual([1, Number.NaN])
  expect(numbers(read.columns.get('b'))).toEqual([Number.NaN, 2])
})

test('hostile column names are only names', () => {
  const row = JSON.parse('{"__proto__": 1, "constructor": 2, "toString": 3}')
  const read = readTable([row], { types: {} })
  expect([...read.columns.keys()]).toEqual(['__proto__', 'constructor', 'toString'])
  expect(({} as Record<string, unknown>)['1']).toBeUndefined()
})

test('batches of nothing are no batches, and a bad size is refused', async () => {
  const none = []
  for await (const batch of readBatches([])) none.push(batch)
  expect(none).toEqual([])
  await expect(readBatches([{ a: 1 }], { batchSize: 0 }).next()).rejects.toThrowError(
    refused('core.invalid-batch-size'),
  )
})
