import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { RegistryServiceOptions } from '../../src/http/index.ts'
import { createRegistryService } from '../../src/http/index.ts'
import type { Door } from './door.ts'
import { actor, expectQuiet, openDoor } from './door.ts'

// As access.test.ts, for the door of approvals, deployments, retention and history.

let door: Door
beforeEach(async () => {
  door = await openDoor()
  const { models, versions, deployments, retention } = door.registry
  await models.create({ name: 'm', by: actor })
  await versions.create({ model: 'm', by: actor })
  await deployments.deploy({ model: 'm', environment: 'eu', version: 1, by: actor })
  await retention.hold({ model: 'm', reason: 'audit', by: actor })
})
afterEach(() => door.close())

function open(options: Partial<RegistryServiceOptions> = {}) {
  const { registry, store } = door
  const port = { allows: () => true }
  return createRegistryService({ registry, store, port, authenticate: () => actor, ...options })
}

/** A body that would get past every schema. */
const filled = JSON.stringify({
  target: { kind: 'stage', stage: 'staging' },
  version: 1,
  weight: 0.5,
  shares: [{ version: 1, weight: 1 }],
  reason: 'r',
  text: 't',
  policies: [{ name: 'p', stages: ['development'], olderThanMs: 0 }],
})

const shown = (path: string) =>
  path
    .replace(':model', 'm')
    .replace(':version', '1')
    .replace(':environment', 'eu')
    .replace(':id', 'x')

function knock(service: ReturnType<typeof open>, method: string, path: string, headers = {}) {
  return service.fetch(
    new Request(`http://localhost${shown(path)}`, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(method === 'POST' && { body: filled }),
    }),
  )
}

const isList = (path: string) => /\/(approvals|deployments)$/.test(path)

describe('every route', () => {
  test('asks who is calling', async () => {
    const service = open({ authenticate: () => null })
    const before = await door.registry.log.head()
    for (const { method, path } of service.routes) {
      expect([method, path, (await knock(service, method, path)).status]).toEqual([
        method,
        path,
        401,
      ])
    }
    expect(service.routes.length).toBeGreaterThan(30)
    expect(await door.registry.log.head()).toEqual(before)
  })

  test('asks what they may do, and takes only a plain true for an answer', async () => {
    for (const answer of [false, undefined, null, 1, 'true', {}, Promise.resolve('yes')]) {
      const service = open({ port: { allows: () => answer as boolean } })
      for (const { method, path } of service.routes) {
        const response = await knock(service, method, path)
        const text = await response.text()
        // A list is of what may be read: nothing.
        const expected = method === 'GET' && isList(path) ? [200, '{"items":[]}'] : [403, text]
        expect([method, path, response.status, text]).toEqual([method, path, ...expected])
        expectQuiet(text)
      }
    }
    // Attempts are kept, and nothing else.
    const { items } = await door.registry.log.read({ order: 'newest-first', limit: 50 })
    expect(new Set(items.map(({ action }) => action))).toEqual(new Set(['access.denied']))
  })

  test('a port that fails lets nobody in and tells nothing', async () => {
    const allows = () => {
      throw new Error('select * from grants')
    }
    const service = open({ port: { allows } })
    for (const { method, path } of service.routes) {
      const response = await knock(service, method, path)
      const text = await response.text()
      expectQuiet(text)
      if (method === 'GET' && isList(path) && response.status === 200) {
        expect(text).toBe('{"items":[]}')
      } else expect([method, path, response.status]).toEqual([method, path, 500])
    }
  })

  test('stands in the guide, with the method whose rule is asked', () => {
    const guide = readFileSync(
      new URL('../../../../docs/guides/registry-http.md', import.meta.url),
      'utf8',
    )
    const missing = open({ basePath: '' })
      .routes.map(({ method, path, access }) => {
        const action = access === 'public' ? 'public' : access.action
        return `| \`${method} ${path}\` | \`${action}\` |`
      })
      .filter((row) => !guide.includes(row))
    expect(missing).toEqual([])
  })
})

test('requests that a foreign page makes a browser send are refused', async () => {
  const service = open()
  const path = '/api/registry/v1/models/:model/deployments/:environment/retire'
  const before = await door.registry.log.head()
  for (const headers of [
    { host: 'evil.example' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
  ]) {
    expect([headers, (await knock(service, 'POST', path, headers)).status]).toEqual([headers, 403])
  }
  const form = await knock(service, 'POST', path, { 'content-type': 'text/plain' })
  expect(form.status).toBe(415)
  expect(await door.registry.log.head()).toEqual(before)
})

test('large and compressed bodies are refused', async () => {
  const service = open({ maxBodyBytes: 10 })
  const path = '/api/registry/v1/retention/plan'
  expect((await knock(service, 'POST', path)).status).toBe(413)
  const packed = await knock(open(), 'POST', path, { 'content-encoding': 'gzip' })
  expect(packed.status).toBe(415)
})

test('a service without its parts is not made', () => {
  const { registry, store } = door
  const authenticate = () => actor
  const port = { allows: () => true }
  for (const options of [
    undefined,
    null,
    {},
    { registry, store, port },
    { store, port, authenticate },
    { registry, store, authenticate },
    { registry, port, authenticate },
    { registry, store, port, authenticate, allowedHosts: 'localhost' },
  ]) {
    const make = () => createRegistryService(options as unknown as RegistryServiceOptions)
    expect(make).toThrowError(expect.objectContaining({ kind: 'invalid' }))
  }
})
