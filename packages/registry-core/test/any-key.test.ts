import { describe, expect, test } from 'vitest'
import { createMlflowHandler, openAccess } from '../src/mlflow/index.ts'
import type { Place } from './places.ts'
import { postgresPlace, postgresUrl, sqlitePlace } from './places.ts'
import { by, codeOf, model, withWorld } from './world.ts'

const KEYS = ['__proto__', 'constructor', 'hasOwnProperty', 'toString'] as const

/** A record with such keys. In a literal `__proto__` would be the prototype. */
function under<Value>(value: Value): Readonly<Record<string, Value>> {
  return Object.fromEntries(KEYS.map((key) => [key, value]))
}

function expectKept<Value>(record: object | undefined, value: Value): void {
  expect(Object.entries(record ?? {}).sort()).toEqual(Object.entries(under(value)).sort())
  expect(Object.getPrototypeOf(record)).toBe(Object.prototype)
  expect(Object.keys(Object.prototype)).toEqual([])
}

function suite(makePlace: () => Promise<Place>) {
  test('what runs record under the names of an object’s own comes back', () =>
    withWorld(makePlace, 0, async ({ registry: { runs, experiments, intake } }) => {
      const tags = under('t')
      const {
        id: run,
        experimentId,
        tags: fresh,
      } = await runs.start({
        experiment: 'e',
        tags,
        environment: { packages: under('1.0'), hardware: under('h') },
        seeds: under(7),
        by,
      })
      expectKept(fresh, 't')
      const metrics = KEYS.map((key) => ({ key, value: 1 }))
      const inputs = [{ name: 'd', digest: 'x', tags }]
      await runs.log({ run, params: under('p'), metrics, inputs, by })
      const read = await runs.get(run)
      expectKept(read.params, 'p')
      expectKept(read.metrics, 1)
      expectKept(read.tags, 't')
      expectKept(read.inputs[0]?.tags, 't')
      const { environment, seeds } = await runs.origin(run)
      expectKept(environment?.packages, '1.0')
      expectKept(environment?.hardware, 'h')
      expectKept(seeds, 7)
      expect((await runs.compare([run])).params.map(({ key }) => key)).toEqual([...KEYS].sort())

      await runs.log({ run, params: under('p'), by })
      expect(await codeOf(runs.log({ run, params: under('q'), by }))).toBe('registry.param-exists')
      await runs.retag({ run, by }, () => under('u'))
      expectKept((await runs.get(run)).tags, 'u')
      for (const key of KEYS) {
        const filter = [{ entity: 'param', key, operator: '=', value: 'p' }] as const
        const found = await runs.search({ experimentIds: [experimentId], filter })
        expect(found.items.map(({ id }) => id)).toEqual([run])
        await runs.deleteTag({ run, key, by })
      }
      expect((await runs.get(run)).tags).toEqual({})

      await experiments.change({ id: experimentId, tags, by })
      expectKept((await experiments.get(experimentId)).tags, 't')
      const at = '2026-01-01T00:00:00.000Z'
      const times = { startedAt: at, status: 'finished', name: 'n' } as const
      await intake.run({ id: 'r', experimentId, ...times, params: under('p'), tags, by })
      expectKept((await runs.get('r')).params, 'p')
    }))

  test('so does what is said of models, versions and datasets', () =>
    withWorld(makePlace, 0, async ({ registry }) => {
      const { models, versions, loggedModels, evaluationDatasets, experiments } = registry
      const tags = under('t')
      await models.tag({ name: model, set: tags, by })
      expectKept((await models.get(model)).tags, 't')
      const filter = [{ entity: 'tag', key: '__proto__', operator: '=', value: 't' }] as const
      expect((await models.search({ filter })).items.map(({ name }) => name)).toEqual([model])
      await models.tag({ name: model, set: {}, unset: [...KEYS], by })
      expect((await models.get(model)).tags).toEqual({})

      const metadata = { metrics: under(0.5) }
      const { version } = await versions.create({
        model,
        tags,
        metadata,
        card: under({ a: 1 }),
        by,
      })
      const read = await versions.get(model, version)
      expectKept(read.tags, 't')
      expectKept(read.metadata.metrics, 0.5)
      expectKept(read.card, { a: 1 })

      const { id: experimentId } = await experiments.create({ name: 'e', tags, by })
      const params = under('p')
      const { id } = await loggedModels.create({ experimentId, name: 'l', params, tags, by })
      expectKept((await loggedModels.get(id)).params, 'p')
      expectKept((await loggedModels.get(id)).tags, 't')

      const { id: dataset } = await evaluationDatasets.create({ name: 'd', tags, by })
      expectKept((await evaluationDatasets.get(dataset)).tags, 't')
      const inputs = { ...under('i'), nested: under(1) }
      await evaluationDatasets.putRecords({ id: dataset, records: [{ inputs, tags }], by })
      const [record] = (await evaluationDatasets.records(dataset)).items
      const { nested, ...flat } = record!.inputs as { readonly nested: object }
      expectKept(flat, 'i')
      expectKept(nested, 1)
      expectKept(record?.tags, 't')
    }))

  test('so does what is said of traces and studies', () =>
    withWorld(makePlace, 0, async ({ registry }) => {
      const { traces, assessments, studies, experiments } = registry
      const tags = under('t')
      const { id: experimentId } = await experiments.create({ name: 'e', by })
      await traces.log({ id: 'x', experimentId, tags, metadata: tags, by })
      const said = {
        kind: 'feedback',
        name: 'f',
        value: under(1),
        source: { type: 'code' },
      } as const
      const { id } = await assessments.create({ trace: 'x', ...said, metadata: tags, by })
      const trace = await traces.get('x')
      expectKept(trace.tags, 't')
      expectKept(trace.metadata, 't')
      const assessment = await assessments.get('x', id)
      expectKept(assessment.metadata, 't')
      expectKept(assessment.value as object, 1)

      const dimension = { type: 'float', low: 0, high: 1 } as const
      const objectives = KEYS.map((metric) => ({ metric, goal: 'min' }) as const)
      const wanted = { experimentId, name: 's', strategy: 'grid', objectives, by }
      const { id: study } = await studies.create({ ...wanted, space: under(dimension) })
      expectKept((await studies.get(study)).space, dimension)
      expectKept((await studies.startTrial({ study, params: under(0.5), by })).params, 0.5)
      await studies.endTrial({ study, trial: 1, status: 'complete', values: under(3), by })
      const [trial] = (await studies.best(study)).trials
      expectKept(trial?.params, 0.5)
      expectKept(trial?.values, 3)
    }))

  test('a value under such a name is checked like the others', () =>
    withWorld(makePlace, 1, async ({ registry: { models, versions, runs } }) => {
      const wrong = under(5) as never
      expect(await codeOf(models.tag({ name: model, set: wrong, by }))).toBe(
        'registry.invalid-model',
      )
      expect(await codeOf(runs.start({ experiment: 'e', tags: wrong, by }))).toBe(
        'registry.invalid-run',
      )
      const metrics = JSON.parse('{"__proto__":{"polluted":true}}')
      const update = versions.update({ model, version: 1, metadata: { metrics }, by })
      expect(await codeOf(update)).toBe('registry.invalid-version')
      expect(({} as { polluted?: true }).polluted).toBeUndefined()
    }))

  test('MLflow’s clients keep them, too', () =>
    withWorld(makePlace, 0, async ({ registry }) => {
      const handler = createMlflowHandler({ registry, auth: openAccess(by) })
      const call = async (path: string, body: object) => {
        const response = await handler(
          new Request(`http://localhost/api/2.0/mlflow/${path}`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(body),
          }),
        )
        expect([path, response.status]).toEqual([path, 200])
        return response.json() as Promise<{ run: { info: { run_id: string } } }>
      }
      const { run: made } = await call('runs/create', { experiment_id: '0' })
      const run_id = made.info.run_id
      for (const key of KEYS) {
        await call('runs/log-parameter', { run_id, key, value: 'p' })
        await call('runs/set-tag', { run_id, key, value: 't' })
        await call('runs/log-metric', { run_id, key, value: 1, timestamp: 1 })
      }
      const params = KEYS.map((key) => ({ key, value: 'p' }))
      await call('runs/log-batch', { run_id, params, metrics: [], tags: [] })
      const read = await registry.runs.get(run_id)
      expectKept(read.params, 'p')
      expectKept(read.metrics, 1)
      const told = await handler(
        new Request(`http://localhost/api/2.0/mlflow/runs/get?run_id=${run_id}`),
      )
      const { run } = (await told.json()) as { run: { data: Record<string, { key: string }[]> } }
      for (const part of ['params', 'metrics', 'tags']) {
        const keys = run.data[part]!.map(({ key }) => key)
        expect(keys).toEqual(expect.arrayContaining([...KEYS]))
      }
    }))
}

describe('SQLite', () => suite(sqlitePlace))
describe.skipIf(!postgresUrl)('PostgreSQL', () => suite(postgresPlace))
