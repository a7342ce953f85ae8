import { describe, expect, test } from 'vitest'
import golden from './__golden__/power.json' with { type: 'json' }
import { noncentralTSf } from './noncentral-t.ts'
import { smallestN, tPower, zPower } from './power.ts'
import { sampleSizeForMeans, sampleSizeForPairs, sampleSizeForProportions } from './sample-size.ts'

const invalid = (code: string) => expect.objectContaining({ kind: 'invalid', code })

describe('the non-central t distribution', () => {
  test('agrees with numerical integration in 30 digits', () => {
    for (const [t, df, delta, value] of golden.nct as [number, number, number, string][]) {
      const wanted = Number(value)
      expect(Math.abs(noncentralTSf(t, df, delta) - wanted), `${t} ${df} ${delta}`).toBeLessThan(
        1e-13 + 1e-12 * wanted,
      )
    }
  })

  test('degrees of freedom that are none are refused, instead of summed for ever', () => {
    for (const [t, df, delta] of [
      [1, 0, 1],
      [1, -1, 1],
      [1, Number.POSITIVE_INFINITY, 1],
      [1, Number.NaN, 1],
      [Number.NaN, 5, 1],
      [1, 5, Number.NEGATIVE_INFINITY],
    ] as const)
      expect(() => noncentralTSf(t, df, delta)).toThrowError(invalid('abtest.invalid-design'))
  })

  test('without non-centrality a test has power alpha', () => {
    for (const alternative of ['two-sided', 'greater', 'less'] as const) {
      for (const df of [1, 10, 1e5]) expect(tPower(0, df, 0.05, alternative)).toBeCloseTo(0.05, 12)
      expect(zPower(0, 0.05, alternative)).toBeCloseTo(0.05, 12)
    }
  })
})

describe('sample sizes', () => {
  test('of means and pairs agree with statsmodels, rounded up', () => {
    for (const [effect, alpha, power, alternative, ratio, n] of golden.means as [
      number,
      number,
      number,
      'two-sided',
      number,
      number,
    ][]) {
      const design = sampleSizeForMeans({ effect, sd: 1, alpha, power, alternative, ratio })
      expect(design.control, `${effect} ${alpha} ${power} ${alternative} ${ratio}`).toBe(
        Math.max(2, Math.ceil(n - 1e-9)),
      )
      expect(design.treatment).toBe(Math.ceil(design.control * ratio))
      expect(design.power).toBeGreaterThanOrEqual(power)
    }
    for (const [effect, alpha, power, alternative, n] of golden.pairs as [
      number,
      number,
      number,
      'two-sided',
      number,
    ][]) {
      expect(sampleSizeForPairs({ effect, sd: 1, alpha, power, alternative }).total).toBe(
        Math.ceil(n - 1e-9),
      )
    }
  })

  test('of proportions on the arcsine scale agree with statsmodels', () => {
    for (const [h, alpha, power, alternative, n] of golden.arcsine as [
      number,
      number,
      number,
      'two-sided',
      number,
    ][]) {
      const control = 0.3
      const treatment = Math.sin(Math.asin(Math.sqrt(control)) + h / 2) ** 2
      expect(
        sampleSizeForProportions({
          control,
          treatment,
          alpha,
          power,
          alternative,
          variance: 'arcsine',
        }).control,
      ).toBe(Math.ceil(n - 1e-6))
    }
  })

  test('of proportions agree with the published figures', () => {
    // R 4: power.prop.test(p1 = .05, p2 = .055, power = .8) gives n = 31233.44.
    expect(sampleSizeForProportions({ control: 0.05, treatment: 0.055 }).control).toBe(31_234)
    // (z + z)²(p1q1 + p2q2)/d² = 2.8015852² · 0.0475 + 0.051975 over 0.005²: 31230.7.
    expect(
      sampleSizeForProportions({ control: 0.05, treatment: 0.055, variance: 'unpooled' }).control,
    ).toBe(31_231)
  })

  test('the number is the smallest: one unit less has too little power', () => {
    const { control, power } = sampleSizeForMeans({ effect: 0.3, sd: 1 })
    expect(power).toBeGreaterThanOrEqual(0.8)
    const n = control - 1
    expect(tPower(0.3 / Math.sqrt(2 / n), 2 * n - 2, 0.05, 'two-sided')).toBeLessThan(0.8)
    expect(smallestN(5, 0.5, (k) => (k >= 37 ? 1 : 0))).toBe(37)
    expect(smallestN(5, 0.5, () => 1)).toBe(5)
    expect(smallestN(5, 0.5, () => 0)).toBeNull()
  })

  test('scale and direction do not matter', () => {
    expect(sampleSizeForMeans({ effect: -5, sd: 10 }).control).toBe(
      sampleSizeForMeans({ effect: 0.5, sd: 1 }).control,
    )
    expect(sampleSizeForProportions({ control: 0.055, treatment: 0.05 }).control).toBe(31_234)
  })

  test('what makes no design is refused', () => {
    const bad = [
      () => sampleSizeForMeans({ effect: 0, sd: 1 }),
      () => sampleSizeForMeans({ effect: Number.NaN, sd: 1 }),
      () => sampleSizeForMeans({ effect: 1, sd: 0 }),
      () => sampleSizeForMeans({ effect: 1, sd: 1, alpha: 0 }),
      () => sampleSizeForMeans({ effect: 1, sd: 1, power: 1 }),
      () => sampleSizeForMeans({ effect: 1, sd: 1, power: 0.04 }),
      () => sampleSizeForMeans({ effect: 1, sd: 1, ratio: -1 }),
      () => sampleSizeForProportions({ control: 0, treatment: 0.1 }),
      () => sampleSizeForProportions({ control: 0.1, treatment: 1.1 }),
      () => sampleSizeForProportions({ control: 0.1, treatment: 0.1 }),
    ]
    for (const make of bad) expect(make).toThrowError(invalid('abtest.invalid-design'))
    expect(() => sampleSizeForMeans({ effect: -1, sd: 1, alternative: 'greater' })).toThrowError(
      invalid('abtest.wrong-tail'),
    )
    expect(() => sampleSizeForPairs({ effect: 1, sd: 1, alternative: 'less' })).toThrowError(
      invalid('abtest.wrong-tail'),
    )
    expect(() => sampleSizeForMeans({ effect: 1e-9, sd: 1 })).toThrowError(
      expect.objectContaining({ code: 'abtest.too-large' }),
    )
  })
})
