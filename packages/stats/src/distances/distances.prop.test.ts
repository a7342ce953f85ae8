import fc from 'fast-check'
import { expect, test } from 'vitest'
import { energyDistance } from './energy.ts'
import { hellinger } from './hellinger.ts'
import { jensenShannonDistance } from './jensen-shannon.ts'
import { ksDistance } from './ks-distance.ts'
import { lInfinity } from './l-infinity.ts'
import { psi } from './psi.ts'
import { totalVariation } from './total-variation.ts'
import { wasserstein1 } from './wasserstein.ts'

const sample = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), {
  minLength: 1,
  maxLength: 30,
})
const histograms = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 50 })), {
    minLength: 1,
    maxLength: 12,
  })
  .map((pairs) => [pairs.map(([a]) => a + 0), pairs.map(([, b]) => b + 0)] as const)
  .filter(([a, b]) => a.some((v) => v > 0) && b.some((v) => v > 0))

test('histogram distances are symmetric, zero on equal shares, and bounded', () => {
  fc.assert(
    fc.property(histograms, ([a, b]) => {
      for (const distance of [psi, hellinger, totalVariation, lInfinity, jensenShannonDistance]) {
        const d = distance(a, b)
        expect(d).toBeCloseTo(distance(b, a), 12)
        expect(d).toBeGreaterThanOrEqual(0)
        expect(
          distance(
            a,
            a.map((v) => 3 * v),
          ),
        ).toBeLessThan(1e-7)
        if (distance !== psi) expect(d).toBeLessThanOrEqual(1)
      }
      // h² <= tv <= h·√2, a sandwich no single wrong formula passes.
      const h = hellinger(a, b)
      const tv = totalVariation(a, b)
      expect(h * h).toBeLessThanOrEqual(tv + 1e-12)
      expect(tv).toBeLessThanOrEqual(h * Math.SQRT2 + 1e-12)
    }),
  )
})

test('energyDistance equals its definition over all pairs', () => {
  const meanGap = (x: number[], y: number[]) =>
    x.reduce((sum, a) => sum + y.reduce((inner, b) => inner + Math.abs(a - b), 0), 0) /
    (x.length * y.length)
  fc.assert(
    fc.property(sample, sample, (x, y) => {
      const squared = 2 * meanGap(x, y) - meanGap(x, x) - meanGap(y, y)
      expect(energyDistance(x, y) ** 2).toBeCloseTo(squared, 8)
    }),
  )
})

test('wasserstein1 equals the mean gap of sorted values at equal sizes, and moves with a shift', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: -99, max: 99 }), fc.integer({ min: -99, max: 99 })), {
        minLength: 1,
        maxLength: 40,
      }),
      fc.integer({ min: -50, max: 50 }),
      (pairs, shift) => {
        const x = pairs.map(([a]) => a)
        const y = pairs.map(([, b]) => b)
        const [u, v] = [[...x].sort((a, b) => a - b), [...y].sort((a, b) => a - b)]
        const gap = u.reduce((sum, a, i) => sum + Math.abs(a - v[i]!), 0) / u.length
        expect(wasserstein1(x, y)).toBeCloseTo(gap, 10)
        expect(
          wasserstein1(
            x,
            x.map((a) => a + shift),
          ),
        ).toBeCloseTo(Math.abs(shift), 10)
      },
    ),
  )
})

test('ksDistance does not care about order, monotone transforms or missing values', () => {
  fc.assert(
    fc.property(sample, sample, (x, y) => {
      const d = ksDistance(x, y)
      expect(ksDistance([...x].reverse(), [null, ...y, Number.NaN])).toBe(d)
      // Powers of two scale exactly: no two values merge.
      const grow = (v: number) => v * 1024
      expect(ksDistance(x.map(grow), y.map(grow))).toBe(d)
      expect(ksDistance(y, x)).toBeCloseTo(d, 15)
    }),
  )
})
