import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Json } from './attacks/door.ts'
import { actor } from './attacks/door.ts'
import type { TraceDoor } from './trace-door.ts'
import { feedback, location, openTraceDoor, traceInfo } from './trace-door.ts'

let door: TraceDoor
beforeEach(async () => {
  door = await openTraceDoor()
})
afterEach(() => door.close())

test('come back in the words of the protocol, with the place of their spans', async () => {
  const { trace } = await door.start('tr-1', {
    client_request_id: 'c',
    request_preview: 'q',
    response_preview: 'x'.repeat(20_000),
    trace_metadata: { 'mlflow.sourceRun': 'r1', long: 'x'.repeat(9000) },
    tags: { 'mlflow.traceName': 'chat', number: 5 },
    assessments: [{ ...feedback, create_time: '2025-12-31T23:59:58Z' }],
  })
  expect(trace.trace_info).toEqual({
    trace_id: 'tr-1',
    client_request_id: 'c',
    trace_location: location('0'),
    request_preview: 'q',
    response_preview: 'x'.repeat(10_000),
    request_time: '2025-12-31T23:59:59.123Z',
    execution_duration: '1.5s',
    state: 'OK',
    trace_metadata: { 'mlflow.sourceRun': 'r1', long: 'x'.repeat(8000) },
    tags: {
      'mlflow.traceName': 'chat',
      number: '5',
      'mlflow.artifactLocation': 'mlflow-artifacts:/0/traces/tr-1/artifacts',
    },
    assessments: [
      {
        ...feedback,
        assessment_id: expect.stringMatching(/^a-/),
        trace_id: 'tr-1',
        create_time: '2025-12-31T23:59:58.000Z',
        last_update_time: '2025-12-31T23:59:58.000Z',
        valid: true,
      },
    ],
  })
  expect(await door.ok('GET', '/tr-1')).toEqual({ trace })
  const found = await door.ok('POST', '/search', {
    locations: [location('0')],
    filter: "attribute.run_id = 'r1'",
  })
  expect(found).toEqual({ traces: [trace.trace_info] })
  expect(await door.ask('GET', '/get?trace_id=tr-1')).toMatchObject({
    status: 404,
    // What clients take for a server without the route.
    json: {
      error_code: 'RESOURCE_DOES_NOT_EXIST',
      message: expect.stringContaining("Trace with ID 'get' not found"),
    },
  })
})

test('numbers of states, clocks that went back, and what is only begun', async () => {
  const begun = await door.start('t', { state: 3, execution_duration: undefined })
  expect(begun.trace.trace_info.state).toBe('IN_PROGRESS')
  expect(begun.trace.trace_info).not.toHaveProperty('execution_duration')
  const ended = await door.start('t', { state: 'ERROR', execution_duration: '-0.250s' })
  expect(ended.trace.trace_info).toMatchObject({ state: 'ERROR', execution_duration: '0s' })
  const { trace } = await door.start('u', { state: undefined, request_time: undefined })
  expect(trace.trace_info.state).toBe('STATE_UNSPECIFIED')
})

test('nobody moves the place where clients look for spans', async () => {
  const places = {
    'mlflow.artifactLocation': 'https://evil.example/',
    'mlflow.trace.spansLocation': 'TRACKING_STORE',
  }
  const { trace } = await door.start('t', { tags: places })
  const own = { 'mlflow.artifactLocation': 'mlflow-artifacts:/0/traces/t/artifacts' }
  expect(trace.trace_info.tags).toEqual(own)
  for (const [key, value] of Object.entries(places)) {
    expect((await door.ask('PATCH', '/t/tags', { key, value })).status).toBe(400)
  }
  expect((await door.ok('GET', '/t')).trace.trace_info.tags).toEqual(own)
  for (const trace_id of ['../t', 'a/b', '..', '%2e%2e', 't#', 'a\\b', '']) {
    const refused = await door.ask('POST', '', { trace: { trace_info: traceInfo(trace_id) } })
    expect([trace_id, refused.status]).toEqual([trace_id, 400])
  }
})

test('tags are set and taken off under both versions of the protocol', async () => {
  await door.start('t')
  const two = (method: string, body: unknown) => door.call(method, 'traces/t/tags', body)
  await door.ok('PATCH', '/t/tags', { key: 'a', value: 'x'.repeat(9000) })
  expect((await two('PATCH', { key: 'b' })).status).toBe(200)
  expect((await door.registry.traces.get('t')).tags).toEqual({ a: 'x'.repeat(8000), b: '' })
  await door.ok('DELETE', '/t/tags', { key: 'a' })
  expect((await two('DELETE', { key: 'b' })).status).toBe(200)
  expect((await door.registry.traces.get('t')).tags).toEqual({})
  expect((await two('DELETE', { key: 'b' })).status).toBe(404)
  expect((await two('PATCH', { key: '../b', value: '1' })).status).toBe(400)
})

test('what is no trace and no search is the caller’s mistake', async () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  const traces = [
    '{}',
    '{"trace": 5}',
    '{"trace": {}}',
    `{"trace": {"trace_info": ${deep}}}`,
    ...[
      { trace_location: location('999') },
      { trace_location: { inference_table: { full_table_name: 'a.b.c' } } },
      { trace_location: [] },
      { request_time: 'yesterday' },
      { request_time: 5 },
      { request_time: '2025-02-30T25:00:00Z' },
      { request_time: '9999-12-31T23:59:59-23:59' },
      { execution_duration: 5 },
      { execution_duration: '1e3s' },
      { state: 'DONE' },
      { state: 4 },
      { tags: [] },
      { tags: { '': 'x' } },
      { tags: { k: 'a\u0000b' } },
      { trace_metadata: 'x' },
      { request_preview: 'a\u0000b' },
      { assessments: [5] },
      { assessments: [{}] },
      { assessments: [{ ...feedback, overrides: 5 }] },
    ].map((more) => JSON.stringify({ trace: { trace_info: traceInfo('t', more) } })),
    JSON.stringify({ trace: { trace_info: traceInfo('t', { tags: { k: '@' } }) } }).replace(
      '"@"',
      deep,
    ),
  ]
  for (const body of traces) {
    const { status } = await door.ask('POST', '', body)
    const expected = body.includes('999"') ? 404 : 400
    expect([body.slice(0, 200), status]).toEqual([body.slice(0, 200), expected])
  }
  for (const body of [
    {},
    { locations: [] },
    { locations: [{}] },
    { locations: [location('0'), { inference_table: {} }] },
    { locations: [location('0')], max_results: 501 },
    { locations: [location('0')], filter: "span.name = 'x'" },
    { locations: [location('0')], order_by: ['run_id'] },
    { locations: [location('0')], page_token: 'x' },
  ]) {
    const { status, json } = await door.ask('POST', '/search', body)
    expect([body, status, json.error_code]).toEqual([body, 400, 'INVALID_PARAMETER_VALUE'])
  }
  expect((await door.registry.traces.search({ experimentIds: ['0'] })).items).toEqual([])
})

test('are deleted with their files: by id, or the oldest first', async () => {
  const file = (id: string) => `0/traces/${id}/artifacts/traces.json`
  const ids = ['a', 'b', 'c', 'd', 'e']
  for (const [i, id] of ids.entries()) {
    await door.start(id, { request_time: `2025-01-0${5 - i}T00:00:00Z` })
    await door.registry.files.put({ path: file(id), content: '{}', by: actor })
  }
  const left = async () => {
    const { items } = await door.registry.traces.search({ experimentIds: ['0'] })
    const kept = items.map(({ id }) => id).join('')
    const files = await Promise.all(ids.map((id) => door.registry.files.find(file(id))))
    expect(ids.filter((_, i) => files[i]).join('')).toBe(kept)
    return kept
  }
  const remove = (body: object) =>
    door
      .ok('POST', '/delete-traces', { experiment_id: '0', ...body })
      .then((json) => json.traces_deleted)
  expect(await remove({ request_ids: ['b', 'none'] })).toBe(1)
  expect(await left()).toBe('acde')
  const day3 = Date.parse('2025-01-03T00:00:00Z')
  expect(await remove({ max_timestamp_millis: day3, max_traces: 2 })).toBe(2)
  expect(await left()).toBe('ac')
  const two = { experiment_id: '0', max_timestamp_millis: day3 }
  expect((await door.call('POST', 'traces/delete-traces', two)).json).toEqual({
    traces_deleted: 1,
  })
  expect(await left()).toBe('a')
  expect(await remove({ max_timestamp_millis: 0 })).toBe(0)
  for (const bad of [
    {},
    { request_ids: [] },
    { request_ids: ['a'], max_timestamp_millis: 1e13 },
    { request_ids: ['a'], max_traces: 1 },
    { max_timestamp_millis: 1e13, max_traces: 0 },
    { max_timestamp_millis: 'x' },
  ]) {
    const { status } = await door.ask('POST', '/delete-traces', { experiment_id: '0', ...bad })
    expect([bad, status]).toEqual([bad, 400])
  }
  expect(await left()).toBe('a')
})

test('more of them than go at a time are deleted all the same', async () => {
  await door.run()
  const ids = Array.from({ length: 501 }, (_, i) => `t${i}`)
  for (const id of ids) await door.registry.traces.log({ id, experimentId: '0', by: actor })
  const body = { experiment_id: '0', max_timestamp_millis: 1e14 }
  expect(await door.ok('POST', '/delete-traces', body)).toEqual({ traces_deleted: 501 })
})

test('single spans are not taken, in the words that clients know', async () => {
  const response = await door.send('POST', '/v1/traces', {
    headers: { 'content-type': 'application/x-protobuf', 'x-mlflow-experiment-id': '0' },
    body: new Uint8Array([10, 0]),
  })
  expect(response.status).toBe(501)
  expect(await response.text()).toContain('REST OTLP span logging is not supported')
})

test('are linked to a run', async () => {
  const run = await door.run()
  for (const id of ['a', 'b']) await door.start(id)
  const link = (trace_ids: string[], run_id = run) =>
    door.call('POST', 'traces/link-to-run', { trace_ids, run_id })
  expect((await link(['a'])).status).toBe(200)
  expect((await link(['a', 'none'])).status).toBe(404)
  expect((await link(['a'], 'none')).status).toBe(404)
  expect((await link(Array.from({ length: 101 }, () => 'b'))).status).toBe(400)
  const request = { locations: [location('0')], filter: `attribute.run_id = '${run}'` }
  const { traces } = await door.ok('POST', '/search', request)
  expect(traces.map(({ trace_id }: Json) => trace_id)).toEqual(['a'])
})
