import { createRng } from '@mlops/core'
import { normal } from '@mlops/stats'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { asymptoticScale, asymptoticSequence } from './asymptotic-sequence.ts'
import { boundedDifferenceSequence, boundedMeanSequence } from './bounded-mean.ts'
import {
  betaBinomialMixture,
  gammaExponentialMixture,
  gammaPoissonMixture,
  normalMixture,
} from './mixture-bounds.ts'
import { logMixtureRatio, mixtureSprt } from './mixture-sprt.ts'
import { quantileComparison } from './quantile-comparison.ts'
import {
  doubleStitchingBound,
  empiricalProcessBound,
  polynomialStitchingBound,
} from './stitched-bounds.ts'

const invalid = (code: string) => expect.objectContaining({ kind: 'invalid', code })
const effects = fc.double({ min: -5, max: 5, noNaN: true })
const errors = fc.double({ min: 0.01, max: 3, noNaN: true })

describe('mixtures', () => {
  const mixtures = [
    normalMixture({ tightestAt: 50 }),
    normalMixture({ tightestAt: 50, sides: 'one' }),
    gammaExponentialMixture({ tightestAt: 50, c: 0.5 }),
    gammaPoissonMixture({ tightestAt: 50, c: 0.5 }),
    betaBinomialMixture({ tightestAt: 50, g: 0.3, h: 0.7 }),
    betaBinomialMixture({ tightestAt: 50, g: 0.3, h: 0.7, sides: 'one' }),
  ]

  test('the bound is where the mixture reaches 1/alpha', () => {
    for (const [i, mixture] of mixtures.entries())
      for (const v of [5, 50, 5000])
        for (const alpha of [0.01, 0.2]) {
          const s = mixture.bound(v, alpha)
          if (i >= 4 && s === v / 0.3)
            expect(mixture.logMixture(s, v)).toBeLessThan(-Math.log(alpha))
          else expect(mixture.logMixture(s, v)).toBeCloseTo(-Math.log(alpha), 8)
        }
  })

  test('each is the integral of likelihood ratios that it claims to be', () => {
    // Two-sided: effects with density N(0, 1/ρ); one-sided: its positive half.
    const [s, v] = [7, 40]
    for (const sides of ['two', 'one'] as const) {
      const mixture = normalMixture({ tightestAt: 50, sides })
      const scale = 50 / log2(sides === 'two' ? 0.05 : 0.1)
      const width = 1e-4
      let total = 0
      for (let l = sides === 'two' ? -4 : width / 2; l < 4; l += width)
        total +=
          Math.exp(l * s - (l * l * v) / 2) *
          Math.sqrt(scale / (2 * Math.PI)) *
          Math.exp((-l * l * scale) / 2)
      const mass = total * width * (sides === 'two' ? 1 : 2)
      expect(mixture.logMixture(s, v)).toBeCloseTo(Math.log(mass), 6)
    }
  })

  test('the beta-binomial e-value has mean 1 after any number of coins', () => {
    for (const p of [0.1, 0.5]) {
      const mixture = betaBinomialMixture({ tightestAt: 20 * p * (1 - p), g: p, h: 1 - p })
      for (const n of [1, 2, 10]) {
        let mean = 0
        for (let k = 0; k <= n; k++) {
          let choose = 1
          for (let i = 0; i < k; i++) choose *= (n - i) / (i + 1)
          const e = Math.exp(mixture.logMixture(k - n * p, n * p * (1 - p)))
          mean += choose * p ** k * (1 - p) ** (n - k) * e
        }
        expect(mean).toBeCloseTo(1, 10)
      }
    }
  })

  test('stitched bounds grow more slowly than a mixture, and never fall', () => {
    let last = 0
    for (const v of [1, 10, 100, 1e4, 1e8]) {
      const bound = polynomialStitchingBound(v, { from: 10 })
      expect(bound).toBeGreaterThanOrEqual(last)
      last = bound
    }
    expect(polynomialStitchingBound(1e300, { from: 10 })).toBeLessThan(
      normalMixture({ tightestAt: 10 }).bound(1e300, 0.05),
    )
    expect(empiricalProcessBound(50, { from: 100 })).toBe(Number.POSITIVE_INFINITY)
    expect(empiricalProcessBound(4000, { from: 100 })).toBeLessThan(
      empiricalProcessBound(1000, { from: 100 }),
    )
    expect(doubleStitchingBound(0.5, 1000, { from: 100 })).toBeGreaterThan(1.96 * Math.sqrt(250))
  })
})

describe('estimates that may always be looked at', () => {
  test('p below alpha and 0 outside the interval are the same thing', () => {
    fc.assert(
      fc.property(
        effects,
        errors,
        fc.constantFrom('two-sided', 'greater', 'less'),
        (effect, se, side) => {
          const { pValue, interval } = asymptoticSequence(effect, se, {
            n: 900,
            alternative: side as 'less',
          })
          const outside = (interval.lower ?? -1) > 0 || (interval.upper ?? 1) < 0
          if (Math.abs(pValue! - 0.05) > 1e-9) expect(pValue! < 0.05).toBe(outside)
          const sprt = mixtureSprt(effect, se, { effectSd: 0.5 })
          const beyond = sprt.interval.lower! > 0 || sprt.interval.upper! < 0
          if (Math.abs(sprt.pValue! - 0.05) > 1e-9) expect(sprt.pValue! < 0.05).toBe(beyond)
        },
      ),
    )
  })

  test('the one-sided p-value is the level at which the bound is 0', () => {
    const [n, se, effect] = [6461, 0.153, 0.234]
    const { pValue } = asymptoticSequence(effect, se, { n, alternative: 'greater' })
    const scale = asymptoticScale({ alternative: 'greater' }) ** 2
    const spread = n * scale + 1
    const bound =
      se * Math.sqrt(((2 * spread) / (n * scale)) * Math.log1p(Math.sqrt(spread) / (2 * pValue!)))
    expect(bound).toBeCloseTo(effect, 10)
    expect(asymptoticSequence(-effect, se, { n, alternative: 'greater' }).pValue).toBe(1)
    expect(asymptoticSequence(-effect, se, { n, alternative: 'less' }).pValue).toBe(pValue)
  })

  test('what an earlier look showed stays', () => {
    const first = mixtureSprt(0.3, 0.05, { effectSd: 0.1 })
    const second = mixtureSprt(0.1, 0.05, { effectSd: 0.1, earlier: first })
    expect(second.pValue).toBe(first.pValue)
    expect(second.interval.lower).toBe(first.interval.lower)
    const gone = mixtureSprt(-0.5, 0.05, { effectSd: 0.1, earlier: first })
    expect(gone.interval.lower).toBe(gone.interval.upper)
    expect(gone.interval.lower).toBe(first.interval.lower)
  })

  test('exact sequences scale with their bounds and hold all means without data', () => {
    expect(boundedMeanSequence({ n: 0, sum: 0 }, { lower: -2, upper: 3 }).interval).toMatchObject({
      lower: -2,
      upper: 3,
    })
    const unit = boundedMeanSequence({ n: 200, sum: 40 }).interval
    const scaled = boundedMeanSequence(
      { n: 200, sum: 10 * 40 - 5 * 200 },
      { lower: -5, upper: 5 },
    ).interval
    expect(scaled.lower).toBeCloseTo(10 * unit.lower! - 5, 9)
    expect(scaled.upper).toBeCloseTo(10 * unit.upper! - 5, 9)
    const { interval, estimate } = boundedDifferenceSequence(
      { n: 3000, sum: 300 },
      { n: 3000, sum: 600 },
    )
    expect(estimate).toBeCloseTo(0.1, 12)
    expect(interval.lower!).toBeGreaterThan(0.03)
    expect(interval.upper!).toBeLessThan(0.17)
  })

  test('all runs together, looked at after every unit, err no more often than alpha', () => {
    const rng = createRng(7)
    const [runs, units] = [300, 600]
    const errs = { naive: 0, sprt: 0, asymptotic: 0, exact: 0 }
    for (let run = 0; run < runs; run++) {
      const seen = { naive: false, sprt: false, asymptotic: false, exact: false }
      let sum = 0
      let successes = 0
      for (let n = 1; n <= units; n++) {
        sum +=
          normal.quantile(Math.max(1e-300, rng.next())) -
          normal.quantile(Math.max(1e-300, rng.next()))
        successes += rng.next() < 0.3 ? 1 : 0
        if (n < 20 || n % 5 > 0) continue
        const se = Math.sqrt(2 / n)
        if (Math.abs(sum / n) > 1.96 * se) seen.naive = true
        if (mixtureSprt(sum / n, se, { effectSd: 0.2 }).pValue! < 0.05) seen.sprt = true
        if (asymptoticSequence(sum / n, se, { n: 2 * n, tightestAt: 500 }).pValue! < 0.05)
          seen.asymptotic = true
        const variance = 0.21
        const mixture = betaBinomialMixture({ tightestAt: variance * 300, g: 0.3, h: 0.7 })
        if (mixture.logMixture(successes - 0.3 * n, variance * n) >= Math.log(20)) seen.exact = true
      }
      for (const key of Object.keys(errs) as (keyof typeof errs)[]) errs[key] += seen[key] ? 1 : 0
    }
    // 5 % and four standard errors of 300 runs; naive peeking errs in about a third.
    for (const key of ['sprt', 'asymptotic', 'exact'] as const)
      expect(errs[key] / runs, key).toBeLessThan(0.1)
    expect(errs.naive / runs).toBeGreaterThan(0.22)
  })

  test('quantiles: the infimum over every value', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 25 }),
        fc.array(fc.integer({ min: 3, max: 18 }), { minLength: 1, maxLength: 25 }),
        fc.constantFrom(0.5, 0.8),
        (a, b, quantile) => {
          const p = quantileComparison(a, b, { quantile, tightestAt: 30 })
          expect(p).toBeGreaterThan(0)
          expect(p).toBeLessThanOrEqual(1)
          expect(quantileComparison(b, a, { quantile, tightestAt: 30 })).toBeCloseTo(p, 9)
          // Naive: at any x the shares at and below x leave a whole range for the quantile's own share.
          const mixture = betaBinomialMixture({
            tightestAt: 30 * quantile * (1 - quantile),
            g: quantile,
            h: 1 - quantile,
          })
          const calm = (values: number[], x: number) => {
            const n = values.length
            const of = (share: number) =>
              mixture.logMixture((share - quantile) * n, quantile * (1 - quantile) * n)
            const [low, high] = [
              values.filter((v) => v < x).length / n,
              values.filter((v) => v <= x).length / n,
            ]
            let least = Number.POSITIVE_INFINITY
            for (let i = 0; i <= 2000; i++)
              least = Math.min(least, of(low + ((high - low) * i) / 2000))
            return least
          }
          const least = Math.min(...[...new Set([...a, ...b])].map((x) => calm(a, x) + calm(b, x)))
          expect(p).toBeGreaterThan(Math.min(1, Math.exp(-least)) * 0.999)
        },
      ),
      { numRuns: 40 },
    )
  })

  test('bad input is refused', () => {
    for (const make of [
      () => asymptoticSequence(0.1, 0, { n: 10 }),
      () => asymptoticSequence(Number.NaN, 1, { n: 10 }),
      () => asymptoticSequence(0.1, 1, { n: 0 }),
      () => asymptoticSequence(0.1, 1, { n: 10, alpha: 1 }),
      () => asymptoticSequence(0.1, 1, { n: 10, alternative: 'up' as 'less' }),
      () => mixtureSprt(0.1, 1, { effectSd: 0 }),
      () => logMixtureRatio(0.1, -1, 1),
      () => normalMixture({ tightestAt: 0 }),
      () => betaBinomialMixture({ tightestAt: 1, g: 0, h: 1 }),
      () => gammaPoissonMixture({ tightestAt: 1, c: -1 }),
      () => polynomialStitchingBound(1, { from: 0 }),
      () => doubleStitchingBound(1, 10, { from: 1 }),
      () => empiricalProcessBound(10, { from: 1, factor: 0.5 }),
      () => quantileComparison([1], [1], { quantile: 1 }),
      () => boundedMeanSequence({ n: 1, sum: 0 }, { lower: 1, upper: 1 }),
    ])
      expect(make).toThrowError(invalid('abtest.invalid-option'))
    for (const make of [
      () => quantileComparison([], [1]),
      () => quantileComparison([1], [Number.NaN]),
      () => boundedMeanSequence({ n: 3, sum: 4 }),
      () => boundedMeanSequence({ n: -1, sum: 0 }),
      () => boundedMeanSequence({ n: 1.5, sum: 1 }),
      () => boundedDifferenceSequence({ n: 0, sum: 0 }, { n: 1, sum: 1 }),
    ])
      expect(make).toThrowError(invalid('abtest.invalid-arms'))
  })
})

function log2(alpha: number): number {
  const log = -2 * Math.log(alpha)
  return log + Math.log1p(log)
}
