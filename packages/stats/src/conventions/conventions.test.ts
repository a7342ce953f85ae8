import { createRng } from '@mlops/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { explicitBinning } from '../binning/fit-numeric.ts'
import { binPair } from '../binning/pair-binning.ts'
import { thresholdLimits } from '../control-limits/threshold.ts'
import { bhattacharyyaDistance } from '../distances/bhattacharyya.ts'
import { cramersV, poolRareCategories } from '../distances/cramers-v.ts'
import { hellinger } from '../distances/hellinger.ts'
import { interpolatedShares } from '../distances/interpolated-shares.ts'
import { lInfinity } from '../distances/l-infinity.ts'
import { psi } from '../distances/psi.ts'
import { normal } from '../distributions/normal.ts'
import { kuiper } from '../hypothesis/kuiper.ts'
import { psiTest } from '../hypothesis/psi-test.ts'
import { permutationTest } from '../resampling/permutation-test.ts'
import { conventions } from './conventions.ts'

const refused = (code: string) => expect.objectContaining({ kind: 'invalid', code })
const counts = fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 2, maxLength: 8 })
const pairs = fc
  .tuple(counts, counts)
  .map(([a, b]) => {
    const k = Math.min(a.length, b.length)
    return [a.slice(0, k), b.slice(0, k)] as const
  })
  .filter((pair) => pair.every((side) => side.some((n) => n > 0)))
const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), {
  minLength: 1,
  maxLength: 40,
})

describe('cramersV', () => {
  test('without corrections is sqrt(chi²/n) of the naive table', () => {
    fc.assert(
      fc.property(pairs, ([r, c]) => {
        const n = r.reduce((a, b) => a + b, 0)
        const m = c.reduce((a, b) => a + b, 0)
        let chi2 = 0
        r.forEach((x, i) => {
          const column = x + c[i]!
          if (column === 0) return
          chi2 += (x - (column * n) / (n + m)) ** 2 / ((column * n) / (n + m))
          chi2 += (c[i]! - (column * m) / (n + m)) ** 2 / ((column * m) / (n + m))
        })
        expect(cramersV(r, c, { bias: 'none' })).toBeCloseTo(Math.sqrt(chi2 / (n + m)), 9)
        const corrected = cramersV(r, c)
        expect(corrected).toBeGreaterThanOrEqual(0)
        expect(corrected).toBeLessThanOrEqual(1)
      }),
    )
  })

  test('the ratio of the sizes does not matter after scaling to the smaller', () => {
    const of = (factor: number) =>
      cramersV([200 * factor, 800 * factor], [400, 600], { resize: 'to-smaller' })
    expect(of(50)).toBeCloseTo(of(1), 12)
    expect(cramersV([10_000, 40_000], [400, 600])).not.toBeCloseTo(of(1), 2)
  })

  test('rare categories are pooled, and the pool is left out where it is rare itself', () => {
    const args = [
      [200, 800, 10, 10],
      [400, 620, 0, 0],
    ] as const
    expect(poolRareCategories(...args, { minShare: 0.1 })).toEqual({
      reference: [200, 800, 20],
      current: [400, 620, 0],
      pooled: 2,
    })
    expect(poolRareCategories(...args, { minShare: 0.1, keepPool: 'if-common' }).reference).toEqual(
      [200, 800],
    )
    expect(() => poolRareCategories(...args, { minShare: 1 })).toThrowError(
      refused('stats.bad-share'),
    )
  })

  test('one category alone is 0', () => {
    expect(cramersV([5, 0], [9, 0])).toBe(0)
  })
})

test('the Bhattacharyya distance is −ln(1 − h²), symmetric and infinite for disjoint sides', () => {
  fc.assert(
    fc.property(pairs, ([r, c]) => {
      const d = bhattacharyyaDistance(r, c)
      expect(d).toBe(bhattacharyyaDistance(c, r))
      const h = hellinger(r, c)
      if (h < 1) expect(d).toBeCloseTo(-Math.log(1 - h * h), 9)
    }),
  )
  expect(bhattacharyyaDistance([1, 0], [0, 1])).toBe(Number.POSITIVE_INFINITY)
})

test('with a combined total L-infinity feels a change of volume alone', () => {
  expect(lInfinity([1, 5], [10, 50])).toBeCloseTo(0, 12)
  expect(lInfinity([1, 5], [10, 50], { total: 'combined' })).toBeCloseTo(45 / 66, 12)
  expect(lInfinity([3, 4], [3, 4], { total: 'combined' })).toBe(0)
})

describe('interpolatedShares', () => {
  test('sum to 1 on both sides, whatever the cells', () => {
    fc.assert(
      fc.property(
        values,
        values,
        fc.constantFrom(3, 17, 'union-of-edges' as const),
        (x, y, cells) => {
          const { reference, current } = interpolatedShares(x, y, { bins: 5, cells })
          const sum = (side: Float64Array) => side.reduce((a, b) => a + b, 0)
          // All values equal leave cells of no width: then there is no grid to share out.
          if (new Set([...x, ...y]).size === 1 && cells !== 'union-of-edges') return
          expect(sum(reference)).toBeCloseTo(1, 9)
          expect(sum(current)).toBeCloseTo(1, 9)
        },
      ),
    )
  })

  test('spread mass evenly: by hand', () => {
    // Edges 0, 1, 2 with 1 and 3 of 4; the other side is one bin from 1 to 3.
    const { reference, current } = interpolatedShares([0, 1.5, 1.5, 2], [1, 3], { bins: 2 })
    expect(Array.from(reference)).toEqual([0.25, 0.75, 0])
    expect(Array.from(current)).toEqual([0, 0.5, 0.5])
  })
})

describe('binPair', () => {
  test('few distinct values get a bin each, over both sides', () => {
    const pair = binPair([1, 1, 2, null], [2, 3], conventions.evidently.psi.binning)
    expect(pair).toMatchObject({
      labels: ['1', '2', '3'],
      reference: [2, 1, 0],
      current: [0, 1, 1],
      binning: null,
    })
  })

  test('counts add up to the present values, infinities among them', () => {
    const value = fc.oneof(
      fc.double({ noNaN: true, min: -1e9, max: 1e9 }),
      fc.constantFrom(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
    )
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 40 }),
        fc.array(value, { minLength: 1, maxLength: 40 }),
        fc.constantFrom(
          conventions.evidently.psi.binning,
          conventions.nannyml.hellinger.binning,
          conventions.frouros.psi.binning,
          conventions.classical.psi.binning,
          conventions.evidently.hellinger.binning,
        ),
        (r, c, plan) => {
          const seen = plan.fitOn === 'reference' ? r : [...r, ...c]
          if (!seen.some(Number.isFinite)) return
          const total = (x: readonly number[]) => x.reduce((a, b) => a + b, 0)
          const pair = binPair(r, c, plan)
          expect(total(pair.reference)).toBe(r.length)
          expect(total(pair.current)).toBe(c.length)
        },
      ),
    )
  })

  test('a fitted binning is taken as it is; without a finite value there is none to fit', () => {
    expect(binPair([1, 2], [5], explicitBinning([2, 4])).current).toEqual([0, 0, 1])
    expect(() =>
      binPair([Number.POSITIVE_INFINITY], [1], { rule: 'quantile', fitOn: 'reference' }),
    ).toThrowError(refused('stats.empty-sample'))
  })
})

describe('psiTest', () => {
  test('its parts are what they say', () => {
    const { statistic, corrected, criticalValue, pValue, degreesOfFreedom } = psiTest(
      [50, 30, 20, 0],
      [40, 30, 30, 0],
      { smoothing: { rule: 'none' } },
    )
    expect(statistic).toBeCloseTo(psi([50, 30, 20], [40, 30, 30]), 12)
    expect(degreesOfFreedom).toBe(2)
    expect(corrected).toBeCloseTo(statistic! - 2 * (1 / 100 + 1 / 100), 12)
    // chi² with 2 degrees of freedom: exp(−x/2).
    expect(pValue).toBeCloseTo(Math.exp(-statistic! / 0.02 / 2), 12)
    expect(criticalValue).toBeCloseTo(-2 * Math.log(0.05) * 0.02, 12)
  })

  test('nothing to test is said to be so', () => {
    expect(psiTest([0, 0], [1, 2])).toMatchObject({ status: 'insufficient-data', pValue: null })
    expect(psiTest([3, 0], [7, 0])).toMatchObject({ status: 'undefined', pValue: null })
    expect(() => psiTest([3, -1], [7, 0])).toThrowError(refused('stats.bad-count'))
    expect(() => psiTest([3, 1], [7, 1], { alpha: 0 })).toThrowError(refused('stats.bad-level'))
    expect(psiTest([3, 1], [7, 1]).warnings[0]!.code).toBe('small-expected-counts')
  })
})

describe('kuiper', () => {
  test('p agrees with random relabelling', () => {
    const rng = createRng(5)
    const gaussian = (n: number, shift: number) =>
      Array.from({ length: n }, () => shift + normal.quantile(rng.next() || 0.5))
    for (const shift of [0, 0.3, 0.6]) {
      const [x, y] = [gaussian(60, 0), gaussian(80, shift)]
      const statistic = (a: Float64Array, b: Float64Array) => kuiper(a, b).statistic!
      const { pValue } = permutationTest(x, y, statistic, {
        rng,
        alternative: 'greater',
        resamples: 1999,
      })
      expect(Math.abs(kuiper(x, y).pValue! - pValue!)).toBeLessThan(0.05)
    }
  })

  test('does not care where a circle is cut', () => {
    const [x, y] = [
      [0.1, 0.4, 0.5, 0.9],
      [0.2, 0.45, 0.46, 0.8, 0.95],
    ]
    const turned = (side: readonly number[]) => side.map((v) => (v + 0.37) % 1)
    expect(kuiper(turned(x!), turned(y!)).statistic).toBeCloseTo(kuiper(x!, y!).statistic!, 12)
  })

  test('an empty side is too little, a small one rough, far apart is not 0 but tiny', () => {
    expect(kuiper([], [1])).toMatchObject({ status: 'insufficient-data', pValue: null })
    expect(kuiper([1, 2], [3]).warnings[0]!.code).toBe('small-sample')
    const far = kuiper(
      Array.from({ length: 200 }, (_, i) => i),
      Array.from({ length: 200 }, (_, i) => 1000 + i),
    )
    expect(far.pValue).toBeGreaterThan(0)
    expect(far.pValue).toBeLessThan(1e-60)
  })
})

describe('thresholdLimits', () => {
  const ten = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
  test('sides, centres and constants', () => {
    expect(thresholdLimits(ten, { kind: 'standard-deviation', lowerMultiplier: null })).toEqual({
      lower: null,
      upper: expect.closeTo(4.5 + 3 * Math.sqrt(8.25), 12),
    })
    expect(
      thresholdLimits(ten, { kind: 'standard-deviation', multiplier: 1, center: 'max' }),
    ).toEqual({
      lower: expect.closeTo(9 - Math.sqrt(8.25), 12),
      upper: expect.closeTo(9 + Math.sqrt(8.25), 12),
    })
    expect(thresholdLimits(ten, { kind: 'quantile', upper: 0.9 })).toEqual({
      lower: null,
      upper: expect.closeTo(8.1, 12),
    })
    expect(thresholdLimits([], { kind: 'constant', lower: 0.2 })).toEqual({
      lower: 0.2,
      upper: null,
    })
  })

  test.each([
    { kind: 'standard-deviation', multiplier: -1 },
    { kind: 'standard-deviation', center: 'mode' },
    { kind: 'quantile', upper: 1.1 },
    { kind: 'constant', lower: 2, upper: 1 },
    { kind: 'sigma' },
  ])('refuses %j', (rule) => {
    expect(() => thresholdLimits(ten, rule as never)).toThrowError(
      refused('stats.bad-threshold-rule'),
    )
  })
})
