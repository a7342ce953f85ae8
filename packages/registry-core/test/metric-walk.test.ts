import type { Actor } from '@mlops/core'
import { createRng, manualClock } from '@mlops/core'
import { memoryBlobs } from '@mlops/store/blobs'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { Filter, SearchOrder } from '../src/index.ts'
import { createRegistry } from '../src/index.ts'
import type { Db } from '../src/service/context.ts'
import { metricWalk } from '../src/sql/metric-walk.ts'
import type { RowEstimates } from '../src/sql/row-estimates.ts'
import { createRowEstimates } from '../src/sql/row-estimates.ts'
import { foundWithParts } from '../src/sql/run-parts.ts'
import { searchKeys } from '../src/sql/search.ts'
import { runSearch } from '../src/sql/searchables.ts'
import type { RegistryTables } from '../src/sql/tables.ts'
import { postgresPlace, postgresUrl } from './places.ts'

const by: Actor = { type: 'service', id: 'trainer' }

/** Estimates of the metric and the scope, and of each condition. */
function told(all: number, condition: number): RowEstimates {
  return {
    of: async (_, queries) =>
      new Map([...queries.keys()].map((name, i) => [name, i < 2 ? all : condition])),
    counted: async () => 200,
  }
}
const CHOSEN = told(1, 1)
const LOOKED_UP = told(100_000, 100_000)
const LISTED = told(100_000, 500)

async function postgres() {
  const place = await postgresPlace()
  const store = await place.open()
  const registry = await createRegistry({ store, blobs: memoryBlobs() })
  const { query: db } = store.tables<RegistryTables>()
  const close = async () => {
    await store.close()
    await place.remove()
  }
  return { registry, db, close }
}

/** Runs in three experiments, by statements that make their own rows. */
async function fill(db: Db) {
  for (const statement of [
    sql`insert into registry_experiments select n, 'e' || n, null, 'active', '', '' from generate_series(1, 3) n`,
    // 1: 3000 runs with a metric of their own. 2: 6000 without. 3: 20, of a metric that 1 has, too.
    sql`insert into registry_runs (id, experiment, name, status, user_id, lifecycle, started_at)
      select 'r' || n, case when n <= 3000 then 1 when n <= 9000 then 2 else 3 end, '', 'running', '', 'active', ''
      from generate_series(1, 9020) n`,
    sql`insert into registry_latest_metrics (run, key, step, at, value_text, value)
      select 'r' || n, key, 0, '', n::text, n from generate_series(1, 9020) n, (values ('own'), ('shared')) keys (key)
      where n <= 3000 or (n > 9000 and key = 'shared')`,
    sql`vacuum analyze registry_runs`,
    sql`vacuum analyze registry_latest_metrics`,
  ]) {
    await statement.execute(db)
  }
}

describe.skipIf(!postgresUrl)('PostgreSQL (MLOPS_TEST_POSTGRES_URL)', () => {
  test('a walk that is laid down finds what the planner finds by itself', async () => {
    const { registry, db, close } = await postgres()
    const rng = createRng(5)
    const some = <Item>(items: readonly Item[]) => items[Math.floor(rng.next() * items.length)]!
    const ids = [1, 2].map((i) => registry.experiments.create({ name: `e${i}`, by }))
    const experiments = (await Promise.all(ids)).map(({ id }) => id)
    for (let i = 0; i < 150; i++) {
      const run = await registry.runs.start({
        ...{ experimentId: some(experiments), name: some(['x', 'y', 'z']), by },
        tags: { t: some(['a', 'B', 'ab']) },
      })
      const values = [1, 2, 2, 3, -0, Number.NaN, Infinity, undefined]
      const at = '2026-01-01T00:00:00.000Z'
      const metrics = ['m', 'n'].flatMap((key) => {
        const value = some(values)
        return value === undefined ? [] : { key, value, step: 0, at }
      })
      const params: Record<string, string> = rng.next() < 0.8 ? { p: some(['1', '2']) } : {}
      const inputs = [{ name: some(['d', 'e']), digest: '1', context: '' }]
      await registry.runs.log({ run: run.id, metrics, params, inputs, by })
    }
    const filters: readonly Filter[] = [
      [],
      [{ entity: 'metric', key: 'n', operator: '>', value: 1 }],
      [{ entity: 'metric', key: 'n', operator: '!=', value: 2 }],
      [{ entity: 'param', key: 'p', operator: '=', value: '1' }],
      [{ entity: 'param', key: 'p', operator: '!=', value: '1' }],
      [{ entity: 'param', key: 'p', operator: 'IS NULL', value: '' }],
      [{ entity: 'tag', key: 't', operator: 'ILIKE', value: '%b' }],
      [{ entity: 'dataset', key: 'name', operator: '=', value: 'd' }],
      [{ key: 'run_name', operator: '!=', value: 'z' }],
      [
        { entity: 'metric', key: 'n', operator: '>=', value: 2 },
        { entity: 'tag', key: 't', operator: '=', value: 'ab' },
        { key: 'run_name', operator: '=', value: 'x' },
      ],
    ]
    const orders: readonly (readonly SearchOrder[])[] = [
      [{ entity: 'metric', key: 'm', descending: true }],
      [
        { entity: 'metric', key: 'm' },
        { entity: 'metric', key: 'n', descending: true },
      ],
      [{ entity: 'metric', key: 'm', descending: true }, { key: 'run_name' }],
    ]
    const along = { most: 1000, statement: foundWithParts }
    const found = async (
      estimates: RowEstimates,
      filter: Filter,
      orderBy: (typeof orders)[number],
    ) => {
      const scope = {
        ...({ db, dialect: 'postgres', estimates, along, token: 1 } as const),
        where: [sql`r.experiment = ${Number(experiments[0])}`],
      }
      const pages: string[][] = []
      let cursor: string | undefined
      do {
        const request = { filter, orderBy, limit: 7, ...(cursor !== undefined && { cursor }) }
        const page = await searchKeys(runSearch('postgres'), scope, request)
        pages.push(page.keys.map(({ id }) => String(id)))
        cursor = page.nextCursor
      } while (cursor !== undefined)
      return pages
    }
    for (const filter of filters) {
      for (const order of orders) {
        const chosen = await found(CHOSEN, filter, order)
        expect(await found(LOOKED_UP, filter, order)).toEqual(chosen)
        expect(await found(LISTED, filter, order)).toEqual(chosen)
        expect(chosen.flat().length, JSON.stringify(filter)).toBeGreaterThan(2)
      }
    }
    await close()
  })

  test('a metric of one experiment is walked, whatever others hold; few runs are not', async () => {
    const { db, close } = await postgres()
    await fill(db)
    const estimates = createRowEstimates(manualClock('2026-01-01T00:00:00.000Z'))
    const walks = async (experiment: number, metric: string, limit: number, descending = true) => {
      const searchable = runSearch('postgres')
      const ranked = { ...searchable.rankedBy!(metric), metric }
      const unused = () => {
        throw new Error('no filter')
      }
      const { from } = await metricWalk(db, estimates, {
        ...{ searchable, ranked, token: experiment, filter: [], limit, descending },
        ...{ scope: [sql`r.experiment = ${experiment}`], conditionOf: unused, conditionOn: unused },
      })
      return from === ranked.walked
    }
    expect(await walks(1, 'own', 100)).toBe(true)
    expect(await walks(1, 'own', 3000)).toBe(false)
    expect(await walks(3, 'shared', 100)).toBe(false)
    // They have the highest of all: from there they are near, from the other end they are not.
    expect(await walks(3, 'shared', 5)).toBe(true)
    expect(await walks(3, 'shared', 5, false)).toBe(false)
    await close()
  })

  test('runs found on a walk have all that they have by themselves', async () => {
    const { registry, db, close } = await postgres()
    await fill(db)
    const model = await registry.loggedModels.create({ experimentId: '1', name: 'm', by })
    for (const n of [3000, 2999, 2900, 2000]) {
      await registry.runs.log({
        ...{ run: `r${n}`, by, params: { lr: '0.1', [`p"${n}`]: "it's" }, tags: { t: `${n}` } },
        metrics: [{ key: 'odd', value: Infinity, step: 3, at: '2026-01-01T00:00:00.000Z' }],
        inputs: [{ name: 'd', digest: '1', context: 'train' }],
        modelOutputs: [{ model: model.id, step: 2 }],
      })
    }
    const orderBy = ['metrics.own DESC']
    const search = { experimentIds: ['1'], orderBy }
    // What is read along with a page of 1000 is read after it for a longer one.
    for (const limit of [1, 100, 1000, 1001]) {
      const first = await registry.runs.search({ ...search, limit })
      const second = await registry.runs.search({ ...search, limit, cursor: first.nextCursor! })
      const items = [...first.items, ...second.items]
      expect(items.map(({ id }) => id)).toEqual(
        Array.from({ length: 2 * limit }, (_, i) => `r${3000 - i}`),
      )
      for (const item of items.filter((_, i) => i < 3 || i % 100 === 0)) {
        expect(item).toEqual(await registry.runs.get(item.id))
      }
    }
    const none = await registry.runs.search({ ...search, filter: "params.p = 'none'", limit: 5 })
    expect(none).toEqual({ items: [] })
    await close()
  })
})
