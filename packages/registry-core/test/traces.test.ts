import type { Actor } from '@mlops/core'
import { describe, expect, test } from 'vitest'
import type { LogTrace, Registry } from '../src/index.ts'
import { createRoleAccess, withAccess } from '../src/index.ts'
import type { RegistryTables } from '../src/sql/tables.ts'
import type { Place } from './places.ts'
import { postgresPlace, postgresUrl, sqlitePlace } from './places.ts'
import { allPages, by, experiment, source } from './trace-world.ts'
import { codeOf, withWorld } from './world.ts'

const TABLES = [
  'registry_traces',
  'registry_trace_tags',
  'registry_trace_metadata',
  'registry_trace_runs',
  'registry_assessments',
] as const

function suite(makePlace: () => Promise<Place>) {
  const within = (run: Parameters<typeof withWorld>[2]) => withWorld(makePlace, 0, run)

  test('a trace comes back as it was told, and again as it was told last', () =>
    within(async ({ registry }) => {
      const { traces } = registry
      const experimentId = await experiment(registry)
      const first = await traces.log({
        id: 'tr-1',
        experimentId,
        requestedAt: '2026-01-01T10:00:00.5+01:00',
        state: 'in-progress',
        clientRequestId: 'c',
        requestPreview: 'q',
        metadata: { a: '1', b: '1' },
        tags: { t: '1' },
        run: 'r1',
        assessments: [{ name: 'n', kind: 'feedback', value: true, source }],
        by,
      })
      expect(first).toEqual({
        id: 'tr-1',
        experimentId,
        artifactLocation: `mlflow-artifacts:/${experimentId}`,
        requestedAt: '2026-01-01T09:00:00.500Z',
        state: 'in-progress',
        clientRequestId: 'c',
        requestPreview: 'q',
        metadata: { a: '1', b: '1' },
        tags: { t: '1' },
        runs: ['r1'],
        assessments: [expect.objectContaining({ trace: 'tr-1', value: true, valid: true })],
      })
      const later: LogTrace = {
        id: 'tr-1',
        experimentId,
        state: 'ok',
        durationMs: 1500,
        responsePreview: 'p',
        metadata: { b: '2' },
        tags: { u: '2' },
        run: 'r2',
        assessments: [{ name: 'n', kind: 'feedback', value: true, source }],
        by,
      }
      const last = {
        ...first,
        state: 'ok',
        durationMs: 1500,
        responsePreview: 'p',
        metadata: { a: '1', b: '2' },
        tags: { t: '1', u: '2' },
        runs: ['r1', 'r2'],
      }
      expect(await traces.log(later)).toEqual(last)
      expect(await traces.log(later)).toEqual(last)
      expect(await traces.get('tr-1')).toEqual(last)
      const { items } = await registry.log.read({ subject: { type: 'trace', name: 'tr-1' } })
      expect(items.map(({ action, data }) => [action, data])).toEqual([
        ['trace.logged', { experimentId, state: 'in-progress', assessments: 1 }],
        ['trace.logged', { experimentId, state: 'ok', assessments: 1 }],
        ['trace.logged', { experimentId, state: 'ok', assessments: 1 }],
      ])
      expect((await registry.verifyHistory()).status).toBe('intact')
    }))

  test('what is no trace, or one of another experiment, changes nothing', () =>
    within(async ({ registry, store }) => {
      const { traces } = registry
      const [mine, theirs] = [await experiment(registry), await experiment(registry, 'theirs')]
      await traces.log({ id: 'tr', experimentId: theirs, state: 'ok', by })
      const before = await traces.get('tr')
      const good = { id: 'new', experimentId: mine, by }
      const one = { name: 'n', kind: 'feedback', value: 1, source } as const
      const cases: readonly (readonly [string, unknown])[] = [
        ['registry.trace-exists', { ...good, id: 'tr', tags: { stolen: '1' } }],
        ['registry.no-experiment', { ...good, experimentId: '999' }],
        ['registry.invalid-trace', { ...good, id: '../x' }],
        ['registry.invalid-trace', { ...good, id: '' }],
        ['registry.invalid-trace', { ...good, requestedAt: 'yesterday' }],
        ['registry.invalid-trace', { ...good, durationMs: -1 }],
        ['registry.invalid-trace', { ...good, durationMs: 0.5 }],
        ['registry.invalid-trace', { ...good, state: 'OK' }],
        ['registry.invalid-trace', { ...good, requestPreview: 'x'.repeat(10_001) }],
        ['registry.invalid-trace', { ...good, tags: { '': 'x' } }],
        ['registry.invalid-trace', { ...good, metadata: { k: 5 } }],
        ['registry.invalid-trace', { ...good, assessments: [{ ...one, value: null }] }],
        ['registry.invalid-trace', { ...good, assessments: [{ ...one, kind: 'issue' }] }],
        ['registry.invalid-trace', { ...good, assessments: [{ ...one, value: undefined }] }],
        ['registry.invalid-trace', null],
      ]
      for (const [code, command] of cases) {
        const refused = await codeOf(traces.log(command as LogTrace))
        expect([JSON.stringify(command), refused]).toEqual([JSON.stringify(command), code])
      }
      await registry.experiments.remove({ id: mine, by })
      expect(await codeOf(traces.log(good))).toBe('registry.experiment-deleted')
      const rows = await store
        .tables<RegistryTables>()
        .query.selectFrom('registry_traces')
        .select('id')
        .execute()
      expect(rows).toEqual([{ id: 'tr' }])
      expect(await traces.get('tr')).toEqual(before)
      expect(await codeOf(traces.get('none'))).toBe('registry.no-trace')
    }))

  test('a change of tags happens as a whole, or not at all', () =>
    within(async ({ registry: { traces, ...registry } }) => {
      const experimentId = await experiment(registry as Registry)
      const before = await traces.log({ id: 't', experimentId, tags: { a: '1', b: '1' }, by })
      const refused = traces.change({ id: 't', tags: { a: '2' }, withoutTags: ['b', 'c'], by })
      expect(await codeOf(refused)).toBe('registry.no-tag')
      expect(await traces.get('t')).toEqual(before)
      const after = await traces.change({ id: 't', tags: { a: '2' }, withoutTags: ['b'], by })
      expect(after).toEqual({ ...before, tags: { a: '2' } })
      expect(await traces.get('t')).toEqual(after)
      expect(await codeOf(traces.change({ id: 'none', tags: {}, by }))).toBe('registry.no-trace')
    }))

  test('traces are linked to a run that there is, all of them or none', () =>
    within(async ({ registry }) => {
      const { traces, runs } = registry
      const experimentId = await experiment(registry)
      const { id: run } = await runs.start({ experimentId, by })
      for (const id of ['a', 'b', 'c']) await traces.log({ id, experimentId, by })
      expect(await codeOf(traces.link({ run: 'none', traces: ['a'], by }))).toBe('registry.no-run')
      const half = traces.link({ run, traces: ['a', 'none'], by })
      expect(await codeOf(half)).toBe('registry.no-trace')
      expect((await traces.get('a')).runs).toEqual([])
      await traces.link({ run, traces: ['a', 'b', 'a'], by })
      await traces.link({ run, traces: ['b'], by })
      await traces.link({ run, traces: [], by })
      const filter = `run_id = '${run}'`
      const found = await allPages(registry, { experimentIds: [experimentId], filter })
      expect(found.sort()).toEqual(['a', 'b'])
      expect((await traces.get('b')).runs).toEqual([run])
    }))

  test('a removal takes everything of the traces, and only those of the experiment', () =>
    within(async ({ registry, store }) => {
      const { traces } = registry
      const [mine, theirs] = [await experiment(registry), await experiment(registry, 'theirs')]
      const log = (id: string, experimentId: string) =>
        traces.log({
          id,
          experimentId,
          tags: { t: '1' },
          metadata: { m: '1' },
          run: 'r',
          assessments: [{ name: 'n', kind: 'feedback', value: 1, source }],
          by,
        })
      for (const id of ['a', 'b']) await log(id, mine)
      const kept = await log('c', theirs)
      const remove = (...ids: string[]) => traces.remove({ experimentId: mine, traces: ids, by })
      expect(await remove('a', 'c', 'none', 'a')).toEqual(['a'])
      expect(await remove('a', 'b')).toEqual(['b'])
      expect(await remove()).toEqual([])
      expect(await traces.get('c')).toEqual(kept)
      const { query } = store.tables<RegistryTables>()
      for (const table of TABLES) {
        const rows = await query.selectFrom(table).selectAll().execute()
        expect([table, rows.length]).toEqual([table, 1])
      }
      const { items } = await registry.log.read({ action: 'trace.removed' })
      expect(items.map(({ subject }) => subject.name).sort()).toEqual(['a', 'b'])
      // An id that was removed may be told of again.
      expect((await log('a', theirs)).experimentId).toBe(theirs)
    }))

  test('traces are reached through their experiment', () =>
    within(async ({ registry, store, clock }) => {
      const root: Actor = { type: 'human', id: 'root' }
      const eve: Actor = { type: 'human', id: 'eve' }
      const access = await createRoleAccess({ store, administrators: ['root'], clock })
      const [mine, theirs] = [await experiment(registry), await experiment(registry, 'theirs')]
      const { id: run } = await registry.runs.start({ experimentId: theirs, by })
      const value = { name: 'n', kind: 'feedback', value: 1, source } as const
      await registry.traces.log({ id: 'own', experimentId: mine, by })
      await registry.traces.log({ id: 'hidden', experimentId: theirs, by })
      const { id } = await registry.assessments.create({ trace: 'hidden', ...value, by })
      const scope = { type: 'experiment', name: mine } as const
      await access.grant({ grantee: { type: 'actor', id: 'eve' }, scope, role: 'edit', by: root })
      const seen = withAccess(registry, { port: access, actor: eve, store })
      await seen.traces.log({ id: 'new', experimentId: mine, by })
      await seen.traces.change({ id: 'own', tags: { t: '1' }, by })
      const own = await seen.assessments.create({ trace: 'own', ...value, by })
      await seen.assessments.remove({ trace: 'own', id: own.id, by })
      expect(await allPages(seen, { experimentIds: [mine] })).toHaveLength(2)
      const refused = [
        () => seen.traces.get('hidden'),
        () => seen.traces.get('none'),
        () => seen.traces.log({ id: 'x', experimentId: theirs, by }),
        () => seen.traces.change({ id: 'hidden', tags: {}, by }),
        () => seen.traces.link({ run, traces: ['own'], by }),
        () => seen.traces.remove({ experimentId: mine, traces: ['own'], by }),
        () => seen.traces.search({ experimentIds: [mine, theirs] }),
        () => seen.traces.search({ experimentIds: [] }),
        () => seen.assessments.create({ trace: 'hidden', ...value, by }),
        () => seen.assessments.get('hidden', id),
        () => seen.assessments.change({ trace: 'hidden', id, name: 'x', by }),
        () => seen.assessments.remove({ trace: 'hidden', id, by }),
      ]
      for (const [at, one] of refused.entries()) {
        expect([at, await codeOf(one())]).toEqual([at, 'registry.access-denied'])
      }
      const { items } = await registry.log.read({ subject: { type: 'trace', name: 'new' } })
      expect(items.map(({ actor }) => actor.id)).toEqual(['eve'])
    }))
}

describe('SQLite', () => suite(sqlitePlace))
describe.skipIf(!postgresUrl)('PostgreSQL (MLOPS_TEST_POSTGRES_URL)', () => suite(postgresPlace))
