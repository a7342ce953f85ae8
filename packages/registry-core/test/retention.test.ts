import { sha256Digest } from '@mlops/core'
import type { BlobStore } from '@mlops/store/blobs'
import { memoryBlobs } from '@mlops/store/blobs'
import { describe, expect, test } from 'vitest'
import type { RetentionPolicy } from '../src/index.ts'
import type { Place } from './places.ts'
import { postgresPlace, postgresUrl, sqlitePlace } from './places.ts'
import { by, codeOf, model, withWorld } from './world.ts'

const DAY = 24 * 60 * 60 * 1000
const old: RetentionPolicy = {
  name: 'old',
  stages: ['development', 'staging', 'production', 'archived'],
  olderThanMs: 30 * DAY,
}
const graceMs = 7 * DAY
const bytesOf = (n: number) => sha256Digest(`[${n}]`)

async function digestsIn(blobs: BlobStore): Promise<string[]> {
  const found: string[] = []
  for await (const { digest } of blobs.list()) found.push(digest)
  return found.sort()
}

function suite(makePlace: () => Promise<Place>) {
  test('a plan says what would go, and of everything in use why it stays', () =>
    withWorld(makePlace, 10, async ({ registry, clock, store }) => {
      const { retention, stages, aliases, deployments, approvals, models, versions } = registry
      const promote = (version: number) =>
        stages.transition({ model, version, to: 'production', by })
      await promote(1)
      await promote(2)
      await aliases.move({ model, alias: 'champion', version: 3, by })
      await deployments.deploy({ model, environment: 'eu', version: 4, by })
      await deployments.markGood({ model, environment: 'eu', version: 4, by })
      await deployments.deploy({ model, environment: 'eu', version: 5, by })
      await retention.hold({ model, version: 6, reason: 'audit', by })
      await models.create({ name: 'other', by })
      await versions.create({ model: 'other', dependsOn: [{ model, version: 7 }], by })
      clock.advance(31 * DAY)
      await approvals.propose({
        model,
        version: 8,
        target: { kind: 'stage', stage: 'staging' },
        by,
      })
      await versions.update({ model, version: 9, description: 'young again', by })

      const before = await registry.log.head()
      const plan = await retention.plan([{ ...old, models: 'flight-*' }])
      expect(plan.remove.map(({ version }) => version)).toEqual([10])
      expect(plan.remove[0]).toMatchObject({ model, policy: 'old', ageMs: 31 * DAY, keptBy: [] })
      const kept = plan.keep.map(({ version, keptBy }) => [
        version,
        ...keptBy.map((use) => use.code),
      ])
      expect(kept).toEqual([
        [1, 'rollback-target'],
        [2, 'production'],
        [3, 'alias'],
        [4, 'rollback-target'],
        [5, 'deployment'],
        [6, 'hold'],
        [7, 'dependency'],
        [8, 'approval'],
      ])
      expect(await registry.log.head()).toEqual(before)
      expect(
        await store.query
          .selectFrom('registry_blob_marks' as never)
          .selectAll()
          .execute(),
      ).toEqual([])

      const applied = await retention.apply({ policies: [{ ...old, models: 'flight-*' }], by })
      expect(applied.remove.map(({ version }) => version)).toEqual([10])
      const live = (await versions.list(model)).items.map(({ version }) => version)
      expect(live).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1])
      const removed = await registry.log.read({ action: 'model-version.removed' })
      expect(removed.items[0]?.data).toMatchObject({ policy: 'old', stage: 'development' })
    }))

  test('policies: by stage, by age since creation, the newest stay, several together', () =>
    withWorld(makePlace, 5, async ({ registry: { retention, stages }, clock }) => {
      await stages.transition({ model, version: 1, to: 'staging', by })
      clock.advance(10 * DAY)
      const plan = async (...policies: Partial<RetentionPolicy>[]) =>
        (
          await retention.plan(policies.map((policy) => ({ ...old, olderThanMs: DAY, ...policy })))
        ).remove.map(({ version, policy }) => `${version} ${policy}`)
      expect(await plan({ stages: ['staging'] })).toEqual(['1 old'])
      expect(await plan({ stages: ['development'], keepLast: 3 })).toEqual(['2 old'])
      expect(await plan({ olderThanMs: 11 * DAY })).toEqual([])
      expect(await plan({ stages: ['development'], since: 'created', keepLast: 1 })).toHaveLength(3)
      expect(
        await plan(
          { name: 'a', stages: ['development'], keepLast: 3 },
          { name: 'b', stages: ['development', 'staging'], keepLast: 4 },
        ),
      ).toEqual(['2 a', '1 b'])
      for (const bad of [null, [], [{ ...old, olderThanMs: -1 }], [{ ...old, stage: 'x' }]]) {
        expect(await codeOf(retention.plan(bad as never))).toBe('registry.invalid-retention')
      }
    }))

  test('removed versions leave a tombstone, are restored within the grace period, then collected', () =>
    withWorld(makePlace, 3, async ({ registry, clock, blobs }) => {
      const { retention, versions, artifacts } = registry
      for (const version of [1, 2, 3]) await versions.remove({ model, version, by })
      await retention.hold({ model, version: 3, reason: 'law suit', by })
      await retention.restore({ model, version: 2, by })
      expect((await versions.get(model, 2)).stage).toBe('development')
      expect(await codeOf(retention.restore({ model, version: 2, by }))).toBe(
        'registry.no-tombstone',
      )
      const { digest } = await artifacts.manifest(model, 2)
      clock.advance(graceMs - 1)
      expect(await retention.sweep({ graceMs, by })).toMatchObject({
        collected: [],
        swept: [],
        referenced: 3,
      })
      clock.advance(1)
      const dry = await retention.sweep({ graceMs, mode: 'dry-run', by })
      expect(dry).toMatchObject({ collected: [{ version: 1 }], held: [{ version: 3 }] })
      expect(await retention.sweep({ graceMs, by })).toMatchObject({
        collected: [{ model, version: 1 }],
        held: [{ model, version: 3 }],
        swept: [],
        waiting: 1,
        referenced: 2,
      })
      expect(await codeOf(retention.restore({ model, version: 1, by }))).toBe(
        'registry.version-collected',
      )
      clock.advance(graceMs)
      const done = await retention.sweep({ graceMs, by })
      expect(done).toMatchObject({ swept: [{ digest: bytesOf(1), size: 3 }], sweptBytes: 3 })
      expect(await digestsIn(blobs)).toEqual([bytesOf(2), bytesOf(3)].sort())
      const stones = (await retention.tombstones(model)).items
      expect(
        stones.map(({ version, collectedAt }) => [version, collectedAt !== undefined]),
      ).toEqual([
        [3, false],
        [1, true],
      ])
      expect(stones[1]!.manifestDigest).not.toBe(digest)
      expect(stones[1]!.manifestDigest).toMatch(/^sha256:/)

      const [hold] = await retention.holds(model)
      await retention.release({ id: hold!.id, by })
      expect(await codeOf(retention.release({ id: hold!.id, by }))).toBe('registry.no-hold')
      expect((await retention.sweep({ graceMs, by })).collected).toEqual([{ model, version: 3 }])
      const rest = await versions.create({ model, by })
      expect(rest.version).toBe(4)
    }))

  test('bytes that several share stay as long as one of them does; runs and files count', () =>
    withWorld(makePlace, 1, async ({ registry, clock, blobs }) => {
      const { retention, versions, artifacts, files } = registry
      const two = await versions.create({ model, by })
      await artifacts.put({ model, version: two.version, path: 'same', content: '[1]', by })
      await files.put({ path: '0/r/artifacts/x', content: 'run file', by })
      await blobs.put('nobody refers to this')
      await versions.remove({ model, version: 1, by })
      for (let i = 0; i < 3; i++) {
        clock.advance(graceMs)
        await retention.sweep({ graceMs, by })
      }
      expect(await digestsIn(blobs)).toEqual([bytesOf(1), sha256Digest('run file')].sort())
      await files.remove({ path: '0/r/artifacts/x', by })
      await retention.sweep({ graceMs, by })
      // Referred to again before its time is over: the mark goes, and the time begins anew.
      await files.put({ path: '0/r/artifacts/x', content: 'run file', by })
      clock.advance(graceMs)
      await retention.sweep({ graceMs, by })
      await files.remove({ path: '0/r/artifacts/x', by })
      expect((await retention.sweep({ graceMs, by })).swept).toEqual([])
      clock.advance(graceMs)
      expect((await retention.sweep({ graceMs, by })).swept).toHaveLength(1)
    }))

  test('a put between storing the bytes and referring to them loses nothing to a sweep', async () => {
    const inner = memoryBlobs()
    let pause = async () => {}
    const blobs: BlobStore = {
      ...inner,
      async put(source, options) {
        const info = await inner.put(source, options)
        await pause()
        return info
      },
    }
    await withWorld(
      makePlace,
      1,
      async (world) => {
        const { registry, clock } = world
        const other = await world.other()
        await inner.put('shared')
        await registry.retention.sweep({ graceMs, by })
        clock.advance(graceMs)
        let sweeps = 0
        pause = async () => {
          if (sweeps++ > 0) return
          const { swept } = await other.registry.retention.sweep({ graceMs, by })
          expect(swept).toHaveLength(1)
        }
        await registry.artifacts.put({ model, version: 1, path: 'a', content: 'shared', by })
        expect(sweeps).toBe(2)
        const { content } = await registry.artifacts.open(model, 1, 'a')
        expect(await new Response(content).text()).toBe('shared')

        // A stream cannot be read twice: the caller is told to send it again, and may.
        await inner.put('streamed')
        await registry.retention.sweep({ graceMs, by })
        clock.advance(graceMs)
        sweeps = 0
        const send = () => {
          const content = new Response('streamed').body!
          return codeOf(registry.artifacts.put({ model, version: 1, path: 'b', content, by }))
        }
        expect(await send()).toBe('registry.blob-swept')
        expect(
          (await registry.artifacts.manifest(model, 1)).artifacts.map(({ path }) => path),
        ).toEqual(['a', 'w.json'])
        expect(await send()).toBe('none')
        const streamed = await registry.artifacts.open(model, 1, 'b')
        expect(await new Response(streamed.content).text()).toBe('streamed')
      },
      { blobs },
    )
  })

  test('puts and sweeps at the same time: every file that was acknowledged can be read', () =>
    withWorld(makePlace, 1, async (world) => {
      const { registry, clock, blobs } = world
      const other = await world.other()
      const texts = Array.from({ length: 12 }, (_, i) => `text ${i}`)
      for (const text of texts) await blobs.put(text)
      await registry.retention.sweep({ graceMs: 0, by })
      clock.advance(1)
      await Promise.all([
        ...texts.map((content, i) =>
          registry.artifacts.put({ model, version: 1, path: `t${i}`, content, by }),
        ),
        ...Array.from({ length: 4 }, () => other.registry.retention.sweep({ graceMs: 0, by })),
      ])
      for (const [i, text] of texts.entries()) {
        const { content } = await registry.artifacts.open(model, 1, `t${i}`)
        expect(await new Response(content).text()).toBe(text)
      }
    }))

  test('a blob store that fails in the middle leaves the mark, and nothing dangling', async () => {
    const inner = memoryBlobs()
    let broken = true
    const blobs: BlobStore = {
      ...inner,
      async delete(digest) {
        await inner.delete(digest)
        if (broken) throw new Error('died after the deletion')
      },
    }
    await withWorld(
      makePlace,
      0,
      async ({ registry, clock }) => {
        await inner.put('gone')
        await registry.retention.sweep({ graceMs, by })
        clock.advance(graceMs)
        await expect(registry.retention.sweep({ graceMs, by })).rejects.toThrow('died')
        broken = false
        const swept = await registry.log.read({ action: 'blob.swept' })
        expect(swept.items).toEqual([])
        await registry.files.put({ path: 'x', content: 'gone', by })
        const { content } = await registry.files.open('x')
        expect(await new Response(content).text()).toBe('gone')
      },
      { blobs },
    )
  })

  test('a version that was removed from production does not come back into it', () =>
    withWorld(makePlace, 2, async ({ registry: { retention, stages, versions } }) => {
      await stages.transition({ model, version: 1, to: 'production', by })
      await versions.remove({ model, version: 1, by })
      await stages.transition({ model, version: 2, to: 'production', by })
      await retention.restore({ model, version: 1, by })
      const { items } = await versions.list(model)
      expect(items.map(({ stage }) => stage)).toEqual(['production', 'archived'])
    }))

  test('holds: on a model, with an end', () =>
    withWorld(makePlace, 1, async ({ registry: { retention, versions, models }, clock }) => {
      const until = new Date(clock.now() + DAY).toISOString()
      await retention.hold({ model, reason: 'quarter', until, by })
      expect(await codeOf(versions.remove({ model, version: 1, by }))).toBe(
        'registry.version-in-use',
      )
      expect(await codeOf(models.remove({ name: model, by }))).toBe('registry.version-in-use')
      expect(await retention.holds(model)).toMatchObject([{ model, reason: 'quarter', until }])
      expect((await retention.holds(model))[0]).not.toHaveProperty('version')
      clock.advance(DAY)
      await versions.remove({ model, version: 1, by })
      const none = retention.hold({ model, version: 9, reason: 'x', by })
      expect(await codeOf(none)).toBe('registry.no-version')
      expect(await codeOf(retention.hold({ model: 'z', reason: 'x', by }))).toBe(
        'registry.no-model',
      )
    }))
}

describe('SQLite', () => suite(sqlitePlace))
describe.skipIf(!postgresUrl)('PostgreSQL (MLOPS_TEST_POSTGRES_URL)', () => suite(postgresPlace))
