import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { uuidV7 } from '@mlops/core'
import type { Store } from '@mlops/store'
import { openStore } from '@mlops/store'
import { sql } from 'kysely'

/** The server for tests; without it the PostgreSQL tests are skipped, and reported as such. */
export const postgresUrl = process.env['MLOPS_TEST_POSTGRES_URL']

/** A database of its own, which several stores may open. */
export interface Place {
  open(): Promise<Store>
  remove(): Promise<void>
}

const ids = uuidV7()

export async function sqlitePlace(): Promise<Place> {
  const directory = await mkdtemp(join(tmpdir(), 'mlops-registry-'))
  return {
    open: () => openStore(`sqlite:${join(directory, 'test.db')}`),
    remove: () => rm(directory, { recursive: true, force: true }),
  }
}

export async function postgresPlace(): Promise<Place> {
  const schema = `test_${ids.next().replaceAll('-', '')}`
  return {
    open: () => openStore(postgresUrl!, { schema, maxConnections: 5 }),
    async remove() {
      const store = await openStore(postgresUrl!, { schema })
      await sql.raw(`drop schema ${schema} cascade`).execute(store.query)
      await store.close()
    },
  }
}
