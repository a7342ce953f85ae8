import assert from 'node:assert/strict'
import type { Actor, Clock } from '@mlops/core'
import { manualClock } from '@mlops/core'
import type { RawBuilder, Transaction } from 'kysely'
import { sql } from 'kysely'
import type { EventLog } from '../log/event-log.ts'
import { createEventLog } from '../log/event-log.ts'
import type { Store } from '../store.ts'
import type { StoreContractInput } from './store-contract.ts'
import { rejectsWith } from './store-contract.ts'

const ada: Actor = { type: 'human', id: 'ada', roles: ['owner'] }
const bot: Actor = { type: 'service', id: 'bot' }

type Sql = RawBuilder<unknown>

/** The suite of the event log, run on every {@link Store}. */
export function logContract({ test, makePlace }: StoreContractInput): void {
  const withLog = (
    name: string,
    run: (log: EventLog, store: Store, clock: ReturnType<typeof manualClock>) => Promise<void>,
  ) =>
    test(`event log: ${name}`, async () => {
      const place = await makePlace()
      try {
        const store = await place.open()
        try {
          const clock = manualClock('2026-01-01T00:00:00.000Z')
          await run(createEventLog({ store, name: 'audit', clock }), store, clock)
        } finally {
          await store.close()
        }
      } finally {
        await place.remove()
      }
    })

  withLog('entries are numbered and chained per log', async (log, store) => {
    const entries = await fill(log, store, 3)
    assert.deepEqual(
      entries.map(({ seq }) => seq),
      [1, 2, 3],
    )
    assert.equal(entries[2]!.prev, entries[1]!.hash)
    const other = createEventLog({ store, name: 'other' })
    const [first] = await fill(other, store, 1)
    assert.equal(first!.seq, 1)
    assert.notEqual(first!.prev, entries[0]!.prev)
    assert.deepEqual(await log.head(), { seq: 3, hash: entries[2]!.hash })
    assert.deepEqual((await log.read()).items, entries)
  })

  withLog(
    'an append that is expected continues the chain, whatever happens before it',
    async (log, store) => {
      const entry = (action: string) => ({
        actor: ada,
        action,
        subject: { type: 'model', name: 'm' },
      })
      const expecting = (action: string, work = async () => {}) =>
        store.transaction(async (tx) => {
          await log.expectAppend(tx)
          await work()
          await log.append(tx, entry(action))
          await log.expectAppend(tx)
          return log.append(tx, [entry(action), entry(action)])
        })
      await expecting('first')
      const refused = expecting('refused', () => Promise.reject(new Error('no')))
      const results = await Promise.allSettled([
        expecting('a'),
        refused,
        store.transaction((tx) => log.expectAppend(tx)),
        expecting('b'),
        store.transaction((tx) => log.append(tx, entry('plain'))),
        store.transaction(async (tx) => {
          await log.expectAppend(tx)
          await log.append(tx, entry('undone'))
          throw new Error('no')
        }),
        expecting('d'),
      ])
      assert.deepEqual(
        results.map(({ status }) => status[0]),
        ['f', 'r', 'f', 'f', 'f', 'r', 'f'],
      )
      const { items } = await log.read()
      assert.deepEqual(
        items.map(({ action }) => action),
        ['first', 'a', 'b'].flatMap((one) => [one, one, one]).concat('plain', 'd', 'd', 'd'),
      )
      assert.equal((await log.verify()).status, 'intact')
    },
  )

  withLog('filters and pages', async (log, store, clock) => {
    await fill(log, store, 4, clock)
    const about = async (query: Parameters<EventLog['read']>[0]) =>
      (await log.read(query)).items.map(({ seq }) => seq)
    assert.deepEqual(await about({ subject: { type: 'model', name: 'm' } }), [1, 2, 3, 4])
    assert.deepEqual(await about({ subject: { type: 'model', name: 'm', version: '2' } }), [2])
    assert.deepEqual(await about({ subject: { type: 'model', name: 'x' } }), [])
    const oneOrThree = ['1', '3'].map((version) => ({ type: 'model', name: 'm', version }))
    assert.deepEqual(await about({ subject: oneOrThree }), [1, 3])
    assert.deepEqual(await about({ subject: [] }), [])
    assert.deepEqual(await about({ action: 'even' }), [2, 4])
    assert.deepEqual(await about({ actorId: 'bot' }), [1, 3])
    assert.deepEqual(
      await about({ from: '2026-01-01T01:00:02+01:00', until: '2026-01-01T00:00:03Z' }),
      [3],
    )
    assert.deepEqual(await about({ order: 'newest-first', limit: 2 }), [4, 3])
    const first = await log.read({ limit: 3, order: 'newest-first' })
    const second = await log.read({ limit: 3, order: 'newest-first', cursor: first.nextCursor! })
    assert.deepEqual(
      second.items.map(({ seq }) => seq),
      [1],
    )
    assert.equal(second.nextCursor, undefined)
    await rejectsWith('core.invalid-cursor', log.read({ cursor: 'rubbish' }))
    await rejectsWith('store.invalid-instant', log.read({ from: 'yesterday' }))
  })

  withLog('the database itself refuses changes', async (_log, store) => {
    const log = createEventLog({ store, name: 'audit' })
    await fill(log, store, 2)
    const copied = (place: Sql, which: Sql) =>
      sql`insert into mlops_events select ${place}, at, action, actor_id, subject_type, subject_name,
        subject_version, actor, subject, data, prev, hash from mlops_events where ${which}`
    for (const statement of [
      sql`update mlops_events set action = 'x' where seq = 1`,
      sql`delete from mlops_events where seq = 2`,
      sql`delete from mlops_event_heads`,
      sql`update mlops_event_heads set seq = 1`,
      copied(sql`log, 9`, sql`seq = 1`),
      copied(sql`log, seq * 2 + 1`, sql`true`),
      copied(sql`log, seq - 2`, sql`true`),
      copied(sql`'other', 2`, sql`seq = 1`),
      copied(sql`'other', seq - 1`, sql`true`),
    ]) {
      await rejectsWith('store.append-only', statement.execute(store.query))
    }
    assert.equal((await log.verify()).status, 'intact')
  })

  withLog('data without a JSON form are refused before anything is written', async (log, store) => {
    const bad = { actor: ada, action: 'x', subject: { type: 'model', name: 'm' }, data: Number.NaN }
    await rejectsWith(
      'core.not-json',
      store.transaction((tx) => log.append(tx, bad)),
    )
    assert.equal(await log.head(), undefined)
  })

  withLog('many entries in one call', async (log, store) => {
    const entries = await store.transaction((tx) =>
      log.append(
        tx,
        Array.from({ length: 1203 }, (_, at) => ({
          actor: bot,
          action: 'seen',
          subject: { type: 'row', name: String(at) },
        })),
      ),
    )
    assert.equal(entries.length, 1203)
    const verdict = await log.verify()
    assert.deepEqual(verdict, { status: 'intact', entries: 1203, head: await log.head() })
  })

  const damages: readonly {
    readonly name: string
    readonly damage: readonly string[]
    readonly problem: string
    readonly seq: number
  }[] = [
    {
      name: 'changed data',
      damage: [`update mlops_events set data = '{"n":9}' where seq = 3`],
      problem: 'changed',
      seq: 3,
    },
    {
      name: 'a changed filter column',
      damage: [`update mlops_events set actor_id = 'eve' where seq = 2`],
      problem: 'changed',
      seq: 2,
    },
    {
      name: 'data that are no JSON',
      damage: [`update mlops_events set data = '{' where seq = 4`],
      problem: 'changed',
      seq: 4,
    },
    {
      name: 'a removed entry',
      damage: ['delete from mlops_events where seq = 3'],
      problem: 'missing',
      seq: 3,
    },
    {
      name: 'removed first entries',
      damage: ['delete from mlops_events where seq < 3'],
      problem: 'missing',
      seq: 1,
    },
    {
      name: 'a removed end',
      damage: ['delete from mlops_events where seq > 3'],
      problem: 'truncated',
      seq: 4,
    },
    { name: 'an emptied log', damage: ['delete from mlops_events'], problem: 'truncated', seq: 1 },
    {
      name: 'a removed head',
      damage: ['delete from mlops_event_heads'],
      problem: 'unlinked',
      seq: 1,
    },
    {
      name: 'a changed head',
      damage: [`update mlops_event_heads set hash = 'sha256:00'`],
      problem: 'rewritten',
      seq: 5,
    },
  ]
  for (const { name, damage, problem, seq } of damages) {
    withLog(`verification finds ${name}`, async (log, store) => {
      await fill(log, store, 5)
      await withoutGuards(store, damage)
      const verdict = await log.verify()
      assert.equal(verdict.status, 'broken')
      assert.deepEqual([verdict.problem, verdict.seq], [problem, seq], verdict.message)
    })
  }

  withLog('a checkpoint finds a log rewritten as a whole', async (log, store) => {
    await fill(log, store, 5)
    const checkpoint = (await log.head())!
    assert.equal((await log.verify({ checkpoint })).status, 'intact')
    await withoutGuards(store, ['delete from mlops_events', 'delete from mlops_event_heads'])
    await fill(log, store, 4, undefined, 'forged')
    assert.equal((await log.verify()).status, 'intact')
    const shorter = await log.verify({ checkpoint })
    assert.equal(shorter.status === 'broken' && shorter.problem, 'truncated')
    await fill(log, store, 3, undefined, 'forged')
    const other = await log.verify({ checkpoint })
    assert.equal(other.status === 'broken' && other.problem, 'rewritten')
  })
}

async function fill(
  log: EventLog,
  store: Store,
  n: number,
  clock?: Clock & { advance(ms: number): void },
  note = 'n',
) {
  const entries = []
  for (let i = 1; i <= n; i++) {
    const entry = {
      actor: i % 2 ? bot : ada,
      action: i % 2 ? 'odd' : 'even',
      subject: { type: 'model', name: 'm', version: String(i) },
      data: { [note]: i, text: 'é\u0000' },
    }
    entries.push(await store.transaction((tx) => log.append(tx, entry)))
    clock?.advance(1000)
  }
  return entries
}

/** What an attacker with the database's own rights would do first. */
async function withoutGuards(store: Store, statements: readonly string[]): Promise<void> {
  await store.transaction(async (tx: Transaction<unknown>) => {
    if (store.dialect === 'postgres') {
      for (const table of ['mlops_events', 'mlops_event_heads']) {
        await sql.raw(`alter table ${table} disable trigger all`).execute(tx)
      }
      for (const statement of statements) await sql.raw(statement).execute(tx)
      for (const table of ['mlops_events', 'mlops_event_heads']) {
        await sql.raw(`alter table ${table} enable trigger all`).execute(tx)
      }
      return
    }
    const triggers = await sql<{ name: string; sql: string }>`
      select name, sql from sqlite_master where type = 'trigger' and name like 'mlops_event%'`.execute(
      tx,
    )
    for (const { name } of triggers.rows) await sql.raw(`drop trigger ${name}`).execute(tx)
    for (const statement of statements) await sql.raw(statement).execute(tx)
    for (const trigger of triggers.rows) await sql.raw(trigger.sql).execute(tx)
  })
}
