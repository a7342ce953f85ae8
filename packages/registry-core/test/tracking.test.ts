import type { Actor } from '@mlops/core'
import { createRng } from '@mlops/core'
import { memoryBlobs } from '@mlops/store/blobs'
import { describe, expect, test } from 'vitest'
import { createRegistry } from '../src/index.ts'
import type { Place } from './places.ts'
import { postgresPlace, postgresUrl, sqlitePlace } from './places.ts'

const by: Actor = { type: 'service', id: 'trainer' }
/** Keys whose order differs between code units and code points, and one that is no plain property. */
const KEYS = ['a', 'Z', 'é', '\ufffd', '😀', '_x', '__proto__', 'a/b', '10', '9']

function suite(makePlace: () => Promise<Place>) {
  test('a run that a search finds is the run that get returns, with all that belongs to it', async () => {
    const place = await makePlace()
    const store = await place.open()
    const registry = await createRegistry({ store, blobs: memoryBlobs() })
    const rng = createRng('tracking')
    const values = [0, -0, 1.5, 1e300, Number.NaN, Infinity, -Infinity]
    const some = () => KEYS.filter(() => rng.next() < 0.6)
    for (let i = 0; i < 40; i++) {
      const { id } = await registry.runs.start({ experiment: 'e', name: `run ${i}`, by })
      await registry.runs.log({
        run: id,
        params: Object.fromEntries(some().map((key) => [key, `p "${key}"`])),
        tags: Object.fromEntries(some().map((key) => [key, `t\n${key}`])),
        metrics: some().flatMap((key) =>
          [0, 1].map((step) => ({ key, value: values[rng.int(values.length)]!, step })),
        ),
        by,
      })
    }
    const experimentId = (await registry.experiments.findByName('e'))!.id
    const { items } = await registry.runs.search({ experimentIds: [experimentId], limit: 1000 })
    expect(items).toHaveLength(40)
    for (const found of items) {
      const got = await registry.runs.get(found.id)
      expect(found).toEqual(got)
      expect(found.latest.map(({ key }) => key)).toEqual(got.latest.map(({ key }) => key))
      expect(Object.keys(found.params)).toEqual(Object.keys(got.params))
    }
    await store.close()
    await place.remove()
  })

  test('single points that wait together are written together; each call succeeds or fails with its run', async () => {
    const place = await makePlace()
    const store = await place.open()
    const registry = await createRegistry({ store, blobs: memoryBlobs() })
    const runs = await Promise.all(
      ['a', 'b', 'gone'].map((name) => registry.runs.start({ experiment: 'e', name, by })),
    )
    const [a, b, gone] = runs.map(({ id }) => id) as [string, string, string]
    await registry.runs.remove({ run: gone, by })
    const before = (await registry.log.read({ limit: 1000 })).items.length
    const log = (run: string, step: number) =>
      registry.runs.log({ run, metrics: [{ key: 'loss', value: step / 7, step }], by })
    const results = await Promise.allSettled(
      Array.from({ length: 300 }, (_, i) => log([a, b, gone][i % 3]!, i)),
    )
    for (const [i, { status }] of results.entries())
      expect(status).toBe(i % 3 === 2 ? 'rejected' : 'fulfilled')
    for (const [at, run] of [a, b].entries()) {
      const points = await registry.runs.history(run, 'loss')
      expect(points.map(({ step }) => step)).toEqual(
        Array.from({ length: 100 }, (_, i) => 3 * i + at),
      )
      expect((await registry.runs.get(run)).metrics['loss']).toBe((297 + at) / 7)
    }
    const events = (await registry.log.read({ limit: 1000 })).items.slice(before)
    const logged = events.map(({ data }) => (data as { metrics: number }).metrics)
    expect(logged.reduce((sum, n) => sum + n, 0)).toBe(200)
    expect(events.length).toBeLessThan(40)
    await expect(store.transaction(() => log(a, 1000))).rejects.toMatchObject({
      code: 'store.nested',
    })
    await store.close()
    await place.remove()
  })
}

describe('SQLite', () => suite(sqlitePlace))
describe.skipIf(!postgresUrl)('PostgreSQL (MLOPS_TEST_POSTGRES_URL)', () => suite(postgresPlace))
