import { denyAll } from '@mlops/http'
import { afterEach, describe, expect, test } from 'vitest'
import { mlflowEndpoints } from '../../src/mlflow/index.ts'
import type { Door } from './door.ts'
import { actor, openDoor } from './door.ts'

// CVE-2026-0545, -2652 (a route that nobody put under a rule is open), CVE-2025-11200 (weak credentials
// are the host's affair), CVE-2025-14279 (DNS rebinding: no check of Host).

let door: Door
afterEach(() => door.close())

const shown = (path: string) =>
  path.replace('/:id', '/x').replace('/:key', '/k').replace('/*', '/a/b')
const open = [
  '/health',
  '/version',
  '/api/3.0/mlflow/server-info',
  '/ajax-api/3.0/mlflow/server-info',
]

/** A body that would get past every check of fields. */
const filled = {
  name: 'm',
  experiment_id: '0',
  experiment_ids: ['0'],
  run_id: 'r',
  key: 'k',
  value: '1',
  timestamp: 1,
  version: '1',
  stage: 'Staging',
  alias: 'a',
  source: 's3://b/x',
  url: 'https://hook.example/',
  new_name: 'n',
  model_json: '{}',
  status: 'LOGGED_MODEL_READY',
  path: 'x',
  trace: { trace_info: {} },
  trace_ids: ['t'],
  locations: [{ mlflow_experiment: { experiment_id: '0' } }],
  assessment: {},
  update_mask: 'rationale',
}
/** Evaluation datasets have their tags and records as texts. */
const filledTexts = { ...filled, tags: '{}', records: '[]' }

async function knock(method: string, path: string) {
  const fields = new URLSearchParams({
    run_id: 'r',
    run_uuid: 'r',
    experiment_id: '0',
    experiment_name: 'e',
    name: 'm',
    version: '1',
    alias: 'a',
    metric_key: 'k',
    path: 'p',
  })
  const body = JSON.stringify(path.includes('/mlflow/datasets/') ? filledTexts : filled)
  const isQuery = method === 'GET' || path.includes('upload-artifact')
  return door.send(method, isQuery ? `${path}?${fields}` : path, {
    ...(method !== 'GET' && { headers: { 'content-type': 'application/json' }, body }),
  })
}

describe('every route', () => {
  test('asks who is calling', async () => {
    door = await openDoor({ auth: denyAll })
    let asked = 0
    for (const { method, paths } of mlflowEndpoints) {
      for (const path of paths) {
        const { status } = await knock(method, shown(path))
        expect([method, path, status]).toEqual([method, path, open.includes(path) ? 200 : 401])
        asked += 1
      }
    }
    expect(asked).toBeGreaterThan(160)
  })

  test('asks what they may do, and takes only a plain true for an answer', async () => {
    for (const answer of [false, undefined, null, 1, 'true', {}, [], Promise.resolve('yes')]) {
      const seen: string[] = []
      door = await openDoor({
        auth: {
          authenticate: () => actor,
          authorize: (_, action) => {
            seen.push(action)
            return answer as boolean
          },
        },
      })
      for (const { method, paths, action } of mlflowEndpoints) {
        const path = paths[0]!
        const { status } = await knock(method, shown(path))
        const expected = open.includes(path) ? 200 : 403
        expect([method, path, String(answer), status]).toEqual([
          method,
          path,
          String(answer),
          expected,
        ])
        if (expected === 403) expect(seen.at(-1)).toBe(action)
      }
      const { items } = await door.registry.log.read({ limit: 10 })
      // The one that is there from the start.
      expect(items.filter(({ subject }) => subject.name !== 'Default')).toEqual([])
      await door.close()
    }
    door = await openDoor()
  })

  test('an auth port that fails lets nobody in', async () => {
    for (const step of ['authenticate', 'authorize'] as const) {
      const auth = {
        authenticate: () => actor,
        authorize: () => true,
        [step]: () => {
          throw new Error('select * from users')
        },
      }
      door = await openDoor({ auth })
      const response = await knock('POST', '/api/2.0/mlflow/experiments/create')
      expect([step, response.status, (await response.text()).includes('users')]).toEqual([
        step,
        500,
        false,
      ])
      expect(await door.registry.experiments.findByName('m')).toBeUndefined()
      await door.close()
    }
    door = await openDoor()
  })

  test('exists under its own prefixes, methods and spelling only', async () => {
    door = await openDoor()
    const known = new Set(
      mlflowEndpoints.flatMap(({ method, paths }) => paths.map((path) => `${method} ${path}`)),
    )
    for (const method of [
      'GET',
      'POST',
      'PUT',
      'PATCH',
      'DELETE',
      'HEAD',
      'OPTIONS',
      'PROPFIND',
      'QUERY',
    ]) {
      for (const path of [
        '/',
        '/api',
        '/api/2.0/mlflow',
        '/api/1.0/mlflow/runs/get',
        '/api/4.0/mlflow/runs/get',
        '/admin',
        '/API/2.0/mlflow/runs/get',
        '/api/2.0/mlflow/runs/get/',
        '/api/2.0/mlflow/runs/%67et',
        '/api/2.0/mlflow/runs/get;x=1',
        '/api/2.0/mlflow//runs/get',
        '/api/2.0/mlflow/runs/get%00',
        '/x/../api/2.0/mlflow/runs/nothing',
        '/graphql',
        '/gateway/x',
        '/__proto__',
        '/api/2.0/mlflow/__proto__',
      ]) {
        if (known.has(`${method} ${path}`)) continue
        const { status } = await door.send(method, path)
        expect([method, path, status]).toEqual([method, path, 404])
      }
    }
  })
})

test('a version that points to files of others needs the right to read them', async () => {
  const asked: string[] = []
  door = await openDoor({
    auth: {
      authenticate: () => actor,
      authorize: (_, action, { type, name }) => {
        asked.push(`${action} ${type} ${name}`)
        return !(type === 'artifact' && name.startsWith('7/'))
      },
    },
  })
  await door.registry.files.put({ path: '7/r/artifacts/key', content: 'theirs', by: actor })
  await door.call('POST', 'registered-models/create', { name: 'mine' })
  await door.call('POST', 'model-versions/create', {
    name: 'mine',
    source: 'mlflow-artifacts:/7/r/artifacts',
  })
  const response = await door.send(
    'GET',
    '/model-versions/get-artifact?name=mine&version=1&path=key',
  )
  expect([response.status, (await response.text()).includes('theirs')]).toEqual([403, false])
  expect(asked.at(-1)).toBe('artifact.read artifact 7/r/artifacts/key')
})

describe('requests that a foreign page makes a browser send', () => {
  const hit = async (headers: Record<string, string>) =>
    (
      await door.send('POST', '/api/2.0/mlflow/experiments/search', {
        headers: { 'content-type': 'application/json', ...headers },
        body: '{}',
      })
    ).status

  test('under another host name: DNS rebinding', async () => {
    door = await openDoor()
    for (const host of [
      'evil.example',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      'localhost:80@evil.example',
      'evil.example:5000',
      '0.0.0.0',
      '[::]',
      '',
      'localhost:',
      'localhost#',
      '169.254.169.254',
    ]) {
      expect([host, await hit({ host })]).toEqual([host, 403])
    }
    for (const host of ['localhost', 'LOCALHOST:5000', '127.0.0.1:1', '[::1]:5000']) {
      expect([host, await hit({ host })]).toEqual([host, 200])
    }
  })

  test('from another origin', async () => {
    door = await openDoor({ allowedOrigins: ['https://notebook.example'] })
    for (const origin of [
      'https://evil.example',
      'null',
      'http://localhost.evil.example',
      'file://',
      'http://localhost@evil.example',
      'https://notebook.example.evil',
      'chrome-extension://x',
    ]) {
      expect([origin, await hit({ origin })]).toEqual([origin, 403])
    }
    for (const origin of ['http://localhost:3000', 'https://notebook.example']) {
      expect([origin, await hit({ origin })]).toEqual([origin, 200])
    }
    // A server behind any name cannot tell its own pages by their name.
    await door.close()
    door = await openDoor({ allowedHosts: ['*'] })
    expect(await hit({ host: 'tracking.example', origin: 'http://tracking.example' })).toBe(403)
    expect(await hit({ host: 'tracking.example' })).toBe(200)
  })
})
