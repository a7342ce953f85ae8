import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createRng, type Digest } from '@mlops/core'
import { describe, expect, test } from 'vitest'
import { openDiskBlobs, readBlob } from '../src/blobs/index.ts'
import type { Migration, Store } from '../src/index.ts'
import { createEventLog, openStore } from '../src/index.ts'
import { postgresPlace, postgresUrl, sqlitePlace, temporaryDirectory } from './places.ts'

interface Tables {
  crash_rows: { id: string; digest: Digest }
  crash_pairs: { id: string }
}

const migrations: readonly Migration[] = [
  {
    id: '0001-rows',
    up: ({ text }) => [
      `create table crash_rows (id ${text} primary key, digest ${text} not null)`,
      `create table crash_pairs (id ${text} primary key)`,
    ],
  },
]

interface Place {
  readonly url: string
  readonly schema?: string
  open(): Promise<Store>
  remove(): Promise<void>
}

async function sqlite(): Promise<Place> {
  return sqlitePlace()
}

async function postgres(): Promise<Place> {
  return { url: postgresUrl!, ...(await postgresPlace()) }
}

const writer = fileURLToPath(new URL('./writer.mjs', import.meta.url))

function startWriter(
  place: Place,
  blobRoot: string,
  name: string,
  limit: number,
  options: object = place.schema === undefined ? {} : { schema: place.schema },
) {
  const args = [writer, place.url, JSON.stringify(options), blobRoot, name, String(limit)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const acknowledged: string[] = []
  const errors: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => acknowledged.push(line))
  child.stderr.on('data', (text) => errors.push(String(text)))
  return { child, acknowledged, errors, ended: ended(child) }
}

async function ended(child: ChildProcess): Promise<unknown> {
  return (await once(child, 'close'))[0]
}

/** Everything promised is there, and nothing is there by half. */
async function inspect(place: Place, blobRoot: string, promised: readonly string[]) {
  const store = (await place.open()).tables<Tables>()
  try {
    const rows = await store.query.selectFrom('crash_rows').selectAll().execute()
    const pairs = await store.query.selectFrom('crash_pairs').select('id').execute()
    const ids = new Set(rows.map(({ id }) => id))
    expect(promised.filter((id) => !ids.has(id))).toEqual([])
    expect(new Set(pairs.map(({ id }) => id))).toEqual(ids)

    const verdict = await createEventLog({ store: store.tables(), name: 'audit' }).verify()
    expect(verdict).toMatchObject({ status: 'intact', entries: rows.length })
    expect((await store.check()).problems.filter((t) => !t.startsWith('PostgreSQL'))).toEqual([])

    const blobs = await openDiskBlobs(blobRoot)
    const listed = new Set<Digest>()
    for await (const { digest } of blobs.list()) {
      await readBlob(blobs, digest)
      listed.add(digest)
    }
    expect(rows.filter(({ digest }) => !listed.has(digest))).toEqual([])
    return rows.length
  } finally {
    await store.close()
  }
}

function suite(makePlace: () => Promise<Place>) {
  const withPlace = async (run: (place: Place, blobRoot: string) => Promise<void>) => {
    const place = await makePlace()
    const blobRoot = await temporaryDirectory()
    try {
      const store = await place.open()
      await store.migrate('crash', migrations)
      await store.close()
      await run(place, blobRoot)
    } finally {
      await place.remove()
      await rm(blobRoot, { recursive: true, force: true })
    }
  }

  test(
    'two processes killed in mid-write, eight times: nothing acknowledged is lost',
    () =>
      withPlace(async (place, blobRoot) => {
        const rng = createRng(20)
        const promised: string[] = []
        for (let round = 0; round < 8; round++) {
          const writers = ['a', 'b'].map((name) => startWriter(place, blobRoot, name, 1e6))
          await expect
            .poll(() => Math.min(...writers.map((w) => w.acknowledged.length)), { timeout: 15_000 })
            .toBeGreaterThan(1)
          for (const { child } of writers) {
            await new Promise((resolve) => setTimeout(resolve, rng.int(60)))
            child.kill('SIGKILL')
          }
          await Promise.all(writers.map((one) => one.ended))
          expect(writers.flatMap(({ errors }) => errors)).toEqual([])
          promised.push(...writers.flatMap(({ acknowledged }) => acknowledged))
          expect(await inspect(place, blobRoot, promised)).toBeGreaterThanOrEqual(promised.length)
        }
        expect(promised.length).toBeGreaterThan(30)
      }),
    90_000,
  )

  test(
    'two processes writing at once lose nothing',
    () =>
      withPlace(async (place, blobRoot) => {
        const writers = ['a', 'b'].map((name) => startWriter(place, blobRoot, name, 60))
        expect(await Promise.all(writers.map((one) => one.ended))).toEqual([0, 0])
        const promised = writers.flatMap(({ acknowledged }) => acknowledged)
        expect(promised.length).toBe(120)
        expect(await inspect(place, blobRoot, promised)).toBe(120)
      }),
    60_000,
  )
}

describe('SQLite', () => suite(sqlite))
describe.skipIf(!postgresUrl)('PostgreSQL (MLOPS_TEST_POSTGRES_URL)', () => suite(postgres))

test('a process that has the file to itself, killed in mid-write: nothing acknowledged is lost', async () => {
  const place = await sqlite()
  const blobRoot = await temporaryDirectory()
  const created = await place.open()
  await created.migrate('crash', migrations)
  await created.close()
  const promised: string[] = []
  for (let round = 0; round < 5; round++) {
    const one = startWriter(place, blobRoot, 'a', 1e6, { exclusive: true })
    await expect
      .poll(() => one.acknowledged.length, { timeout: 15_000 })
      .toBeGreaterThan(1 + 10 * round)
    const other = openStore(place.url, { busyTimeoutMs: 100 })
    await expect(other).rejects.toMatchObject({ code: 'store.busy' })
    one.child.kill('SIGKILL')
    await one.ended
    expect(one.errors).toEqual([])
    promised.push(...one.acknowledged)
    // By a store that shares the file, in the journal mode that it is safe with.
    await inspect(place, blobRoot, promised)
  }
  await place.remove()
  await rm(blobRoot, { recursive: true, force: true })
}, 90_000)

test('leftovers of killed writers are removed once they are old', async () => {
  const root = await temporaryDirectory()
  const store = await openStore('sqlite::memory:')
  const blobs = await openDiskBlobs(root, { clock: { now: () => Date.now() + 3_600_000 } })
  const failing = (async function* () {
    yield new Uint8Array(10)
    throw new Error('stop')
  })()
  await expect(blobs.put(failing)).rejects.toThrow('stop')
  const { writeFile, readdir } = await import('node:fs/promises')
  await writeFile(join(root, 'incoming', 'orphan'), 'half')
  expect(await blobs.removeLeftovers()).toBe(0)
  expect(await blobs.removeLeftovers({ olderThanMs: 60_000 })).toBe(1)
  expect(await readdir(join(root, 'incoming'))).toEqual([])
  await store.close()
  await rm(root, { recursive: true })
})
