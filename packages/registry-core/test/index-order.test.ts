import { memoryBlobs } from '@mlops/store/blobs'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { createRegistry } from '../src/index.ts'
import { postgresPlace, postgresUrl } from './places.ts'

/** Plans that PostgreSQL makes while a table is small stay: see the migration 0026-index-order. */
test.skipIf(!postgresUrl)('no index begins like a key that other tables refer to', async () => {
  const place = await postgresPlace()
  const store = await place.open()
  await createRegistry({ store, blobs: memoryBlobs() })
  const alike = await sql<{ referred: string; rival: string }>`
    select distinct key.conindid::regclass::text as referred, rival.indexrelid::regclass::text as rival
    from pg_constraint key
    join pg_index own on own.indexrelid = key.conindid
    join pg_index rival on rival.indrelid = own.indrelid and rival.indexrelid <> own.indexrelid
      and rival.indkey[0] = own.indkey[0]
    where key.contype = 'f' and cardinality(key.confkey) > 1
      and key.connamespace = current_schema()::regnamespace`.execute(store.query)
  const referred = await sql<{ n: number }>`
    select count(*)::int as n from pg_constraint
    where contype = 'f' and cardinality(confkey) > 1
      and connamespace = current_schema()::regnamespace`.execute(store.query)
  expect(referred.rows[0]!.n).toBeGreaterThan(5)
  expect(alike.rows).toEqual([])
  await store.close()
  await place.remove()
})
