import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Store } from '../src/index.ts'
import { planOnce, sendLater } from '../src/index.ts'
import { postgresPlace, postgresUrl } from './places.ts'

interface Tables {
  item: { id: number; name: string | null; bytes: Uint8Array | null }
}

const onPostgres = test.skipIf(!postgresUrl)
let store: Store<Tables>
let place: Awaited<ReturnType<typeof postgresPlace>>

beforeAll(async () => {
  if (!postgresUrl) return
  place = await postgresPlace()
  store = (await place.open()).tables<Tables>()
  await store.migrate('item', [
    {
      id: '0001-item',
      up: () => ['create table item (id bigint primary key, name text, bytes bytea)'],
    },
  ])
})

afterAll(async () => {
  await store?.close()
  await place?.remove()
})

const insert = (id: number) => (tx: Parameters<Parameters<typeof store.transaction>[0]>[0]) =>
  sendLater(tx, tx.insertInto('item').values({ id, name: `n${id}`, bytes: null }))

const idsFrom = async (low: number, high: number) =>
  (
    await store.query
      .selectFrom('item')
      .select('id')
      .where('id', '>=', low)
      .where('id', '<', high)
      .orderBy('id')
      .execute()
  ).map(({ id }) => id)

onPostgres('what is sent later is there for the next statement, in order', async () => {
  const seen = await store.transaction(async (tx) => {
    await insert(100)(tx)
    await sendLater(tx, tx.updateTable('item').set({ name: 'new' }).where('id', '=', 100))
    return tx.selectFrom('item').select('name').where('id', '=', 100).executeTakeFirst()
  })
  expect(seen).toEqual({ name: 'new' })
})

onPostgres('a failure of what was sent later fails its own transaction alone', async () => {
  // The first opens a group by itself; the others share the next one.
  const first = store.transaction((tx) => insert(200)(tx))
  const results = await Promise.allSettled([
    first,
    store.transaction((tx) => insert(201)(tx)),
    store.transaction((tx) => insert(201)(tx)),
    store.transaction(async (tx) => {
      await insert(202)(tx)
      return tx.selectFrom('item').select('id').where('id', '=', 202).execute()
    }),
    store.transaction((tx) => insert(203)(tx)),
    store.transaction((tx) => insert(203)(tx)),
  ])
  expect(
    results.map((one) =>
      one.status === 'fulfilled' ? 'done' : (one.reason as { code: string }).code,
    ),
  ).toEqual(['done', 'done', 'store.exists', 'done', 'done', 'store.exists'])
  expect(await idsFrom(200, 300)).toEqual([200, 201, 202, 203])
})

onPostgres('what a failed job left waiting is undone with it', async () => {
  const results = await Promise.allSettled([
    store.transaction((tx) => insert(300)(tx)),
    store.transaction((tx) => insert(301)(tx)),
    store.transaction(async (tx) => {
      await insert(302)(tx)
      throw new Error('no')
    }),
    store.transaction(async (tx) => {
      // A refused statement of its own and an error of the program at once.
      await insert(301)(tx)
      throw new Error('nor this')
    }),
    store.transaction((tx) => insert(303)(tx)),
  ])
  expect(results.map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
    'rejected',
    'fulfilled',
  ])
  expect(results.map((one) => (one.status === 'rejected' ? String(one.reason) : ''))).toEqual([
    '',
    '',
    'Error: no',
    'Error: nor this',
    '',
  ])
  expect(await idsFrom(300, 400)).toEqual([300, 301, 303])
})

onPostgres('values come back as they were written, prepared or not', async () => {
  const texts = ['', 'plain', `"quoted\\" {a,b} 'x'`, 'ß 漢 🙂', 'null', 'NULL', null]
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i)
  for (let round = 0; round < 3; round++) {
    const back = await store.transaction(async (tx) => {
      const { rows } = await sql<{
        texts: unknown
        numbers: unknown
        bytes: Uint8Array
        big: number
      }>`
        select ${texts}::text[] as texts, ${[1.5, -0.25, 1e300, null]}::float8[] as numbers,
          ${bytes}::bytea as bytes, ${Number.MAX_SAFE_INTEGER}::bigint as big`.execute(tx)
      return rows[0]!
    })
    expect(back.texts).toEqual(texts)
    expect(back.numbers).toEqual([1.5, -0.25, 1e300, null])
    expect(new Uint8Array(back.bytes)).toEqual(bytes)
    expect(back.big).toBe(Number.MAX_SAFE_INTEGER)
  }
})

onPostgres('more kinds of statements than are kept prepared', async () => {
  for (let round = 0; round < 3; round++) {
    const sum = await store.transaction(async (tx) => {
      let sum = 0
      for (let i = 0; i < 150; i++) {
        const { rows } = await sql<{
          n: number
        }>`select ${i}::int + ${sql.raw(String(i))} as n`.execute(tx)
        sum += rows[0]!.n
      }
      return sum
    })
    expect(sum).toBe(150 * 149)
  }
  const kept = await store.transaction(
    async (tx) =>
      (await sql<{ n: number }>`select count(*)::int as n from pg_prepared_statements`.execute(tx))
        .rows[0]!.n,
  )
  expect(kept).toBeLessThanOrEqual(101)
  expect(kept).toBeGreaterThan(50)
})

onPostgres('a statement whose table another process migrated is prepared anew', async () => {
  await store.query.insertInto('item').values({ id: 1, name: 'one', bytes: null }).execute()
  const read = () =>
    store.transaction((tx) => tx.selectFrom('item').selectAll().where('id', '=', 1).execute())
  for (let i = 0; i < 4; i++) expect(Object.keys((await read())[0]!)).toHaveLength(3)
  const other = await place.open()
  await sql`alter table item add column more text`.execute(other.query)
  await other.close()
  for (let i = 0; i < 4; i++) expect(Object.keys((await read())[0]!)).toHaveLength(4)
})

onPostgres('a query that is planned once is prepared outside of a transaction, too', async () => {
  const other = await place.open()
  const { query } = other.tables<Tables>()
  await query.insertInto('item').values({ id: 500, name: 'five', bytes: null }).execute()
  const all = sql`select * from item where id = 500`.compile(query)
  const read = async () => (await query.executeQuery(planOnce({ ...all }))).rows[0] as object
  const before = Object.keys(await read()).length
  for (let i = 0; i < 8; i++) expect(Object.keys(await read())).toHaveLength(before)
  const kept = await sql<{ n: number }>`select count(*)::int as n from pg_prepared_statements
    where statement like '%id = 500'`.execute(query)
  expect(kept.rows[0]!.n).toBe(1)
  await sql`alter table item add column later text`.execute(store.query)
  for (let i = 0; i < 4; i++) expect(Object.keys(await read())).toHaveLength(before + 1)
  const wrong = planOnce(sql`select no_such_column from item`.compile(query))
  await expect(query.executeQuery(wrong)).rejects.toThrow()
  await other.close()
})

onPostgres('a query beside its transaction runs, where nobody asks for detection', async () => {
  const trusting = (await place.open({ detectNesting: false })).tables<Tables>()
  const count = sql<{ n: number }>`select count(*)::int as n from item where id = 900`
  const [inside, beside] = await trusting.transaction(async (tx) => {
    await insert(900)(tx)
    return [await count.execute(tx), await count.execute(trusting.query)]
  })
  expect([inside!.rows[0]!.n, beside!.rows[0]!.n]).toEqual([1, 0])
  await trusting.close()
})
