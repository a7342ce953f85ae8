import type { Rng } from '@mlops/core'
import { createRng } from '@mlops/core'
import { normal } from '@mlops/stats'
import { describe, expect, test } from 'vitest'
import { compareArms } from './compare-arms.ts'
import { comparePairs } from './compare-pairs.ts'
import { sampleRatio } from './sample-ratio.ts'

const invalid = (code: string) => expect.objectContaining({ kind: 'invalid', code })
const gauss = (rng: Rng) => normal.quantile(rng.next() || 0.5)
const sample = (n: number, rng: Rng, mean = 0, sd = 1) =>
  Array.from({ length: n }, () => mean + sd * gauss(rng))

describe('two groups', () => {
  test('values, and their sufficient statistics, give the same', () => {
    const [c, t] = [
      [5, 6, 7, 8, 9],
      [7, 9, 8, 12, 10, 11],
    ]
    const readout = compareArms(c, t)
    const summary = (x: number[]) => {
      const mean = x.reduce((a, b) => a + b, 0) / x.length
      return {
        n: x.length,
        mean,
        variance: x.reduce((a, b) => a + (b - mean) ** 2, 0) / (x.length - 1),
      }
    }
    const summed = compareArms(summary(c), summary(t))
    expect(summed.test.pValue).toBeCloseTo(readout.test.pValue!, 12)
    expect(summed.effect!.value).toBeCloseTo(2.5, 12)
    expect(summed.relativeEffect).toEqual(readout.relativeEffect)
    expect(readout).toMatchObject({ verdict: 'pass', design: 'unpaired' })
  })

  test('the direction that is better decides between pass and fail', () => {
    const [c, t] = [
      { successes: 500, n: 10_000 },
      { successes: 590, n: 10_000 },
    ]
    expect(compareArms(c, t, { metric: { name: 'sales', better: 'higher' } }).verdict).toBe('pass')
    expect(compareArms(c, t, { metric: { name: 'churn', better: 'lower' } }).verdict).toBe('fail')
    expect(compareArms(c, c).verdict).toBe('inconclusive')
    expect(compareArms(c, t, { test: 'fisher' }).verdict).toBe('pass')
    expect(compareArms(c, t, { alternative: 'less' }).verdict).toBe('inconclusive')
  })

  test('a sample-ratio mismatch makes any effect unbelievable', () => {
    const readout = compareArms({ successes: 500, n: 10_000 }, { successes: 900, n: 9_000 })
    expect(readout.verdict).toBe('inconclusive')
    expect(readout.warnings[0]!.code).toBe('abtest.sample-ratio-mismatch')
    const planned = compareArms(
      { successes: 500, n: 10_000 },
      { successes: 900, n: 9_000 },
      { allocation: [10 / 19, 9 / 19] },
    )
    expect(planned.verdict).toBe('pass')
  })

  test('too little data, and data without spread, are no result', () => {
    expect(compareArms([1], [2])).toMatchObject({
      verdict: 'inconclusive',
      effect: null,
      test: { status: 'insufficient-data', pValue: null },
    })
    expect(compareArms([1, 1, 1], [2, 2, 2])).toMatchObject({
      verdict: 'inconclusive',
      test: { status: 'undefined', pValue: null },
    })
    const none = { successes: 0, n: 0 }
    expect(compareArms(none, none)).toMatchObject({ verdict: 'inconclusive', effect: null })
  })

  test('no relative effect over a control mean that may be zero', () => {
    expect(compareArms([-1, 0, 1, 0.1], [1, 2, 3, 2]).relativeEffect).toBeNull()
  })

  test('missing values are counted; what does not fit is refused', () => {
    expect(
      compareArms([1, 2, null, 3], [2, Number.NaN, 3, 5]).arms.map((arm) => [arm.n, arm.dropped]),
    ).toEqual([
      [3, 1],
      [3, 1],
    ])
    expect(() => compareArms([1, 2], { successes: 1, n: 2 })).toThrowError(
      invalid('abtest.invalid-arms'),
    )
    expect(() => compareArms([1, 2], [1, 2], { test: 'fisher' })).toThrowError(
      invalid('abtest.invalid-arms'),
    )
    expect(() => compareArms({ successes: 3, n: 2 }, { successes: 1, n: 2 })).toThrowError(
      invalid('stats.bad-proportion'),
    )
    expect(() => compareArms([1, 2], [1, 2], { alpha: 5 })).toThrowError(
      invalid('abtest.invalid-option'),
    )
    expect(() => compareArms([1, Number.POSITIVE_INFINITY], [1, 2])).toThrowError(
      invalid('stats.infinite-value'),
    )
  })

  test('calibration: 5 % false alarms, 95 % coverage of the difference and of the lift', () => {
    const rng = createRng(71)
    const runs = 1500
    let [alarms, covered, liftCovered] = [0, 0, 0]
    for (let run = 0; run < runs; run++) {
      const none = compareArms(sample(40, rng, 10, 2), sample(60, rng, 10, 3), {
        allocation: [0.4, 0.6],
      })
      if (none.verdict !== 'inconclusive') alarms++
      const some = compareArms(sample(40, rng, 10, 2), sample(60, rng, 11, 3), {
        allocation: [0.4, 0.6],
      })
      const inside = (value: number, interval: { lower: number | null; upper: number | null }) =>
        interval.lower! <= value && value <= interval.upper!
      if (inside(1, some.effect!.interval!)) covered++
      if (inside(0.1, some.relativeEffect!.interval!)) liftCovered++
    }
    // Standard deviation of a share of 0.05 over 1500 runs: 0.0056.
    expect(alarms / runs).toBeGreaterThan(0.033)
    expect(alarms / runs).toBeLessThan(0.067)
    expect(covered / runs).toBeGreaterThan(0.933)
    expect(covered / runs).toBeLessThan(0.967)
    expect(liftCovered / runs).toBeGreaterThan(0.933)
    expect(liftCovered / runs).toBeLessThan(0.967)
  })
})

describe('pairs', () => {
  test('what the units differ in cancels out', () => {
    const rng = createRng(72)
    const units = sample(50, rng, 0, 10)
    const control = units.map((u) => u + 0.5 * gauss(rng))
    const treatment = units.map((u) => u + 0.5 + 0.5 * gauss(rng))
    expect(comparePairs(control, treatment).verdict).toBe('pass')
    expect(compareArms(control, treatment).verdict).toBe('inconclusive')
  })

  test('the difference is that of complete pairs, whatever the order of missing sides', () => {
    const readout = comparePairs([1, null, 3, 4, 6], [2, 9, null, 6, 9])
    expect(readout.arms.map((arm) => [arm.n, arm.dropped])).toEqual([
      [3, 2],
      [3, 2],
    ])
    expect(readout.effect!.value).toBeCloseTo(2, 12)
  })

  test('McNemar: published example, interval, and what it refuses', () => {
    // 80 and 59 discordant of 1000: exact p = 0.089452.
    const make = (gained: number, lost: number, n: number) => {
      const control = Array.from({ length: n }, (_, i) =>
        i < gained ? 0 : i < gained + lost ? 1 : i % 2,
      )
      const treatment = Array.from({ length: n }, (_, i) =>
        i < gained ? 1 : i < gained + lost ? 0 : i % 2,
      )
      return comparePairs(control, treatment, { test: 'mcnemar' })
    }
    const readout = make(80, 59, 1000)
    expect(readout.test.pValue).toBeCloseTo(0.089452, 6)
    expect(readout.effect).toMatchObject({ value: 0.021, method: 'bonett-price' })
    const [g, l] = [81 / 1002, 60 / 1002]
    expect(readout.effect!.interval!.lower).toBeCloseTo(
      g - l - 1.959963984540054 * Math.sqrt((g + l - (g - l) ** 2) / 1002),
      12,
    )
    expect(make(0, 0, 10).verdict).toBe('inconclusive')
    expect(() => comparePairs([0, 2], [1, 1], { test: 'mcnemar' })).toThrowError(
      invalid('abtest.invalid-arms'),
    )
    expect(() =>
      comparePairs([0, 1], [1, 1], { test: 'mcnemar', alternative: 'less' }),
    ).toThrowError(invalid('abtest.invalid-option'))
    expect(() => comparePairs([0, 1], [1])).toThrowError(invalid('stats.length-mismatch'))
  })

  test('calibration: false alarms of the paired t, coverage of lift and of McNemar’s difference', () => {
    const rng = createRng(73)
    const runs = 1500
    let [alarms, lift, binary] = [0, 0, 0]
    for (let run = 0; run < runs; run++) {
      const units = sample(60, rng, 20, 3)
      const noisy = (shift: number) => units.map((u) => u + shift + gauss(rng))
      if (comparePairs(noisy(0), noisy(0)).verdict !== 'inconclusive') alarms++
      const interval = comparePairs(noisy(0), noisy(1)).relativeEffect!.interval!
      if (interval.lower! <= 0.05 && 0.05 <= interval.upper!) lift++
      const skill = Array.from({ length: 80 }, () => rng.next())
      const right = (p: number) => skill.map((s) => (0.5 * s + 0.5 * rng.next() < p ? 1 : 0))
      // P(right) = 2p² for p <= ½, 1 − 2(1 − p)² above: 0.68 and 0.5.
      const difference = comparePairs(right(0.5), right(0.6), { test: 'mcnemar' }).effect!.interval!
      if (difference.lower! <= 0.18 && 0.18 <= difference.upper!) binary++
    }
    for (const share of [1 - alarms / runs, lift / runs, binary / runs]) {
      expect(share).toBeGreaterThan(0.933)
      expect(share).toBeLessThan(0.972)
    }
  })
})

test('sample ratio: an arm without units is a mismatch of its own', () => {
  expect(sampleRatio([5000, 5020], [0.5, 0.5]).mismatch).toBe(false)
  expect(sampleRatio([5000, 5400], [0.5, 0.5]).mismatch).toBe(true)
  expect(sampleRatio([4, 0], [0.5, 0.5]).mismatch).toBe(true)
  expect(sampleRatio([0, 0], [0.5, 0.5]).mismatch).toBe(false)
})

test('arms that are not there are a typed error', () => {
  for (const nothing of [null, undefined, 7] as never[]) {
    expect(() => compareArms(nothing, [1, 2])).toThrowError(invalid('abtest.invalid-arms'))
    expect(() => compareArms([1, 2], nothing)).toThrowError(invalid('abtest.invalid-arms'))
    expect(() => comparePairs(nothing, [1, 2])).toThrowError(invalid('abtest.invalid-arms'))
  }
})
