import { isMlopsError } from '@mlops/core'
import { describe, expect, test } from 'vitest'
import type { SearchDimension } from '../model/study.ts'
import { searchSpaceSchema } from '../model/study.ts'
import { assertInSpace } from './search-space.ts'

type Value = string | number | boolean

function faults(
  space: Readonly<Record<string, SearchDimension>>,
  params: Readonly<Record<string, Value>>,
) {
  try {
    assertInSpace(space, params)
  } catch (error) {
    if (!isMlopsError(error) || error.code !== 'registry.outside-space') throw error
    return (error.details as { faults: { param: string; why: string }[] }).faults
  }
  return []
}

const accepts = (dimension: SearchDimension, value: Value) =>
  faults({ p: dimension }, { p: value }).length === 0

describe('values', () => {
  const rate = { type: 'float', low: 1e-5, high: 0.1, log: true } as const
  const tenths = { type: 'float', low: 0, high: 1, step: 0.1 } as const
  const fine = { type: 'float', low: 1e6, high: 2e6, step: 1e-6 } as const
  const depth = { type: 'int', low: 2, high: 10 } as const
  const even = { type: 'int', low: 2, high: 10, step: 2 } as const
  const kind = { type: 'categorical', choices: ['relu', 1, true] } as const
  test.each<[SearchDimension, Value, boolean]>([
    [rate, 1e-5, true],
    [rate, 0.1, true],
    [rate, 0.099999, true],
    [rate, 0.9e-5, false],
    [rate, 0.1000001, false],
    [rate, Number.NaN, false],
    [rate, Number.POSITIVE_INFINITY, false],
    [rate, '0.01', false],
    [rate, true, false],
    [tenths, 0, true],
    [tenths, 0.1 + 0.2, true],
    [tenths, 0.7, true],
    [tenths, 1, true],
    [tenths, 0.25, false],
    [tenths, 0.1001, false],
    [fine, 1e6 + 123_456 * 1e-6, true],
    [depth, 2, true],
    [depth, 10, true],
    [depth, 11, false],
    [depth, 2.5, false],
    [even, 8, true],
    [even, 7, false],
    [kind, 'relu', true],
    [kind, 1, true],
    [kind, '1', false],
    [kind, true, true],
    [kind, 'true', false],
    [kind, false, false],
  ])('%j: %j is in it: %j', (dimension, value, expected) => {
    expect(accepts(dimension, value)).toBe(expected)
  })
})

test('params name exactly those of the space; each fault is told', () => {
  const space = {
    a: { type: 'int', low: 1, high: 2 },
    b: { type: 'int', low: 1, high: 2 },
  } as const
  expect(faults(space, { a: 1, b: 2 })).toEqual([])
  expect(faults(space, { a: 3, c: 1 })).toEqual([
    { param: 'a', why: 'is 3, not within 1 to 2' },
    { param: 'b', why: 'is missing' },
    { param: 'c', why: 'is none of the space' },
  ])
  // What objects inherit is no param.
  expect(faults({ a: space.a }, { a: 1, toString: 1 })).toHaveLength(1)
  expect(faults({ constructor: space.a }, {})).toHaveLength(1)
})

describe('spaces', () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => i)
  const wide = (params: number, dimension: unknown) =>
    Object.fromEntries(many(params).map((i) => [`p${i}`, dimension]))
  const int = { type: 'int', low: 0, high: 1 }
  test.each<[string, unknown, boolean]>([
    ['one value', { a: { type: 'float', low: 1, high: 1 } }, true],
    ['low above high', { a: { type: 'float', low: 2, high: 1 } }, false],
    ['an infinite end', { a: { type: 'float', low: 0, high: Number.POSITIVE_INFINITY } }, false],
    ['a NaN', { a: { type: 'float', low: Number.NaN, high: 1 } }, false],
    ['the logarithm of 0', { a: { type: 'float', low: 0, high: 1, log: true } }, false],
    ['0 without a logarithm', { a: { type: 'float', low: 0, high: 1, log: false } }, true],
    ['log and step', { a: { type: 'int', low: 1, high: 8, log: true, step: 2 } }, false],
    ['a step of 0', { a: { type: 'float', low: 0, high: 1, step: 0 } }, false],
    ['half a step', { a: { type: 'int', low: 0, high: 1, step: 0.5 } }, false],
    ['a fraction as an int', { a: { type: 'int', low: 0.5, high: 1 } }, false],
    ['no choices', { a: { type: 'categorical', choices: [] } }, false],
    ['a choice twice', { a: { type: 'categorical', choices: ['x', 'x'] } }, false],
    ['1 and "1"', { a: { type: 'categorical', choices: [1, '1'] } }, true],
    ['an unknown type', { a: { type: 'normal', low: 0, high: 1 } }, false],
    ['an unknown option', { a: { ...int, steps: 2 } }, false],
    ['no params', {}, false],
    ['1000 params', wide(1000, int), true],
    ['1001 params', wide(1001, int), false],
    ['10 000 choices', wide(10, { type: 'categorical', choices: many(1000) }), true],
    ['11 000 choices', wide(11, { type: 'categorical', choices: many(1000) }), false],
    ['a text of 501', { a: { type: 'categorical', choices: ['x'.repeat(501)] } }, false],
  ])('%s', (_, space, expected) => {
    expect(searchSpaceSchema.safeParse(space).success).toBe(expected)
  })
})
