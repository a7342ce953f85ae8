import type { Actor, ManualClock } from '@mlops/core'
import { manualClock } from '@mlops/core'
import { denyAll } from '@mlops/http'
import type { Store } from '@mlops/store'
import { memoryBlobs } from '@mlops/store/blobs'
import { describe, expect, test } from 'vitest'
import type { Registry, StageGate } from '../src/index.ts'
import { createRegistry } from '../src/index.ts'
import { createMlflowHandler, mlflowEndpoints, openAccess } from '../src/mlflow/index.ts'
import type { Place } from './places.ts'
import { postgresPlace, postgresUrl, sqlitePlace } from './places.ts'

const actor: Actor = { type: 'service', id: 'training' }
// biome-ignore lint/suspicious/noExplicitAny: the wire's JSON, checked by the expectations
type Json = any

interface World {
  readonly registry: Registry
  readonly store: Store
  readonly clock: ManualClock
  readonly handler: (request: Request) => Promise<Response>
  /** A call under /api/2.0/mlflow: its status and JSON. */
  call(method: string, path: string, body?: unknown): Promise<{ status: number; json: Json }>
  /** The same, expected to succeed. */
  ok(method: string, path: string, body?: unknown): Promise<Json>
}

async function within(
  makePlace: () => Promise<Place>,
  run: (world: World) => Promise<void>,
  gate?: StageGate,
): Promise<void> {
  const place = await makePlace()
  const store = await place.open()
  try {
    const clock = manualClock('2026-01-01T00:00:00.000Z')
    const options = { store, blobs: memoryBlobs(), clock, ...(gate && { gate }) }
    const registry = await createRegistry(options)
    const handler = createMlflowHandler({ registry, auth: openAccess(actor), clock })
    const call: World['call'] = async (method, path, body) => {
      const response = await handler(
        new Request(`http://localhost/api/2.0/mlflow/${path}`, {
          method,
          ...(body !== undefined && {
            headers: { 'content-type': 'application/json' },
            body: typeof body === 'string' ? body : JSON.stringify(body),
          }),
        }),
      )
      return { status: response.status, json: (await response.json()) as Json }
    }
    const ok: World['ok'] = async (method, path, body) => {
      const { status, json } = await call(method, path, body)
      expect([path, status, status === 200 ? '' : json]).toEqual([path, 200, ''])
      return json
    }
    await run({ registry, store, clock, handler, call, ok })
  } finally {
    await store.close()
    await place.remove()
  }
}

const put = (handler: World['handler'], path: string, bytes: string) =>
  handler(
    new Request(`http://localhost/api/2.0/mlflow-artifacts/artifacts/${path}`, {
      method: 'PUT',
      body: bytes,
    }),
  )
const fetchFile = (handler: World['handler'], path: string, headers: Record<string, string> = {}) =>
  handler(new Request(`http://localhost/api/2.0/mlflow-artifacts/artifacts/${path}`, { headers }))

async function startRun({ ok }: World, experiment = '0'): Promise<string> {
  const { run } = await ok('POST', 'runs/create', { experiment_id: experiment, start_time: 5 })
  return run.info.run_id as string
}

function suite(makePlace: () => Promise<Place>) {
  const world = (run: (world: World) => Promise<void>, gate?: StageGate) => () =>
    within(makePlace, run, gate)

  test(
    'a training session, as the Python client sends it',
    world(async (w) => {
      const { ok, call, handler } = w
      expect((await call('GET', 'experiments/get-by-name?experiment_name=e')).status).toBe(404)
      const { experiment_id } = await ok('POST', 'experiments/create', { name: 'e' })
      const seen = await ok('GET', `experiments/get?experiment_id=${experiment_id}`)
      expect(seen.experiment.artifact_location).toBe(`mlflow-artifacts:/${experiment_id}`)
      const tags = [
        { key: 'mlflow.user', value: 'root' },
        { key: 'mlflow.runName', value: 'r1' },
      ]
      const { run } = await ok('POST', 'runs/create', {
        experiment_id,
        user_id: 'root',
        run_name: 'r1',
        start_time: 1795187723797,
        tags,
      })
      const id = run.info.run_id as string
      expect(id).toMatch(/^[0-9a-f]{32}$/)
      const both = { run_uuid: id, run_id: id }
      await ok('POST', 'runs/log-parameter', { ...both, key: 'lr', value: '0.1' })
      await ok('POST', 'runs/log-metric', {
        ...both,
        key: 'acc',
        value: 0.9,
        timestamp: 7,
        step: 1,
      })
      await ok('POST', 'runs/log-batch', {
        run_id: id,
        metrics: [{ key: 'm1', value: 1, timestamp: '8', step: '3' }],
        params: [{ key: 'a', value: '1' }],
        tags: [{ key: 't', value: 'v' }],
      })
      const root = `${experiment_id}/${id}/artifacts`
      expect((await put(handler, `${root}/dir/hello.txt`, 'hello')).status).toBe(200)
      const context = { key: 'mlflow.data.context', value: 'training' }
      await ok('POST', 'runs/log-inputs', {
        run_id: id,
        datasets: [
          {
            tags: [context],
            dataset: { name: 'train', digest: '6d', source_type: 'code', source: '{}' },
          },
        ],
      })
      const { model } = await ok('POST', 'logged-models', {
        experiment_id,
        name: 'clf',
        source_run_id: id,
        params: [{ key: 'lr', value: '0.1' }],
      })
      const modelId = model.info.model_id as string
      expect(modelId).toMatch(/^m-[0-9a-f]{32}$/)
      await ok('POST', 'runs/outputs', { run_id: id, models: [{ model_id: modelId, step: 0 }] })
      // The metrics again, now with the model they belong to.
      await ok('POST', 'runs/log-batch', {
        run_id: id,
        metrics: [{ key: 'acc', value: 0.9, timestamp: 7, step: 1, model_id: modelId }],
      })
      const files = `${experiment_id}/models/${modelId}/artifacts`
      await put(handler, `${files}/MLmodel`, 'flavors: {}')
      const ready = await ok('PATCH', `logged-models/${modelId}`, { status: 'LOGGED_MODEL_READY' })
      expect(ready.model.info.status).toBe('LOGGED_MODEL_READY')
      expect(ready.model.data.metrics).toEqual([
        { key: 'acc', value: 0.9, timestamp: 7, step: 1, model_id: modelId, run_id: id },
      ])
      await ok('POST', 'registered-models/create', { name: 'my-model' })
      const again = await call('POST', 'registered-models/create', { name: 'my-model' })
      expect([again.status, again.json['error_code']]).toEqual([400, 'RESOURCE_ALREADY_EXISTS'])
      const made = await ok('POST', 'model-versions/create', {
        name: 'my-model',
        source: `models:/${modelId}`,
        model_id: modelId,
      })
      expect(made.model_version).toMatchObject({
        version: '1',
        current_stage: 'None',
        run_id: id,
        status: 'READY',
      })
      // Clients add the same version once more, as a text: it is listed once.
      const twice = '[{"name": "my-model", "version": 1}, {"name": "my-model", "version": "1"}]'
      const tag = { tags: [{ key: 'mlflow.modelVersions', value: twice }] }
      const listed = await ok('PATCH', `logged-models/${modelId}/tags`, tag)
      expect(listed.model.info.tags).toEqual([
        { key: 'mlflow.modelVersions', value: '[{"name": "my-model", "version": 1}]' },
      ])
      await ok('POST', 'registered-models/alias', {
        name: 'my-model',
        alias: 'champion',
        version: '1',
      })
      const found = await ok('GET', 'registered-models/alias?name=my-model&alias=champion')
      expect(found.model_version.aliases).toEqual(['champion'])
      const uri = await ok('GET', 'model-versions/get-download-uri?name=my-model&version=1')
      expect(uri).toEqual({ artifact_uri: `mlflow-artifacts:/${files}` })
      const list = await handler(
        new Request(
          `http://localhost/api/2.0/mlflow-artifacts/artifacts?path=${encodeURIComponent(files)}`,
        ),
      )
      expect(await list.json()).toEqual({
        files: [{ path: 'MLmodel', is_dir: false, file_size: 11 }],
      })
      expect(await (await fetchFile(handler, `${files}/MLmodel`)).text()).toBe('flavors: {}')
      await ok('POST', 'runs/update', { run_id: id, status: 'FINISHED', end_time: 1795187725521 })
      const end = await ok('GET', `runs/get?run_id=${id}`)
      expect(end.run.info).toMatchObject({
        status: 'FINISHED',
        end_time: 1795187725521,
        user_id: 'root',
        run_name: 'r1',
      })
      expect(end.run.inputs.dataset_inputs[0].tags).toEqual([context])
      expect(end.run.outputs.model_outputs).toEqual([{ model_id: modelId, step: 0 }])
      const artifacts = await ok('GET', `artifacts/list?run_id=${id}&path=dir`)
      expect(artifacts).toEqual({
        root_uri: `mlflow-artifacts:/${root}`,
        files: [{ path: 'dir/hello.txt', is_dir: false, file_size: 5 }],
      })
      await ok('DELETE', 'model-versions/delete', { name: 'my-model', version: '1' })
      await ok('DELETE', 'registered-models/delete', { name: 'my-model' })
      await ok('POST', 'registered-models/create', { name: 'my-model' })
      const next = await ok('POST', 'model-versions/create', {
        name: 'my-model',
        source: 's3://b/m',
      })
      expect(next.model_version.version).toBe('2')
      expect((await w.registry.verifyHistory()).status).toBe('intact')
    }),
  )

  test(
    'NaN, infinities, duplicates and the latest point',
    world(async (w) => {
      const id = await startRun(w)
      const log = (value: unknown, timestamp: number, step = 0) =>
        w.ok('POST', 'runs/log-metric', { run_id: id, key: 'm', value, timestamp, step })
      await log('NaN', 1)
      await log('NaN', 1)
      await log('Infinity', 2)
      await log('-Infinity', 3, -1)
      const { metrics } = await w.ok('GET', `metrics/get-history?run_id=${id}&metric_key=m`)
      expect(metrics).toEqual([
        { key: 'm', value: '-Infinity', timestamp: 3, step: -1 },
        { key: 'm', value: 'NaN', timestamp: 1, step: 0 },
        { key: 'm', value: 'Infinity', timestamp: 2, step: 0 },
      ])
      const { run } = await w.ok('GET', `runs/get?run_id=${id}`)
      expect(run.data.metrics).toEqual([{ key: 'm', value: 'Infinity', timestamp: 2, step: 0 }])
      const first = await w.ok('GET', `metrics/get-history?run_id=${id}&metric_key=m&max_results=2`)
      const rest = await w.ok(
        'GET',
        `metrics/get-history?run_id=${id}&metric_key=m&max_results=2&page_token=${first['next_page_token']}`,
      )
      expect([...first['metrics'], ...rest['metrics']]).toEqual(metrics)
    }),
  )

  test(
    'a batch is whole or nothing; params are written once',
    world(async (w) => {
      const id = await startRun(w)
      await w.ok('POST', 'runs/log-parameter', { run_id: id, key: 'lr', value: '1' })
      await w.ok('POST', 'runs/log-parameter', { run_id: id, key: 'lr', value: '1' })
      const { status, json } = await w.call('POST', 'runs/log-batch', {
        run_id: id,
        metrics: [{ key: 'm', value: 1, timestamp: 1 }],
        tags: [{ key: 't', value: 'x' }],
        params: [{ key: 'lr', value: '2' }],
      })
      expect([status, json['error_code']]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
      const { run } = await w.ok('GET', `runs/get?run_id=${id}`)
      expect(run.data.metrics).toEqual([])
      expect(run.data.tags.map(({ key }: { key: string }) => key)).toEqual(['mlflow.runName'])
      const many = Array.from({ length: 1001 }, (_, i) => ({
        key: `m${i}`,
        value: 1,
        timestamp: 1,
      }))
      expect((await w.call('POST', 'runs/log-batch', { run_id: id, metrics: many })).status).toBe(
        400,
      )
      await w.ok('POST', 'runs/log-batch', { run_id: id, metrics: many.slice(1) })
    }),
  )

  test(
    'searching runs: filter, order with missing and NaN last, pages',
    world(async (w) => {
      const values = [3, 'NaN', 1, undefined, 2, 'Infinity', 1]
      const ids: string[] = []
      for (const [i, value] of values.entries()) {
        const id = await startRun(w)
        ids.push(id)
        const params = [{ key: 'i', value: String(i) }]
        const metrics = value === undefined ? [] : [{ key: 'm', value, timestamp: 1 }]
        await w.ok('POST', 'runs/log-batch', { run_id: id, params, metrics })
        w.clock.advance(1)
      }
      const search = async (filter: string, order_by: string[] = ['params.i']) => {
        const found: string[] = []
        let page_token: string | undefined
        do {
          const page = await w.ok('POST', 'runs/search', {
            experiment_ids: ['0'],
            filter,
            order_by,
            max_results: 2,
            ...(page_token && { page_token }),
          })
          found.push(...page['runs'].map((run: Json) => ids.indexOf(run['info'].run_id)))
          page_token = page['next_page_token']
        } while (page_token)
        return found
      }
      expect(await search('metrics.m > 1')).toEqual([0, 4, 5])
      expect(await search('metrics.m <= 2 and params.i != "2"')).toEqual([4, 6])
      expect(await search('', ['metrics.m ASC', 'params.i'])).toEqual([2, 6, 4, 0, 5, 1, 3])
      expect(await search('', ['metrics.m DESC', 'params.i'])).toEqual([5, 0, 4, 2, 6, 1, 3])
      expect(await search('params.i LIKE "_"')).toHaveLength(7)
      expect(
        await search("tags.nothing IS NULL and params.i IN ('1')").catch(() => 'refused'),
      ).toBe('refused')
      expect(await search(`run_id IN ('${ids[1]}', '${ids[3]}')`)).toEqual([1, 3])
      expect(await search("status = 'RUNNING' and start_time = 5")).toHaveLength(7)
      const order = await w.call('POST', 'runs/search', {
        experiment_ids: ['0'],
        order_by: ['start_time', 'start_time'],
      })
      expect(order.status).toBe(400)
      const token = await w.call('POST', 'runs/search', {
        experiment_ids: ['0'],
        page_token: 'garbage',
      })
      expect([token.status, token.json['error_code']]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
    }),
  )

  test(
    'text conditions: case, wildcards and what other languages would take for them',
    world(async (w) => {
      const names = ['Abc', 'abc', 'a_c', 'a%c', 'a*c', 'a[b]c', 'a\\c']
      for (const name of names) await w.ok('POST', 'experiments/create', { name })
      const search = async (filter: string) => {
        const found = await w.ok('POST', 'experiments/search', { filter, order_by: ['name'] })
        return found['experiments'].map((experiment: Json) => experiment['name'])
      }
      expect(await search("name LIKE 'a%'")).toEqual(['a%c', 'a*c', 'a[b]c', 'a\\c', 'a_c', 'abc'])
      expect(await search("name ILIKE 'ABC'")).toEqual(['Abc', 'abc'])
      expect(await search("name LIKE 'a*c'")).toEqual(['a*c'])
      expect(await search("name LIKE 'a[b]c'")).toEqual(['a[b]c'])
      expect(await search("name LIKE 'a\\c'")).toEqual(['a\\c'])
      expect(await search('name = "x\' or 1=1 --"')).toEqual([])
    }),
  )

  test(
    'deleted experiments and runs come back, and take nothing meanwhile',
    world(async (w) => {
      const { experiment_id } = await w.ok('POST', 'experiments/create', { name: 'e' })
      const [kept, gone] = [await startRun(w, experiment_id), await startRun(w, experiment_id)]
      await w.ok('POST', 'runs/delete', { run_id: gone })
      await w.ok('POST', 'experiments/delete', { experiment_id })
      expect(
        (await w.call('POST', 'runs/log-parameter', { run_id: kept, key: 'a', value: 'b' })).status,
      ).toBe(400)
      expect((await w.call('POST', 'runs/create', { experiment_id })).status).toBe(400)
      expect((await w.call('POST', 'experiments/create', { name: 'e' })).status).toBe(400)
      await w.ok('POST', 'experiments/restore', { experiment_id })
      const search = { experiment_ids: [experiment_id] }
      expect(
        (await w.ok('POST', 'runs/search', search))['runs'].map((run: Json) => run['info'].run_id),
      ).toEqual([kept])
      const deleted = await w.ok('POST', 'runs/search', {
        ...search,
        run_view_type: 'DELETED_ONLY',
      })
      expect(deleted['runs'].map((run: Json) => run['info'].run_id)).toEqual([gone])
    }),
  )

  test(
    'a model keeps versions, aliases and dependants under a new name',
    world(async (w) => {
      await w.ok('POST', 'registered-models/create', { name: 'old' })
      await w.ok('POST', 'model-versions/create', { name: 'old', source: 's3://b/m' })
      await w.ok('POST', 'registered-models/alias', {
        name: 'old',
        alias: 'champion',
        version: '1',
      })
      await w.registry.models.create({ name: 'other', by: actor })
      const dependsOn = [{ model: 'old', version: 1 }]
      await w.registry.versions.create({ model: 'other', dependsOn, by: actor })
      await w.ok('POST', 'registered-models/rename', { name: 'old', new_name: 'new' })
      expect((await w.call('GET', 'registered-models/get?name=old')).status).toBe(404)
      const { registered_model } = await w.ok('GET', 'registered-models/get?name=new')
      expect(registered_model.aliases).toEqual([{ alias: 'champion', version: '1' }])
      expect(registered_model.latest_versions[0].source).toBe('s3://b/m')
      expect((await w.registry.versions.get('other', 1)).dependsOn).toEqual([
        { model: 'new', version: 1 },
      ])
    }),
  )

  test(
    'stages go through the gate, and a refusal says what is missing',
    world(
      async (w) => {
        await w.ok('POST', 'registered-models/create', { name: 'm' })
        for (let i = 0; i < 2; i++)
          await w.ok('POST', 'model-versions/create', { name: 'm', source: 's3://b/m' })
        const move = (version: string, stage: string, archive_existing_versions = false) =>
          w.call('POST', 'model-versions/transition-stage', {
            name: 'm',
            version,
            stage,
            archive_existing_versions,
          })
        const refused = await move('1', 'Production')
        expect([refused.status, refused.json['error_code']]).toEqual([403, 'PERMISSION_DENIED'])
        expect(refused.json['message']).toContain('no fairness report')
        const staged = await move('1', 'staging')
        expect(staged.json['model_version'].current_stage).toBe('Staging')
        expect((await move('1', 'Staging')).status).toBe(200)
        await move('2', 'Staging', true)
        const first = await w.ok('GET', 'model-versions/get?name=m&version=1')
        expect(first['model_version'].current_stage).toBe('Archived')
        expect((await move('2', 'Archived', true)).status).toBe(400)
        expect((await move('2', 'Nowhere')).status).toBe(400)
      },
      ({ to }) =>
        to === 'production'
          ? {
              outcome: 'refused',
              missing: [{ code: 'demo.fairness', message: 'no fairness report' }],
            }
          : { outcome: 'granted' },
    ),
  )

  test(
    'artifacts: listing, overwriting, ranges, tags, removal',
    world(async ({ handler, registry }) => {
      for (const [path, bytes] of [
        ['0/r/a.txt', '0123456789'],
        ['0/r/d/b.txt', 'b'],
        ['0/r/d/e/c', 'c'],
        ['0/r/d.txt', 'x'],
      ]) {
        expect((await put(handler, path!, bytes!)).status).toBe(200)
      }
      expect(await registry.files.list('0/r')).toEqual([
        { name: 'a.txt', isDirectory: false, size: 10 },
        { name: 'd', isDirectory: true },
        { name: 'd.txt', isDirectory: false, size: 1 },
      ])
      expect(await registry.files.list('0/r/a.txt')).toEqual([])
      expect(await registry.files.list('')).toEqual([{ name: '0', isDirectory: true }])
      const whole = await fetchFile(handler, '0/r/a.txt')
      expect(whole.headers.get('content-length')).toBe('10')
      expect(whole.headers.get('x-content-type-options')).toBe('nosniff')
      expect(whole.headers.get('content-disposition')).toMatch(/^attachment/)
      const etag = whole.headers.get('etag')!
      const part = await fetchFile(handler, '0/r/a.txt', { range: 'bytes=2-4' })
      expect([part.status, await part.text(), part.headers.get('content-range')]).toEqual([
        206,
        '234',
        'bytes 2-4/10',
      ])
      expect((await fetchFile(handler, '0/r/a.txt', { 'if-none-match': etag })).status).toBe(304)
      expect((await fetchFile(handler, '0/r/a.txt', { range: 'bytes=99-' })).status).toBe(416)
      await put(handler, '0/r/a.txt', 'new')
      const stale = await fetchFile(handler, '0/r/a.txt', { range: 'bytes=0-0', 'if-range': etag })
      expect([stale.status, await stale.text()]).toEqual([200, 'new'])
      expect((await put(handler, '0/r/d', 'a file where a directory is')).status).toBe(400)
      expect((await put(handler, '0/r/a.txt/below', 'x')).status).toBe(400)
      const remove = new Request('http://localhost/api/2.0/mlflow-artifacts/artifacts/0/r/d', {
        method: 'DELETE',
      })
      expect((await handler(remove)).status).toBe(200)
      expect((await fetchFile(handler, '0/r/d/e/c')).status).toBe(404)
      expect((await fetchFile(handler, '0/r/d.txt')).status).toBe(200)
    }),
  )

  test(
    'a thousand entries and more are listed, directories once',
    world(async ({ registry }) => {
      for (let i = 0; i < 620; i++) {
        await registry.files.put({
          path: `big/${i % 3 === 0 ? 'sub/' : ''}f${String(i).padStart(4, '0')}`,
          content: 'x',
          by: actor,
        })
      }
      const entries = await registry.files.list('big')
      expect(entries.filter(({ isDirectory }) => isDirectory)).toEqual([
        { name: 'sub', isDirectory: true },
      ])
      expect(entries).toHaveLength(414)
    }),
    60_000,
  )
}

describe('sqlite', () => suite(sqlitePlace))
describe.skipIf(postgresUrl === undefined)('postgres', () => suite(postgresPlace))

describe('attacks', () => {
  const world = (run: (world: World) => Promise<void>) => () => within(sqlitePlace, run)

  test('every route that is not public is closed by default, and asks for its own permission', async () => {
    const place = await sqlitePlace()
    const store = await place.open()
    const registry = await createRegistry({ store, blobs: memoryBlobs() })
    const asked: string[] = []
    const asking = {
      authenticate: () => actor,
      authorize: (_: Actor, action: string) => {
        asked.push(action)
        return 'yes' as unknown as boolean
      },
    }
    const closed = createMlflowHandler({ registry, auth: denyAll })
    const odd = createMlflowHandler({ registry, auth: asking })
    const query = new URLSearchParams(
      Object.fromEntries(
        ['run_id', 'name', 'version', 'path', 'metric_key', 'experiment_name', 'alias'].map(
          (key) => [key, '1'],
        ),
      ),
    )
    const body = {
      experiment_id: '0',
      experiment_ids: ['0'],
      run_id: 'r',
      name: 'n',
      new_name: 'o',
      version: '1',
      alias: 'a',
      key: 'k',
      value: 1,
      timestamp: 1,
      source: 's3://b',
      url: 'https://hook.example/',
      stage: 'None',
      model_json: '{}',
      status: 2,
      trace: {},
      trace_ids: ['t'],
      locations: [{}],
      assessment: {},
      update_mask: 'rationale',
    }
    // Evaluation datasets have their tags and records as texts.
    const asTexts = (path: string) =>
      path.includes('/mlflow/datasets/') ? { tags: '{}', records: '[]' } : {}
    expect(mlflowEndpoints.length).toBeGreaterThan(70)
    for (const { method, paths, action } of mlflowEndpoints) {
      if (action === 'public') continue
      for (const path of paths) {
        const concrete = path.replace('*', 'a/b').replaceAll(/:\w+/g, 'x')
        const make = (key: unknown) =>
          new Request(`http://localhost${concrete}?${query}&experiment_id=0`, {
            method,
            ...(method !== 'GET' && {
              headers: { 'content-type': 'application/json' },
              body: JSON.stringify({ ...body, ...asTexts(path), value: key }),
            }),
          })
        expect([concrete, (await closed(make(1))).status]).toEqual([concrete, 401])
        asked.length = 0
        const value = /log-metric$/.test(path) ? 1 : 'v'
        expect([method, concrete, (await odd(make(value))).status]).toEqual([method, concrete, 403])
        expect(asked).toEqual([action])
      }
    }
    await store.close()
    await place.remove()
  })

  test.each([
    '..%2f..%2fetc%2fpasswd',
    '0/..%2f..%2fx',
    '0/%252e%252e%252f%252e%252e%252fx',
    '0/%25252e%25252e%25252fx',
    '0/a%5c..%5cb',
    '0/a%5Cb',
    '0/a%23b',
    '0/a%00b',
    '0/%2e%2e%2fx',
    '%2fetc%2fpasswd',
    'C:%2fWindows',
    'c%3A%5cWindows',
    '0//x',
    '0/a%0ab',
    '0/%E0%A4%A',
    '0/a%3fb',
  ])('path %s is not taken', (path) =>
    world(async ({ handler, registry }) => {
      expect([400, 404]).toContain((await put(handler, path, 'x')).status)
      expect(await registry.files.list('')).toEqual([])
      expect([400, 404]).toContain((await fetchFile(handler, path)).status)
      const list = new Request(
        `http://localhost/api/2.0/mlflow-artifacts/artifacts?path=${path.includes('%E0') ? '..' : path}`,
      )
      const listed = await handler(list)
      expect(listed.status === 400 || (await listed.text()) === '{}').toBe(true)
    })(),
  )

  test(
    'names with percent signs that lead nowhere stay names',
    world(async ({ handler }) => {
      // As log_image of the Python client makes them.
      const name = 'dog%25step%250%25timestamp%251795187725449%25ab.png'
      expect((await put(handler, `0/${name}`, 'png')).status).toBe(200)
      expect(await (await fetchFile(handler, `0/${name}`)).text()).toBe('png')
    }),
  )

  test.each([
    '/etc/passwd',
    'file:///etc/passwd',
    'file:/etc/passwd',
    'file://localhost/etc/passwd',
    'etc',
    '../../etc',
    '..\\..\\etc',
    'file:///x%2f..%2f..%2fetc',
    'mlflow-artifacts:/a/../../etc',
    'mlflow-artifacts:/a/%2e%2e/%2e%2e/etc',
    'mlflow-artifacts:/a/%252e%252e/etc',
    'mlflow-artifacts:/a#/../etc',
    's3://b/m/..%2f..',
    'http://host/a/../../b',
    'models:/m/1/../../x',
  ])('source %s is refused, also of a prompt', (source) =>
    world(async ({ call, ok }) => {
      await ok('POST', 'registered-models/create', { name: 'm' })
      const tags = [{ key: 'mlflow.prompt.is_prompt', value: 'true' }]
      for (const extra of [{}, { tags }]) {
        const { status, json } = await call('POST', 'model-versions/create', {
          name: 'm',
          source,
          ...extra,
        })
        expect([status, json['error_code']]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
      }
    })(),
  )

  test.each([
    'a#/../../etc',
    'file:///a/../../etc',
    'mlflow-artifacts:/x?/../y',
    's3://b/%2e%2e/x',
    'a\\b',
    'relative',
  ])('artifact location %s is refused', (artifact_location) =>
    world(async ({ call }) => {
      const { status } = await call('POST', 'experiments/create', { name: 'e', artifact_location })
      expect(status).toBe(400)
    })(),
  )

  test(
    'files at a place that a client named are never opened',
    world(async (w) => {
      const { experiment_id } = await w.ok('POST', 'experiments/create', {
        name: 'e',
        artifact_location: 'file:///etc',
      })
      const id = await startRun(w, experiment_id)
      expect((await w.call('GET', `artifacts/list?run_id=${id}`)).status).toBe(400)
      const read = await w.handler(
        new Request(`http://localhost/get-artifact?run_id=${id}&path=passwd`),
      )
      expect(read.status).toBe(400)
    }),
  )

  test(
    'foreign hosts and origins are refused',
    world(async ({ handler }) => {
      const status = async (headers: Record<string, string>, url = 'http://localhost:5000') =>
        (
          await handler(
            new Request(`${url}/api/2.0/mlflow/experiments/get?experiment_id=0`, { headers }),
          )
        ).status
      expect(await status({})).toBe(200)
      expect(await status({ host: '127.0.0.1:5000' })).toBe(200)
      expect(await status({ host: 'evil.example' })).toBe(403)
      expect(await status({ host: 'localhost.evil.example' })).toBe(403)
      expect(await status({ host: 'evil.example:80@localhost' })).toBe(403)
      expect(await status({}, 'http://evil.example')).toBe(403)
      expect(await status({ origin: 'http://evil.example' })).toBe(403)
      expect(await status({ origin: 'null' })).toBe(403)
      expect(await status({ origin: 'http://localhost:3000' })).toBe(200)
    }),
  )

  test(
    'bodies: too large, compressed, of the wrong type, nonsense',
    world(async ({ handler, call, registry }) => {
      const small = createMlflowHandler({
        registry,
        auth: openAccess(actor),
        maxBodyBytes: 100,
        maxArtifactBytes: 3,
      })
      const post = (body: string, headers: Record<string, string>) =>
        small(
          new Request('http://localhost/api/2.0/mlflow/experiments/create', {
            method: 'POST',
            body,
            headers,
          }),
        )
      const type = { 'content-type': 'application/json' }
      expect((await post(JSON.stringify({ name: 'x'.repeat(200) }), type)).status).toBe(400)
      expect((await post('{}', { ...type, 'content-encoding': 'gzip' })).status).toBe(400)
      expect((await post('{"name":"x"}', { 'content-type': 'text/plain' })).status).toBe(400)
      expect((await put(small, '0/x', '1234')).status).toBe(400)
      expect((await fetchFile(handler, '0/x')).status).toBe(404)
      for (const body of ['{', '[]', 'null', '5', '{"name":null}', '']) {
        const { status, json } = await call('POST', 'experiments/create', body)
        expect([body, status, json['error_code']]).toEqual([body, 400, 'INVALID_PARAMETER_VALUE'])
      }
      const twice = await call(
        'POST',
        'experiments/create',
        JSON.stringify(JSON.stringify({ name: 'twice' })),
      )
      expect(twice.status).toBe(200)
    }),
  )

  test(
    'errors tell nothing of the database',
    world(async ({ handler, store, call }) => {
      const name = 'x'.repeat(501)
      expect((await call('POST', 'experiments/create', { name })).status).toBe(400)
      expect((await call('POST', 'experiments/create', { name: 'nul\u0000' })).status).toBe(400)
      await store.close()
      const response = await handler(
        new Request('http://localhost/api/2.0/mlflow/runs/get?run_id=r'),
      )
      expect(response.status).toBe(503)
      expect(await response.text()).not.toMatch(/sqlite|select|registry_/i)
    }),
  )
})

test('options that are none are refused with a code', async () => {
  const place = await sqlitePlace()
  const store = await place.open()
  const registry = await createRegistry({ store, blobs: memoryBlobs() })
  const make = (options: object) => {
    try {
      createMlflowHandler({ registry, auth: openAccess(actor), ...options })
    } catch (error) {
      return (error as { code?: string }).code
    }
    return 'made'
  }
  expect(make({})).toBe('made')
  expect(make({ auth: undefined })).toBe('mlflow.invalid-options')
  expect(make({ registry: null })).toBe('mlflow.invalid-options')
  expect(make({ artifactRoot: 5 })).toBe('mlflow.invalid-root')
  expect(make({ artifactRoot: 'file://far/away' })).toBe('mlflow.invalid-root')
  expect(make({ allowedHosts: 'localhost' })).toBe('mlflow.invalid-hosts')
  expect(make({ stages: { Production: 'nowhere' } })).toBe('mlflow.invalid-stages')
  await store.close()
  await place.remove()
})
