import { expect, test } from 'vitest'
import { invalid, isMlopsError, MlopsError } from './errors.ts'

test('carries kind, code, details and cause', () => {
  const cause = new Error('disk')
  const error = new MlopsError({
    kind: 'unavailable',
    code: 'store.locked',
    message: 'the database is locked',
    details: { path: 'a.db' },
    cause,
  })
  expect(error.cause).toBe(cause)
  expect(error.toJSON()).toEqual({
    kind: 'unavailable',
    code: 'store.locked',
    message: 'the database is locked',
    details: { path: 'a.db' },
  })
  expect(JSON.stringify(error)).not.toContain('disk')
})

test('is recognised across copies of the package, and nothing else is', () => {
  const foreign = Object.assign(new Error('x'), { [Symbol.for('@mlops/MlopsError')]: true })
  expect(isMlopsError(foreign)).toBe(true)
  expect(isMlopsError(invalid('a.b', 'm'))).toBe(true)
  for (const other of [new Error('x'), null, undefined, 'x', { code: 'a.b' }]) {
    expect(isMlopsError(other)).toBe(false)
  }
})
