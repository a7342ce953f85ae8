import { sha256Digest, uuidV7 } from '@mlops/core'
import { readBlob } from '@mlops/store/blobs'
import { openS3Blobs } from '@mlops/store/s3'
import { describe, expect, test } from 'vitest'
import { postgresPlace, postgresUrl, sqlitePlace } from './places.ts'
import { by, codeOf, model, withWorld } from './world.ts'

const DAY = 24 * 60 * 60 * 1000
const graceMs = 7 * DAY
const policies = [{ name: 'old', stages: ['development'], olderThanMs: 30 * DAY }]
const ids = uuidV7()
const server = new URL(process.env['MLOPS_TEST_S3_URL'] ?? 'http://user:secret@127.0.0.1:9')
const credentials = {
  accessKeyId: decodeURIComponent(server.username),
  secretAccessKey: decodeURIComponent(server.password),
}
const place = { endpoint: server.origin, bucket: 'test', credentials, wait: async () => {} }
const bytesOf = (n: number) => sha256Digest(`[${n}]`)

/** A folder of its own in the bucket of the test server. */
const s3Blobs = (through: typeof fetch = fetch) =>
  openS3Blobs({ ...place, prefix: `${ids.next()}/`, fetch: through })

async function digestsIn(blobs: Awaited<ReturnType<typeof s3Blobs>>): Promise<string[]> {
  const found: string[] = []
  for await (const { digest } of blobs.list()) found.push(digest)
  return found.sort()
}

describe.skipIf(!process.env['MLOPS_TEST_S3_URL'])('blobs in S3 (MLOPS_TEST_S3_URL)', () => {
  for (const makePlace of postgresUrl ? [sqlitePlace, postgresPlace] : [sqlitePlace]) {
    test(`removed, swept and restored (${makePlace.name})`, async () => {
      const blobs = await s3Blobs()
      await withWorld(
        makePlace,
        3,
        async ({ registry, clock }) => {
          const { retention, artifacts, versions } = registry
          // Two versions share a file: it stays as long as one of them does.
          for (const version of [1, 2]) {
            await artifacts.put({ model, version, path: 'shared', content: 'shared', by })
          }
          await retention.hold({ model, version: 2, reason: 'audit', by })
          clock.advance(31 * DAY)
          expect((await retention.plan(policies)).remove.map((one) => one.version)).toEqual([1, 3])
          await retention.apply({ policies, by })
          await retention.restore({ model, version: 3, by })
          const before = await digestsIn(blobs)
          clock.advance(8 * DAY)
          const dry = await retention.sweep({ graceMs, mode: 'dry-run', by })
          expect(dry.collected).toEqual([{ model, version: 1 }])
          expect(await digestsIn(blobs)).toEqual(before)
          await retention.sweep({ graceMs, by })
          expect(await digestsIn(blobs)).toEqual(before)
          clock.advance(8 * DAY)
          const { swept, sweptBytes, referenced } = await retention.sweep({ graceMs, by })
          expect([swept, sweptBytes, referenced]).toEqual([[{ digest: bytesOf(1), size: 3 }], 3, 3])
          expect(await digestsIn(blobs)).toEqual(
            [bytesOf(2), bytesOf(3), sha256Digest('shared')].sort(),
          )
          for (const version of [2, 3]) {
            const { artifacts: files } = await artifacts.manifest(model, version)
            for (const { digest } of files) await readBlob(blobs, digest)
          }
          // The same bytes come back, marked or swept.
          const { version } = await versions.create({ model, by })
          await artifacts.put({ model, version, path: 'w.json', content: '[1]', by })
          expect(await digestsIn(blobs)).toContain(bytesOf(1))
        },
        { blobs },
      )
    })
  }

  test('uploads beside sweeps: what a version refers to is there', async () => {
    const blobs = await s3Blobs()
    await withWorld(
      sqlitePlace,
      1,
      async ({ registry: { artifacts, retention, versions }, clock }) => {
        const contents = Array.from({ length: 6 }, (_, i) => `content ${i}`)
        // Bytes that nothing refers to, old enough to go.
        for (const content of contents) await blobs.put(content)
        await retention.sweep({ graceMs: 0, by })
        clock.advance(DAY)
        const { version } = await versions.create({ model, by })
        await Promise.all([
          retention.sweep({ graceMs: 0, by }),
          ...contents.map((content, i) =>
            artifacts.put({ model, version, path: `f${i}`, content, by }),
          ),
        ])
        const { artifacts: files } = await artifacts.manifest(model, version)
        expect(files.length).toBe(6)
        for (const { digest } of files) await readBlob(blobs, digest)
      },
      { blobs },
    )
  })

  test('an S3 that is away is told, and the next sweep goes on', async () => {
    let away = false
    const blobs = await s3Blobs((...request) =>
      away ? Promise.reject(new TypeError('fetch failed')) : fetch(...request),
    )
    await withWorld(
      sqlitePlace,
      1,
      async ({ registry: { retention }, clock }) => {
        await blobs.put('orphan')
        await retention.sweep({ graceMs, by })
        clock.advance(8 * DAY)
        away = true
        expect(await codeOf(retention.sweep({ graceMs, by }))).toBe('store.io')
        away = false
        expect(await digestsIn(blobs)).toContain(sha256Digest('orphan'))
        const { swept } = await retention.sweep({ graceMs, by })
        expect(swept.map(({ digest }) => digest)).toEqual([sha256Digest('orphan')])
      },
      { blobs },
    )
  })
})
