import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { memoryBlobs, openDiskBlobs } from '../src/blobs/index.ts'
import { blobStoreContract, logContract, storeContract } from '../src/contract/index.ts'
import { openStore } from '../src/index.ts'
import { postgresPlace, postgresUrl, sqlitePlace, temporaryDirectory } from './places.ts'

describe('SQLite file', () => {
  storeContract({ test, makePlace: sqlitePlace })
  logContract({ test, makePlace: sqlitePlace })
})

describe('SQLite in memory', () => {
  const makePlace = async () => ({
    open: () => openStore('sqlite::memory:'),
    remove: async () => {},
  })
  storeContract({ test, makePlace, openAtOnce: 'one' })
  logContract({ test, makePlace, openAtOnce: 'one' })
})

describe.skipIf(!postgresUrl)('PostgreSQL (MLOPS_TEST_POSTGRES_URL)', () => {
  storeContract({ test, makePlace: postgresPlace })
  logContract({ test, makePlace: postgresPlace })
})

describe('blobs on disk', () => {
  blobStoreContract({
    test,
    makePlace: async () => {
      const root = await temporaryDirectory()
      return {
        blobs: await openDiskBlobs(root),
        damage: (digest, bytes) => writeFile(blobPath(root, digest), bytes),
        remove: () => rm(root, { recursive: true, force: true }),
      }
    },
  })
})

describe('blobs in memory', () => {
  blobStoreContract({
    test,
    makePlace: async () => ({ blobs: memoryBlobs(), remove: async () => {} }),
    damage: 'impossible',
  })
})

test('the contracts are suites, not empty shells', () => {
  const names: string[] = []
  const collect = (name: string) => void names.push(name)
  storeContract({ test: collect, makePlace: sqlitePlace })
  logContract({ test: collect, makePlace: sqlitePlace })
  expect(new Set(names).size).toBe(names.length)
  expect(names.length).toBeGreaterThan(25)
})

function blobPath(root: string, digest: string): string {
  const hex = digest.slice(7)
  return join(root, 'sha256', hex.slice(0, 2), hex.slice(2, 4), hex)
}
