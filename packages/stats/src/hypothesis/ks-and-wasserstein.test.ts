import { createRng } from '@mlops/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { wasserstein1 } from '../distances/wasserstein.ts'
import { ksAndWasserstein } from './ks-and-wasserstein.ts'
import { ksTestOfDistance, ksTwoSampleTest } from './ks-two-sample.ts'

const LAWS: Readonly<Record<string, (u: number) => number>> = {
  uniform: (u) => u,
  ties: (u) => Math.floor(u * 40),
  'heavy tails': (u) => Math.tan(Math.PI * (u - 0.5)),
  'far from zero': (u) => 1e9 + u,
  huge: (u) => (u - 0.5) * 1.7e308,
  'mostly one value': (u) => (u < 0.9 ? 0 : u),
}

test.each(Object.keys(LAWS))('equals the test and the distance apart: %s', (law) => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.integer({ min: 1, max: 12_000 }),
      fc.integer({ min: 1, max: 12_000 }),
      (seed, n, m) => {
        const rng = createRng(`${law} ${seed}`)
        const x = Float64Array.from({ length: n }, () => LAWS[law]!(rng.next()))
        const y = Float64Array.from({ length: m }, () => LAWS[law]!(rng.next() ** 1.05))
        const both = ksAndWasserstein(x, y)
        expect(both.test).toEqual(ksTwoSampleTest(x, y))
        const alone = wasserstein1(x, y)
        if (Number.isFinite(alone))
          expect(Math.abs(both.wasserstein1! - alone)).toBeLessThanOrEqual(1e-12 * alone)
        else expect(both.wasserstein1).toBe(alone)
      },
    ),
    { numRuns: 12 },
  )
})

test('infinities count in the test alone; a side without values has neither', () => {
  const x = [-Infinity, 1, 2, Infinity, null]
  const { test: ks, wasserstein1: distance } = ksAndWasserstein(x, [1, 2, 3])
  expect(ks).toEqual(ksTwoSampleTest(x, [1, 2, 3]))
  expect(distance).toBe(wasserstein1([1, 2], [1, 2, 3]))
  expect(ksAndWasserstein([], [1])).toMatchObject({
    wasserstein1: null,
    test: { status: 'insufficient-data' },
  })
  expect(ksAndWasserstein([Infinity], [1]).wasserstein1).toBeNull()
})

test('a distance found elsewhere has the test of its samples, two-sided and one-sided', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 60 }),
      fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 60 }),
      fc.constantFrom('two-sided' as const, 'greater' as const, 'less' as const),
      (x, y, alternative) => {
        const expected = ksTwoSampleTest(x, y, { alternative })
        const { statistic, location, sign } = expected
        const found = { statistic: statistic!, location, sign, dropped: [0, 0] as const }
        const sizes = [x.length, y.length] as const
        expect(ksTestOfDistance({ ...found, sizes, alternative })).toEqual(expected)
        if (alternative === 'two-sided')
          expect(ksTestOfDistance({ ...found, sizes })).toEqual(expected)
      },
    ),
  )
})
