import fc from 'fast-check'
import { expect, test } from 'vitest'
import { expectClose } from '../samples/golden.fixture.ts'
import golden from './__golden__/adjust.json'
import {
  type AdjustedPValues,
  benjaminiHochberg,
  benjaminiYekutieli,
  bonferroni,
  hochberg,
  holm,
  hommel,
  sidak,
} from './adjust.ts'

type Adjust = (p: readonly number[], options?: { alpha?: number }) => AdjustedPValues
const functions: Record<string, Adjust> = {
  benjaminiHochberg,
  benjaminiYekutieli,
  bonferroni,
  hochberg,
  holm,
  hommel,
  sidak,
}

test.each(Object.keys(functions))('%s agrees with statsmodels', (name) => {
  const cases = golden.cases.filter(({ fn }) => fn === name)
  expect(cases.length).toBeGreaterThan(5)
  for (const { p, adjusted, rejected } of cases) {
    const actual = functions[name]!(p)
    adjusted.forEach((value, i) => {
      expectClose(actual.adjusted[i], value, golden.tolerance, `${name} ${i} of ${p}`)
    })
    expect(actual.rejected).toEqual(rejected)
  }
})

test('orders of strength, and no p-value gets smaller', () => {
  const family = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
    minLength: 1,
    maxLength: 15,
  })
  fc.assert(
    fc.property(family, (p) => {
      const [b, h, hb, hm, bh] = [bonferroni, holm, hochberg, hommel, benjaminiHochberg].map(
        (f) => f(p).adjusted,
      ) as [number[], number[], number[], number[], number[]]
      p.forEach((raw, i) => {
        const slack = 1e-12
        expect(h[i]!).toBeLessThanOrEqual(b[i]! + slack)
        expect(hb[i]!).toBeLessThanOrEqual(h[i]! + slack)
        expect(hm[i]!).toBeLessThanOrEqual(hb[i]! + slack)
        expect(bh[i]!).toBeLessThanOrEqual(hm[i]! + slack)
        expect(bh[i]!).toBeGreaterThanOrEqual(raw - slack)
      })
    }),
  )
})

test('hommel is the closed test of all Simes tests', () => {
  const simes = (q: number[]) => {
    const sorted = [...q].sort((a, b) => a - b)
    return Math.min(...sorted.map((v, i) => (q.length * v) / (i + 1)))
  }
  const naive = (p: number[]) =>
    p.map((_, i) => {
      let worst = 0
      for (let set = 1; set < 1 << p.length; set++) {
        if (((set >> i) & 1) === 1)
          worst = Math.max(worst, simes(p.filter((_, j) => (set >> j) & 1)))
      }
      return Math.min(1, worst)
    })
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 7 }),
      (p) => {
        naive(p).forEach((value, i) => {
          expect(hommel(p).adjusted[i]).toBeCloseTo(value, 12)
        })
      },
    ),
  )
})

test('refuses what is no p-value', () => {
  for (const bad of [Number.NaN, -0.1, 1.5, Infinity]) {
    expect(() => holm([0.2, bad])).toThrow(expect.objectContaining({ code: 'stats.bad-p-value' }))
  }
  expect(() => holm([0.2], { alpha: 5 })).toThrow(
    expect.objectContaining({ code: 'stats.bad-alpha' }),
  )
  expect(benjaminiHochberg([]).adjusted).toEqual([])
})
