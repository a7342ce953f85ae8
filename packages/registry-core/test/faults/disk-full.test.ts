import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isMlopsError } from '@mlops/core'
import type { Store } from '@mlops/store'
import { openStore } from '@mlops/store'
import type { DiskBlobStore } from '@mlops/store/blobs'
import { openDiskBlobs, readBlob } from '@mlops/store/blobs'
import type { JournalMode } from '@mlops/store/sqlite'
import { openSqliteStore } from '@mlops/store/sqlite'
import { describe, expect, test } from 'vitest'
import type { Registry } from '../../src/index.ts'
import { createRegistry } from '../../src/index.ts'
import { createMlflowHandler, openAccess } from '../../src/mlflow/index.ts'
import { expectQuiet } from '../attacks/door.ts'
import { postgresUrl } from '../places.ts'
import { by, codeOf, model } from '../world.ts'
import { startCluster } from './private-cluster.ts'
import type { TinyDisk } from './tiny-disk.ts'
import { mayMount, tinyDisk } from './tiny-disk.ts'

interface Room {
  readonly disk: TinyDisk
  open(): Promise<Store>
  remove(): Promise<void>
}

const sqliteRoom = (journalMode: JournalMode) => async (): Promise<Room> => {
  const disk = await tinyDisk(24)
  const open = () => openSqliteStore(join(disk.path, 'test.db'), { journalMode })
  return { disk, open, remove: disk.remove }
}

/** A whole server on the small disk: it must run out of room for rows, not only for files. */
async function postgresRoom(): Promise<Room> {
  const disk = await tinyDisk(160)
  const cluster = await startCluster(disk.path)
  return {
    disk,
    open: () => openStore(cluster.url, { maxConnections: 5 }),
    async remove() {
      await cluster.remove()
      await disk.remove()
    },
  }
}

async function withRoom(
  makeRoom: () => Promise<Room>,
  run: (world: Room & { registry: Registry; store: Store; blobs: DiskBlobStore }) => Promise<void>,
): Promise<void> {
  const room = await makeRoom()
  const store = await room.open()
  try {
    const blobs = await openDiskBlobs(join(room.disk.path, 'blobs'))
    const registry = await createRegistry({ store, blobs })
    await registry.models.create({ name: model, by })
    await run({ ...room, registry, store, blobs })
  } finally {
    await store.close()
    await room.remove()
  }
}

const numbersOf = async ({ versions }: Registry) =>
  (await versions.list(model, { limit: 1000 })).items.map(({ version }) => version).reverse()

/** Makes versions with much to say until one is refused; returns the refusal's code. */
async function untilRefused(registry: Registry): Promise<{ made: number; code: string }> {
  for (let made = 0; ; made++) {
    const description = randomBytes(1800).toString('hex')
    const code = await codeOf(registry.versions.create({ model, description, by }))
    if (code !== 'none') return { made, code }
    if (made > 5000) throw new Error('the disk is never full')
  }
}

function suite(makeRoom: () => Promise<Room>) {
  test(
    'rows: refused whole, readable meanwhile, taken again once there is room',
    () =>
      withRoom(makeRoom, async ({ registry, store, disk, open }) => {
        await registry.versions.create({ model, by })
        const { id: experimentId } = await registry.experiments.create({ name: 'e', by })
        const { id: run } = await registry.runs.start({ experimentId, by })
        await disk.fill()
        const first = await untilRefused(registry)
        expect(first.code).toBe('store.disk-full')
        const kept = await numbersOf(registry)
        expect(kept).toEqual(kept.map((_, i) => i + 1))
        expect(kept.length).toBe(1 + first.made)
        // Together in one commit, more than any cache holds: each is told, none is there by half.
        const large = (i: number) =>
          registry.runs.log({
            run,
            params: Object.fromEntries(
              Array.from({ length: 100 }, (_, k) => [
                `${i}-${k}`,
                randomBytes(3000).toString('hex'),
              ]),
            ),
            by,
          })
        const outcomes = await Promise.all(Array.from({ length: 12 }, (_, i) => codeOf(large(i))))
        const told = outcomes.map((code) =>
          code === 'none' ? 100 : code === 'store.disk-full' ? 0 : code,
        )
        const { params } = await registry.runs.get(run)
        const found = outcomes.map((_, i) =>
          Object.keys(params).filter((key) => key.startsWith(`${i}-`)),
        )
        expect(found.map(({ length }) => length)).toEqual(told)
        expect(outcomes).toContain('store.disk-full')
        expect(await numbersOf(registry)).toEqual(kept)

        await disk.free()
        const { version } = await registry.versions.create({ model, by })
        expect(version).toBe(kept.length + 1)
        expect((await registry.verifyHistory()).status).toBe('intact')
        expect((await store.check()).status).not.toBe('damaged')
        const again = await open()
        try {
          const rows = await again.query
            .selectFrom('registry_versions' as never)
            .selectAll()
            .execute()
          expect(rows.length).toBe(version)
        } finally {
          await again.close()
        }
      }),
    120_000,
  )

  test(
    'files: nothing is kept by half, in the registry and through the MLflow door',
    () =>
      withRoom(makeRoom, async ({ registry, disk, blobs }) => {
        await registry.versions.create({ model, by })
        const small = { model, version: 1, by }
        await registry.artifacts.put({ ...small, path: 'small', content: 'small' })
        const large = randomBytes(2 << 20)
        const auth = openAccess(by)
        const door = createMlflowHandler({ registry, auth })
        const upload = () =>
          door(
            new Request('http://localhost/api/2.0/mlflow-artifacts/artifacts/0/large', {
              method: 'PUT',
              body: large,
            }),
          )
        await disk.fill()
        const put = () => registry.artifacts.put({ ...small, path: 'large', content: large })
        const refused = await put().catch((error: unknown) => error)
        expect(isMlopsError(refused) && [refused.kind, refused.code]).toEqual([
          'unavailable',
          'store.disk-full',
        ])
        const answer = await upload()
        expect(answer.status).toBe(503)
        const text = await answer.text()
        expectQuiet(text)
        expect(text).not.toContain(disk.path)
        expect(await registry.files.find('0/large')).toBeUndefined()
        const { artifacts } = await registry.artifacts.manifest(model, 1)
        expect(artifacts.map(({ path }) => path)).toEqual(['small'])
        expect(await readdir(join(blobs.root, 'incoming'))).toEqual([])
        for await (const { digest } of blobs.list()) await readBlob(blobs, digest)

        await disk.free()
        await put()
        expect((await upload()).status).toBe(200)
        const { content } = await registry.artifacts.open(model, 1, 'large')
        expect(Buffer.from(await new Response(content).arrayBuffer()).equals(large)).toBe(true)
      }),
    120_000,
  )
}

const mounts = await mayMount()

describe.skipIf(!mounts)('a full disk (needs the right to mount)', () => {
  describe('SQLite, write-ahead log', () => suite(sqliteRoom('wal')))
  describe('SQLite, rollback journal', () => suite(sqliteRoom('truncate')))
})
describe.skipIf(!mounts || !postgresUrl)(
  'a full disk, PostgreSQL (needs the right to mount, and MLOPS_TEST_POSTGRES_URL)',
  () => suite(postgresRoom),
)
