import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Door } from './door.ts'
import { climbs, openDoor } from './door.ts'

// CVE-2024-1483, -3848 (a fragment hides the path), CVE-2025-11201, CVE-2026-2614 (sources that the
// server opens, prompts excepted from the check): places that clients name.

let door: Door
beforeEach(async () => {
  door = await openDoor()
  await door.call('POST', 'registered-models/create', { name: 'm' })
})
afterEach(() => door.close())

const schemes = [
  'mlflow-artifacts:/',
  'file:///srv/',
  's3://bucket/',
  'http://host/',
  'dbfs:/',
  '/srv/',
]

test('locations of experiments: no climb, fragment, query or backslash', async () => {
  let n = 0
  const plain = climbs.filter(
    (climb) =>
      ![
        '....//',
        '..././',
        '%c0%ae%c0%ae%c0%af',
        '%e0%80%ae%e0%80%ae/',
        '%uff0e%uff0e/',
        '..;/',
        '..%3b/',
        '..%c0%af',
      ].includes(climb),
  )
  for (const scheme of schemes) {
    for (const bad of [
      ...plain.map((climb) => `a/${climb}b`),
      'a#/../../etc',
      'a%23/../b',
      '#',
      'a?x=/../b',
      'a\\..\\b',
      'a\u0000b',
      'a\nb',
    ]) {
      const { status } = await door.call('POST', 'experiments/create', {
        name: `e${n++}`,
        artifact_location: `${scheme}${bad}`,
      })
      expect([scheme, bad, status]).toEqual([scheme, bad, 400])
    }
  }
})

test('overlong and full-width dots stay what they are: names, which nothing decodes', async () => {
  for (const climb of ['%c0%ae%c0%ae%c0%af', '%e0%80%ae%e0%80%ae/', '．．/', '..;/']) {
    const { status, json } = await door.call('POST', 'experiments/create', {
      name: climb,
      artifact_location: `mlflow-artifacts:/x/${climb}etc`,
    })
    if (status !== 200) continue
    const { json: made } = await door.call('POST', 'runs/create', {
      experiment_id: json.experiment_id,
    })
    const list = await door.call('GET', `artifacts/list?run_id=${made.run.info.run_id}`)
    expect([climb, list.json.files ?? []]).toEqual([climb, []])
  }
})

test('sources of versions: nothing local, whatever it is called', async () => {
  const run = await door.run()
  const sources = [
    '/etc',
    '/etc/passwd',
    'file:///etc',
    'file:/etc',
    'file://localhost/etc',
    'FILE:///etc',
    'File:///etc/passwd',
    'file:etc',
    'etc/passwd',
    './etc',
    '../etc',
    'C:\\Windows',
    'C:/Windows',
    '\\\\host\\share',
    '//host/share',
    'file:///%2e%2e/etc',
    'file:///a/..%2f..%2fetc',
    'mlflow-artifacts:/../etc',
    'mlflow-artifacts:/1/%2e%2e/x',
    'mlflow-artifacts:/1/%252e%252e/x',
    's3://b/../x',
    'http://h/../../x',
    'http://h/%2e%2e/x',
    'runs:/../../etc',
    'mlflow-artifacts:/1/..\\x',
    'models:/../x',
    'models:/m/../1',
    'models:/m/1/../../x',
    's3://b/a\\..\\..\\x',
  ]
  const prompt = [{ key: 'mlflow.prompt.is_prompt', value: 'true' }]
  for (const source of sources) {
    for (const more of [
      {},
      { run_id: run },
      { tags: prompt },
      { run_id: run, tags: prompt },
      { model_id: '' },
    ]) {
      const { status } = await door.call('POST', 'model-versions/create', {
        name: 'm',
        source,
        ...more,
      })
      expect([source, more, status >= 400 && status < 500]).toEqual([source, more, true])
    }
  }
  expect((await door.call('GET', 'model-versions/search')).json.model_versions).toEqual([])
})

test('a remote source is kept as a text and never fetched', async () => {
  const source = 'http://169.254.169.254/latest/meta-data'
  const { json } = await door.call('POST', 'model-versions/create', { name: 'm', source })
  expect(json.model_version.source).toBe(source)
  const response = await door.send('GET', '/model-versions/get-artifact?name=m&version=1&path=x')
  expect(response.status).toBe(400)
})

test('a later change cannot bring another source in', async () => {
  await door.call('POST', 'model-versions/create', { name: 'm', source: 's3://bucket/x' })
  const body = { name: 'm', version: '1', source: 'file:///etc', description: 'd' }
  expect((await door.call('PATCH', 'model-versions/update', body)).json.model_version.source).toBe(
    's3://bucket/x',
  )
  await door.call('POST', 'experiments/update', {
    experiment_id: '0',
    new_name: 'n',
    artifact_location: 'file:///etc',
  })
  const { json } = await door.call('GET', 'experiments/get?experiment_id=0')
  expect(json.experiment.artifact_location).toBe('mlflow-artifacts:/0')
})

test('logged models get their place from the server', async () => {
  const body = {
    experiment_id: '0',
    name: 'n',
    artifact_location: 'file:///etc',
    artifact_uri: 'file:///etc',
  }
  const { json } = await door.call('POST', 'logged-models', body)
  expect(json.model.info.artifact_uri).toMatch(
    /^mlflow-artifacts:\/0\/models\/m-[0-9a-f]{32}\/artifacts$/,
  )
  for (const name of ['../x', 'a/b', 'a%2fb', 'a:b', '..']) {
    expect((await door.call('POST', 'logged-models', { experiment_id: '0', name })).status).toBe(
      400,
    )
  }
})
