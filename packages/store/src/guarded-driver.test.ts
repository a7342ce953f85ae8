import type { Driver } from 'kysely'
import { Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler, sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { guardedDialect, transactionScope } from './guarded-driver.ts'

type Step = 'beginTransaction' | 'executeQuery' | 'commitTransaction' | 'rollbackTransaction'

/** A database whose connection breaks at one step, and stays broken. */
function breakingAt(at: Step, error: Error) {
  let broken = false
  const released: boolean[] = []
  const step = async (name: Step) => {
    broken ||= name === at
    if (broken) throw error
  }
  const connection = {
    executeQuery: async () => {
      await step('executeQuery')
      return { rows: [] }
    },
    // biome-ignore lint/correctness/useYield: it has none
    streamQuery: async function* () {
      throw new Error('not here')
    },
  }
  const driver: Driver = {
    init: async () => {},
    acquireConnection: async () => connection,
    beginTransaction: () => step('beginTransaction'),
    commitTransaction: () => step('commitTransaction'),
    rollbackTransaction: () => step('rollbackTransaction'),
    releaseConnection: async () => void released.push(true),
    destroy: async () => {},
  }
  const { dialect } = guardedDialect(
    {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => driver,
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
    'postgres://somewhere',
    transactionScope({ detect: true }),
  )
  return { db: new Kysely<unknown>({ dialect }), released }
}

test('nobody is told of nesting without detection', async () => {
  const scope = transactionScope({ detect: false })
  await scope.run(async () => expect(() => scope.assertOutside()).not.toThrow())
  const detecting = transactionScope({ detect: true })
  await detecting.run(async () => expect(() => detecting.assertOutside()).toThrow('use its `tx`'))
})

describe('a connection that is lost', () => {
  const lost = new Error('Connection terminated unexpectedly')
  for (const [at, code] of [
    ['beginTransaction', 'store.unreachable'],
    ['executeQuery', 'store.unreachable'],
    ['commitTransaction', 'store.commit-unknown'],
  ] as const) {
    test(`in ${at}: ${code}, whatever the rollback says`, async () => {
      const { db, released } = breakingAt(at, lost)
      const work = db.transaction().execute((tx) => sql`select 1`.execute(tx))
      await expect(work).rejects.toMatchObject({ kind: 'unavailable', code, cause: lost })
      expect(released).toEqual([true])
    })
  }
})

test('a commit that the database refused is told as what it is', async () => {
  const { db } = breakingAt('commitTransaction', Object.assign(new Error(), { code: '40001' }))
  const work = db.transaction().execute((tx) => sql`select 1`.execute(tx))
  await expect(work).rejects.toMatchObject({ code: 'store.contention' })
})

test('a rollback that fails by itself is not kept quiet', async () => {
  const { db } = breakingAt('rollbackTransaction', new Error('out of order'))
  const work = db.transaction().execute(async () => {
    throw new Error('the work failed')
  })
  await expect(work).rejects.toMatchObject({ code: 'store.query-failed' })
})
