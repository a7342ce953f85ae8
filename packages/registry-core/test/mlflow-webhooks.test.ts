import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { manualClock } from '@mlops/core'
import { openStore } from '@mlops/store'
import { memoryBlobs } from '@mlops/store/blobs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createRegistry } from '../src/index.ts'
import { createMlflowHandler, openAccess } from '../src/mlflow/index.ts'
import type { Webhooks, WebhooksOptions } from '../src/webhooks/index.ts'
import { createWebhooks, verifyWebhook } from '../src/webhooks/index.ts'
import type { Json } from './attacks/door.ts'
import { actor, expectQuiet, openDoor } from './attacks/door.ts'

const keys = { current: 'k', keys: { k: new Uint8Array(32).fill(7) } }
const created = { entity: 'MODEL_VERSION', action: 'CREATED' }
const hook = { name: 'ci', url: 'https://93.184.216.34/hook', events: [created] }

async function openWorld(options: Partial<WebhooksOptions> = {}) {
  const clock = manualClock('2026-01-01T00:00:00.000Z')
  const store = await openStore('sqlite::memory:')
  const registry = await createRegistry({ store, blobs: memoryBlobs(), clock })
  const webhooks: Webhooks = await createWebhooks({ store, keys, clock, ...options })
  const handler = createMlflowHandler({ registry, auth: openAccess(actor), webhooks })
  async function call(method: string, path: string, body?: object) {
    const response = await handler(
      new Request(`http://localhost/api/2.0/mlflow/${path}`, {
        method,
        ...(body && {
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      }),
    )
    const text = await response.text()
    expectQuiet(text)
    expect(text).not.toContain('my_secret')
    return { status: response.status, json: JSON.parse(text) as Json }
  }
  return { store, registry, webhooks, call, clock }
}

type World = Awaited<ReturnType<typeof openWorld>>
let world: World
afterEach(() => world.store.close())

describe('MLflow webhooks', () => {
  beforeEach(async () => {
    world = await openWorld({ resolve: async () => ['93.184.216.34', '10.0.0.1'] })
  })

  test('are made, read, listed page by page, changed and removed; the secret never comes back', async () => {
    const { call, clock } = world
    const made = await call('POST', 'webhooks', { ...hook, secret: 'my_secret' })
    expect(made).toEqual({
      status: 200,
      json: {
        webhook: {
          webhook_id: made.json.webhook.webhook_id,
          name: 'ci',
          url: hook.url,
          events: [created],
          status: 'ACTIVE',
          creation_timestamp: clock.now(),
          last_updated_timestamp: clock.now(),
        },
      },
    })
    const id = made.json.webhook.webhook_id as string
    expect(await call('GET', `webhooks/${id}`)).toEqual(made)
    for (let i = 0; i < 4; i++) await call('POST', 'webhooks', { ...hook, name: `w${i}` })
    const seen: string[] = []
    let token = ''
    for (let page = 0; page < 3; page++) {
      const query = `webhooks?max_results=2${token && `&page_token=${token}`}`
      const { json } = await call('GET', query)
      seen.push(...json.webhooks.map(({ name }: Json) => name))
      token = json.next_page_token ?? ''
    }
    expect([seen, token]).toEqual([['ci', 'w0', 'w1', 'w2', 'w3'], ''])

    clock.advance(1000)
    const changed = await call('PATCH', `webhooks/${id}`, {
      name: 'cd',
      description: 'what it is for',
      events: [{ entity: 4, action: 1 }],
      status: 'DISABLED',
    })
    expect(changed.json.webhook).toMatchObject({
      name: 'cd',
      url: hook.url,
      description: 'what it is for',
      events: [{ entity: 'MODEL_VERSION_ALIAS', action: 'CREATED' }],
      status: 'DISABLED',
      last_updated_timestamp: clock.now(),
    })
    expect(await call('DELETE', `webhooks/${id}`)).toEqual({ status: 200, json: {} })
    const gone = await call('GET', `webhooks/${id}`)
    expect([gone.status, gone.json.error_code, gone.json.message]).toEqual([
      404,
      'RESOURCE_DOES_NOT_EXIST',
      `Webhook with ID ${id} not found.`,
    ])
  })

  test('refuse what is no name, address, event, status or page', async () => {
    const { call } = world
    const { json } = await call('POST', 'webhooks', hook)
    const id = json.webhook.webhook_id as string
    for (const bad of [
      { name: '-x' },
      { name: `x${'y'.repeat(70)}` },
      { url: '   ' },
      { url: 'ftp://example.com' },
      { url: 'http://[invalid' },
      { url: 'https://user:pw@example.com/' },
      { events: [{ entity: 'MODEL_VERSION', action: 'DELETED' }] },
      { events: [{ entity: 'BUDGET_POLICY', action: 'EXCEEDED' }] },
      { events: [{ entity: '__proto__', action: {} }] },
      { events: [{}] },
      { events: 'model_version.created' },
      { status: 'GONE' },
    ]) {
      for (const [method, path] of [
        ['POST', 'webhooks'],
        ['PATCH', `webhooks/${id}`],
      ] as const) {
        const { status } = await call(method, path, { ...hook, ...bad })
        expect([bad, method, status]).toEqual([bad, method, 400])
      }
    }
    for (const path of ['webhooks?page_token=x', 'webhooks?max_results=0']) {
      expect([path, (await call('GET', path)).status]).toEqual([path, 400])
    }
    const event = { entity: 'MODEL_VERSION', action: 'SET' }
    expect((await call('POST', `webhooks/${id}/test`, { event })).status).toBe(400)
    expect((await call('GET', 'webhooks')).json.webhooks).toHaveLength(1)
  })

  test('lead to no address of the own network, whatever its spelling', async () => {
    const { call } = world
    for (const host of [
      '127.0.0.1',
      'internal.example',
      '2130706433',
      '0x7f.1',
      '[::1]',
      '[::ffff:10.0.0.1]',
      '169.254.169.254',
      '10.0.0.1',
    ]) {
      const { status, json } = await call('POST', 'webhooks', { ...hook, url: `https://${host}/` })
      if (status === 400) continue
      // A name is judged when it is looked up.
      const tried = await call('POST', `webhooks/${json.webhook.webhook_id}/test`, {})
      expect([host, tried.json.result]).toEqual([
        host,
        { success: false, error_message: 'Failed to test webhook: registry.webhook-address' },
      ])
    }
  })

  test('do not show or change webhooks of another form', async () => {
    const { call, webhooks } = world
    const { webhook } = await webhooks.create({ url: hook.url, actions: ['*'], by: actor })
    expect((await call('GET', 'webhooks')).json.webhooks).toEqual([])
    for (const [method, path] of [
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['POST', '/test'],
    ] as const) {
      const { status } = await call(
        method,
        `webhooks/${webhook.id}${path}`,
        method === 'GET' ? undefined : {},
      )
      expect([method, status]).toEqual([method, 404])
    }
  })
})

test('a server without webhooks says so', async () => {
  world = await openWorld()
  const door = await openDoor()
  try {
    expect((await door.call('POST', 'webhooks', hook)).status).toBe(501)
    expect((await door.call('GET', 'webhooks')).json.error_code).toBe('NOT_IMPLEMENTED')
  } finally {
    await door.close()
  }
})

test("what happens is told in MLflow's words, signed with the client's secret", async () => {
  const posts: { headers: Headers; body: string }[] = []
  let status = 200
  const receiver = createServer((request, response) => {
    let body = ''
    request.on('data', (piece) => {
      body += piece
    })
    request.on('end', () => {
      posts.push({ headers: new Headers(request.headers as Record<string, string>), body })
      response.statusCode = status
      response.end('for nobody to see')
    })
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`
  world = await openWorld({ reach: { http: true, addresses: ['127.0.0.1'] } })
  const { call, webhooks, registry, clock } = world
  try {
    const all = [
      'REGISTERED_MODEL.CREATED',
      'MODEL_VERSION.CREATED',
      'MODEL_VERSION_TAG.SET',
      'MODEL_VERSION_TAG.DELETED',
      'MODEL_VERSION_ALIAS.CREATED',
      'MODEL_VERSION_ALIAS.DELETED',
      'PROMPT.CREATED',
      'PROMPT_VERSION.CREATED',
      'PROMPT_TAG.SET',
    ].map((event) => ({ entity: event.split('.')[0], action: event.split('.')[1] }))
    const { json } = await call('POST', 'webhooks', {
      ...hook,
      url,
      events: all,
      secret: 'my_secret',
    })
    const id = json.webhook.webhook_id as string
    const told = async () => {
      posts.length = 0
      await webhooks.dispatch({ limit: 100 })
      return posts
        .map(({ body }) => JSON.parse(body) as Json)
        .map(({ entity, action, data }) => ({ [`${entity}.${action}`]: data }))
        .sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)))
    }
    const tags = [{ key: 'k', value: 'v' }]
    const source = 's3://bucket/x'
    await call('POST', 'registered-models/create', { name: 'm', tags, description: 'mine' })
    await call('POST', 'registered-models/set-tag', { name: 'm', key: 'not', value: 'told' })
    await call('POST', 'model-versions/create', { name: 'm', source, tags })
    const version = { name: 'm', version: '1' }
    await call('POST', 'model-versions/set-tag', { ...version, key: 'a', value: 'b' })
    await call('DELETE', 'model-versions/delete-tag', { ...version, key: 'a' })
    await call('POST', 'registered-models/alias', { ...version, alias: 'champion' })
    await call('DELETE', 'registered-models/alias', { name: 'm', alias: 'champion' })
    expect(await told()).toEqual([
      { 'model_version_alias.created': { name: 'm', alias: 'champion', version: '1' } },
      { 'model_version_alias.deleted': { name: 'm', alias: 'champion' } },
      { 'model_version_tag.deleted': { ...version, key: 'a' } },
      { 'model_version_tag.set': { ...version, key: 'a', value: 'b' } },
      {
        'model_version.created': {
          ...version,
          source,
          run_id: null,
          tags: { k: 'v' },
          description: null,
        },
      },
      { 'registered_model.created': { name: 'm', tags: { k: 'v' }, description: 'mine' } },
    ])
    for (const { headers, body } of posts) {
      expect(verifyWebhook({ headers, body, secret: 'my_secret', clock })).toBe('valid')
      expect(JSON.parse(body).timestamp).toBe('2026-01-01T00:00:00.000Z')
    }

    const isPrompt = { key: 'mlflow.prompt.is_prompt', value: 'true' }
    await call('POST', 'registered-models/create', { name: 'p', tags: [isPrompt, ...tags] })
    await call('POST', 'model-versions/create', {
      name: 'p',
      source: 'dummy-source',
      tags: [isPrompt, { key: 'mlflow.prompt.text', value: 'Hello {{name}}' }],
    })
    await call('POST', 'registered-models/set-tag', { name: 'p', key: 'x', value: 'y' })
    expect(await told()).toEqual([
      { 'prompt_tag.set': { name: 'p', key: 'x', value: 'y' } },
      {
        'prompt_version.created': {
          name: 'p',
          version: '1',
          template: 'Hello {{name}}',
          tags: {},
          description: null,
        },
      },
      { 'prompt.created': { name: 'p', tags: { k: 'v' }, description: null } },
    ])

    // Several tags at once are several posts, each with an id of its own.
    await registry.versions.tag({ model: 'm', version: 1, set: { x: '1', y: '2' }, by: actor })
    expect((await told()).length).toBe(2)
    const ids = posts.map(({ headers }) => headers.get('x-mlflow-delivery-id'))
    expect(new Set(ids).size).toBe(2)
    status = 500
    await registry.versions.tag({ model: 'm', version: 1, set: { x: '3', y: '4' }, by: actor })
    expect((await told()).length).toBe(1)
    status = 200
    clock.advance(60_000)
    expect((await told()).length).toBe(2)

    // What happens while it is disabled is not told later.
    await call('PATCH', `webhooks/${id}`, { status: 'DISABLED' })
    await call('POST', 'model-versions/create', { name: 'm', source })
    await call('PATCH', `webhooks/${id}`, { status: 'ACTIVE' })
    expect(await told()).toEqual([])

    const event = { entity: 'MODEL_VERSION_ALIAS', action: 'CREATED' }
    posts.length = 0
    const tried = await call('POST', `webhooks/${id}/test`, { event })
    expect(tried.json).toEqual({ result: { success: true, response_status: 200 } })
    expect(JSON.parse(posts[0]!.body)).toMatchObject({
      entity: 'model_version_alias',
      action: 'created',
      data: { name: 'example_model', alias: 'example_alias', version: '1' },
    })
    status = 404
    expect((await call('POST', `webhooks/${id}/test`, {})).json.result).toEqual({
      success: false,
      response_status: 404,
      error_message: 'Failed to test webhook: registry.webhook-status',
    })
  } finally {
    receiver.close()
  }
})
