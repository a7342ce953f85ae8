import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { uuidV7 } from '@mlops/core'
import { sql } from 'kysely'
import type { StorePlace } from '../src/contract/index.ts'
import type { OpenStoreOptions, Store } from '../src/index.ts'
import { openStore } from '../src/index.ts'

/** The server for tests; without it the PostgreSQL tests are skipped, and reported as such. */
export const postgresUrl = process.env['MLOPS_TEST_POSTGRES_URL']

const ids = uuidV7()

export async function temporaryDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'mlops-store-'))
}

export async function sqlitePlace(): Promise<StorePlace & { readonly url: string }> {
  const directory = await temporaryDirectory()
  const url = `sqlite:${join(directory, 'test.db')}`
  return {
    url,
    open: () => openStore(url),
    remove: () => rm(directory, { recursive: true, force: true }),
  }
}

/** A schema of its own on the test server. */
export async function postgresPlace(): Promise<
  StorePlace & { readonly schema: string; open(options?: OpenStoreOptions): Promise<Store> }
> {
  const schema = `test_${ids.next().replaceAll('-', '')}`
  return {
    schema,
    open: (options: OpenStoreOptions = {}) =>
      openStore(postgresUrl!, { schema, maxConnections: 5, ...options }),
    async remove() {
      const store = await openStore(postgresUrl!, { schema })
      await sql.raw(`drop schema ${schema} cascade`).execute(store.query)
      await store.close()
    },
  }
}
