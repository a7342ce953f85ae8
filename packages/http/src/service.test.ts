import type { Actor } from '@mlops/core'
import { MlopsError } from '@mlops/core'
import { expect, test } from 'vitest'
import type { AuthPort } from './auth.ts'
import type { Route } from './service.ts'
import { createService, json } from './service.ts'

const ada: Actor = { type: 'human', id: 'ada' }
const reached: string[] = []
const subject = ({ params }: { params: Readonly<Record<string, string>> }) => ({
  type: 'model',
  name: params['name'] ?? '*',
})

const routes: readonly Route[] = [
  { method: 'GET', path: '/health', access: 'public', handle: () => json({ ok: true }) },
  {
    method: 'GET',
    path: '/models/:name',
    access: { action: 'model.read', subject },
    handle({ params, actor }) {
      reached.push('read')
      return json({ name: params['name'], by: actor?.id })
    },
  },
  {
    method: 'DELETE',
    path: '/models/:name',
    access: { action: 'model.delete', subject },
    handle() {
      reached.push('delete')
      throw new MlopsError({ kind: 'conflict', code: 'demo.held', message: 'the model is held' })
    },
  },
  {
    method: 'POST',
    path: '/broken',
    access: 'public',
    handle() {
      throw new Error('select * from secrets')
    },
  },
]

const auth: AuthPort = {
  authenticate: (request) => (request.headers.get('authorization') === 'Bearer ada' ? ada : null),
  authorize: (_actor, action, { name }) => action === 'model.read' && name !== 'hidden',
}

async function call(
  method: string,
  path: string,
  { by, using }: { by?: string; using?: AuthPort } = {},
) {
  const service = createService({ routes, ...(using && { auth: using }), basePath: '/api' })
  const headers = by === undefined ? {} : { authorization: `Bearer ${by}` }
  const response = await service.fetch(
    new Request(`http://localhost/api${path}`, { method, headers }),
  )
  return { status: response.status, body: (await response.json()) as { code?: string }, response }
}

test('every route that is not public is closed to strangers, and to everybody by default', async () => {
  const service = createService({ routes })
  const closed = service.routes.filter(({ access }) => access !== 'public')
  expect(closed.length).toBe(2)
  for (const { method, path } of closed) {
    const concrete = path.replace(':name', 'm')
    expect((await call(method, concrete)).status).toBe(401)
    expect((await call(method, concrete, { by: 'ada' })).status).toBe(401)
    expect((await call(method, concrete, { by: 'eve', using: auth })).status).toBe(401)
  }
  expect(reached).toEqual([])
})

test('only a plain true opens', async () => {
  for (const odd of [undefined, null, 'yes', 1, {}]) {
    const using = { authenticate: () => ada, authorize: () => odd as unknown as boolean }
    expect((await call('GET', '/models/m', { using })).status).toBe(403)
  }
  const failing = {
    authenticate: () => ada,
    authorize: () => Promise.reject(new Error('directory down')),
  }
  expect((await call('GET', '/models/m', { using: failing })).status).toBe(500)
})

test('an allowed caller gets through, and the path is decoded once', async () => {
  expect((await call('GET', '/models/a%2Fb%2520c', { by: 'ada', using: auth })).body).toEqual({
    name: 'a/b%20c',
    by: 'ada',
  })
  expect((await call('GET', '/models/hidden', { by: 'ada', using: auth })).body.code).toBe(
    'http.forbidden',
  )
})

test('errors, unknown paths and wrong methods are problem documents', async () => {
  const open: AuthPort = { authenticate: () => ada, authorize: () => true }
  expect((await call('DELETE', '/models/m', { using: open })).body.code).toBe('demo.held')
  const broken = await call('POST', '/broken')
  expect([broken.status, broken.body.code]).toEqual([500, 'http.internal'])
  expect(JSON.stringify(broken.body)).not.toContain('secrets')
  expect((await call('GET', '/nowhere')).body.code).toBe('http.no-route')
  const wrong = await call('PUT', '/models/m')
  expect([wrong.status, wrong.response.headers.get('allow')]).toEqual([405, 'GET, DELETE'])
})
