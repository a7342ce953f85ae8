import { describe, expect, test } from 'vitest'
import type { Place } from './places.ts'
import { postgresPlace, postgresUrl, sqlitePlace } from './places.ts'
import { allPages, by, experiment, source } from './trace-world.ts'
import { codeOf, withWorld } from './world.ts'

function suite(makePlace: () => Promise<Place>) {
  const within = (run: Parameters<typeof withWorld>[2]) => withWorld(makePlace, 0, run)

  test('pages have each trace once, the newest first, also of one moment', () =>
    within(async ({ registry }) => {
      const [one, two] = [await experiment(registry), await experiment(registry, 'two')]
      const told = Array.from({ length: 23 }, (_, i) => ({
        id: `tr-${String((i * 7) % 23).padStart(2, '0')}`,
        experimentId: i % 5 === 0 ? two : one,
        requestedAt: new Date(1e12 + Math.floor(i / 4)).toISOString(),
      }))
      for (const trace of told) await registry.traces.log({ ...trace, by })
      const newestFirst = [...told].sort(
        (a, b) =>
          b.requestedAt.localeCompare(a.requestedAt) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0),
      )
      const idsOf = (experimentId: string[]) =>
        newestFirst.filter((trace) => experimentId.includes(trace.experimentId)).map(({ id }) => id)
      expect(await allPages(registry, { experimentIds: [one], limit: 4 })).toEqual(idsOf([one]))
      expect(await allPages(registry, { experimentIds: [one, two], limit: 3 })).toEqual(
        idsOf([one, two]),
      )
      expect(await allPages(registry, { experimentIds: [] })).toEqual([])
      const first = await registry.traces.search({ experimentIds: [one], limit: 4 })
      const elsewhere = { experimentIds: [two], cursor: first.nextCursor! }
      expect(await codeOf(registry.traces.search(elsewhere))).toBe('core.invalid-cursor')
    }))

  test('a filter finds what it says', () =>
    within(async ({ registry }) => {
      const { traces } = registry
      const experimentId = await experiment(registry)
      const long = '🙂'.repeat(70)
      const feedback = (name: string, value: unknown) =>
        ({ name, kind: 'feedback', value, source }) as const
      await traces.log({
        id: 'a',
        experimentId,
        requestedAt: new Date(1000).toISOString(),
        durationMs: 50,
        state: 'ok',
        clientRequestId: 'C1',
        tags: { env: 'prod', 'mlflow.traceName': 'chat', long },
        metadata: { 'mlflow.trace.session': 's1', 'a b': 'x' },
        run: 'r1',
        assessments: [
          feedback('good', true),
          feedback('score', 5),
          feedback('tone', 'dry'),
          { ...feedback('old', 1), id: 'replaced' },
          { ...feedback('new', 1), overrides: 'replaced' },
          { ...feedback('answer', 42), kind: 'expectation' },
        ],
        by,
      })
      await traces.log({
        id: 'b',
        experimentId,
        requestedAt: new Date(2000).toISOString(),
        durationMs: 500,
        state: 'error',
        tags: { env: 'dev', 'mlflow.traceName': 'Chat', long: `${long}!` },
        metadata: { 'mlflow.trace.session': 's2' },
        run: 'r2',
        assessments: [feedback('good', false), feedback('score', '5')],
        by,
      })
      await traces.log({
        id: 'c',
        experimentId,
        requestedAt: new Date(3000).toISOString(),
        state: 'in-progress',
        by,
      })
      const cases: readonly (readonly [string, string])[] = [
        ['', 'cba'],
        ["status = 'OK'", 'a'],
        ["trace.status != 'OK'", 'cb'],
        ["attributes.status IN ('OK', 'IN_PROGRESS')", 'ca'],
        ['timestamp > 1000', 'cb'],
        ['timestamp_ms <= 2000', 'ba'],
        ['execution_time >= 500', 'b'],
        ['execution_time_ms < 500', 'a'],
        ['end_time = 1050', 'a'],
        ["request_id = 'b'", 'b'],
        ["trace_id IN ('a', 'c')", 'ca'],
        ["client_request_id LIKE 'C%'", 'a'],
        ["client_request_id LIKE 'c%'", ''],
        ["client_request_id ILIKE 'c%'", 'a'],
        ["name = 'chat'", 'a'],
        ["name ILIKE 'chat'", 'ba'],
        ["name NOT IN ('chat')", 'b'],
        ["tags.env = 'prod'", 'a'],
        ["tag.env != 'prod'", 'b'],
        ['tags.env IS NULL', 'c'],
        ['tags.env IS NOT NULL', 'ba'],
        [`tags.long = '${long}'`, 'a'],
        [`tags.long = '${long}!'`, 'b'],
        ["request_metadata.`mlflow.trace.session` = 's1'", 'a'],
        ["metadata.mlflow.trace.session != 's1'", 'b'],
        ["metadata.`a b` = 'x'", 'a'],
        ['metadata.`a b` IS NULL', 'cb'],
        ["attribute.run_id = 'r1'", 'a'],
        ["run_id = 'nowhere'", ''],
        ["run_id IN ('r1', 'r2')", 'ba'],
        ["feedback.good = 'true'", 'a'],
        ["feedback.good != 'true'", 'b'],
        ["feedback.score = '5'", 'ba'],
        ["feedback.tone LIKE '%dr%'", 'a'],
        ["feedback.tone = 'wet'", ''],
        ['feedback.tone IS NULL', 'cb'],
        ["feedback.new = '1'", 'a'],
        ["feedback.old = '1'", ''],
        ['feedback.old IS NULL', 'cba'],
        ['feedback.good IS NOT NULL', 'ba'],
        ["expectation.answer = '42'", 'a'],
        ["feedback.answer = '42'", ''],
        ["tags.env = 'prod' AND status = 'ERROR'", ''],
        ["tags.env = 'dev' AND metadata.mlflow.trace.session = 's2' AND run_id = 'r2'", 'b'],
      ]
      for (const [filter, wanted] of cases) {
        const found = await allPages(registry, { experimentIds: [experimentId], filter })
        expect([filter, found.join('')]).toEqual([filter, wanted])
      }
      const orders: readonly (readonly [string, string])[] = [
        ['timestamp ASC', 'abc'],
        ['execution_time DESC', 'bac'],
        ['end_time', 'abc'],
        ['name', 'bac'],
        ['tags.env DESC', 'abc'],
        ['metadata.mlflow.trace.session DESC', 'bac'],
        ['status', 'bca'],
      ]
      for (const [order, wanted] of orders) {
        const request = { experimentIds: [experimentId], orderBy: [order], limit: 1 }
        const found = (await allPages(registry, request)).join('')
        // The databases sort cases of letters alike: capitals first.
        expect([order, found]).toEqual([order, wanted])
      }
      const refused = [
        "span.name = 'x'",
        "trace.text LIKE '%x%'",
        "prompt = 'p/1'",
        "issue.id = 'x'",
        "tags.env RLIKE 'x'",
        "tags.env IN ('x')",
        'feedback.score > 4',
        "status > 'OK'",
        "timestamp = 'x'",
        "experiment_id = '1'",
        "params.x = '1'",
      ]
      for (const filter of refused) {
        const request = { experimentIds: [experimentId], filter }
        expect([filter, await codeOf(traces.search(request))]).toEqual([
          filter,
          'registry.invalid-filter',
        ])
      }
      for (const order of ['run_id', 'feedback.good', 'expectation.answer', 'span.name']) {
        const request = { experimentIds: [experimentId], orderBy: [order] }
        expect([order, await codeOf(traces.search(request))]).toEqual([
          order,
          'registry.invalid-filter',
        ])
      }
    }))
}

describe('SQLite', () => suite(sqlitePlace))
describe.skipIf(!postgresUrl)('PostgreSQL (MLOPS_TEST_POSTGRES_URL)', () => suite(postgresPlace))
