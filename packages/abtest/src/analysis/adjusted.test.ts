import type { Rng } from '@mlops/core'
import { createRng } from '@mlops/core'
import { normal } from '@mlops/stats'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ArmStats } from './arm-stats.ts'
import { armStats } from './arm-stats.ts'
import { clusterStats } from './cluster-sums.ts'
import { compareArms } from './compare-arms.ts'
import { compareCuped } from './compare-cuped.ts'
import { compareQuantiles } from './compare-quantiles.ts'
import { compareClusters, compareRatios } from './compare-ratios.ts'
import { compareRegression } from './compare-regression.ts'
import { comparePostStratified } from './compare-strata.ts'
import { quantileStats } from './quantile-stats.ts'

const gauss = (rng: Rng) => normal.quantile(rng.next() || 0.5)
const sample = (n: number, rng: Rng, mean = 0, sd = 1) =>
  Array.from({ length: n }, () => mean + sd * gauss(rng))
const _values = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), {
  minLength: 2,
  maxLength: 30,
})

describe('variance reduction', () => {
  const rng = createRng(31)
  const arm = (n: number, shift: number) => {
    const covariate = sample(n, rng, 20, 4)
    return { covariate, outcome: covariate.map((x) => 0.9 * x + shift + gauss(rng)) }
  }
  const [c, t] = [arm(200, 0), arm(220, 0.6)]

  test('CUPED, ANCOVA and Lin see what the raw comparison does not', () => {
    const raw = compareArms(c.outcome, t.outcome)
    const cuped = compareCuped(c, t)
    expect(raw.verdict).toBe('inconclusive')
    expect(cuped.verdict).toBe('pass')
    expect(cuped.varianceReduction!.varianceReduction).toBeGreaterThan(0.85)
    expect(cuped.varianceReduction!.unadjusted!.value).toBeCloseTo(raw.effect!.value, 12)
    const columns = (a: typeof c) => ({ outcome: a.outcome, covariates: [a.covariate] })
    const ancova = compareRegression(columns(c), columns(t), { interactions: 'none' })
    // Common slopes: the slope is CUPED's theta from within the arms, the estimate CUPED's.
    expect(ancova.effect!.value).toBeCloseTo(cuped.effect!.value, 9)
    expect(ancova.varianceReduction!.coefficients[0]).toBeCloseTo(
      cuped.varianceReduction!.coefficients[0]!,
      9,
    )
    expect(cuped.arms[1].mean! - cuped.arms[0].mean!).toBeCloseTo(cuped.effect!.value, 9)
  })

  test('without covariates HC2 is Welch’s standard error', () => {
    const bare = (a: typeof c) => ({ outcome: a.outcome, covariates: [] })
    const welch = compareArms(c.outcome, t.outcome)
    for (const interactions of ['lin', 'none'] as const) {
      const { effect, relativeEffect } = compareRegression(bare(c), bare(t), { interactions })
      expect(effect!.standardError).toBeCloseTo(welch.effect!.standardError!, 10)
      expect(relativeEffect!.standardError).toBeCloseTo(welch.relativeEffect!.standardError!, 10)
    }
  })

  test('one stratum is no stratum; a thin one is named', () => {
    const strata = (a: typeof c) => ({ outcome: a.outcome, strata: a.outcome.map(() => 'all') })
    const one = comparePostStratified(strata(c), strata(t))
    const welch = compareArms(c.outcome, t.outcome)
    expect(one.effect!.value).toBeCloseTo(welch.effect!.value, 10)
    expect(one.test.pValue).toBeCloseTo(welch.test.pValue!, 10)
    const thin = comparePostStratified(
      { outcome: [1, 2, 3], strata: ['a', 'a', 'b'] },
      { outcome: [1, 2, 3], strata: ['a', 'a', 'b'] },
    )
    expect(thin.test).toMatchObject({ status: 'insufficient-data', pValue: null })
    expect(thin.test.warnings[0]!.message).toContain("'b'")
    const bands = (a: typeof c) =>
      a.covariate.map((x) => (x < 18 ? 'low' : x < 22 ? 'mid' : 'high'))
    const split = (a: typeof c) => ({ outcome: a.outcome, strata: bands(a) })
    const stats = (a: typeof c): { strata: Record<string, ArmStats> } => ({
      strata: Object.fromEntries(
        ['low', 'mid', 'high'].map((band) => [
          band,
          armStats(a.outcome.filter((_, i) => bands(a)[i] === band)),
        ]),
      ),
    })
    const raw = comparePostStratified(split(c), split(t))
    expect(raw.varianceReduction!.varianceReduction).toBeGreaterThan(0.5)
    expect(comparePostStratified(stats(c), stats(t)).test.pValue).toBeCloseTo(raw.test.pValue!, 10)
  })

  test('covariates that cannot help: constant, collinear, too many', () => {
    const flat = (a: typeof c) => ({ outcome: a.outcome, covariate: a.outcome.map(() => 1) })
    const cuped = compareCuped(flat(c), flat(t))
    expect(cuped.warnings.map(({ code }) => code)).toEqual(['abtest.constant-covariate'])
    expect(cuped.effect!.value).toBeCloseTo(compareArms(c.outcome, t.outcome).effect!.value, 12)
    const twice = (a: typeof c) => ({ outcome: a.outcome, covariates: [a.covariate, a.covariate] })
    expect(compareRegression(twice(c), twice(t)).test).toMatchObject({
      status: 'undefined',
      pValue: null,
    })
    const small = {
      outcome: [1, 2, 3],
      covariates: [
        [1, 2, 4],
        [2, 1, 1],
      ],
    }
    expect(compareRegression(small, small).test.status).toBe('insufficient-data')
    expect(
      compareCuped({ outcome: [1], covariate: [1] }, { outcome: [2], covariate: [1] }).test,
    ).toMatchObject({ method: 'cuped', status: 'insufficient-data' })
  })
})

describe('ratios, clusters, quantiles', () => {
  test('a denominator of 1 is a mean; clusters of 1 are units', () => {
    const rng = createRng(41)
    const [c, t] = [sample(50, rng, 3), sample(60, rng, 4)]
    const ones = (x: number[]) => ({ outcome: x, denominator: x.map(() => 1) })
    const single = (x: number[]) => ({ values: x, clusters: x.map((_, i) => i) })
    const welch = compareArms(c, t)
    for (const readout of [
      compareRatios(ones(c), ones(t)),
      compareClusters(single(c), single(t)),
    ]) {
      expect(readout.test.pValue).toBeCloseTo(welch.test.pValue!, 10)
      expect(readout.relativeEffect!.standardError).toBeCloseTo(
        welch.relativeEffect!.standardError!,
        10,
      )
    }
    expect(
      compareClusters(clusterStats(single(c)), clusterStats(single(t))).test.pValue,
    ).toBeCloseTo(welch.test.pValue!, 10)
  })

  test('a denominator of 0 has no ratio', () => {
    const none = { outcome: [1, 2, 3], denominator: [0, 0, 0] }
    expect(compareRatios(none, none)).toMatchObject({
      verdict: 'inconclusive',
      effect: null,
      relativeEffect: null,
      test: { status: 'undefined', pValue: null },
    })
  })

  test('too few values for a far quantile', () => {
    const x = Array.from({ length: 380 }, (_, i) => i)
    const far = { quantile: 0.99 }
    expect(quantileStats(x, far).upper).toBeNull()
    expect(quantileStats([...x, 380], far).upper).not.toBeNull()
    expect(compareQuantiles(x, x, far).test).toMatchObject({ status: 'insufficient-data' })
    const ties = Array.from({ length: 100 }, () => 1)
    expect(compareQuantiles(ties, ties).test).toMatchObject({ status: 'undefined', pValue: null })
  })

  test('clusters of one value leave a quantile nearly as it is, clusters of copies do not', () => {
    const rng = createRng(42)
    const x = sample(400, rng)
    const se = (values: number[], clusters?: number[]) => {
      const { lower, upper } = quantileStats(values, clusters ? { clusters } : {})
      return upper! - lower!
    }
    expect(
      se(
        x,
        x.map((_, i) => i),
      ) / se(x),
    ).toBeCloseTo(1, 1)
    const copies = x.flatMap((value) => [value, value, value, value])
    const ids = copies.map((_, i) => i >> 2)
    expect(se(copies, ids) / se(x)).toBeCloseTo(1, 1)
    expect(se(copies)).toBeLessThan(0.7 * se(x))
  })
})
