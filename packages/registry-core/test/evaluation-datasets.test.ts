import type { Actor } from '@mlops/core'
import { manualClock } from '@mlops/core'
import { describe, expect, test } from 'vitest'
import { createRoleAccess, withAccess } from '../src/index.ts'
import type { Json } from './attacks/door.ts'
import { openDoor } from './attacks/door.ts'
import type { Place } from './places.ts'
import { postgresPlace, postgresUrl, sqlitePlace } from './places.ts'
import { codeOf, withWorld } from './world.ts'

const by: Actor = { type: 'service', id: 'judge' }

function suite(makePlace: () => Promise<Place>) {
  const within = (run: Parameters<typeof withWorld>[2]) => withWorld(makePlace, 0, run)

  test('records with the same inputs are merged; the rest is added', () =>
    within(async ({ registry: { evaluationDatasets }, clock }) => {
      const { id } = await evaluationDatasets.create({ name: 'qa', user: 'ada', by })
      const put = (records: Parameters<typeof evaluationDatasets.putRecords>[0]['records']) =>
        evaluationDatasets.putRecords({ id, records, by })
      const first = await put([
        { inputs: { q: 'a', k: 1 }, expectations: { answer: 'x' }, user: 'ada' },
        { inputs: { q: 'b' }, outputs: [1.5], source: { type: 'trace', data: { trace_id: 't' } } },
        { inputs: { k: 1, q: 'a' }, outputs: { text: 'y' }, tags: { seen: 'twice' } },
      ])
      expect(first).toEqual({ inserted: 2, updated: 1 })
      clock.advance(1000)
      expect(
        await put([{ inputs: { q: 'a', k: 1 }, expectations: { tone: null }, user: 'eve' }]),
      ).toEqual({ inserted: 0, updated: 1 })
      const { items } = await evaluationDatasets.records(id)
      expect(items).toMatchObject([
        {
          inputs: { q: 'a', k: 1 },
          outputs: { text: 'y' },
          expectations: { answer: 'x', tone: null },
          tags: { seen: 'twice' },
          createdBy: 'ada',
          updatedBy: 'eve',
          createdAt: '2026-01-01T00:00:00.000Z',
          updatedAt: '2026-01-01T00:00:01.000Z',
        },
        { inputs: { q: 'b' }, outputs: [1.5], source: { type: 'trace', data: { trace_id: 't' } } },
      ])
      expect(await evaluationDatasets.get(id)).toMatchObject({
        records: 2,
        createdBy: 'ada',
        updatedBy: 'eve',
        schema: {
          inputs: { q: 'string', k: 'integer' },
          // The first outputs were no object, and stay the type.
          outputs: 'array',
          expectations: { answer: 'string', tone: 'null' },
        },
      })
    }))

  test('the digest is that of the records, whatever their order and their history', () =>
    within(async ({ registry: { evaluationDatasets } }) => {
      const [a, b] = [{ inputs: { q: 1 } }, { inputs: { q: 2 }, expectations: { x: 1 } }]
      const filled = async (...batches: (typeof a)[][]) => {
        const { id } = await evaluationDatasets.create({ name: 'd', by })
        for (const records of batches) await evaluationDatasets.putRecords({ id, records, by })
        return evaluationDatasets.get(id)
      }
      const [one, two, other] = [await filled([a, b]), await filled([b], [a]), await filled([a])]
      expect(one.digest).toBe(two.digest)
      expect(one.digest).not.toBe(other.digest)
      const { items } = await evaluationDatasets.records(one.id)
      const gone = items.find(({ inputs }) => inputs['q'] === 2)!.id
      const remove = () => evaluationDatasets.removeRecords({ id: one.id, records: [gone], by })
      expect([await remove(), await remove()]).toEqual([1, 0])
      expect(await evaluationDatasets.get(one.id)).toMatchObject({
        digest: other.digest,
        records: 1,
      })
    }))

  test('pages of records have each of them once, in the order in which they came', () =>
    within(async ({ registry: { evaluationDatasets }, clock }) => {
      const { id } = await evaluationDatasets.create({ name: 'd', by })
      for (let batch = 0; batch < 5; batch++) {
        clock.advance(1)
        const records = Array.from({ length: 7 }, (_, i) => ({ inputs: { batch, i } }))
        await evaluationDatasets.putRecords({ id, records, by })
      }
      const seen: unknown[] = []
      let cursor: string | undefined
      do {
        const page = await evaluationDatasets.records(id, { limit: 4, ...(cursor && { cursor }) })
        seen.push(...page.items.map(({ inputs }) => inputs['batch']))
        cursor = page.nextCursor
      } while (cursor !== undefined)
      expect(seen).toEqual([0, 1, 2, 3, 4].flatMap((batch) => Array(7).fill(batch)))
      for (const bad of ['x', 'W10', 'WzEsMl0']) {
        expect(await codeOf(evaluationDatasets.records(id, { cursor: bad }))).toBe(
          'core.invalid-cursor',
        )
      }
    }))

  test('a change of experiments and tags happens as a whole, or not at all', () =>
    within(async ({ registry: { evaluationDatasets, experiments } }) => {
      const [one, two] = [
        await experiments.create({ name: 'one', by }),
        await experiments.create({ name: 'two', by }),
      ]
      const experimentIds = [one.id]
      const before = await evaluationDatasets.create({ name: 'd', experimentIds, by })
      const refused = evaluationDatasets.change({
        id: before.id,
        tags: { a: '1' },
        addExperiments: [two.id, '999'],
        by,
      })
      expect(await codeOf(refused)).toBe('registry.no-experiment')
      expect(await evaluationDatasets.get(before.id)).toEqual(before)
      const change = { id: before.id, tags: { a: '1' }, addExperiments: [two.id, one.id], by }
      await evaluationDatasets.change(change)
      expect(await evaluationDatasets.change(change)).toMatchObject({
        experimentIds: [one.id, two.id],
        tags: { a: '1' },
      })
      const found = async (filter: string, ids?: string[]) => {
        const request = { filter, ...(ids && { experimentIds: ids }) }
        return (await evaluationDatasets.search(request)).items.map(({ name }) => name)
      }
      expect(await found("tags.a = '1' and name = 'd'", [two.id])).toEqual(['d'])
      expect(await found("tags.a = '2'")).toEqual([])
      const back = { id: before.id, withoutTags: ['a', 'b'], removeExperiments: [two.id], by }
      expect(await evaluationDatasets.change(back)).toMatchObject({ experimentIds, tags: {} })
      expect(await found('', [two.id])).toEqual([])
      await evaluationDatasets.remove({ id: before.id, by })
      expect(await codeOf(evaluationDatasets.get(before.id))).toBe('registry.no-evaluation-dataset')
      expect(await found('')).toEqual([])
    }))

  test('two writers of the same inputs leave one record', () =>
    within(async ({ registry, other }) => {
      const { id } = await registry.evaluationDatasets.create({ name: 'd', by })
      const { registry: second } = await other()
      const put = (to: typeof registry, tag: string) =>
        to.evaluationDatasets.putRecords({
          id,
          records: [{ inputs: { q: 1 }, tags: { [tag]: '' } }],
          by,
        })
      const tags = Array.from({ length: 10 }, (_, i) => `t${i}`)
      const done = await Promise.all(tags.map((tag, i) => put(i % 2 ? registry : second, tag)))
      expect(done.reduce((sum, { inserted }) => sum + inserted, 0)).toBe(1)
      const { items } = await registry.evaluationDatasets.records(id)
      expect(items.map((record) => Object.keys(record.tags).sort())).toEqual([tags])
      expect((await registry.evaluationDatasets.get(id)).records).toBe(1)
    }))

  test('a dataset is reached through all of its experiments, or the whole', () =>
    within(async ({ registry, store, clock }) => {
      const root: Actor = { type: 'human', id: 'root' }
      const eve: Actor = { type: 'human', id: 'eve' }
      const access = await createRoleAccess({ store, administrators: ['root'], clock })
      const [mine, theirs] = [
        await registry.experiments.create({ name: 'mine', by }),
        await registry.experiments.create({ name: 'theirs', by }),
      ]
      const scope = { type: 'experiment', name: mine.id } as const
      await access.grant({ grantee: { type: 'actor', id: 'eve' }, scope, role: 'edit', by: root })
      const of = (name: string, experimentIds: string[]) =>
        registry.evaluationDatasets.create({ name, experimentIds, by })
      const own = await of('own', [mine.id])
      const hidden = [await of('shared', [mine.id, theirs.id]), await of('nobody', [])]
      const { evaluationDatasets: seen } = withAccess(registry, { port: access, actor: eve, store })
      expect((await seen.search()).items.map(({ name }) => name)).toEqual(['own'])
      await seen.putRecords({ id: own.id, records: [{ inputs: {} }], by })
      const refused = [
        ...hidden.flatMap(({ id }) => [
          () => seen.get(id),
          () => seen.records(id),
          () => seen.putRecords({ id, records: [], by }),
          () => seen.removeRecords({ id, records: [], by }),
        ]),
        () => seen.get('no such dataset'),
        () => seen.remove({ id: own.id, by }),
        () => seen.create({ name: 'n', by }),
        () => seen.create({ name: 'n', experimentIds: [mine.id, theirs.id], by }),
        () => seen.change({ id: own.id, addExperiments: [theirs.id], by }),
      ]
      for (const [at, one] of refused.entries()) {
        expect([at, await codeOf(one())]).toEqual([at, 'registry.access-denied'])
      }
    }))
}

describe('SQLite', () => suite(sqlitePlace))
describe.skipIf(!postgresUrl)('PostgreSQL (MLOPS_TEST_POSTGRES_URL)', () => suite(postgresPlace))

describe('through the MLflow door', () => {
  test('what is no record, no tag and no JSON is refused, and changes nothing', async () => {
    const door = await openDoor()
    const ask = async (method: string, path: string, body: unknown) => {
      const response = await door.send(method, `/api/3.0/mlflow/datasets/${path}`, {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      return { status: response.status, json: (await response.json()) as Json }
    }
    const made = await ask('POST', 'create', { name: 'd', tags: '{"mlflow.user": "ada", "n": 5}' })
    expect(made).toMatchObject({ status: 200, json: { dataset: { created_by: 'ada' } } })
    expect(JSON.parse(made.json.dataset.tags)).toEqual({ 'mlflow.user': 'ada', n: '5' })
    const id = made.json.dataset.dataset_id as string
    const before = await door.registry.evaluationDatasets.get(id)
    const records = [
      'no json',
      '{}',
      '[5]',
      '[{"inputs": []}]',
      '[{"inputs": {}, "expectations": 5}]',
      '[{"inputs": {}, "tags": []}]',
      '[{"inputs": {}, "tags": {"": "x"}}]',
      '[{"inputs": {}, "source": {"source_type": "constructor"}}]',
      '[{"inputs": {}, "source": 5}]',
    ]
    for (const text of records) {
      expect([text, (await ask('POST', `${id}/records`, { records: text })).status]).toEqual([
        text,
        400,
      ])
    }
    for (const [path, body] of [
      [`${id}/tags`, { tags: '[]' }],
      [`${id}/tags`, { tags: 'x' }],
    ] as const)
      expect((await ask('PATCH', path, body)).status).toBe(400)
    expect((await ask('POST', 'create', {})).status).toBe(400)
    expect((await ask('POST', 'search', { filter_string: 'color = 5' })).status).toBe(400)
    expect((await ask('POST', 'd-none/add-experiments', { experiment_ids: ['0'] })).status).toBe(
      404,
    )
    expect(await door.registry.evaluationDatasets.get(id)).toEqual(before)
    await door.close()
  })

  test('a tried prompt is a finished run with the table of its answer', async () => {
    const door = await openDoor({ clock: manualClock('2026-01-01T00:00:00.000Z') })
    const request = {
      experiment_id: '0',
      prompt_template: 'Say {{ word }}',
      prompt_parameters: [{ key: 'word', value: 'yes' }],
      model_route: 'chat',
      model_parameters: [{ key: 'temperature', value: 0.1 }],
      model_input: 'Say yes',
      model_output: 'no',
      model_output_parameters: [{ key: 'latency', value: 100 }],
      mlflow_version: '3.11.1',
    }
    const { json, status } = await door.call('POST', 'runs/create-promptlab-run', request)
    expect(status).toBe(200)
    const run = await door.registry.runs.get(json.run.info.run_id)
    expect(run).toMatchObject({
      status: 'finished',
      params: { temperature: '0.1', model_route: 'chat', prompt_template: 'Say {{ word }}' },
    })
    const file = await door.send(
      'GET',
      `/get-artifact?run_uuid=${run.id}&path=eval_results_table.json`,
    )
    expect(await file.json()).toEqual({
      columns: ['word', 'prompt', 'output', 'latency'],
      data: [['yes', 'Say yes', 'no', '100']],
    })
    const { model_input: _, ...without } = request
    const refused = await door.call('POST', 'runs/create-promptlab-run', without)
    expect(refused.json.message).toBe('CreatePromptlabRun request must specify model_input.')
    const { items } = await door.registry.runs.search({ experimentIds: ['0'] })
    expect(items).toHaveLength(1)
    await door.close()
  })
})
