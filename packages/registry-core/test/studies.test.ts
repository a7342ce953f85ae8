import { describe, expect, test } from 'vitest'
import type { Registry, Study } from '../src/index.ts'
import { createRoleAccess, withAccess } from '../src/index.ts'
import type { Place } from './places.ts'
import { postgresPlace, postgresUrl, sqlitePlace } from './places.ts'
import type { World } from './world.ts'
import { by, codeOf, person, withWorld } from './world.ts'

const space = {
  rate: { type: 'float', low: 1e-5, high: 0.1, log: true },
  depth: { type: 'int', low: 2, high: 10 },
  kind: { type: 'categorical', choices: ['tree', 'linear'] },
} as const
const params = { rate: 0.01, depth: 4, kind: 'tree' } as const
const objectives = [{ metric: 'mae', goal: 'min' }] as const

async function newStudy(registry: Registry, more: object = {}): Promise<Study> {
  const { experiments, studies } = registry
  const experiment =
    (await experiments.findByName('delays')) ?? (await experiments.create({ name: 'delays', by }))
  return studies.create({
    experimentId: experiment.id,
    name: 'first',
    strategy: 'random',
    space,
    objectives,
    by,
    ...more,
  })
}

function suite(makePlace: () => Promise<Place>) {
  const within = (run: (world: World) => Promise<void>) => withWorld(makePlace, 0, run)

  test('a study is what was said of it; its name is its own within the experiment', () =>
    within(async ({ registry, clock }) => {
      const { studies, experiments } = registry
      const made = await newStudy(registry, { budget: { trials: 3 }, seed: -7 })
      expect(made).toMatchObject({
        name: 'first',
        strategy: 'random',
        space,
        objectives,
        budget: { trials: 3 },
        seed: -7,
        status: 'open',
        trials: 0,
        createdAt: '2026-01-01T00:00:00.000Z',
        createdBy: by,
        revision: 1,
      })
      expect(await studies.get(made.id)).toEqual(made)
      expect(await codeOf(studies.get('x'))).toBe('registry.no-study')
      expect(await codeOf(newStudy(registry))).toBe('registry.study-exists')
      clock.advance(-1000)
      const later = await newStudy(registry, { name: 'second' })
      expect(later).not.toHaveProperty('seed')
      expect(later.budget).toEqual({})
      const { id: other } = await experiments.create({ name: 'other', by })
      await newStudy(registry, { experimentId: other })
      const { experimentId } = made
      const first = await studies.list({ experimentId, limit: 1 })
      expect(first.items).toEqual([later])
      const rest = await studies.list({ experimentId, cursor: first.nextCursor! })
      expect(rest).toEqual({ items: [made] })
      expect((await studies.list({ experimentId: 'none' })).items).toEqual([])
      expect(await codeOf(studies.list({ experimentId, cursor: '!' }))).toBe('core.invalid-cursor')
    }))

  test('wrong studies are told by code', () =>
    within(async ({ registry }) => {
      const wrong = (more: object) => codeOf(newStudy(registry, more))
      const objective = { metric: 'mae', goal: 'min' }
      for (const more of [
        { strategy: '' },
        { strategy: 'x'.repeat(65) },
        { name: 'x'.repeat(501) },
        { space: {} },
        { space: { a: { type: 'float', low: 2, high: 1 } } },
        { objectives: [] },
        { objectives: [objective, objective] },
        { objectives: Array.from({ length: 11 }, (_, i) => ({ metric: `m${i}`, goal: 'min' })) },
        { objectives: [{ metric: 'mae', goal: 'minimize' }] },
        { budget: { trials: 0 } },
        { budget: { ms: 0.5 } },
        { budget: { hours: 1 } },
        { seed: 0.5 },
        { by: null },
      ]) {
        expect([more, await wrong(more)]).toEqual([more, 'registry.invalid-study'])
      }
      const { studies } = registry
      for (const nothing of [undefined, null, {}, { experimentId: 1, study: 1 }] as never[]) {
        expect(await codeOf(studies.list(nothing))).toBe('registry.invalid-study')
        expect(await codeOf(studies.trials(nothing))).toBe('registry.invalid-study')
        expect(await codeOf(studies.close(nothing))).toBe('registry.invalid-study')
        expect(await codeOf(studies.startTrial(nothing))).toBe('registry.invalid-trial')
        expect(await codeOf(studies.endTrial(nothing))).toBe('registry.invalid-trial')
      }
      expect(await wrong({ experimentId: '99' })).toBe('registry.no-experiment')
      expect(await wrong({ strategy: 'x'.repeat(64) })).toBe('none')
    }))

  test('trials are numbered from 1 and lie in the space', () =>
    within(async ({ registry }) => {
      const { studies } = registry
      const { id: study } = await newStudy(registry)
      const start = (more: object = {}) =>
        studies.startTrial({ study, params: { ...params, ...more }, by })
      expect(await start()).toEqual({
        study,
        number: 1,
        params,
        status: 'running',
        values: {},
        reason: '',
        startedAt: '2026-01-01T00:00:00.000Z',
      })
      for (const more of [{ depth: 11 }, { rate: Number.NaN }, { kind: 'x' }, { extra: 1 }]) {
        expect(await codeOf(start(more))).toBe('registry.outside-space')
      }
      expect(await codeOf(start({ depth: null }))).toBe('registry.invalid-trial')
      expect((await start({ depth: 10 })).number).toBe(2)
      await studies.endTrial({ study, trial: 1, status: 'pruned', reason: 'diverged', by })
      await start({ depth: 3 })
      const numbers = async (more: object = {}) =>
        (await studies.trials({ study, ...more })).items.map(({ number }) => number)
      expect(await numbers()).toEqual([1, 2, 3])
      expect(await numbers({ status: 'running' })).toEqual([2, 3])
      expect(await numbers({ status: 'pruned' })).toEqual([1])
      expect(await codeOf(numbers({ status: 'done' }))).toBe('registry.invalid-study')
      expect(await codeOf(studies.trials({ study: 'x' }))).toBe('registry.no-study')
      const page = await studies.trials({ study, limit: 2 })
      expect(page.items.map(({ number }) => number)).toEqual([1, 2])
      expect(await numbers({ cursor: page.nextCursor })).toEqual([3])
      expect((await studies.get(study)).trials).toBe(3)
      expect(await codeOf(studies.startTrial({ study: 'x', params, by }))).toBe('registry.no-study')
    }))

  test('a run carries out one trial', () =>
    within(async ({ registry }) => {
      const { studies, runs } = registry
      const { id: study } = await newStudy(registry)
      const { id: second } = await newStudy(registry, { name: 'second' })
      const { id: run } = await runs.start({ experiment: 'delays', by })
      const start = (of: string, by_: string) =>
        studies.startTrial({ study: of, params, run: by_, by })
      expect(await codeOf(start(study, 'none'))).toBe('registry.no-run')
      expect((await start(study, run)).run).toBe(run)
      expect(await codeOf(start(study, run))).toBe('registry.run-in-trial')
      expect(await codeOf(start(second, run))).toBe('registry.run-in-trial')
      const { id: gone } = await runs.start({ experiment: 'delays', by })
      await runs.remove({ run: gone, by })
      expect(await codeOf(start(study, gone))).toBe('registry.run-deleted')
      expect((await studies.get(study)).trials).toBe(1)
    }))

  test('a complete trial has a value of each objective: given, or the latest of its run', () =>
    within(async ({ registry }) => {
      const { studies, runs } = registry
      const two = [
        { metric: 'mae', goal: 'min' },
        { metric: 'size', goal: 'min' },
      ]
      const { id: study } = await newStudy(registry, { objectives: two })
      const { id: run } = await runs.start({ experiment: 'delays', by })
      const metrics = [7, 5, 6].map((value, step) => ({ key: 'mae', value, step }))
      await runs.log({ run, metrics, by })
      await studies.startTrial({ study, params, run, by })
      await studies.startTrial({ study, params, by })
      const end = (trial: number, values?: Record<string, number>, more: object = {}) =>
        studies.endTrial({
          study,
          trial,
          status: 'complete',
          ...(values && { values }),
          by,
          ...more,
        })
      expect(await codeOf(end(1))).toBe('registry.missing-value')
      expect(await codeOf(end(2, { mae: 1 }))).toBe('registry.missing-value')
      expect(await codeOf(end(2, { mae: 1, size: 1, other: 1 }))).toBe('registry.unknown-objective')
      expect(await codeOf(end(3, { mae: 1, size: 1 }))).toBe('registry.no-trial')
      expect(await codeOf(end(1, {}, { status: 'running' }))).toBe('registry.invalid-trial')
      expect(await codeOf(end(1, {}, { reason: 'x'.repeat(501) }))).toBe('registry.invalid-trial')
      const ended = await end(1, { size: 3 })
      expect(ended).toMatchObject({ status: 'complete', values: { mae: 6, size: 3 }, run })
      expect((await studies.trials({ study })).items[0]).toEqual(ended)

      // Once ended it stays, whatever the run logs later.
      await runs.log({ run, metrics: [{ key: 'mae', value: 1, step: 9 }], by })
      const before = await registry.log.head()
      expect(await end(1, { size: 3 })).toEqual(ended)
      expect(await registry.log.head()).toEqual(before)
      expect(await codeOf(end(1, { size: 4 }))).toBe('registry.trial-ended')
      expect(await codeOf(end(1, { size: 3, mae: 6 }))).toBe('registry.trial-ended')
      expect(await codeOf(end(1, { size: 3 }, { reason: 'x' }))).toBe('registry.trial-ended')
      expect(await codeOf(end(1, { size: 3 }, { status: 'failed' }))).toBe('registry.trial-ended')

      const odd = { mae: Number.NaN, size: Number.NEGATIVE_INFINITY }
      expect((await end(2, odd)).values).toEqual(odd)
      expect((await studies.trials({ study })).items[1]!.values).toEqual(odd)
      expect((await end(2, odd)).values).toEqual(odd)
      await studies.startTrial({ study, params, by })
      await end(3, { mae: -0, size: Number.POSITIVE_INFINITY })
      const third = (await studies.trials({ study })).items[2]!
      expect(Object.is(third.values['mae'], -0)).toBe(true)
      expect(third.values['size']).toBe(Number.POSITIVE_INFINITY)
      await studies.startTrial({ study, params, by })
      const pruned = await end(4, { mae: 9 }, { status: 'pruned', reason: 'no use' })
      expect(pruned).toMatchObject({ status: 'pruned', values: { mae: 9 }, reason: 'no use' })
    }))

  test('a metric of a run that is NaN is a value, too', () =>
    within(async ({ registry }) => {
      const { studies, runs } = registry
      const { id: study } = await newStudy(registry)
      const { id: run } = await runs.start({ experiment: 'delays', by })
      await runs.log({ run, metrics: [{ key: 'mae', value: Number.NaN }], by })
      await studies.startTrial({ study, params, run, by })
      const { values } = await studies.endTrial({ study, trial: 1, status: 'complete', by })
      expect(values).toEqual({ mae: Number.NaN })
      expect(await studies.best(study)).toEqual({ trials: [] })
    }))

  test('budgets of trials and of time; what was started may still end', () =>
    within(async ({ registry, clock }) => {
      const { studies } = registry
      const { id: study } = await newStudy(registry, { budget: { trials: 2, ms: 1000 } })
      const start = () => codeOf(studies.startTrial({ study, params, by }))
      expect(await start()).toBe('none')
      clock.advance(999)
      expect(await start()).toBe('none')
      expect(await start()).toBe('registry.budget-used')
      const { id: timed } = await newStudy(registry, { name: 'timed', budget: { ms: 1000 } })
      const startTimed = () => codeOf(studies.startTrial({ study: timed, params, by }))
      clock.advance(999)
      expect(await startTimed()).toBe('none')
      clock.advance(1)
      expect(await startTimed()).toBe('registry.budget-used')
      const values = { mae: 1 }
      const ended = await studies.endTrial({
        study: timed,
        trial: 1,
        status: 'complete',
        values,
        by,
      })
      expect(ended.endedAt).toBe('2026-01-01T00:00:01.999Z')
    }))

  test('a closed study starts nothing, and is closed once', () =>
    within(async ({ registry }) => {
      const { studies } = registry
      const { id: study, revision } = await newStudy(registry)
      await studies.startTrial({ study, params, by })
      const close = (reason: string, expectedRevision?: number) =>
        studies.close({ study, reason, ...(expectedRevision && { expectedRevision }), by })
      expect(await codeOf(close('enough', revision))).toBe('store.revision-conflict')
      const closed = await close('enough', revision + 1)
      expect(closed).toMatchObject({ status: 'closed', reason: 'enough', trials: 1, revision: 3 })
      expect(closed.closedAt).toBe('2026-01-01T00:00:00.000Z')
      expect(await studies.get(study)).toEqual(closed)
      expect(await close('enough', revision + 1)).toEqual(closed)
      expect(await codeOf(close('other'))).toBe('registry.study-closed')
      expect(await codeOf(studies.startTrial({ study, params, by }))).toBe('registry.study-closed')
      await studies.endTrial({ study, trial: 1, status: 'failed', reason: 'killed', by })
      expect((await studies.get(study)).revision).toBe(4)
      expect(await codeOf(close('x'.repeat(501)))).toBe('registry.invalid-study')
    }))

  test('a study of a deleted experiment is read, not changed', () =>
    within(async ({ registry }) => {
      const { studies, experiments } = registry
      const { id: study, experimentId } = await newStudy(registry)
      await studies.startTrial({ study, params, by })
      await experiments.remove({ id: experimentId, by })
      for (const change of [
        () => newStudy(registry, { experimentId, name: 'second' }),
        () => studies.startTrial({ study, params, by }),
        () => studies.endTrial({ study, trial: 1, status: 'failed', by }),
        () => studies.close({ study, by }),
      ]) {
        expect(await codeOf(change())).toBe('registry.experiment-deleted')
      }
      expect((await studies.trials({ study })).items).toHaveLength(1)
    }))

  test('the best: by value, the earlier of equals, complete ones only; of several the front', () =>
    within(async ({ registry }) => {
      const { studies } = registry
      const tried = async (study: string, rows: readonly (readonly [string, ...number[]])[]) => {
        const metrics = (await studies.get(study)).objectives.map(({ metric }) => metric)
        for (const [status, ...row] of rows) {
          const { number: trial } = await studies.startTrial({ study, params, by })
          if (status === 'running') continue
          const values = Object.fromEntries(row.map((value, i) => [metrics[i]!, value]))
          await studies.endTrial({ study, trial, status: status as 'complete', values, by })
        }
        return (await studies.best(study)).trials.map(({ number }) => number)
      }
      const { id: one } = await newStudy(registry)
      expect(await studies.best(one)).toEqual({ trials: [] })
      const rows = [
        ['complete', Number.NaN],
        ['pruned', 0],
        ['complete', 3],
        ['complete', 2],
        ['failed', 1],
        ['complete', 2],
        ['running'],
      ] as const
      expect(await tried(one, rows)).toEqual([4])
      const { items } = await studies.trials({ study: one })
      expect((await studies.best(one)).trials).toEqual([items[3]])
      const { id: several } = await newStudy(registry, {
        name: 'several',
        objectives: [
          { metric: 'mae', goal: 'min' },
          { metric: 'recall', goal: 'max' },
        ],
      })
      const front = await tried(several, [
        ['complete', 3, 0.9],
        ['complete', 2, 0.5],
        ['complete', 3, 0.8],
        ['complete', 1, Number.NaN],
        ['complete', 2, 0.5],
        ['complete', Number.POSITIVE_INFINITY, 0.95],
        ['pruned', 1],
      ])
      expect(front).toEqual([1, 2, 5, 6])
      expect(await codeOf(studies.best('x'))).toBe('registry.no-study')
    }))

  test('processes that start trials at once: no number twice, no gap, no trial above the budget', () =>
    within(async ({ registry, other }) => {
      const { registry: second } = await other()
      const { id: study } = await newStudy(registry, { budget: { trials: 25 } })
      const outcomes = await Promise.all(
        Array.from({ length: 40 }, (_, i) =>
          (i % 2 ? registry : second).studies
            .startTrial({ study, params, by })
            .then(({ number }) => number)
            .catch((error) => error.code as string),
        ),
      )
      const numbers = outcomes.filter((one) => typeof one === 'number').sort((a, b) => a - b)
      expect(numbers).toEqual(Array.from({ length: 25 }, (_, i) => i + 1))
      expect(outcomes.filter((one) => one === 'registry.budget-used')).toHaveLength(15)
      expect((await second.studies.trials({ study, limit: 100 })).items).toHaveLength(25)
      expect(await registry.studies.get(study)).toMatchObject({ trials: 25, revision: 26 })
    }))

  test('processes that end, close and name at once: one of them wins', () =>
    within(async ({ registry, other }) => {
      const { registry: second } = await other()
      const both = (work: (one: Registry, i: number) => Promise<unknown>) =>
        Promise.all([registry, second].map((one, i) => codeOf(work(one, i)))).then((codes) =>
          codes.sort(),
        )
      const { id: study } = await newStudy(registry)
      const named = await both((one) => newStudy(one, { name: 'same' }))
      expect(named).toEqual(['none', 'registry.study-exists'])
      const { id: run } = await registry.runs.start({ experiment: 'delays', by })
      const started = await both((one) => one.studies.startTrial({ study, params, run, by }))
      expect(started).toEqual(['none', 'registry.run-in-trial'])
      const ended = await both((one, i) =>
        one.studies.endTrial({ study, trial: 1, status: 'complete', values: { mae: i }, by }),
      )
      expect(ended).toEqual(['none', 'registry.trial-ended'])
      const closed = await both((one, i) => one.studies.close({ study, reason: `${i}`, by }))
      expect(closed).toEqual(['none', 'registry.study-closed'])
    }))

  test('every change is in the log', () =>
    within(async ({ registry }) => {
      const { studies, log } = registry
      const { id: study, experimentId } = await newStudy(registry)
      await studies.startTrial({ study, params, by })
      const values = { mae: Number.NaN }
      await studies.endTrial({ study, trial: 1, status: 'complete', values, by })
      await codeOf(studies.startTrial({ study, params: {}, by }))
      await studies.close({ study, reason: 'enough', by })
      const { items } = await log.read({ order: 'newest-first', limit: 4 })
      const told = items.map(({ action, subject, data }) => ({ action, subject, data })).reverse()
      const trial = { type: 'trial', name: study, version: '1' }
      expect(told).toMatchObject([
        {
          action: 'study.created',
          subject: { type: 'study', name: study },
          data: { experimentId, name: 'first', strategy: 'random', objectives },
        },
        { action: 'trial.started', subject: trial },
        {
          action: 'trial.ended',
          subject: trial,
          data: { status: 'complete', values: { mae: 'NaN' } },
        },
        { action: 'study.closed', data: { trials: 1, reason: 'enough' } },
      ])
      expect((await registry.verifyHistory()).status).toBe('intact')
    }))

  test('studies are reached through their experiment; a run of a trial must be one’s own as well', () =>
    within(async ({ registry, store }) => {
      const mine = await newStudy(registry)
      const { id: theirs } = await registry.experiments.create({ name: 'theirs', by })
      const hidden = await newStudy(registry, { experimentId: theirs })
      const { id: run } = await registry.runs.start({ experimentId: theirs, by })
      const eve = person('eve')
      const port = await createRoleAccess({ store, administrators: ['root'] })
      const grant = (role: 'read' | 'edit') =>
        port.grant({
          grantee: { type: 'actor', id: 'eve' },
          scope: { type: 'experiment', name: mine.experimentId },
          role,
          by: person('root'),
        })
      const { studies } = withAccess(registry, { port, actor: eve, store })
      const start = (study: string, more: object = {}) =>
        codeOf(studies.startTrial({ study, params, by: eve, ...more }))
      await grant('read')
      expect((await studies.get(mine.id)).name).toBe('first')
      expect((await studies.list({ experimentId: mine.experimentId })).items).toHaveLength(1)
      expect(await start(mine.id)).toBe('registry.access-denied')
      await grant('edit')
      expect(await start(mine.id)).toBe('none')
      expect(await start(mine.id, { run })).toBe('registry.access-denied')
      const ended = { trial: 1, status: 'failed', by: eve } as const
      expect(await codeOf(studies.endTrial({ study: mine.id, ...ended }))).toBe('none')
      for (const call of [
        () => studies.get(hidden.id),
        () => studies.best(hidden.id),
        () => studies.trials({ study: hidden.id }),
        () => studies.list({ experimentId: theirs }),
        () => studies.startTrial({ study: hidden.id, params, by: eve }),
        () => studies.endTrial({ study: hidden.id, ...ended }),
        () => studies.close({ study: hidden.id, by: eve }),
        () => studies.get('no such study'),
      ]) {
        expect(await codeOf(call())).toBe('registry.access-denied')
      }
      expect(await codeOf(studies.close({ study: mine.id, by: eve }))).toBe('none')
    }))
}

describe('SQLite', () => suite(sqlitePlace))
describe.skipIf(!postgresUrl)('PostgreSQL (MLOPS_TEST_POSTGRES_URL)', () => suite(postgresPlace))
