import type { Actor } from '@mlops/core'
import { memoryBlobs } from '@mlops/store/blobs'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { MetricPoint } from '../src/index.ts'
import { createRegistry } from '../src/index.ts'
import { registryMigrations } from '../src/sql/migrations.ts'
import type { RegistryTables } from '../src/sql/tables.ts'
import type { Place } from './places.ts'
import { postgresPlace, postgresUrl, sqlitePlace } from './places.ts'

const by: Actor = { type: 'human', id: 'ada' }

function suite(makePlace: () => Promise<Place>) {
  test('what was recorded before experiments had ids is still there', async () => {
    const place = await makePlace()
    const store = await place.open()
    await store.migrate('registry', registryMigrations.slice(0, 2))
    const at = '2026-01-01T00:00:00.000Z'
    for (const statement of [
      `insert into registry_experiments values ('late', '{}', '2026-01-02T00:00:00.000Z')`,
      `insert into registry_experiments values ('early', '{}', '${at}')`,
      `insert into registry_runs values ('r', 'early', 'run', 'finished', null, '${at}', '${at}')`,
      `insert into registry_params values ('r', 'lr', '0.1')`,
      `insert into registry_run_tags values ('r', 't', 'v')`,
      `insert into registry_inputs values ('r', 'd', 'x', 'training')`,
      `insert into registry_metrics values ('r', 'm', 1, '${at}', '0.5', 0.5)`,
      `insert into registry_latest_metrics values ('r', 'm', 1, '${at}', '0.5', 0.5)`,
    ]) {
      await sql.raw(statement).execute(store.query)
    }
    const registry = await createRegistry({ store, blobs: memoryBlobs() })
    expect(await registry.runs.get('r')).toMatchObject({
      experiment: 'early',
      experimentId: '1',
      params: { lr: '0.1' },
      metrics: { m: 0.5 },
      tags: { t: 'v' },
      inputs: [{ name: 'd', digest: 'x', context: 'training' }],
    })
    expect(await registry.runs.history('r', 'm')).toHaveLength(1)
    expect((await registry.experiments.findByName('late'))?.id).toBe('2')
    expect((await registry.experiments.create({ name: 'next', by })).id).toBe('3')
    await store.close()
    await place.remove()
  })

  test('params and tags from before their beginnings were columns are found', async () => {
    const place = await makePlace()
    const store = await place.open()
    const before = registryMigrations.findIndex(({ id }) => id === '0027-value-start')
    await store.migrate('registry', registryMigrations.slice(0, before))
    const at = '2026-01-01T00:00:00.000Z'
    const values = ['', 'v1', 'x'.repeat(64), `${'x'.repeat(64)}1`, `${'😀'.repeat(64)}1`]
    await sql`insert into registry_experiments values (1, 'e', null, 'active', ${at}, ${at})`.execute(
      store.query,
    )
    for (const [i, value] of values.entries()) {
      for (const statement of [
        sql`insert into registry_runs values (${`r${i}`}, 1, 'run', 'finished', null, '', 'active', ${at}, ${at})`,
        sql`insert into registry_params values (${`r${i}`}, 'p', ${value})`,
        sql`insert into registry_run_tags values (${`r${i}`}, 't', ${value})`,
      ]) {
        await statement.execute(store.query)
      }
    }
    const registry = await createRegistry({ store, blobs: memoryBlobs() })
    await registry.runs.log({ run: 'r0', tags: { t: values[4]! }, by })
    const found = async (entity: 'param' | 'tag', key: string, value: string) => {
      const filter = [{ entity, key, operator: '=', value } as const]
      const { items } = await registry.runs.search({ experimentIds: ['1'], filter })
      return items.map(({ id }) => id).sort()
    }
    for (const [i, value] of values.entries()) {
      expect(await found('param', 'p', value)).toEqual([`r${i}`])
      const tagged = { 0: [], 4: ['r0', 'r4'] }[i] ?? [`r${i}`]
      expect(await found('tag', 't', value)).toEqual(tagged)
    }
    await store.close()
    await place.remove()
  })

  test('every point of the histories that had a row each is still there, in blocks', async () => {
    const place = await makePlace()
    const store = await place.open()
    const before = registryMigrations.findIndex(({ id }) => id === '0022-metric-blocks')
    await store.migrate('registry', registryMigrations.slice(0, before))
    const at = '2026-01-01T00:00:00.000Z'
    for (const statement of [
      `insert into registry_experiments values (1, 'e', null, 'active', '${at}', '${at}')`,
      `insert into registry_runs values ('r', 1, 'run', 'finished', null, '', 'active', '${at}', '${at}')`,
      `insert into registry_runs values ('s', 1, 'run', 'finished', null, '', 'active', '${at}', '${at}')`,
    ]) {
      await sql.raw(statement).execute(store.query)
    }
    const values = [0.1, -0, Number.NaN, Infinity, -Infinity, 1e300, 5e-324, 123456789.125, 1e21]
    const times = [
      '2026-01-01T00:00:00.007Z',
      '1969-12-31T23:59:59.500Z',
      '0001-01-01T00:00:00.999Z',
    ]
    const points = Array.from({ length: 2350 }, (_, i) => ({
      key: 'm',
      step: (i * 7) % 2350,
      at: times[i % 3]!,
      value: values[i % values.length]!,
    }))
    for (let from = 0; from < points.length; from += 500) {
      const rows = points.slice(from, from + 500).map((point) => {
        const text = Object.is(point.value, -0) ? '-0' : String(point.value)
        const value = Number.isNaN(point.value)
          ? 'null'
          : `${Number.isFinite(point.value) ? point.value : 0}`
        return `('r', 'm', ${point.step}, '${point.at}', '${text}', ${value})`
      })
      await sql.raw(`insert into registry_metrics values ${rows.join(', ')}`).execute(store.query)
    }
    for (const [run, key] of [
      ['r', 'other'],
      ['s', 'm'],
    ]) {
      await sql
        .raw(`insert into registry_metrics values ('${run}', '${key}', 3, '${at}', '2', 2)`)
        .execute(store.query)
    }
    const registry = await createRegistry({ store, blobs: memoryBlobs() })
    const sorted = [...points].sort((a, b) => a.step - b.step)
    expect(await registry.runs.history('r', 'm')).toEqual(sorted)
    const pages: MetricPoint[] = []
    let cursor: string | undefined
    do {
      const page = await registry.runs.historyPage('r', 'm', {
        limit: 999,
        ...(cursor && { cursor }),
      })
      pages.push(...page.items)
      cursor = page.nextCursor
    } while (cursor)
    expect(pages).toEqual(sorted)
    const two = [{ key: 'other', step: 3, at, value: 2 }]
    expect(await registry.runs.history('r', 'other')).toEqual(two)
    expect(await registry.runs.history('s', 'm')).toEqual([{ ...two[0], key: 'm' }])
    await store.close()
    await place.remove()
  })

  test('many runs: what the index leads and what is walked find the same', async () => {
    const place = await makePlace()
    const store = await place.open()
    const registry = await createRegistry({ store, blobs: memoryBlobs() })
    const { id } = await registry.experiments.create({ name: 'e', by })
    const at = '2026-01-01T00:00:00.000Z'
    const count = 2600
    const name = (i: number) => `r${String((i * 7919) % count).padStart(5, '0')}`
    const value = (i: number) => (i % 13 === 0 ? Number.NaN : i % 17 === 0 ? undefined : i % 900)
    const isRare = (i: number) => i % 20 === 0
    const tables = store.tables<RegistryTables>()
    for (let from = 0; from < count; from += 100) {
      const some = Array.from({ length: 100 }, (_, i) => from + i)
      await tables.query
        .insertInto('registry_runs')
        .values(
          some.map((i) => ({
            id: name(i),
            experiment: Number(id),
            name: 'n',
            status: 'running',
            parent: null,
            user_id: '',
            lifecycle: i % 100 === 1 ? 'deleted' : 'active',
            started_at: at,
            ended_at: null,
          })),
        )
        .execute()
      await tables.query
        .insertInto('registry_latest_metrics')
        .values(
          some.flatMap((i) => {
            const v = value(i)
            if (v === undefined) return []
            const number = Number.isNaN(v) ? null : v
            const point = { run: name(i), step: 0, at, value_text: String(v), value: number }
            return isRare(i)
              ? [
                  { ...point, key: 'm' },
                  { ...point, key: 'rare' },
                ]
              : { ...point, key: 'm' }
          }),
        )
        .execute()
    }
    const active = Array.from({ length: count }, (_, i) => i).filter((i) => i % 100 !== 1)
    const rank = (i: number) => (value(i) === undefined ? 2 : Number.isNaN(value(i)) ? 1 : 0)
    const byName = (a: number, b: number) => (name(a) < name(b) ? -1 : 1)
    const ordered = (list: readonly number[], sign: 1 | -1) =>
      [...list]
        .sort((a, b) => {
          if (rank(a) !== rank(b)) return rank(a) - rank(b)
          if (rank(a) === 0 && value(a) !== value(b)) return sign * (value(a)! - value(b)!)
          return byName(a, b)
        })
        .map(name)
    const search = async (request: { filter?: string; orderBy?: readonly string[] }) => {
      const found: string[] = []
      let cursor: string | undefined
      do {
        const page = await registry.runs.search({
          experimentIds: [id],
          limit: 700,
          ...request,
          ...(cursor !== undefined && { cursor }),
        })
        found.push(...page.items.map((run) => run.id))
        cursor = page.nextCursor
      } while (cursor !== undefined)
      return found
    }
    const over = (limit: number) => active.filter((i) => value(i)! >= limit)
    expect(await search({ orderBy: ['metrics.m DESC'] })).toEqual(ordered(active, -1))
    expect(await search({ orderBy: ['metrics.m'] })).toEqual(ordered(active, 1))
    expect(await search({ filter: 'metrics.m >= 0' })).toEqual([...over(0)].sort(byName).map(name))
    expect(await search({ filter: 'metrics.m >= 890' })).toEqual(
      [...over(890)].sort(byName).map(name),
    )
    const both = { filter: 'metrics.m >= 0', orderBy: ['metrics.m DESC'] }
    expect(await search(both)).toEqual(ordered(over(0), -1))
    // Rare enough that PostgreSQL, too, had better list them than look them up on the way.
    if (store.dialect === 'postgres')
      await sql`analyze registry_latest_metrics`.execute(store.query)
    const rare = { filter: 'metrics.rare >= 0', orderBy: ['metrics.m DESC'] }
    expect(await search(rare)).toEqual(ordered(over(0).filter(isRare), -1))
    await store.close()
    await place.remove()
  }, 60_000)
}

describe('sqlite', () => suite(sqlitePlace))
describe.skipIf(postgresUrl === undefined)('postgres', () => suite(postgresPlace))
