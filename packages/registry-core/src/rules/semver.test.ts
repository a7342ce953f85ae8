import { isMlopsError } from '@mlops/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareSemver, nextSemver, parseSemver } from './semver.ts'

// The order printed in Semantic Versioning 2.0.0, §11.
const ascending = [
  '0.9.9',
  '1.0.0-alpha',
  '1.0.0-alpha.1',
  '1.0.0-alpha.beta',
  '1.0.0-beta',
  '1.0.0-beta.2',
  '1.0.0-beta.11',
  '1.0.0-rc.1',
  '1.0.0',
  '1.0.1',
  '1.10.0',
  '2.0.0',
  '99999999999999999999.0.0',
]

test('orders as the specification prints', () => {
  for (const [i, a] of ascending.entries()) {
    for (const [j, b] of ascending.entries()) {
      expect(Math.sign(compareSemver(a, b))).toBe(Math.sign(i - j))
    }
  }
  expect(compareSemver('1.0.0+a', '1.0.0+b')).toBe(0)
})

test.each(['', '1', '1.0', '01.0.0', '1.0.0-', '1.0.0-01', 'v1.0.0', '1.0.0 ', '1.0.0-a..b'])(
  '%j is no semantic version',
  (text) => {
    expect(() => parseSemver(text)).toThrowError(
      expect.toSatisfy((e) => isMlopsError(e) && e.code === 'registry.invalid-semver'),
    )
  },
)

test.each([
  [[], 'minor', '1.0.0'],
  [['1.2.3'], 'major', '2.0.0'],
  [['1.2.3'], 'minor', '1.3.0'],
  [['1.2.3'], 'patch', '1.2.4'],
  [['1.9.0', '1.10.0'], 'minor', '1.11.0'],
  [['2.0.0-rc.1', '1.5.0'], 'major', '2.0.0'],
  [['2.0.0-rc.1'], 'minor', '2.0.0'],
  [['2.0.0-rc.1'], 'patch', '2.0.0'],
  [['2.0.1-rc.1'], 'minor', '2.1.0'],
] as const)('after %j, %s is %s', (known, bump, next) => {
  expect(nextSemver(known, bump)).toBe(next)
})

test('the next version is always above all known ones', () => {
  const part = fc.nat(30)
  const version = fc
    .tuple(part, part, part, fc.option(fc.constantFrom('rc.1', 'alpha'), { nil: '' }))
    .map(([a, b, c, pre]) => `${a}.${b}.${c}${pre && `-${pre}`}`)
  fc.assert(
    fc.property(
      fc.array(version, { minLength: 1 }),
      fc.constantFrom('major' as const, 'minor' as const, 'patch' as const),
      (known, bump) => {
        const next = nextSemver(known, bump)
        for (const one of known) expect(compareSemver(next, one)).toBeGreaterThan(0)
      },
    ),
  )
})
