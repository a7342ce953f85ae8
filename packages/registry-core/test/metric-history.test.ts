import type { Actor } from '@mlops/core'
import { createRng } from '@mlops/core'
import { memoryBlobs } from '@mlops/store/blobs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MetricPoint, Registry } from '../src/index.ts'
import { createRegistry } from '../src/index.ts'
import type { RegistryTables } from '../src/sql/tables.ts'
import type { Place } from './places.ts'
import { postgresPlace, postgresUrl, sqlitePlace } from './places.ts'

const by: Actor = { type: 'service', id: 'trainer' }
const VALUES = [0, -0, 1.5, -1e300, 5e-324, Number.NaN, Infinity, -Infinity]
const START = Date.UTC(2026, 0, 1)

function suite(makePlace: () => Promise<Place>) {
  let place: Place
  let store: Awaited<ReturnType<Place['open']>>
  let registry: Registry
  beforeAll(async () => {
    place = await makePlace()
    store = await place.open()
    registry = await createRegistry({ store, blobs: memoryBlobs() })
  })
  afterAll(async () => {
    await store.close()
    await place.remove()
  })

  const newRun = async () => (await registry.runs.start({ experiment: 'e', by })).id

  async function pages(run: string, limit: number): Promise<MetricPoint[]> {
    const points: MetricPoint[] = []
    let cursor: string | undefined
    do {
      const page = await registry.runs.historyPage(run, 'm', { limit, ...(cursor && { cursor }) })
      expect(page.items.length).toBeLessThanOrEqual(limit)
      points.push(...page.items)
      cursor = page.nextCursor
    } while (cursor)
    return points
  }

  test.each(Array.from({ length: 12 }, (_, seed) => seed))(
    'however points came in, they come out in order and once (seed %i)',
    async (seed) => {
      const rng = createRng(`history ${seed}`)
      const run = await newRun()
      const spread = [1, 3, 40, 1000][seed % 4]!
      const point = (): MetricPoint => ({
        key: rng.next() < 0.8 ? 'm' : 'other',
        value: VALUES[rng.int(VALUES.length)]!,
        step: rng.int(spread) - (spread >> 1),
        at: new Date(START + rng.int(4)).toISOString(),
      })
      const all: MetricPoint[] = []
      for (let i = 0; i < 15; i++) {
        const repeated = all.slice(0, rng.int(4))
        const batch = [
          ...Array.from({ length: 1 + rng.int(i === 7 ? 2500 : 20) }, point),
          ...repeated,
        ]
        all.push(...batch)
        await registry.runs.log({ run, metrics: batch, by })
      }
      const wanted = naive(all.filter(({ key }) => key === 'm'))
      expect(await registry.runs.history(run, 'm')).toEqual(wanted)
      for (const limit of [1 + rng.int(7), 100, 25_000])
        if (wanted.length / limit < 60) expect(await pages(run, limit)).toEqual(wanted)
    },
  )

  test('thousands of single points, with blocks across them, are read page by page', async () => {
    const run = await newRun()
    const at = new Date(START).toISOString()
    const wide = [0, 2500, 4999].map((step) => ({ key: 'm', value: -1, step, at }))
    await registry.runs.log({ run, metrics: wide, by })
    const singles = Array.from({ length: 5000 }, (_, i) => ({ step: (i * 7) % 5000, value: i }))
    const rows = singles.map(({ step, value }) => ({
      run,
      key: 'm',
      first_step: step,
      first_at: at,
      points: `[[${step},${START},${value}]]`,
    }))
    const tables = store.tables<RegistryTables>()
    for (let i = 0; i < rows.length; i += 500) {
      await tables.query
        .insertInto('registry_metric_blocks')
        // biome-ignore lint/suspicious/noExplicitAny: the database numbers the rows
        .values(rows.slice(i, i + 500) as any)
        .execute()
    }
    const wanted = naive([...wide, ...singles.map((one) => ({ key: 'm', at, ...one }))])
    expect(wanted).toHaveLength(5003)
    expect(await registry.runs.history(run, 'm')).toEqual(wanted)
    for (const limit of [999, 2001]) expect(await pages(run, limit)).toEqual(wanted)
  })

  test('the same request again changes nothing', async () => {
    const run = await newRun()
    const at = new Date(START).toISOString()
    const metrics = [1, 2].map((step) => ({ key: 'm', value: step / 3, step, at }))
    for (let i = 0; i < 3; i++) await registry.runs.log({ run, metrics, by })
    expect(await registry.runs.history(run, 'm')).toEqual(metrics)
    expect((await registry.runs.get(run)).latest).toEqual([metrics[1]])
  })

  test.each(['x', 'W10', 'WzEsMiwzLDQsNSw2XQ'])(
    'a cursor that no page gave out: %s',
    async (cursor) => {
      const page = registry.runs.historyPage(await newRun(), 'm', { cursor })
      await expect(page).rejects.toMatchObject({ code: 'core.invalid-cursor' })
    },
  )
}

/** By step, time and value, NaN below all and -0 below 0; each once. */
function naive(points: readonly MetricPoint[]): MetricPoint[] {
  const rank = ({ value }: MetricPoint) => {
    const order = [Number.NaN, -Infinity, -1e300, -1, -0, 0, 5e-324, 1.5]
    const at = order.findIndex((known) => Object.is(known, value))
    return at === -1 ? order.length + value : at
  }
  const kept = points.filter(
    (a, i) =>
      !points.some(
        (b, k) => k < i && a.step === b.step && a.at === b.at && Object.is(a.value, b.value),
      ),
  )
  return kept.sort(
    (a, b) => a.step - b.step || (a.at < b.at ? -1 : a.at > b.at ? 1 : 0) || rank(a) - rank(b),
  )
}

describe('sqlite', () => suite(sqlitePlace))
describe.skipIf(postgresUrl === undefined)('postgres', () => suite(postgresPlace))
