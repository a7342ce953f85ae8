import { expect, test } from 'vitest'
import { postgresPlace, postgresUrl } from './places.ts'

interface Tables {
  seen: { id: string }
}

test.skipIf(!postgresUrl)(
  'a transaction that waited for another one sees what was committed before it began (MLOPS_TEST_POSTGRES_URL)',
  async () => {
    const place = await postgresPlace()
    const store = (await place.open()).tables<Tables>()
    await store.migrate('seen', [
      { id: '0001-seen', up: ({ text }) => [`create table seen (id ${text} primary key)`] },
    ])
    const ids = async (db: typeof store.query) =>
      (await db.selectFrom('seen').select('id').orderBy('id').execute()).map(({ id }) => id)
    let begun = () => {}
    let finish = () => {}
    const hasBegun = new Promise<void>((resolve) => {
      begun = resolve
    })
    const mayFinish = new Promise<void>((resolve) => {
      finish = resolve
    })
    const first = store.transaction(async (tx) => {
      const before = await ids(tx)
      begun()
      await mayFinish
      return [before, await ids(tx)]
    })
    await hasBegun
    await store.query.insertInto('seen').values({ id: 'a' }).execute()
    const second = store.transaction((tx) => ids(tx))
    finish()
    expect(await first).toEqual([[], []])
    expect(await second).toEqual(['a'])
    await store.close()
    await place.remove()
  },
)
