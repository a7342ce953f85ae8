import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openStore } from '../src/index.ts'
import { sqlitePlace } from './places.ts'

test('an exclusive store keeps others out while it is open, and gives the file up when it is closed', async () => {
  const place = await sqlitePlace()
  const path = place.url.slice('sqlite:'.length)
  for (let round = 1; round <= 3; round++) {
    const store = await openStore(place.url, { exclusive: true, busyTimeoutMs: 300 })
    await store.migrate('n', [{ id: '0001', up: () => ['create table n (i integer)'] }])
    const rows = store.tables<{ n: { i: number } }>()
    await rows.transaction((tx) => tx.insertInto('n').values({ i: round }).execute())
    await expect(openStore(place.url, { busyTimeoutMs: 100 })).rejects.toMatchObject({
      kind: 'unavailable',
    })
    expect(await rows.query.selectFrom('n').selectAll().execute()).toHaveLength(round)
    await store.close()
    expect(existsSync(`${path}-wal`)).toBe(false)
  }
  const shared = await openStore(place.url, { busyTimeoutMs: 300 })
  const other = await openStore(place.url, { busyTimeoutMs: 300 })
  expect(
    await other.tables<{ n: { i: number } }>().query.selectFrom('n').selectAll().execute(),
  ).toHaveLength(3)
  await shared.close()
  await other.close()
  await place.remove()
})
