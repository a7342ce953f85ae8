import type { Actor } from '@mlops/core'
import { createRng } from '@mlops/core'
import { memoryBlobs } from '@mlops/store/blobs'
import { describe, expect, test } from 'vitest'
import { createRegistry } from '../src/index.ts'
import { compareCodePoints } from '../src/service/tracking/keyed-texts.ts'
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
    // A schema of records leaves that key out.
    const named = () => some().filter((key) => key !== '__proto__')
    const inputs = ['d1', 'd2', 'd3'].map((name) => ({
      name,
      digest: 'x',
      context: 'training',
      sourceType: 'local',
      source: `/data/${name}`,
      profile: '{"rows":1}',
      tags: { split: name },
    }))
    const { id: experimentId } = await registry.experiments.create({ name: 'e', by })
    const { id: model } = await registry.loggedModels.create({ experimentId, name: 'm', by })
    const logged = new Map<string, object>()
    for (let i = 0; i < 40; i++) {
      const { id } = await registry.runs.start({ experiment: 'e', name: `run ${i}`, by })
      const own = {
        params: Object.fromEntries(named().map((key) => [key, `p${i} "${key}"`])),
        tags: Object.fromEntries(named().map((key) => [key, `t${i}\n${key}`])),
        inputs: inputs.slice(0, i % 4),
        modelInputs: i % 3 === 0 ? [{ model, step: 0 }] : [],
        modelOutputs: i % 5 === 0 ? [{ model, step: i }] : [],
      }
      const metrics = some().flatMap((key) =>
        [0, 1].map((step) => ({ key, value: values[rng.int(values.length)]!, step })),
      )
      await registry.runs.log({ run: id, ...own, metrics, by })
      const last = metrics.filter(({ step }) => step === 1).map(({ key, value }) => [key, value])
      logged.set(id, { ...own, metrics: Object.fromEntries(last) })
    }
    const { items } = await registry.runs.search({ experimentIds: [experimentId], limit: 1000 })
    expect(items).toHaveLength(40)
    for (const found of items) {
      const got = await registry.runs.get(found.id)
      expect(found).toEqual(got)
      const { params, tags, metrics, modelInputs, modelOutputs } = found
      const own = { params, tags, inputs: found.inputs, modelInputs, modelOutputs, metrics }
      expect(own).toEqual(logged.get(found.id))
      expect(found.latest.map(({ key, value, step }) => [key, value, step])).toEqual(
        Object.keys(metrics)
          .toSorted(compareCodePoints)
          .map((key) => [key, metrics[key], 1]),
      )
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
