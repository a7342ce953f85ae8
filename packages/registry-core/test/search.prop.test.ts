import type { Actor } from '@mlops/core'
import { createRng } from '@mlops/core'
import type { Store } from '@mlops/store'
import { memoryBlobs } from '@mlops/store/blobs'
import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Comparison, Registry, Run, SearchOrder } from '../src/index.ts'
import { createRegistry } from '../src/index.ts'
import type { Place } from './places.ts'
import { postgresPlace, postgresUrl, sqlitePlace } from './places.ts'

const by: Actor = { type: 'service', id: 'trainer' }
const RUNS = 90
/** Keys that few, most and no runs have, and one that sorts differently by code unit. */
const KEYS = ['a', 'b', '😀', 'none'] as const
const NUMBERS = [0, -0, 1, 2.5, 2.5, -3, 1e300, Number.NaN, Infinity, -Infinity]
const LONG = 'x'.repeat(64)
const FACES = '😀'.repeat(63)
const TEXTS = [
  '',
  'v1',
  'V1',
  'v2',
  '\ufffd',
  '😀',
  LONG,
  `${LONG}1`,
  `${LONG}2`,
  FACES,
  `${FACES}😀1`,
]

/** What runs may be ordered by: missing values last, and before them NaN. */
type Value = string | number | undefined

/** A run's value of what a condition or an order names, found by looking at the run. */
function valueIn(run: Run, { entity = 'attribute', key }: SearchOrder | Comparison): Value {
  if (entity === 'metric') return Object.hasOwn(run.metrics, key) ? run.metrics[key] : undefined
  if (entity === 'param') return run.params[key]
  if (entity === 'tag') return run.tags[key]
  if (key === 'status') return run.status.toUpperCase()
  if (key === 'start_time') return Date.parse(run.startedAt)
  if (key === 'end_time') return run.endedAt === undefined ? undefined : Date.parse(run.endedAt)
  if (key === 'run_name') return run.name
  if (key === 'artifact_uri') {
    return run.artifactLocation && `${run.artifactLocation}/${run.id}/artifacts`
  }
  return run.id
}

function meets(run: Run, comparison: Comparison): boolean {
  const { entity, key, operator, value: wanted } = comparison
  if (entity === 'dataset') {
    return run.inputs.some((input) => holds(input[key as 'name'], operator, wanted))
  }
  const value = valueIn(run, comparison)
  if (operator === 'IS NULL') return value === undefined
  return value !== undefined && !Number.isNaN(value) && holds(value, operator, wanted)
}

function holds(value: string | number, operator: string, wanted: Comparison['value']): boolean {
  if (operator === 'IS NOT NULL') return true
  if (operator === 'IN') return (wanted as readonly string[]).includes(value as string)
  if (operator === 'NOT IN') return !(wanted as readonly string[]).includes(value as string)
  if (operator === 'LIKE' || operator === 'ILIKE') {
    const pattern = String(wanted).replaceAll('%', '[^]*').replaceAll('_', '[^]')
    return new RegExp(`^${pattern}$`, operator === 'ILIKE' ? 'iu' : 'u').test(value as string)
  }
  if (operator === '=') return value === wanted
  if (operator === '!=') return value !== wanted
  const given = wanted as number
  const number = value as number
  if (operator === '>') return number > given
  if (operator === '>=') return number >= given
  return operator === '<' ? number < given : number <= given
}

const rankOf = (value: Value) => (value === undefined ? 2 : Number.isNaN(value) ? 1 : 0)
const bytes = (text: string) => Buffer.from(text)

function compare(a: Value, b: Value): number {
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(bytes(a), bytes(b))
  return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0
}

function inOrder(order: readonly SearchOrder[]) {
  const parts = [...order, { key: 'run_id' }]
  return (a: Run, b: Run) => {
    for (const part of parts) {
      const [x, y] = [valueIn(a, part), valueIn(b, part)]
      const ranks = rankOf(x) - rankOf(y)
      if (ranks !== 0) return ranks
      const by = rankOf(x) === 0 ? compare(x, y) : 0
      if (by !== 0) return part.descending ? -by : by
    }
    return 0
  }
}

const number = fc.constantFrom('=', '!=', '>', '>=', '<', '<=')
const text = fc.constantFrom('=', '!=')
const key = fc.constantFrom(...KEYS)
const pattern = fc.constantFrom('v%', '%1', 'V_', '_', '%', `${LONG}%`)

const comparison = fc.oneof(
  fc.record({
    entity: fc.constant('metric'),
    key,
    operator: number,
    value: fc.constantFrom(...NUMBERS.filter((one) => !Number.isNaN(one))),
  }),
  fc.record({
    entity: fc.constantFrom('param', 'tag'),
    key,
    operator: text,
    value: fc.constantFrom(...TEXTS),
  }),
  fc.record({
    entity: fc.constantFrom('param', 'tag'),
    key,
    operator: fc.constantFrom('LIKE', 'ILIKE'),
    value: pattern,
  }),
  fc.record({
    entity: fc.constantFrom('param', 'tag'),
    key,
    operator: fc.constantFrom('IS NULL', 'IS NOT NULL'),
  }),
  fc.record({
    entity: fc.constant('dataset'),
    key: fc.constant('name'),
    operator: fc.constantFrom('=', '!=', 'IN', 'NOT IN'),
    value: fc.constant('d1'),
  }),
  fc.record({ key: fc.constant('status'), operator: text, value: fc.constant('FINISHED') }),
  fc.record({
    key: fc.constantFrom('start_time', 'end_time'),
    operator: number,
    value: fc.constantFrom(1_767_225_600_000, 1_767_225_603_000),
  }),
  fc.record({
    key: fc.constant('artifact_uri'),
    operator: fc.constantFrom('LIKE', 'ILIKE'),
    value: fc.constantFrom('s3://%', '%1/artifacts'),
  }),
)
const listed = ({ operator, value, ...rest }: { operator: string; value?: unknown }) =>
  operator.endsWith('IN') ? { ...rest, operator, value: [value] } : { ...rest, operator, value }
const filters = fc.array(
  comparison.map((one) => {
    const { value, ...rest } = listed(one as never)
    return (value === undefined ? rest : { ...rest, value }) as unknown as Comparison
  }),
  { maxLength: 3 },
)
const orders = fc.uniqueArray(
  fc.oneof(
    fc.record({ entity: fc.constant('metric'), key, descending: fc.boolean() }),
    fc.record({ entity: fc.constantFrom('param', 'tag'), key, descending: fc.boolean() }),
    fc.record({
      entity: fc.constant('attribute'),
      key: fc.constantFrom('start_time', 'end_time', 'status', 'run_name', 'artifact_uri'),
      descending: fc.boolean(),
    }),
  ) as fc.Arbitrary<SearchOrder>,
  { minLength: 1, maxLength: 3, selector: ({ entity, key: name }) => `${entity} ${name}` },
)

/** Runs of another experiment, by statements that make their own rows. */
async function fillAnother(registry: Registry, { query: db }: Store, count: number) {
  const { id } = await registry.experiments.create({ name: 'another', by })
  const rows = sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${sql.lit(count)})`
  await sql`insert into registry_runs (id, experiment, name, status, user_id, lifecycle, started_at) ${rows}
    select 'other-' || i, ${sql.lit(Number(id))}, 'v1', 'running', '', 'active', '2026-01-01T00:00:00.000Z' from n`.execute(
    db,
  )
  await sql`insert into registry_latest_metrics (run, key, step, at, value_text, value) ${rows}
    select 'other-' || i, 'a', 0, '2026-01-01T00:00:00.000Z', cast(i as text), i * 1.0 from n`.execute(
    db,
  )
}

function suite(makePlace: () => Promise<Place>, others = 0) {
  let place: Place
  let store: Store
  let registry: Registry
  let experimentIds: string[]
  const runs: Run[] = []

  beforeAll(async () => {
    place = await makePlace()
    store = await place.open()
    registry = await createRegistry({ store, blobs: memoryBlobs() })
    const rng = createRng('search')
    const one = <Item>(items: readonly Item[]) => items[rng.int(items.length)]!
    const some = <Item>(items: readonly Item[]) =>
      Object.fromEntries(
        KEYS.slice(0, 3).flatMap((name, i) =>
          rng.next() < 0.8 - i / 4 ? [[name, one(items)]] : [],
        ),
      )
    const { id: first } = await registry.experiments.create({ name: 'first', by })
    const { id: second } = await registry.experiments.create({
      name: 'second',
      artifactLocation: 's3://bucket',
      by,
    })
    experimentIds = [first, second]
    for (let i = 0; i < RUNS; i++) {
      const { id } = await registry.runs.start({
        experimentId: one(experimentIds),
        name: one(TEXTS) || 'n',
        startedAt: new Date(1_767_225_600_000 + 1000 * rng.int(6)).toISOString(),
        by,
      })
      await registry.runs.log({
        run: id,
        metrics: Object.entries(some(NUMBERS)).map(([name, value]) => ({ key: name, value })),
        params: some(TEXTS),
        tags: some(TEXTS),
        inputs: rng.next() < 0.4 ? [{ name: one(['d1', 'd2']), digest: 'x' }] : [],
        by,
      })
      if (rng.next() < 0.5) {
        const endedAt = new Date(1_767_225_600_000 + 1000 * rng.int(6)).toISOString()
        await registry.runs.update({ run: id, status: 'finished', endedAt, by })
      }
      runs.push(await registry.runs.get(id))
    }
    if (others > 0) await fillAnother(registry, store, others)
  })

  afterAll(async () => {
    await store.close()
    await place.remove()
  })

  test('a search finds what looking at every run finds, in the same order, on pages of any size', async () => {
    await fc.assert(
      fc.asyncProperty(
        filters,
        orders,
        fc.integer({ min: 1, max: 40 }),
        async (filter, orderBy, limit) => {
          const expected = runs.filter((run) => filter.every((part) => meets(run, part)))
          expected.sort(inOrder(orderBy))
          const found: Run[] = []
          let cursor: string | undefined
          do {
            const page = await registry.runs.search({
              experimentIds,
              filter,
              orderBy,
              limit,
              ...(cursor !== undefined && { cursor }),
            })
            expect(page.items.length).toBeLessThanOrEqual(limit)
            found.push(...page.items)
            cursor = page.nextCursor
          } while (cursor !== undefined && found.length <= RUNS)
          expect(found).toEqual(expected)
        },
      ),
      { numRuns: 150 },
    )
  })
}

describe('SQLite', () => suite(sqlitePlace))
describe('SQLite, a few runs among many', () => suite(sqlitePlace, 3000))
describe.skipIf(!postgresUrl)('PostgreSQL (MLOPS_TEST_POSTGRES_URL)', () => {
  describe('by themselves', () => suite(postgresPlace))
  describe('a few runs among many', () => suite(postgresPlace, 3000))
})
