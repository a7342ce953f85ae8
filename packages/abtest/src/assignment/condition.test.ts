import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AttributeValue, Condition } from './index.ts'
import { meetsCondition } from './index.ts'
import { compareSemver } from './semver.ts'

const holds = (condition: Condition, value?: AttributeValue) =>
  meetsCondition(condition, value === undefined ? {} : { x: value }).holds

describe('comparisons', () => {
  test.each<[string, unknown, AttributeValue, boolean | 'undecided']>([
    ['eq', 'a', 'a', true],
    ['eq', 'a', 'b', false],
    ['eq', 1, '1', 'undecided'],
    ['eq', true, 1, 'undecided'],
    ['ne', 'a', 'b', true],
    ['ne', 1, 1, false],
    ['in', ['a', 'b'], 'b', true],
    ['in', ['a', 'b'], 'c', false],
    ['in', ['a', 'b'], 3, 'undecided'],
    ['in', [], 'a', false],
    ['not-in', ['a'], 'b', true],
    ['not-in', ['a'], 'a', false],
    ['gt', 3, 4, true],
    ['gt', 3, 3, false],
    ['gte', 3, 3, true],
    ['lt', 3, 2, true],
    ['lte', 3, 3, true],
    ['lte', 3, 4, false],
    ['gt', 3, '4', 'undecided'],
    ['gt', 'a', 'b', true],
    ['lt', 3, Number.NaN, 'undecided'],
    ['starts-with', 'ab', 'abc', true],
    ['starts-with', 'bc', 'abc', false],
    ['ends-with', 'bc', 'abc', true],
    ['ends-with', 'ab', 'abc', false],
    ['contains', 'b', 'abc', true],
    ['contains', 'd', 'abc', false],
    ['contains', 'b', ['a', 'b'], true],
    ['contains', 'c', ['a', 'b'], false],
    ['contains', '1', 10, 'undecided'],
    ['eq', 'a', ['a'], 'undecided'],
    ['semver-gte', '1.10.0', '1.9.3', false],
    ['semver-gte', '1.10.0', 'v1.10.0', true],
    ['semver-lt', '2.0.0', '2.0.0-rc.1', true],
    ['semver-gt', '2.0.0', '2.0.1+build', true],
    ['semver-lte', '2.0.0', '2.0.1', false],
    ['semver-eq', '1.0.0', '1.0.0+7', true],
    ['semver-eq', '1.0.0', '1.0', 'undecided'],
    ['semver-eq', '1.0.0', 1, 'undecided'],
  ])('%s %j against %j: %s', (op, value, actual, wanted) => {
    const condition = { attribute: 'x', op, value } as Condition
    expect(holds(condition, actual)).toBe(wanted === true)
    // The negation of what is decided holds where it does not; of what is not, never.
    expect(holds({ not: condition }, actual)).toBe(wanted === false)
  })

  test('a missing attribute is not decided, but exists and missing are', () => {
    const eq = { attribute: 'x', op: 'eq', value: 1 } as const
    for (const absent of [undefined, null, Number.NaN]) {
      expect(holds(eq, absent)).toBe(false)
      expect(holds({ not: eq }, absent)).toBe(false)
      expect(holds({ attribute: 'x', op: 'ne', value: 1 }, absent)).toBe(false)
      expect(holds({ attribute: 'x', op: 'missing' }, absent)).toBe(true)
      expect(holds({ attribute: 'x', op: 'exists' }, absent)).toBe(false)
      expect(holds({ not: { attribute: 'x', op: 'exists' } }, absent)).toBe(true)
    }
    expect(meetsCondition({ attribute: 'toString', op: 'exists' }, {}).holds).toBe(false)
    expect(meetsCondition(eq, {})).toEqual({
      holds: false,
      reason: 'x eq 1 cannot be decided: it is missing',
    })
  })
})

test('logic is Kleene’s, by its truth tables', () => {
  const of = {
    yes: { attribute: 'x', op: 'eq', value: 1 },
    no: { attribute: 'x', op: 'eq', value: 2 },
    open: { attribute: 'y', op: 'eq', value: 1 },
  } as const satisfies Record<string, Condition>
  const rank = { no: 0, open: 1, yes: 2 }
  const names = ['yes', 'no', 'open'] as const
  for (const a of names) {
    for (const b of names) {
      const least = Math.min(rank[a], rank[b])
      const most = Math.max(rank[a], rank[b])
      const truth = (condition: Condition) =>
        meetsCondition(condition, { x: 1 }).holds
          ? 2
          : meetsCondition({ not: condition }, { x: 1 }).holds
            ? 0
            : 1
      expect(truth({ and: [of[a], of[b]] }), `${a} and ${b}`).toBe(least)
      expect(truth({ or: [of[a], of[b]] }), `${a} or ${b}`).toBe(most)
    }
  }
  expect(holds({ and: [] })).toBe(true)
  expect(holds({ or: [] })).toBe(false)
})

test('what is no condition is refused before anybody is let in', () => {
  let deep: unknown = { attribute: 'x', op: 'exists' }
  for (let i = 0; i < 200; i++) deep = { not: deep }
  for (const bad of [
    null,
    'x',
    {},
    { and: {} },
    { attribute: 'x', op: 'toString', value: 1 },
    { attribute: 'x', op: 'equals', value: 1 },
    { attribute: '', op: 'eq', value: 1 },
    { attribute: 'x', op: 'eq' },
    { attribute: 'x', op: 'gt', value: Number.NaN },
    { attribute: 'x', op: 'in', value: 'a' },
    { attribute: 'x', op: 'semver-gt', value: '1' },
    { attribute: 'x', op: 'exists', value: true },
    {
      or: [
        { attribute: 'x', op: 'eq', value: 1 },
        { attribute: 'x', op: '?', value: 1 },
      ],
    },
    deep,
  ])
    expect(
      () => meetsCondition(bad as never, { x: 1 }),
      JSON.stringify(bad)?.slice(0, 80),
    ).toThrowError(expect.objectContaining({ code: 'abtest.invalid-condition' }))
})

describe('semantic versions', () => {
  test('the order of §11', () => {
    const order = [
      '1.0.0-alpha',
      '1.0.0-alpha.1',
      '1.0.0-alpha.beta',
      '1.0.0-beta',
      '1.0.0-beta.2',
      '1.0.0-beta.11',
      '1.0.0-rc.1',
      '1.0.0',
      '1.0.1',
      '1.2.0',
      '1.10.0',
      '10.0.0',
    ]
    order.forEach((a, i) => {
      order.forEach((b, j) => {
        expect(Math.sign(compareSemver(a, b)!), `${a} ${b}`).toBe(Math.sign(i - j))
      })
    })
    expect(compareSemver('1.0.99999999999999999999', '1.0.99999999999999999998')).toBeGreaterThan(0)
    expect(compareSemver('1.0', '1.0.0')).toBeUndefined()
  })

  test('is a total order', () => {
    const version = fc
      .tuple(fc.nat(3), fc.nat(12), fc.nat(3), fc.constantFrom('', '-a', '-1', '-a.1', '-10', '-2'))
      .map(([a, b, c, tail]) => `${a}.${b}.${c}${tail}`)
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(Math.sign(compareSemver(a, b)!)).toBe(-Math.sign(compareSemver(b, a)!) + 0)
        if (compareSemver(a, b)! <= 0 && compareSemver(b, c)! <= 0)
          expect(compareSemver(a, c)!).toBeLessThanOrEqual(0)
      }),
    )
  })
})
