import { readFileSync } from 'node:fs'
import { createRng } from '@mlops/core'
import { describe, expect, test } from 'vitest'
import groups from './__golden__/groups.json' with { type: 'json' }
import { armStats, mergeArmStats } from './arm-stats.ts'
import { compareBetas } from './beta-comparison.ts'
import { compareArms } from './compare-arms.ts'
import { compareCuped } from './compare-cuped.ts'
import { comparePairs } from './compare-pairs.ts'
import { compareClusters, compareRatios } from './compare-ratios.ts'
import { compareRegression } from './compare-regression.ts'
import type { RobustErrors } from './least-squares.ts'
import { equivalence } from './margin.ts'
import { omnibusTest } from './omnibus-test.ts'

const golden = JSON.parse(
  readFileSync(new URL('./__golden__/analysis.json', import.meta.url), 'utf8'),
)

/** Close relative to the size of the value. */
function near(actual: number | null | undefined, expected: number, tolerance = 1e-9) {
  expect(actual).not.toBeNull()
  expect(Math.abs(actual! - expected)).toBeLessThanOrEqual(
    tolerance * Math.max(1, Math.abs(expected)),
  )
}

const skewed = golden.skewed as { control: number[]; treatment: number[] }

describe('scipy', () => {
  test.each(golden.yuen as { trim: number; t: number; p: number; df: number; ci: number[] }[])(
    'trimmed means, $trim at each end',
    ({ trim, t, p, ci }) => {
      const { test: found, effect } = compareArms(skewed.control, skewed.treatment, {
        test: 'yuen',
        trim,
        allocation: [37 / 66, 29 / 66],
      })
      near(found.statistic, t)
      near(found.pValue, p)
      near(effect!.interval!.lower, ci[0]!)
      near(effect!.interval!.upper, ci[1]!)
      if (trim === 0)
        near(compareArms(skewed.control, skewed.treatment).test.pValue, found.pValue!, 1e-12)
    },
  )

  test.each(
    golden.bootstrap as {
      statistic: 'mean' | 'median'
      method: 'bca' | 'percentile'
      se: number
      ci: number[]
    }[],
  )('bootstrap of a difference: $statistic, $method', ({ statistic, method, se, ci }) => {
    const { effect } = compareArms(skewed.control, skewed.treatment, {
      test: 'bootstrap',
      bootstrap: method,
      statistic,
      resamples: 20_000,
      rng: createRng(5),
    })
    // Two standard deviations of a quantile of 20 000 resamples: 0.04 standard errors; medians are lumpy.
    const slack = (statistic === 'mean' ? 0.06 : 0.25) * se
    expect(Math.abs(effect!.interval!.lower! - ci[0]!)).toBeLessThan(slack)
    expect(Math.abs(effect!.interval!.upper! - ci[1]!)).toBeLessThan(slack)
    expect(effect!.method).toBe(`bootstrap-${method}`)
  })

  test.each(
    golden.betas as {
      control: [number, number]
      treatment: [number, number]
      greater: number
      loss: number
      keep: number
      difference: [number, number][]
      lift: [number, number][]
    }[],
  )('beta posteriors $control and $treatment', (g) => {
    const [c, t] = [g.control, g.treatment].map(([a, b]) => ({ a, b }))
    const found = compareBetas(c!, t!)
    near(found.probabilityGreater, g.greater, 1e-10)
    near(found.expectedLoss.treatment, g.loss, 1e-11)
    near(found.expectedLoss.control, g.keep, 1e-11)
    for (const [d, p] of g.difference) near(found.differenceCdf(d), p, 1e-10)
    for (const [l, p] of g.lift) near(found.liftCdf(l), p, 1e-10)
  })
})

describe('statsmodels', () => {
  test.each(
    golden.regression.fits as {
      interactions: 'none' | 'lin'
      errors: RobustErrors
      effect: number
      se: number
      df: number
      coefficients: number[]
      lift_se: number
    }[],
  )('least squares: slopes $interactions, $errors', (g) => {
    const { effect, relativeEffect, varianceReduction } = compareRegression(
      golden.regression.control,
      golden.regression.treatment,
      { interactions: g.interactions, errors: g.errors },
    )
    near(effect!.value, g.effect)
    near(effect!.standardError, g.se)
    expect(effect!.degreesOfFreedom).toBe(g.df)
    near(relativeEffect!.standardError, g.lift_se)
    for (const [i, b] of g.coefficients.entries()) near(varianceReduction!.coefficients[i], b)
  })

  test.each(groups.regression.fits)(
    'least squares by clusters: slopes $interactions, $errors',
    (g) => {
      const { effect, test, arms, adjustments } = compareRegression(
        groups.regression.control,
        groups.regression.treatment,
        { interactions: g.interactions as 'lin' | 'none', errors: g.errors as 'CR0' | 'CR1' },
      )
      near(effect!.value, g.effect)
      near(effect!.standardError, g.se)
      expect(effect!.degreesOfFreedom).toBe(g.df)
      // Without slopes of their own the covariates' means do not matter, and statsmodels says the same.
      if (g.interactions === 'none') near(test.pValue, g.p_without_means)
      expect(arms.map(({ n }) => n)).toEqual([13, 13])
      expect(adjustments[0]).toContain(`${g.errors} errors of whole clusters`)
    },
  )

  test.each(groups.proportions)('$successes of $n', ({ successes, n, chi, p }) => {
    const arms = Object.fromEntries(
      successes.map((s, i) => [`arm ${i}`, { successes: s, n: n[i]! }]),
    )
    const found = omnibusTest(arms)
    near(found.statistic, chi)
    near(found.pValue, p)
    expect(found.sizes).toEqual(n)
  })

  test('cluster-robust means', () => {
    const { control, treatment, effect, se } = golden.clusters
    const readout = compareClusters(control, treatment)
    near(readout.effect!.value, effect)
    near(readout.effect!.standardError, se)
    expect(readout.arms.map(({ n }) => n)).toEqual([24, 31])
  })

  test('two one-sided tests', () => {
    const [c, t] = [skewed.control.slice(0, 25), skewed.treatment.slice(0, 25)]
    for (const { margin, unpaired, paired } of golden.tost.margins) {
      near(equivalence(compareArms(c, t), { margin }).test.pValue, unpaired)
      near(equivalence(comparePairs(c, t), { margin }).test.pValue, paired)
    }
  })
})

describe('gbstats', () => {
  const { data, relative, absolute, cuped_relative: cuped } = golden.gbstats
  const check = (
    found: {
      value: number
      standardError: number | null
      interval: { lower: number | null } | null
    },
    g: { effect: number; se: number; ci: number[] },
  ) => {
    near(found.value, g.effect)
    near(found.standardError, g.se)
    near(found.interval!.lower, g.ci[0]!)
  }

  test('means and ratios', () => {
    const means = compareArms(data.post_c, data.post_t)
    check(means.effect!, absolute.mean)
    check(means.relativeEffect!, relative.mean)
    near(means.test.pValue, absolute.mean.p)
    const ratios = compareRatios(
      { outcome: data.post_c, denominator: data.den_c },
      { outcome: data.post_t, denominator: data.den_t },
    )
    check(ratios.effect!, absolute.ratio)
    check(ratios.relativeEffect!, relative.ratio)
  })

  test('CUPED, whole and merged from parts', () => {
    const arms = ['c', 't'].map((arm) => ({
      outcome: data[`post_${arm}`] as number[],
      covariate: data[`pre_${arm}`] as number[],
    }))
    const parts = arms.map(({ outcome, covariate }) =>
      mergeArmStats(
        armStats({ outcome: outcome.slice(0, 30), covariate: covariate.slice(0, 30) }),
        armStats({ outcome: outcome.slice(30), covariate: covariate.slice(30) }),
      ),
    )
    for (const [a, b] of [arms, parts]) {
      const readout = compareCuped(a!, b!, { theta: 'all-units' })
      check(readout.effect!, absolute.cuped)
      near(readout.varianceReduction!.coefficients[0], cuped.theta)
      near(readout.relativeEffect!.value, cuped.effect)
      near(readout.relativeEffect!.standardError, cuped.se)
    }
  })
})
