import type { Rng } from '@mlops/core'
import { createRng } from '@mlops/core'
import { normal } from '@mlops/stats'
import { describe, expect, test } from 'vitest'
import { compareArms } from './compare-arms.ts'
import { compareBayesian } from './compare-bayesian.ts'
import { bayesianReadout, normalLoss } from './normal-posterior.ts'

const invalid = (code: string) => expect.objectContaining({ kind: 'invalid', code })
const gauss = (rng: Rng) => normal.quantile(rng.next() || 0.5)
const _sample = (n: number, rng: Rng, mean = 0, sd = 1) =>
  Array.from({ length: n }, () => mean + sd * gauss(rng))

describe('Bayesian', () => {
  test('two arms, one posterior: mirrored, and by hand for uniform ones', () => {
    const [a, b] = [
      { successes: 30, n: 100 },
      { successes: 42, n: 100 },
    ]
    const forth = compareBayesian(a, b)
    const back = compareBayesian(b, a)
    expect(forth.probabilityBetter! + back.probabilityBetter!).toBeCloseTo(1, 10)
    expect(forth.effect!.interval!.lower).toBeCloseTo(-back.effect!.interval!.upper!, 8)
    expect(forth.expectedLoss!.control).toBeCloseTo(back.expectedLoss!.treatment, 12)
    // E[max(t − c, 0)] − E[max(c − t, 0)] is the difference of means.
    expect(forth.expectedLoss!.control - forth.expectedLoss!.treatment).toBeCloseTo(12 / 102, 10)
    expect(
      compareBayesian(a, b, { metric: { name: 'churn', better: 'lower' } }).probabilityBetter,
    ).toBeCloseTo(back.probabilityBetter!, 10)
  })

  test('against a million draws', () => {
    const rng = createRng(51)
    const gammaInt = (k: number) => {
      let sum = 0
      for (let i = 0; i < k; i++) sum -= Math.log(1 - rng.next())
      return sum
    }
    const beta = (a: number, b: number) => {
      const x = gammaInt(a)
      return x / (x + gammaInt(b))
    }
    const draws = 40_000
    let [inside, below] = [0, 0]
    const readout = compareBayesian(
      { successes: 3, n: 20 },
      { successes: 6, n: 22 },
      { rope: { lower: -0.05, upper: 0.05 } },
    )
    const lower = readout.relativeEffect!.interval!.lower!
    for (let i = 0; i < draws; i++) {
      const [c, t] = [beta(4, 18), beta(7, 17)]
      if (Math.abs(t - c) <= 0.05) inside++
      if (t / c - 1 <= lower) below++
    }
    // Four standard deviations of a share of 40 000 draws.
    expect(Math.abs(inside / draws - readout.rope!.probability!)).toBeLessThan(0.009)
    expect(Math.abs(below / draws - 0.025)).toBeLessThan(0.0035)
  })

  test('decides by probability, loss and region', () => {
    const [a, b] = [
      { successes: 500, n: 10_000 },
      { successes: 570, n: 10_000 },
    ]
    expect(compareBayesian(a, b).verdict).toBe('pass')
    expect(compareBayesian(b, a).verdict).toBe('fail')
    expect(compareBayesian(a, b, { maxLoss: 1e-7 }).verdict).toBe('inconclusive')
    expect(compareBayesian(a, b, { rope: { lower: -0.05, upper: 0.05 } }).verdict).toBe(
      'inconclusive',
    )
    expect(compareBayesian(a, { successes: 57, n: 1000 }).warnings[0]!.code).toBe(
      'abtest.sample-ratio-mismatch',
    )
    expect(compareBayesian({ successes: 0, n: 0 }, b)).toMatchObject({
      status: 'insufficient-data',
      probabilityBetter: null,
      verdict: 'inconclusive',
    })
  })

  test('a prior says the same on both scales', () => {
    const readout = compareArms(
      { n: 900, mean: 50, variance: 100 },
      { n: 900, mean: 51, variance: 100 },
    )
    const relative = bayesianReadout(readout, {
      effectPrior: { mean: 0.01, sd: 0.02, scale: 'relative' },
    })
    const absolute = bayesianReadout(readout, {
      effectPrior: { mean: 0.5, sd: 1, scale: 'difference' },
    })
    expect(relative.effect!.value).toBeCloseTo(absolute.effect!.value, 12)
    expect(relative.relativeEffect!.value).toBeCloseTo(absolute.relativeEffect!.value, 12)
    // By hand: precision-weighted.
    const se2 = 200 / 900
    expect(absolute.effect!.value).toBeCloseTo((1 / se2 + 0.5) / (1 / se2 + 1), 12)
    expect(absolute.effect!.standardError).toBeCloseTo(1 / Math.sqrt(1 / se2 + 1), 12)
    const flat = bayesianReadout(readout)
    expect(flat.probabilityBetter).toBeCloseTo(normal.cdf(1 / Math.sqrt(se2)), 12)
  })

  test('the loss keeps its digits in the far tail', () => {
    // φ(z)/z² (1 − 3/z² + 15/z⁴ − …) for z = 20.
    const { treatment, control } = normalLoss(20, 1)
    expect(treatment).toBeGreaterThan(0)
    expect(treatment / normal.pdf(20) / (1 / 400)).toBeCloseTo(1 - 3 / 400, 3)
    expect(control).toBeCloseTo(20, 12)
  })

  test('priors and readouts that do not fit are refused', () => {
    const a = { successes: 5, n: 10 }
    for (const ratePrior of [{ a: 0, b: 1 }, { a: 1, b: Number.NaN }, {}] as never[])
      expect(() => compareBayesian(a, a, { ratePrior })).toThrowError(
        invalid('abtest.invalid-prior'),
      )
    const readout = compareArms([1, 2, 3], [2, 3, 5])
    for (const effectPrior of [{ sd: 0, scale: 'relative' }, { sd: 1 }, null] as never[])
      expect(() => bayesianReadout(readout, { effectPrior })).toThrowError(
        invalid('abtest.invalid-prior'),
      )
    const ranks = compareArms([1, 2, 3], [2, 3, 5], { test: 'mann-whitney' })
    expect(() => bayesianReadout(ranks)).toThrowError(invalid('abtest.no-standard-error'))
  })
})
