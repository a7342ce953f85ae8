import { expect, test } from 'vitest'
import { expectClose, goldenSamples } from '../samples/golden.fixture.ts'
import golden from './__golden__/distances.json'
import { energyDistance } from './energy.ts'
import { hellinger } from './hellinger.ts'
import { jensenShannonDistance, jensenShannonDivergence } from './jensen-shannon.ts'
import { kl } from './kl.ts'
import { ksDistance, kuiperDistance } from './ks-distance.ts'
import { lInfinity } from './l-infinity.ts'
import { psi } from './psi.ts'
import { smoothedShares, smoothingPresets } from './smoothing.ts'
import { totalVariation } from './total-variation.ts'
import { wasserstein1, wasserstein1Normed } from './wasserstein.ts'

const samples = goldenSamples(golden.samples)
// biome-ignore lint/suspicious/noExplicitAny: the golden file names function and arguments at run time.
const functions: Record<string, (...args: any[]) => number> = {
  energyDistance,
  hellinger,
  jensenShannonDistance,
  kl,
  ksDistance,
  lInfinity,
  psi,
  totalVariation,
  wasserstein1,
}

test.each([...new Set(golden.cases.map(({ fn }) => fn))])('%s agrees with scipy', (name) => {
  for (const c of golden.cases.filter(({ fn }) => fn === name)) {
    const given = 'args' in c ? c.args!.map((a: string) => samples[a]) : c.counts!
    const options = 'options' in c ? [c.options] : []
    expectClose(
      functions[name]!(...given, ...options),
      c.expected,
      golden.tolerance,
      JSON.stringify(c),
    )
  }
})

test('the smoothing rules of the peers are told apart', () => {
  const reference = [50, 30, 15, 5, 0]
  const current = [40, 25, 20, 10, 5]
  expect(psi(reference, current, { smoothing: smoothingPresets.evidently })).toBeCloseTo(
    0.3905808397329723,
    12,
  )
  expect(psi(reference, current, { smoothing: smoothingPresets.deepchecks })).toBeCloseTo(
    0.14484941211906904,
    12,
  )
  expect(
    psi(reference, current, { smoothing: { rule: 'additive', pseudocount: 0.5 } }),
  ).toBeCloseTo(0.19241454905996153, 12)
  expect(psi(reference, current, { smoothing: smoothingPresets.none })).toBe(Infinity)
  const { changed, reference: r } = smoothedShares(
    reference,
    current,
    smoothingPresets.floorRenormalised,
  )
  expect(changed).toEqual({ reference: 1, current: 0 })
  expect(r.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 15)
  // Smallest non-zero share 5e-5 <= 1e-4: a millionth of it fills the zero.
  expect(
    smoothedShares([1, 19999, 0], [1, 1, 1], smoothingPresets.evidently).reference[2],
  ).toBeCloseTo(5e-11, 20)
})

test('ends of the scale', () => {
  expect(jensenShannonDivergence([1, 0], [0, 1])).toBe(1)
  expect(jensenShannonDivergence([1, 0], [0, 1], { base: Math.E })).toBeCloseTo(Math.LN2, 15)
  expect(hellinger([3, 0], [0, 8])).toBe(1)
  expect(kuiperDistance([1, 2, 3, 4, 10, 11, 12, 13], [5, 6, 7, 8, 9, 4.5])).toBe(1)
  expect(ksDistance([-Infinity, 1], [1, Infinity])).toBe(0.5)
  expect(wasserstein1Normed([5, 5], [5, 6])).toBeNull()
  expect(wasserstein1Normed([5, 5, 5, 5], [5, 5, 5, 6], { minimumSd: 0.001 })).toBeCloseTo(250, 9)
})

test('refuses what has no distance', () => {
  const code = (expected: string) => expect.objectContaining({ code: expected })
  expect(() => psi([1, 2], [1, 2, 3])).toThrow(code('stats.length-mismatch'))
  expect(() => psi([0, 0], [1, 2])).toThrow(code('stats.empty-histogram'))
  expect(() => psi([], [])).toThrow(code('stats.empty-histogram'))
  expect(() => hellinger([1, -1], [1, 2])).toThrow(code('stats.bad-count'))
  expect(() => hellinger([1, Number.NaN], [1, 2])).toThrow(code('stats.bad-count'))
  expect(() =>
    psi([1], [1], { smoothing: { rule: 'floor', floor: 0, renormalise: false } }),
  ).toThrow(code('stats.bad-smoothing'))
  expect(() => wasserstein1([], [1])).toThrow(code('stats.empty-sample'))
  expect(() => wasserstein1([null, Number.NaN], [1])).toThrow(code('stats.empty-sample'))
  expect(() => energyDistance([1, Infinity], [1])).toThrow(code('stats.infinite-value'))
  expect(() => ksDistance(['3' as unknown as number], [1])).toThrow(code('stats.not-a-number'))
})
