import { deflateRawSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Door } from './door.ts'
import { expectQuiet, openDoor } from './door.ts'

// Oversized and odd requests, decompression bombs, prototype keys, error texts with SQL.

let door: Door
let run: string
beforeEach(async () => {
  door = await openDoor({ maxBodyBytes: 2_000_000, maxArtifactBytes: 1_000_000 })
  run = await door.run()
})
afterEach(() => door.close())

describe('bodies', () => {
  test('over the limit, announced or not, are refused and leave nothing', async () => {
    const big = 'x'.repeat(2_100_000)
    const { status } = await door.call('POST', 'runs/set-tag', {
      run_id: run,
      key: 'k',
      value: big,
    })
    expect(status).toBe(400)
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
    })
    const put = await door.send('PUT', '/api/2.0/mlflow-artifacts/artifacts/0/big.bin', {
      body: endless,
      duplex: 'half',
    } as RequestInit)
    expect(put.status).toBe(400)
    expect(await door.registry.files.find('0/big.bin')).toBeUndefined()
    expect((await door.registry.runs.get(run)).tags['k']).toBeUndefined()
  })

  test('compressed ones are never unpacked', async () => {
    const bomb = Buffer.alloc(10_000_000, 0x20)
    for (const [encoding, body] of [
      ['gzip', gzipSync(bomb)],
      ['deflate', deflateRawSync(bomb)],
      ['br', Buffer.from('x')],
      ['gzip, gzip', gzipSync(gzipSync(bomb))],
    ] as const) {
      const headers = { 'content-encoding': encoding, 'content-type': 'application/json' }
      const post = await door.send('POST', '/api/2.0/mlflow/runs/log-batch', { headers, body })
      expect([encoding, post.status]).toEqual([encoding, 400])
      const put = await door.send('PUT', '/api/2.0/mlflow-artifacts/artifacts/0/z', {
        headers,
        body,
      })
      expect([encoding, put.status]).toEqual([encoding, 400])
    }
    // An archive is a file like any other: it comes back as it went in.
    const archive = gzipSync(bomb)
    await door.send('PUT', '/api/2.0/mlflow-artifacts/artifacts/0/a.tar.gz', { body: archive })
    const back = await door.send('GET', '/api/2.0/mlflow-artifacts/artifacts/0/a.tar.gz')
    expect(back.headers.get('content-encoding')).toBeNull()
    expect(Buffer.compare(Buffer.from(await back.arrayBuffer()), archive)).toBe(0)
  })

  test('JSON that is deep, huge or no JSON is the caller’s mistake', async () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
    const bodies = [
      `{"run_id": ${deep}}`,
      `{"run_id": "${run}", "tags": [{"key": "k", "value": ${deep}}]}`,
      `{"run_id": "${run}", "metrics": [{"key": "k", "value": ${deep}, "timestamp": 1}]}`,
      `{"run_id": "${run}", "metrics": ${deep}}`,
      `{"run_id": "${run}", "params": [${deep}]}`,
      deep,
      '"'.repeat(1000),
      '\ufeff{}',
      '{"run_id": 1e999}',
      `{"run_id": "${run}", "metrics": [{"key": "k", "value": 1, "timestamp": 1e308}]}`,
      `{"run_id": "${run}", "metrics": [{"key": "k", "value": 1, "timestamp": 1, "step": 1e308}]}`,
      `{"run_id": "${run}", "metrics": [{"key": "k", "value": 1, "timestamp": "${'9'.repeat(100_000)}"}]}`,
      `{"run_id": "${run}", "metrics": [{"key": "k", "value": "${'9'.repeat(100_000)}x", "timestamp": 1}]}`,
      `{"run_id": "${run}", "metrics": [{"key": "k", "value": 1, "timestamp": 253402300800000}]}`,
      `{"run_id": "${run}", "metrics": [{"key": "k", "value": 1, "timestamp": -1}]}`,
      `{"run_id": "${run}", "tags": [{"key": "a\\u0000b", "value": "v"}]}`,
      `{"run_id": "${run}", "tags": [{"key": "k", "value": "a\\u0000b"}]}`,
      `{"run_id": "${run}", "tags": [{"key": "k", "value": "a\\ud800b"}]}`,
      `{"run_id": "${run}\\u0000", "tags": []}`,
    ]
    for (const body of bodies) {
      const { status } = await door.call('POST', 'runs/log-batch', body)
      const start = body.slice(0, 90)
      expect([start, status >= 400 && status < 500 && status !== 429]).toEqual([start, true])
    }
    for (const model_json of [deep, '{', '"x"', `{"a": ${deep}}`]) {
      const { status } = await door.call('POST', 'runs/log-model', { run_id: run, model_json })
      expect([model_json.slice(0, 9), status]).toEqual([
        model_json.slice(0, 9),
        model_json === '"x"' ? status : 400,
      ])
    }
    await door.call('POST', 'runs/set-tag', {
      run_id: run,
      key: 'mlflow.log-model.history',
      value: 'no json',
    })
    const after = await door.call('POST', 'runs/log-model', { run_id: run, model_json: '{"a": 1}' })
    expect([after.status >= 500, after.status]).toEqual([false, after.status])
  })

  test('no field of any kind makes the server fail', async () => {
    const odd = [
      null,
      true,
      0,
      -1,
      1e308,
      '',
      '\u0000',
      '\ud800',
      'x'.repeat(20_000),
      [],
      {},
      [[]],
      [null],
      [1],
      { a: 1 },
      '__proto__',
      "' or 1=1 --",
      '%',
      '%00',
      '../x',
      'NaN',
      [{}],
      [{ key: {} }],
      [{ key: 'k', value: {} }],
    ]
    const fields = [
      'name',
      'experiment_id',
      'run_id',
      'run_uuid',
      'key',
      'value',
      'tags',
      'metrics',
      'params',
      'datasets',
      'models',
      'timestamp',
      'step',
      'status',
      'end_time',
      'start_time',
      'version',
      'stage',
      'alias',
      'source',
      'filter',
      'order_by',
      'page_token',
      'max_results',
      'view_type',
      'run_view_type',
      'experiment_ids',
      'new_name',
      'description',
      'model_json',
      'stages',
      'user_id',
      'run_name',
      'artifact_location',
      'path',
      'source_run_id',
      'model_type',
    ]
    const paths = [
      'experiments/create',
      'experiments/search',
      'experiments/update',
      'experiments/set-experiment-tag',
      'runs/create',
      'runs/update',
      'runs/log-metric',
      'runs/log-parameter',
      'runs/set-tag',
      'runs/log-batch',
      'runs/log-inputs',
      'runs/outputs',
      'runs/log-model',
      'runs/search',
      'registered-models/create',
      'registered-models/rename',
      'registered-models/set-tag',
      'registered-models/alias',
      'registered-models/get-latest-versions',
      'model-versions/create',
      'model-versions/transition-stage',
      'model-versions/set-tag',
      'logged-models',
      'logged-models/search',
    ]
    await door.call('POST', 'registered-models/create', { name: 'm' })
    await door.call('POST', 'model-versions/create', { name: 'm', source: 's3://b/x' })
    const usual = {
      name: 'm',
      experiment_id: '0',
      run_id: run,
      key: 'k',
      value: '1',
      timestamp: 1,
      version: '1',
      stage: 'Staging',
      alias: 'a',
      source: 's3://b/y',
      experiment_ids: ['0'],
      new_name: 'other',
      model_json: '{}',
    }
    for (const [i, path] of paths.entries()) {
      for (const [j, field] of fields.entries()) {
        // Every pair gets two of the values, and every value every kind of field.
        for (const value of [odd[(i + j) % odd.length], odd[(i + 3 * j + 11) % odd.length]]) {
          const { status, json } = await door.call('POST', path, { ...usual, [field]: value })
          expect([path, field, value, status < 500 && status !== 429, json.message]).toEqual([
            path,
            field,
            value,
            true,
            json.message,
          ])
        }
      }
    }
  }, 120_000)

  test('keys of Object.prototype are keys like any other', async () => {
    for (const key of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      const text = `{"run_id": "${run}", "params": [{"key": "${key}", "value": "p"}], "tags": [{"key": "${key}", "value": "t"}], "metrics": [{"key": "${key}", "value": 1, "timestamp": 1}], "__proto__": {"polluted": true}}`
      const { status } = await door.call('POST', 'runs/log-batch', text)
      if (status === 200) {
        const { json } = await door.call('GET', `runs/get?run_id=${run}`)
        for (const list of [json.run.data.params, json.run.data.tags, json.run.data.metrics]) {
          expect([key, list.map((pair: { key: string }) => pair.key).includes(key)]).toEqual([
            key,
            true,
          ])
        }
      } else expect([key, status]).toEqual([key, 400])
    }
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
    const { status } = await door.call(
      'POST',
      'experiments/create',
      '{"name": "p", "tags": [{"key": "__proto__", "value": "t"}]}',
    )
    expect([200, 400]).toContain(status)
  })

  test('a form of another site cannot post', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'text/plain; x=application/json',
      '',
    ]) {
      const response = await door.send('POST', '/api/2.0/mlflow/experiments/delete', {
        headers: { 'content-type': type },
        body: '{"experiment_id": "0"}',
      })
      expect([type, response.status]).toEqual([type, 400])
    }
    expect((await door.registry.experiments.get('0')).lifecycle).toBe('active')
  })
})

describe('searches', () => {
  const search = (body: object) =>
    door.call('POST', 'runs/search', { experiment_ids: ['0'], ...body })

  test('long, repeated and wild filters end soon, as an answer or as the caller’s mistake', async () => {
    await door.call('POST', 'runs/set-tag', { run_id: run, key: 'k', value: 'a'.repeat(8000) })
    const filters = [
      `tags.k LIKE '${'%'.repeat(10_000)}'`,
      `tags.k LIKE '${'%a'.repeat(4000)}b'`,
      `tags.k ILIKE '${'%a_'.repeat(2000)}b'`,
      `tags.k LIKE '${'['.repeat(60_000)}'`,
      `tags.k LIKE '${'_'.repeat(60_000)}'`,
      Array(5000).fill("tags.k = 'a'").join(' AND '),
      `tags.${'a.'.repeat(50_000)}b = 'x'`,
      `tags.\`${'x'.repeat(100_000)}\` = 'x'`,
      `tags.k = '${'x'.repeat(1_000_000)}'`,
      `run_id IN (${Array(100_000).fill("'a'").join(', ')})`,
      `${'('.repeat(100_000)}tags.k = 'a'`,
      `'${'a'.repeat(500_000)}`,
      '`'.repeat(99_999),
      "tags.k = 'a'; drop table registry_runs",
      "tags.k = 'a' OR 1 = 1",
      "tags.`k'; drop table registry_runs --` = 'x'",
      "metrics.`a' or 1=1 --` > 1",
      'metrics.a > 1e999',
      'attributes.start_time > 99999999999999999999999',
      `metrics.a > ${'9'.repeat(100_000)}`,
    ]
    for (const filter of filters) {
      const start = performance.now()
      const { status } = await search({ filter })
      const about = filter.slice(0, 40)
      expect([about, status === 200 || status === 400]).toEqual([about, true])
      expect([about, performance.now() - start < 2000]).toEqual([about, true])
    }
    expect((await search({})).json.runs).toHaveLength(1)
  })

  test('long lists are refused rather than handed to the database', async () => {
    const many = (n: number, make: (i: number) => string) =>
      Array.from({ length: n }, (_, i) => make(i))
    const requests = [
      { order_by: many(2000, (i) => `metrics.m${i} DESC`) },
      { order_by: many(100_000, () => 'start_time') },
      { experiment_ids: many(100_000, String) },
      { max_results: 50_001 },
      { max_results: -1 },
      { page_token: 'x'.repeat(100_000) },
      { page_token: Buffer.from('{"__proto__": 1}').toString('base64') },
    ]
    for (const body of requests) {
      const { status } = await search(body)
      const about = JSON.stringify(body).slice(0, 40)
      expect([about, status === 200 || status === 400]).toEqual([about, true])
    }
    const logged = await door.call('POST', 'logged-models/search', {
      experiment_ids: many(100_000, String),
    })
    expect([200, 400]).toContain(logged.status)
    const datasets = many(2000, String).map((dataset_name) => ({ dataset_name }))
    const measured = await door.call('POST', 'logged-models/search', {
      experiment_ids: ['0'],
      datasets,
    })
    expect([200, 400]).toContain(measured.status)
    const latest = await door.call('POST', 'registered-models/get-latest-versions', {
      name: 'none',
      stages: many(50_000, String),
    })
    expect([400, 404]).toContain(latest.status)
  })
})

describe('downloads', () => {
  test('nothing that was uploaded is shown or run by a browser', async () => {
    const page = '<html><script>alert(1)</script>'
    for (const name of ['x.html', 'x.svg', 'x.xml', 'MLmodel', 'x.js']) {
      const path = `/api/2.0/mlflow-artifacts/artifacts/0/${run}/artifacts/${name}`
      await door.send('PUT', path, { body: page, headers: { 'content-type': 'text/html' } })
      for (const url of [path, `/get-artifact?run_id=${run}&path=${name}`]) {
        const { headers, status } = await door.send('GET', url)
        expect([
          url,
          status,
          headers.get('content-type'),
          headers.get('x-content-type-options'),
        ]).toEqual([url, 200, 'application/octet-stream', 'nosniff'])
        expect(headers.get('content-disposition')).toMatch(/^attachment;/)
        expect(headers.get('content-security-policy')).toBe("default-src 'none'; sandbox")
      }
    }
  })

  test('a file name is no header', async () => {
    const name = `a";filename=evil.exe;x='%20%E2%80%A8é`
    const path = `0/${run}/artifacts/${encodeURIComponent(name)}`
    await door.send('PUT', `/api/2.0/mlflow-artifacts/artifacts/${path}`, { body: 'x' })
    const { headers, status } = await door.send(
      'GET',
      `/api/2.0/mlflow-artifacts/artifacts/${path}`,
    )
    if (status === 200)
      expect(headers.get('content-disposition')).toMatch(
        /^attachment; filename\*=UTF-8''[\w.%!~*()-]+$/,
      )
    else expect(status).toBe(404)
    for (const bad of ['a%0d%0aset-cookie:x=1', 'a%0ab', 'a%00b', 'a%7fb']) {
      const put = await door.send('PUT', `/api/2.0/mlflow-artifacts/artifacts/0/${bad}`, {
        body: 'x',
      })
      expect([bad, put.status]).toEqual([bad, 400])
    }
  })
})

test('a failure of the database tells the client nothing', async () => {
  await door.store.close()
  const { status, json } = await door.call('GET', `runs/get?run_id=${run}`)
  expect(status).toBeGreaterThanOrEqual(500)
  expectQuiet(JSON.stringify(json))
  expect(json.message.length).toBeLessThan(80)
})
