import { openStore } from '@mlops/store'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { keyIn } from './key-in.ts'

interface Tables {
  place: { street: string; house: number; door: number }
}

async function filled() {
  const store = (await openStore('sqlite::memory:')).tables<Tables>()
  await store.migrate('place', [
    {
      id: '0001-place',
      up: () => [
        'create table place (street text, house integer, door integer, primary key (street, house, door))',
      ],
    },
  ])
  const all = ['a', "b'"].flatMap((street) =>
    [1, 2, 3].flatMap((house) => [1, 2].map((door) => ({ street, house, door }))),
  )
  await store.query.insertInto('place').values(all).execute()
  return { store, all }
}

const COLUMNS = ['street', 'house', 'door']

test('the rows of these keys and no others', async () => {
  const { store, all } = await filled()
  const keys = [
    ['a', 1, 1],
    ['a', 1, 2],
    ['a', 3, 2],
    ["b'", 2, 1],
    ["b'", 9, 1],
    ['a', 1, 1],
  ] as const
  const rows = await store.query
    .selectFrom('place')
    .selectAll()
    .where(keyIn(COLUMNS, keys))
    .execute()
  const same = all.filter(({ street, house, door }) =>
    keys.some(([a, b, c]) => a === street && b === house && c === door),
  )
  expect(rows).toHaveLength(4)
  expect(new Set(rows.map((row) => JSON.stringify(row)))).toEqual(
    new Set(same.map((row) => JSON.stringify(row))),
  )
  await store.close()
})

test('no keys, no rows', async () => {
  const { store } = await filled()
  const rows = await store.query.selectFrom('place').selectAll().where(keyIn(COLUMNS, [])).execute()
  expect(rows).toEqual([])
  await store.close()
})

test('SQLite looks up all columns of the key', async () => {
  const { store } = await filled()
  const keys = [1, 2].flatMap((door) => [1, 2].map((house) => ['a', house, door] as const))
  const plan = await sql<{ detail: string }>`
    explain query plan select * from place where ${keyIn(COLUMNS, keys)}`.execute(store.query)
  const searches = plan.rows
    .map(({ detail }) => detail)
    .filter((detail) => /SEARCH|SCAN/.test(detail))
  expect(searches).toHaveLength(2)
  for (const detail of searches) expect(detail).toContain('(street=? AND house=? AND door=?)')
  await store.close()
})
