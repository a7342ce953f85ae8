import type { ErrorKind } from '@mlops/core'
import { MlopsError } from '@mlops/core'
import { expect, test } from 'vitest'
import { problemOf, problemResponse, statusOf } from './problem.ts'

const make = (kind: ErrorKind, code = `demo.${kind}`) =>
  new MlopsError({ kind, code, message: 'file /etc/secret', details: { path: '/etc/secret' } })

test.each([
  ['invalid', 400],
  ['denied', 403],
  ['not-found', 404],
  ['conflict', 409],
  ['internal', 500],
  ['unsupported', 501],
  ['unavailable', 503],
] as const)('%s is %i', (kind, status) => {
  expect(statusOf(make(kind))).toBe(status)
})

test('what the server knows of itself stays inside', async () => {
  const failures = [make('internal'), make('unavailable'), new Error('/etc/secret'), '/etc/secret']
  for (const failure of failures) {
    const response = problemResponse(failure)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(await response.text()).not.toContain('secret')
  }
  expect(problemOf(make('unavailable')).code).toBe('demo.unavailable')
  expect(problemOf('x').code).toBe('http.internal')
})

test('what the caller did is told', () => {
  expect(problemOf(make('conflict'))).toEqual({
    type: 'urn:mlops:problem:demo.conflict',
    title: 'Conflict',
    status: 409,
    detail: 'file /etc/secret',
    code: 'demo.conflict',
    details: { path: '/etc/secret' },
  })
})
