import { memoryBlobs } from '@mlops/store/blobs'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { createRegistry } from '../src/index.ts'
import { postgresPlace, postgresUrl } from './places.ts'

/** See the migration 0027-value-start. */
test.skipIf(!postgresUrl)('which runs have a param is read from its index alone', async () => {
  const place = await postgresPlace()
  const store = await place.open()
  await createRegistry({ store, blobs: memoryBlobs() })
  for (const statement of [
    sql`insert into registry_experiments values (1, 'e', null, 'active', '', '')`,
    sql`insert into registry_runs (id, experiment, name, status, user_id, lifecycle, started_at)
      select 'r' || n, 1, '', 'running', '', 'active', '' from generate_series(1, 5000) n`,
    sql`insert into registry_params (run, key, value)
      select 'r' || n, 'p', 'v' || n % 10 from generate_series(1, 5000) n`,
    sql`vacuum analyze registry_params`,
  ]) {
    await statement.execute(store.query)
  }
  const { rows } = await sql<{ 'QUERY PLAN': string }>`
    explain select p.run from registry_params p where p.key = 'p' and p.value_start = 'v3'`.execute(
    store.query,
  )
  expect(rows[0]!['QUERY PLAN']).toContain('Index Only Scan using registry_params_value')
  await store.close()
  await place.remove()
})
