import assert from 'node:assert/strict'
import type { Actor } from '@mlops/core'
import { isMlopsError } from '@mlops/core'
import { sql } from 'kysely'
import { createEventLog } from '../log/event-log.ts'
import type { Migration } from '../migrations/migration.ts'
import { expectRevision } from '../revision.ts'
import { readLater, sendLater } from '../send-later.ts'
import type { Store } from '../store.ts'

/** A place for one store, made fresh for each test. */
export interface StorePlace {
  /** Opens the place again and again, from as many stores at once as asked. */
  open(): Promise<Store>
  /** Removes the place after every store on it was closed. */
  remove(): Promise<void>
}

export interface StoreContractInput {
  /** The test function of any runner: vitest, node:test, Deno.test, bun:test. */
  readonly test: (name: string, run: () => Promise<void>) => void
  readonly makePlace: () => Promise<StorePlace>
  /** Whether several stores may be open on one place (false for `:memory:`). @default 'several' */
  readonly openAtOnce?: 'one' | 'several'
}

interface Tables {
  contract_counters: { id: string; value: number; revision: number }
}

const migrations: readonly Migration[] = [
  {
    id: '0001-counters',
    up: ({ text, integer, strict }) => [
      `create table contract_counters (id ${text} not null primary key, value ${integer} not null, revision ${integer} not null) ${strict}`,
    ],
  },
]
const actor: Actor = { type: 'service', id: 'contract' }
const subject = { type: 'counter', name: 'a' } as const

/**
 * The suite that every {@link Store} passes.
 *
 * @example
 * ```ts
 * import { openStore } from '@mlops/store'
 * import { storeContract } from '@mlops/store/contract'
 *
 * const runs: Promise<void>[] = []
 * storeContract({
 *   test: (_name, run) => void runs.push(run()),
 *   makePlace: async () => ({ open: () => openStore('sqlite::memory:'), remove: async () => {} }),
 *   openAtOnce: 'one',
 * })
 * await Promise.all(runs)
 * console.log(runs.length > 5) // true
 * ```
 */
export function storeContract({
  test,
  makePlace,
  openAtOnce = 'several',
}: StoreContractInput): void {
  const withStore = (
    name: string,
    run: (store: Store<Tables>, place: StorePlace) => Promise<void>,
  ) =>
    test(`store: ${name}`, async () => {
      const place = await makePlace()
      try {
        const store = await place.open()
        try {
          await store.migrate('contract', migrations)
          await run(store.tables<Tables>(), place)
        } finally {
          await store.close()
        }
      } finally {
        await place.remove()
      }
    })

  withStore('a transaction happens whole or not at all', async (store) => {
    const log = createEventLog({ store: store.tables(), name: 'audit' })
    await assert.rejects(
      store.transaction(async (tx) => {
        await tx.insertInto('contract_counters').values(counter('a')).execute()
        await log.append(tx, { actor, action: 'counter.created', subject })
        throw new Error('stop')
      }),
      /stop/,
    )
    assert.deepEqual(await store.query.selectFrom('contract_counters').selectAll().execute(), [])
    assert.equal(await log.head(), undefined)
    await store.transaction((tx) =>
      tx.insertInto('contract_counters').values(counter('a')).execute(),
    )
    assert.deepEqual(await store.query.selectFrom('contract_counters').selectAll().execute(), [
      counter('a'),
    ])
  })

  withStore('of transactions that wait together each fails or succeeds alone', async (store) => {
    const results = await Promise.allSettled(
      Array.from({ length: 30 }, (_, i) =>
        store.transaction(async (tx) => {
          await tx
            .insertInto('contract_counters')
            .values({ id: `a${i}`, value: i, revision: 1 })
            .execute()
          if (i % 3 === 0) throw new Error(`no ${i}`)
          if (i % 3 === 1)
            await tx
              .insertInto('contract_counters')
              .values({ id: `b${i}`, value: i, revision: 1 })
              .execute()
          return i
        }),
      ),
    )
    results.forEach((result, i) => {
      if (i % 3 === 0) assert.equal(result.status, 'rejected')
      else assert.deepEqual(result, { status: 'fulfilled', value: i })
    })
    const kept = await store.query
      .selectFrom('contract_counters')
      .select('id')
      .orderBy('id')
      .execute()
    const expected = Array.from({ length: 30 }, (_, i) => [
      ...(i % 3 === 0 ? [] : [`a${i}`]),
      ...(i % 3 === 1 ? [`b${i}`] : []),
    ]).flat()
    assert.deepEqual(
      kept.map(({ id }) => id),
      expected.sort(),
    )
    // A statement that the database refuses leaves those beside it alone, too.
    const twice = await Promise.allSettled(
      ['x', 'x', 'y'].map((id) =>
        store.transaction((tx) =>
          tx.insertInto('contract_counters').values({ id, value: 1, revision: 1 }).execute(),
        ),
      ),
    )
    assert.deepEqual(
      twice.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
  })

  withStore(
    'what is read later is there with the next rows, as of its place in line',
    async (store) => {
      const read = await store.transaction(async (tx) => {
        const found: string[] = []
        const ids = tx.selectFrom('contract_counters').select('id').orderBy('id')
        const keep = (rows: readonly { id: string }[]) => {
          found.push(rows.map(({ id }) => id).join(' '))
        }
        await readLater(tx, ids, keep)
        await sendLater(tx, tx.insertInto('contract_counters').values(counter('a')))
        await readLater(tx, ids, keep)
        await sendLater(tx, tx.insertInto('contract_counters').values(counter('b')))
        const rows = await ids.execute()
        assert.deepEqual(found, ['', 'a'])
        await readLater(tx, ids, keep)
        return { rows, found }
      })
      assert.deepEqual(read, { rows: [{ id: 'a' }, { id: 'b' }], found: ['', 'a', 'a b'] })
      await assert.rejects(
        store.transaction(async (tx) => {
          await readLater(
            tx,
            sql`select no_such_column from contract_counters`.compile(tx),
            () => {},
          )
        }),
      )
    },
  )

  withStore('values come back as they were', async (store) => {
    const id = 'é ✓ 𝄞 \n " \' \\ ; --'
    const value = -(2 ** 53 - 1)
    await store.query
      .insertInto('contract_counters')
      .values({ id, value, revision: 2 ** 53 - 1 })
      .execute()
    assert.deepEqual(await store.query.selectFrom('contract_counters').selectAll().execute(), [
      { id, value, revision: 2 ** 53 - 1 },
    ])
    const { total } = await store.query
      .selectFrom('contract_counters')
      .select(({ fn }) => fn.countAll<number>().as('total'))
      .executeTakeFirstOrThrow()
    assert.equal(total, 1)
  })

  withStore('text sorts by code point', async (store) => {
    for (const id of ['b', 'A', 'é', 'a', 'Z', '_'])
      await store.query.insertInto('contract_counters').values(counter(id)).execute()
    const rows = await store.query
      .selectFrom('contract_counters')
      .select('id')
      .orderBy('id')
      .execute()
    assert.deepEqual(
      rows.map(({ id }) => id),
      ['A', 'Z', '_', 'a', 'b', 'é'],
    )
  })

  withStore('parameters that one of the databases would bend are refused', async (store) => {
    for (const bad of [true, Number.NaN, 'a\0b', 'a\ud800b', new Date(0), {}]) {
      const insert = store.query
        .insertInto('contract_counters')
        .values({ id: bad as string, value: 0, revision: 1 })
      await rejectsWith('store.bad-parameter', insert.execute())
    }
  })

  withStore('a taken key is a typed conflict', async (store) => {
    const insert = () => store.query.insertInto('contract_counters').values(counter('a')).execute()
    await insert()
    await rejectsWith('store.exists', insert())
  })

  withStore('a query beside the transaction is found', async (store) => {
    await store.transaction(async () => {
      await rejectsWith(
        'store.nested',
        store.query.selectFrom('contract_counters').selectAll().execute(),
      )
      await rejectsWith(
        'store.nested',
        store.transaction(async () => {}),
      )
    })
  })

  withStore('a change decided on an old revision is refused', async (store) => {
    await store.query.insertInto('contract_counters').values(counter('a')).execute()
    const add = (expected: number) =>
      store.transaction(async (tx) => {
        const row = await tx.selectFrom('contract_counters').selectAll().executeTakeFirstOrThrow()
        expectRevision('counter a', { expected, actual: row.revision })
        const next = { value: row.value + 1, revision: row.revision + 1 }
        await tx.updateTable('contract_counters').set(next).execute()
      })
    const done = await Promise.allSettled([add(1), add(1), add(1)])
    assert.equal(done.filter(({ status }) => status === 'fulfilled').length, 1)
    for (const one of done) {
      if (one.status === 'rejected') assert.equal(one.reason.code, 'store.revision-conflict')
    }
  })

  for (const writers of ['queued', 'optimistic'] as const) {
    withStore(`${writers} writers lose no update`, async (store) => {
      await store.query.insertInto('contract_counters').values(counter('a')).execute()
      const increment = () =>
        store.transaction(
          async (tx) => {
            const { value } = await tx
              .selectFrom('contract_counters')
              .select('value')
              .executeTakeFirstOrThrow()
            await tx
              .updateTable('contract_counters')
              .set({ value: value + 1 })
              .execute()
          },
          { writers },
        )
      await Promise.all(Array.from({ length: writers === 'queued' ? 40 : 6 }, increment))
      const row = await store.query
        .selectFrom('contract_counters')
        .select('value')
        .executeTakeFirstOrThrow()
      assert.equal(row.value, writers === 'queued' ? 40 : 6)
    })
  }

  withStore('migrations are applied once, in order, and checked', async (store) => {
    const again = await store.migrate('contract', migrations)
    assert.deepEqual(again, { namespace: 'contract', applied: [], version: 1 })
    const second: Migration = {
      id: '0002-more',
      up: () => ['create table contract_more (a integer)'],
    }
    assert.deepEqual((await store.migrate('contract', [...migrations, second])).applied, [
      '0002-more',
    ])
    await rejectsWith('store.newer-schema', store.migrate('contract', migrations))
    const changed: Migration = {
      id: '0002-more',
      up: () => ['create table contract_more (b integer)'],
    }
    await rejectsWith(
      'store.migration-changed',
      store.migrate('contract', [...migrations, changed]),
    )
    assert.equal((await store.migrate('other', [])).version, 0)
  })

  withStore('a migration that fails leaves nothing behind', async (store) => {
    const half: Migration = {
      id: '0001-half',
      up: () => ['create table contract_half (a integer)', 'create nonsense'],
    }
    await rejectsWith('store.query-failed', store.migrate('half', [half]))
    const whole: Migration = {
      id: '0001-half',
      up: () => ['create table contract_half (a integer)'],
    }
    assert.deepEqual((await store.migrate('half', [whole])).applied, ['0001-half'])
  })

  withStore('a closed store says so', async (store, place) => {
    const other = openAtOnce === 'several' ? await place.open() : store
    await other.close()
    await rejectsWith('store.closed', sql`select 1`.execute(other.query))
  })

  if (openAtOnce === 'one') return

  withStore('stores that start at once migrate once', async (_store, place) => {
    const migration: Migration = {
      id: '0001-once',
      up: () => ['create table contract_once (a integer)'],
    }
    const stores = await Promise.all([1, 2, 3, 4].map(() => place.open()))
    try {
      const reports = await Promise.all(stores.map((one) => one.migrate('once', [migration])))
      assert.equal(reports.flatMap(({ applied }) => applied).length, 1)
    } finally {
      await Promise.all(stores.map((one) => one.close()))
    }
  })

  withStore('two stores that write at once lose nothing', async (store, place) => {
    const other = await place.open()
    try {
      const logs = [store.tables(), other].map((one) => ({
        store: one,
        log: createEventLog({ store: one, name: 'audit' }),
      }))
      await Promise.all(
        logs.flatMap(({ store: one, log }) =>
          Array.from({ length: 15 }, () =>
            one.transaction((tx) => log.append(tx, { actor, action: 'counter.seen', subject })),
          ),
        ),
      )
      const verdict = await logs[0]!.log.verify()
      assert.deepEqual([verdict.status, verdict.entries], ['intact', 30])
    } finally {
      await other.close()
    }
  })
}

function counter(id: string) {
  return { id, value: 0, revision: 1 }
}

export async function rejectsWith(code: string, work: Promise<unknown>): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(isMlopsError(error), `expected ${code}, got ${String(error)}`)
    assert.equal(error.code, code)
    return true
  })
}
