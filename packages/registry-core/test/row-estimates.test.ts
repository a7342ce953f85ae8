import { manualClock } from '@mlops/core'
import { memoryBlobs } from '@mlops/store/blobs'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { createRegistry } from '../src/index.ts'
import { createRowEstimates } from '../src/sql/row-estimates.ts'
import type { RegistryTables } from '../src/sql/tables.ts'
import { postgresPlace, postgresUrl } from './places.ts'

const withParam = (key: string) => sql`select run from registry_params where key = ${key}`

test.skipIf(!postgresUrl)('what the planner expects is asked for once in ten seconds', async () => {
  const place = await postgresPlace()
  const store = await place.open()
  await createRegistry({ store, blobs: memoryBlobs() })
  const { query: db } = store.tables<RegistryTables>()
  const fill = async (key: string, runs: number) => {
    for (const statement of [
      sql`insert into registry_experiments values (1, 'e', null, 'active', '', '') on conflict do nothing`,
      sql`insert into registry_runs (id, experiment, name, status, user_id, lifecycle, started_at)
        select ${key} || n, 1, '', 'running', '', 'active', '' from generate_series(1, ${runs}::int) n`,
      sql`insert into registry_params (run, key, value)
        select ${key} || n, ${key}, 'v' from generate_series(1, ${runs}::int) n`,
      sql`analyze registry_params`,
    ]) {
      await statement.execute(db)
    }
  }
  await fill('few', 10)
  await fill('many', 990)

  const clock = manualClock('2026-01-01T00:00:00.000Z')
  const estimates = createRowEstimates(clock)
  const ask = (...keys: string[]) =>
    estimates.of(db, new Map(keys.map((key) => [key, withParam(key)])))
  expect(await ask('few', 'many')).toEqual(
    new Map([
      ['few', 10],
      ['many', 990],
    ]),
  )
  await fill('later', 1000)
  await sql`delete from registry_params where key = 'many'`.execute(db)
  await sql`analyze registry_params`.execute(db)
  clock.advance(9_999)
  // What was not asked for before is; alone, its plan has no union above it.
  expect(await ask('later', 'many')).toEqual(
    new Map([
      ['many', 990],
      ['later', 1000],
    ]),
  )
  clock.advance(1)
  expect((await ask('many')).get('many')).toBeLessThan(10)
  await store.close()
  await place.remove()
})
