import { createRng } from '@mlops/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { profileBatches, profileRows } from './profile-stream.ts'
import type { ReadCsvOptions, TextSource } from './read-csv.ts'
import { readCsv } from './read-csv.ts'

const refused = (code: string) => expect.objectContaining({ kind: 'invalid', code })
const rowsOf = async (source: TextSource, options?: ReadCsvOptions) => {
  const rows = []
  for await (const batch of readCsv(source, options)) rows.push(...batch)
  return rows
}

describe('RFC 4180', () => {
  test.each([
    [
      'plain lines',
      'a,b\r\n1,x\r\n2,y\r\n',
      [
        { a: 1, b: 'x' },
        { a: 2, b: 'y' },
      ],
    ],
    ['no end of the last line', 'a,b\n1,x', [{ a: 1, b: 'x' }]],
    [
      'old Mac lines',
      'a,b\r1,x\r2,y',
      [
        { a: 1, b: 'x' },
        { a: 2, b: 'y' },
      ],
    ],
    ['a quoted delimiter', 'a\n"x,y"\n', [{ a: 'x,y' }]],
    ['a quoted line break', 'a,b\n"x\r\ny",1\n', [{ a: 'x\r\ny', b: 1 }]],
    ['doubled quotes', 'a\n"say ""hi"""\n""""\n', [{ a: 'say "hi"' }, { a: '"' }]],
    ['spaces are part of a field', 'a,b\n x , y\n', [{ a: ' x ', b: ' y' }]],
    ['nothing, and a quoted nothing', 'a,b\n,""\n', [{ a: null, b: '' }]],
    ['a field at the end of a line', 'a,b\n1,\n', [{ a: 1, b: null }]],
    ['a byte order mark', '\ufeffa\n1\n', [{ a: 1 }]],
    ['blank lines between wide records', 'a,b\n\n1,2\n\n', [{ a: 1, b: 2 }]],
    ['blank lines in a narrow table are missing values', 'a\n\n1\n', [{ a: null }, { a: 1 }]],
    ['a header alone', 'a,b\n', []],
    ['nothing', '', []],
  ])('%s', async (_, text, rows) => {
    const bytes = new TextEncoder().encode(text)
    expect(await rowsOf([bytes])).toEqual(rows)
    // Cut at every place, even within a character or a line end.
    expect(await rowsOf(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(rows)
    expect(await rowsOf(new Blob([text]).stream() as never)).toEqual(rows)
  })

  test('whatever is written is read back', async () => {
    const field = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 6 }),
      fc.constantFrom('"', ',', '\r\n', '\n', '""', ''),
    )
    const quote = (text: string) => `"${text.replaceAll('"', '""')}"`
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(field, field), { minLength: 1, maxLength: 8 }),
        fc.array(fc.nat(60), { maxLength: 5 }),
        fc.constantFrom('\n', '\r\n'),
        async (records, cuts, end) => {
          const text = records.map((record) => record.map(quote).join(',')).join(end)
          const pieces: string[] = []
          let rest = text
          for (const cut of cuts) {
            pieces.push(rest.slice(0, cut))
            rest = rest.slice(cut)
          }
          const rows = await rowsOf([...pieces, rest], {
            header: ['a', 'b'],
            types: { a: 'categorical', b: 'categorical' },
          })
          expect(rows).toEqual(records.map(([a, b]) => ({ a, b })))
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('types', () => {
  test('are seen from the first batch, and quoted or ragged values stay text', async () => {
    const text = 'n,b,t,e\n1,true,x,\n-2.5e3,false,1,\nInfinity,,y,\n'
    expect(await rowsOf([text])).toEqual([
      { n: 1, b: true, t: 'x', e: null },
      { n: -2500, b: false, t: '1', e: null },
      { n: Infinity, b: null, t: 'y', e: null },
    ])
    expect(await rowsOf(['zip\n"0123"\n'])).toEqual([{ zip: '0123' }])
    expect(await rowsOf(['x\n1\n2\noops\n'], { batchSize: 2 })).toEqual([
      { x: 1 },
      { x: 2 },
      { x: 'oops' },
    ])
  })

  test('given ones, other marks of nothing, another delimiter', async () => {
    const rows = await rowsOf(['d;n\n2024-01-01;NA\nnever;5\n'], {
      delimiter: ';',
      missing: ['NA'],
      types: { d: 'datetime' },
    })
    expect(rows).toEqual([
      { d: new Date('2024-01-01'), n: null },
      { d: 'never', n: 5 },
    ])
  })
})

test('a profile of CSV: late misfits are counted, and the source is pulled batch by batch', async () => {
  const rng = createRng(1)
  let pulled = 0
  async function* pieces() {
    yield 'x,c\n'
    for (let i = 0; i < 50; i++) {
      pulled++
      yield Array.from({ length: 100 }, () => `${rng.next()},k${rng.int(3)}\n`).join('')
    }
    yield 'n/a,k9\n'
  }
  const batches = readCsv(pieces(), { batchSize: 200 })
  await batches.next()
  expect(pulled).toBe(2)
  const profile = await profileBatches(readCsv(pieces(), { batchSize: 200 }))
  expect(profile).toMatchObject({
    rowCount: 5001,
    columns: [
      { name: 'x', type: 'numeric', count: 5000, mistyped: { categorical: 1 } },
      { name: 'c', type: 'categorical', count: 5001 },
    ],
  })
})

test('what cannot be read is refused, with its line', async () => {
  for (const [text, code] of [
    ['a\n"open', 'drift.csv-unterminated-quote'],
    ['a\n"x"y\n', 'drift.csv-malformed'],
    ['a\nx"y"\n', 'drift.csv-malformed'],
    ['a,b\n1\n', 'drift.csv-ragged-row'],
    ['a,b\n1,2,3\n', 'drift.csv-ragged-row'],
    ['a,a\n', 'drift.csv-header'],
  ] as const)
    await expect(rowsOf([text]), text).rejects.toThrow(refused(code))
  await expect(rowsOf(['a\n', 'x'.repeat(50)], { longestField: 40 })).rejects.toThrow(
    refused('drift.csv-field-too-long'),
  )
  await expect(rowsOf([Uint8Array.of(97, 10, 0xff, 10)])).rejects.toThrow(
    refused('drift.csv-encoding'),
  )
  await expect(rowsOf([Uint8Array.of(97, 10, 0xe2)])).rejects.toThrow(refused('drift.csv-encoding'))
  for (const options of [{ delimiter: '' }, { delimiter: '"' }, { batchSize: 0 }])
    await expect(rowsOf(['a\n1\n'], options)).rejects.toThrow(refused('drift.invalid-option'))
  await expect(rowsOf(['1\n'], { header: [] })).rejects.toThrow(refused('drift.csv-header'))
})

test('errors of a source go through', async () => {
  async function* broken() {
    yield { x: 1 }
    throw new Error('the line is dead')
  }
  await expect(profileRows(broken())).rejects.toThrow('the line is dead')
})
