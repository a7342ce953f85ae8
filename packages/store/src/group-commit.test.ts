import { AsyncLocalStorage } from 'node:async_hooks'
import { MlopsError } from '@mlops/core'
import type { Transaction } from 'kysely'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { groupCommit } from './group-commit.ts'
import { openStore } from './open-store.ts'

type Work = (tx: Transaction<unknown>) => Promise<void>

/** Transactions of a real database, counted. */
async function counted(around: (run: () => Promise<void>) => Promise<void> = (run) => run()) {
  const store = await openStore('sqlite::memory:')
  const count = { begun: 0 }
  const begin = (work: Work) =>
    around(async () => {
      count.begun++
      await store.query.transaction().execute(work)
    })
  return { store, count, queued: groupCommit(begin, { snapshot: false }) }
}

test('those that wait together share a commit; nobody hears of success before it', async () => {
  const log: string[] = []
  const { store, count, queued } = await counted(async (run) => {
    await run()
    log.push('committed')
  })
  await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      queued(async () => {
        log.push('work')
        return i
      }).then((result) => {
        expect(result).toBe(i)
        log.push('told')
      }),
    ),
  )
  expect(count.begun).toBe(1)
  expect(log.indexOf('told')).toBeGreaterThan(log.indexOf('committed'))
  expect(log.filter((entry) => entry === 'told')).toHaveLength(20)
  await store.close()
})

test('a group is not endless', async () => {
  const { store, count, queued } = await counted()
  await Promise.all(Array.from({ length: 200 }, () => queued(async () => {})))
  expect(count.begun).toBe(4)
  await store.close()
})

test('each runs in the asynchronous context of its caller', async () => {
  const { store, queued } = await counted()
  const caller = new AsyncLocalStorage<number>()
  const seen = await Promise.all(
    [1, 2, 3].map((who) => caller.run(who, () => queued(async () => caller.getStore()))),
  )
  expect(seen).toEqual([1, 2, 3])
  await store.close()
})

test('a commit that fails fails all of the group, and the next one goes on', async () => {
  let fail = true
  const { store, queued } = await counted(async (run) => {
    await run()
    if (fail) throw new Error('disk full')
  })
  const results = await Promise.allSettled([1, 2, 3].map((i) => queued(async () => i)))
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  fail = false
  expect(await queued(async () => 'well')).toBe('well')
  await store.close()
})

test('where the database gives up the transaction with one job, the others are run again', async () => {
  const { store, count, queued } = await counted()
  const results = await Promise.allSettled([
    queued(async () => 'a'),
    queued(async (tx) => {
      // As SQLite does by itself on a full disk.
      await sql`rollback`.execute(tx)
      throw new Error('full')
    }),
    queued(async () => 'c'),
  ])
  expect(
    results.map((one) => (one.status === 'fulfilled' ? one.value : String(one.reason))),
  ).toEqual(['a', 'Error: full', 'c'])
  expect(count.begun).toBe(4)
  await store.close()
})

test('contention is the whole group’s: its callers try again', async () => {
  const { store, queued } = await counted()
  const contention = new MlopsError({
    kind: 'unavailable',
    code: 'store.contention',
    message: 'lost',
  })
  const results = await Promise.allSettled([
    queued(async () => 'a'),
    queued(async () => {
      throw contention
    }),
  ])
  expect(results).toEqual([
    { status: 'rejected', reason: contention },
    { status: 'rejected', reason: contention },
  ])
  await store.close()
})
