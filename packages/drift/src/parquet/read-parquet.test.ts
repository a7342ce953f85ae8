import { parquetWriteBuffer } from 'hyparquet-writer'
import { expect, test } from 'vitest'
import { createProfiler } from '../profile/create-profiler.ts'
import { profileBatches } from '../profile/profile-stream.ts'
import { readParquet } from './read-parquet.ts'

const refused = (code: string) => expect.objectContaining({ kind: 'invalid', code })
const n = 5000
const columns = {
  x: Array.from({ length: n }, (_, i) => (i % 17 === 0 ? null : Math.sin(i))),
  i: Array.from({ length: n }, (_, i) => i % 40),
  big: Array.from({ length: n }, (_, i) => BigInt(i)),
  c: Array.from({ length: n }, (_, i) => `city ${i % 7}`),
  b: Array.from({ length: n }, (_, i) => i % 3 === 0),
  t: Array.from({ length: n }, (_, i) => new Date(1e12 + i * 1000)),
}
const file = parquetWriteBuffer({
  columnData: [
    { name: 'x', data: columns.x, type: 'DOUBLE' },
    { name: 'i', data: columns.i, type: 'INT32' },
    { name: 'big', data: columns.big, type: 'INT64' },
    { name: 'c', data: columns.c, type: 'STRING' },
    { name: 'b', data: columns.b, type: 'BOOLEAN' },
    { name: 't', data: columns.t, type: 'TIMESTAMP' },
  ],
  rowGroupSize: 800,
})

test('the profile of a file is that of its values, row group by row group', async () => {
  const inMemory = createProfiler()
  inMemory.addTable(columns)
  expect(await profileBatches(readParquet(file))).toEqual(inMemory.profile())
  let batches = 0
  for await (const batch of readParquet(file, { columns: ['i', 'c'] })) {
    batches++
    expect(Object.keys(batch)).toEqual(['i', 'c'])
    expect(batch['i']!.length).toBeLessThanOrEqual(800)
  }
  expect(batches).toBe(7)
})

test('only what is needed is fetched', async () => {
  const fetched: number[] = []
  const counting = {
    byteLength: file.byteLength,
    slice: (start: number, end?: number) => {
      const piece = file.slice(start, end)
      fetched.push(piece.byteLength)
      return piece
    },
  }
  const batches = readParquet(counting, { columns: ['b'] })
  await batches.next()
  // The first piece is the footer, and small files come with it.
  const data = fetched.slice(1).reduce((sum, size) => sum + size, 0)
  expect(data).toBeGreaterThan(0)
  expect(data).toBeLessThan(file.byteLength / 20)
})

test('what cannot be read is refused', async () => {
  const all = async (bytes: ArrayBuffer, options = {}) => {
    for await (const _ of readParquet(bytes, options));
  }
  await expect(all(file, { columns: ['nobody'] })).rejects.toThrow(refused('drift.unknown-column'))
  await expect(all(new ArrayBuffer(0))).rejects.toThrow(refused('drift.parquet-unreadable'))
  await expect(all(file.slice(100))).rejects.toThrow(refused('drift.parquet-unreadable'))
  const nested = parquetWriteBuffer({
    columnData: [{ name: 'o', data: [{ a: 1 }] }],
    schema: [
      { name: 'root', num_children: 1 },
      { name: 'o', repetition_type: 'OPTIONAL', num_children: 1 },
      { name: 'a', type: 'INT32', repetition_type: 'OPTIONAL' },
    ],
  })
  await expect(all(nested)).rejects.toThrow(refused('drift.parquet-nested-column'))
})
