import type { Rng } from '@mlops/core'
import { createRng } from '@mlops/core'
import { normal, studentT } from '@mlops/stats'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ArmData } from './arm-data.ts'
import type { ArmStats } from './arm-stats.ts'
import { armStats, armStatsOfSums, mergeArmStats } from './arm-stats.ts'
import { clusterStats } from './cluster-sums.ts'
import type { CompareArmsOptions, UnpairedTest } from './compare-arms.ts'
import { compareArms } from './compare-arms.ts'
import { compareBayesian } from './compare-bayesian.ts'
import { compareCuped } from './compare-cuped.ts'
import { compareManyArms } from './compare-many-arms.ts'
import { comparePairs } from './compare-pairs.ts'
import { compareQuantiles } from './compare-quantiles.ts'
import { compareClusters, compareRatios } from './compare-ratios.ts'
import { compareRegression } from './compare-regression.ts'
import { comparePostStratified } from './compare-strata.ts'
import { familyCorrections, pValueInterval, readFamily } from './family.ts'
import { equivalence, marginTest, nonInferiority } from './margin.ts'
import { bayesianReadout, normalLoss } from './normal-posterior.ts'
import { quantileStats } from './quantile-stats.ts'
import { hodgesLehmannLocation, hodgesLehmannShift } from './shift-estimate.ts'

const invalid = (code: string) => expect.objectContaining({ kind: 'invalid', code })
const gauss = (rng: Rng) => normal.quantile(rng.next() || 0.5)
const sample = (n: number, rng: Rng, mean = 0, sd = 1) =>
  Array.from({ length: n }, () => mean + sd * gauss(rng))
const values = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), {
  minLength: 2,
  maxLength: 30,
})

describe('sufficient statistics', () => {
  test('merge in any split and order, and are what two passes give', () => {
    fc.assert(
      fc.property(values, values, fc.nat(), (x, noise, at) => {
        const n = Math.min(x.length, noise.length)
        const [outcome, covariate] = [x.slice(0, n), noise.slice(0, n)]
        const cut = at % (n + 1)
        const part = (from: number, to?: number) =>
          armStats({ outcome: outcome.slice(from, to), covariate: covariate.slice(from, to) })
        const whole = armStats({ outcome, covariate })
        for (const merged of [
          mergeArmStats(part(0, cut), part(cut)),
          mergeArmStats(part(cut), part(0, cut)),
        ]) {
          expect(merged.n).toBe(n)
          for (const [i, p] of whole.products.entries())
            expect(Math.abs(merged.products[i]! - p)).toBeLessThan(1e-6)
          for (const [i, m] of whole.means.entries()) expect(merged.means[i]).toBeCloseTo(m, 9)
        }
        expect(JSON.parse(JSON.stringify(whole))).toEqual(whole)
      }),
    )
  })

  test('keep their digits far from 0, where raw sums lose them', () => {
    const x = [1e9 + 1, 1e9 + 2, 1e9 + 3]
    expect(armStats(x).products).toEqual([2])
    expect(armStats([...x, null, Number.NaN])).toMatchObject({ n: 3, dropped: 2 })
  })

  test('raw sums, columns and values give the same readout', () => {
    const rng = createRng(3)
    const [c, t] = [sample(40, rng, 5, 2), sample(50, rng, 6, 3)]
    const of = (x: number[]) =>
      armStatsOfSums({
        n: x.length,
        outcome: {
          sum: x.reduce((a, b) => a + b, 0),
          sumOfSquares: x.reduce((a, b) => a + b * b, 0),
        },
      })
    const raw = compareArms(c, t)
    for (const readout of [compareArms(of(c), of(t)), compareArms(armStats(c), armStats(t))]) {
      expect(readout.test.pValue).toBeCloseTo(raw.test.pValue!, 10)
      expect(readout.relativeEffect!.interval!.lower).toBeCloseTo(
        raw.relativeEffect!.interval!.lower!,
        10,
      )
    }
  })

  test('that no units can have are refused', () => {
    const sums = (sum: number, sumOfSquares: number) => ({ n: 3, outcome: { sum, sumOfSquares } })
    for (const wrong of [
      () => armStatsOfSums(sums(9, 3)),
      () => armStatsOfSums(sums(Number.NaN, 3)),
      () => armStatsOfSums({ ...sums(3, 9), covariate: { sum: 1, sumOfSquares: 5 } }),
      () =>
        armStatsOfSums({
          ...sums(3, 9),
          covariate: { sum: 3, sumOfSquares: 9 },
          products: { 'outcome*covariate': 50 },
        }),
      () => armStatsOfSums(null as never),
      () => armStats(null as never),
      () => armStats({ outcome: [1, 2], covariate: [1] }),
      () => armStats([1, Number.POSITIVE_INFINITY]),
      () => mergeArmStats(armStats([1]), armStats({ outcome: [1], covariate: [2] })),
      () => compareArms({ ...armStats([1, 2]), n: -1 }, armStats([1, 2])),
    ])
      expect(wrong).toThrowError(invalid('abtest.invalid-stats'))
  })
})

describe('the tests of two arms', () => {
  const rng = createRng(11)
  const [c, t] = [sample(30, rng, 0), sample(30, rng, 1.2)]
  const all: readonly UnpairedTest[] = [
    'welch',
    'student',
    'yuen',
    'permutation',
    'bootstrap',
    'mann-whitney',
    'brunner-munzel',
  ]

  test.each(all)(
    '%s: finds what is there, turns with the arms, says nothing of two values',
    (name) => {
      const options = (): CompareArmsOptions => ({ test: name, rng: createRng(1), resamples: 999 })
      const forth = compareArms(c, t, options())
      const back = compareArms(t, c, options())
      expect([forth.verdict, back.verdict]).toEqual(['pass', 'fail'])
      const centre = forth.effect!.scale === 'superiority' ? 1 : 0
      expect(back.effect!.value).toBeCloseTo(centre - forth.effect!.value, 9)
      const { lower, upper } = forth.effect!.interval!
      expect(lower! < forth.effect!.value && forth.effect!.value < upper!).toBe(true)
      const few = compareArms([1], [2], options())
      expect(few.verdict).toBe('inconclusive')
      expect(compareArms([], [], options()).test).toMatchObject({
        status: 'insufficient-data',
        pValue: null,
      })
      expect(compareArms([1, 1, 1], [1, 1, 1], options()).verdict).toBe('inconclusive')
    },
  )

  test('one-sided bootstraps, permutations and ranks agree with Welch on clear data', () => {
    for (const name of all) {
      const p = (alternative: 'less' | 'greater') =>
        compareArms(c, t, { test: name, alternative, rng: createRng(2), resamples: 999 }).test
          .pValue!
      expect(p('greater')).toBeLessThan(0.01)
      expect(p('less')).toBeGreaterThan(0.99)
    }
  })

  test('proportions: every interval, ratio and odds; arrays of 0 and 1 count the same', () => {
    const [a, b] = [
      { successes: 12, n: 60 },
      { successes: 24, n: 62 },
    ]
    const bits = ({ successes, n }: { successes: number; n: number }) =>
      Array.from({ length: n }, (_, i) => (i < successes ? 1 : 0))
    for (const name of [
      'two-proportion-z',
      'two-proportion-z-unpooled',
      'chi-square',
      'chi-square-yates',
      'fisher',
    ] as const) {
      const counted = compareArms(a, b, { test: name })
      expect(counted.verdict).toBe('pass')
      expect(compareArms(bits(a), bits(b), { test: name }).test).toEqual(counted.test)
      const [ratio, odds] = counted.otherEffects
      expect(ratio!.value).toBeCloseTo(24 / 62 / (12 / 60), 12)
      expect(odds!.interval!.lower! > 1).toBe(true)
      expect(odds!.method).toBe(name === 'fisher' ? 'conditional-exact' : 'logit')
    }
    const widths = (['newcombe', 'miettinen-nurminen', 'agresti-caffo', 'wald'] as const).map(
      (interval) => {
        const { effect } = compareArms(a, b, { interval })
        expect(effect!.method).toBe(interval)
        return effect!.interval!.upper! - effect!.interval!.lower!
      },
    )
    expect(new Set(widths).size).toBe(4)
    const zero = compareArms({ successes: 0, n: 50 }, { successes: 9, n: 50 })
    expect(zero).toMatchObject({ relativeEffect: null, otherEffects: [] })
    expect(zero.verdict).toBe('pass')
  })

  test('Hodges and Lehmann: against all differences and all Walsh averages', () => {
    fc.assert(
      fc.property(values, values, (x, y) => {
        const found = hodgesLehmannShift(Float64Array.from(x), Float64Array.from(y), 0.9)!
        const gaps = y.flatMap((b) => x.map((a) => b - a)).sort((p, q) => p - q)
        const median = (s: number[]) => (s[(s.length - 1) >> 1]! + s[s.length >> 1]!) / 2
        expect(found.value).toBeCloseTo(median(gaps), 8)
        const z = normal.quantileSf(0.05)
        const k = Math.floor(
          gaps.length / 2 - z * Math.sqrt((gaps.length * (x.length + y.length + 1)) / 12),
        )
        if (k >= 1) {
          expect(found.interval!.lower).toBeCloseTo(gaps[k - 1]!, 8)
          expect(found.interval!.upper).toBeCloseTo(gaps[gaps.length - k]!, 8)
        } else expect(found.interval!.lower).toBeNull()
        const walsh = x.flatMap((a, i) => x.slice(i).map((b) => (a + b) / 2)).sort((p, q) => p - q)
        const located = hodgesLehmannLocation(Float64Array.from(x), 0.9)!
        expect(located.value).toBeCloseTo(median(walsh), 8)
      }),
    )
  })

  test('resampling needs a rng; tests that need values or counts say so', () => {
    for (const name of ['permutation', 'bootstrap'] as const)
      expect(() => compareArms(c, t, { test: name })).toThrowError(invalid('abtest.invalid-option'))
    expect(() => compareArms(armStats(c), armStats(t), { test: 'mann-whitney' })).toThrowError(
      invalid('abtest.invalid-arms'),
    )
    expect(() => compareArms(c, t, { test: 'chi-square' })).toThrowError(
      invalid('abtest.invalid-arms'),
    )
    expect(() => compareArms(c, t, { test: 'magic' as never })).toThrowError(
      invalid('abtest.invalid-option'),
    )
    const half = { successes: 5, n: 10 }
    expect(() => compareArms(half, half, { test: 'chi-square', alternative: 'less' })).toThrowError(
      invalid('abtest.invalid-option'),
    )
  })

  test('a clustered bootstrap is wider where clusters agree within', () => {
    const draw = createRng(9)
    const arm = () => {
      const clusters = Array.from({ length: 200 }, (_, i) => i >> 3)
      const effects = sample(25, draw, 0, 2)
      return { clusters, values: clusters.map((id) => effects[id]! + gauss(draw)) }
    }
    const [a, b] = [arm(), arm()]
    const width = (clustered: boolean) => {
      const { effect, arms } = compareArms(a.values, b.values, {
        test: 'bootstrap',
        rng: createRng(1),
        ...(clustered && { clusters: { control: a.clusters, treatment: b.clusters } }),
      })
      expect(arms[0].n).toBe(clustered ? 25 : 200)
      return effect!.interval!.upper! - effect!.interval!.lower!
    }
    const robust = compareClusters(a, b).effect!.interval!
    expect(width(true)).toBeGreaterThan(1.8 * width(false))
    expect(width(true) / (robust.upper! - robust.lower!)).toBeCloseTo(1, 0)
  })
})

describe('pairs', () => {
  const rng = createRng(21)
  const control = sample(40, rng, 10, 3)
  const treatment = control.map((x) => x + 0.8 + gauss(rng))

  test.each(['paired-t', 'wilcoxon', 'sign', 'bootstrap'] as const)('%s', (name) => {
    const options = () => ({ test: name, rng: createRng(4) }) as const
    const forth = comparePairs(control, treatment, options())
    const back = comparePairs(treatment, control, options())
    expect([forth.verdict, back.verdict, forth.design]).toEqual(['pass', 'fail', 'paired'])
    expect(back.effect!.value).toBeCloseTo(-forth.effect!.value, 9)
    expect(forth.effect!.interval!.lower).toBeGreaterThan(0)
    expect(comparePairs([], [], options()).test).toMatchObject({ pValue: null })
    expect(comparePairs([1, 2], [1, 2], options()).verdict).toBe('inconclusive')
    expect(comparePairs([1, null, 3, 4], [2, 4, null, 6], options()).arms[0]).toMatchObject({
      n: 2,
      dropped: 2,
    })
  })

  test('the median difference: exact binomial ranks', () => {
    const d = Array.from({ length: 10 }, (_, i) => i + 1)
    const { effect } = comparePairs(
      d.map(() => 0),
      d,
      { test: 'sign' },
    )
    // P(X <= 1) = 0.0107, P(X <= 2) = 0.0547 of X binomial (10, ½): the second and ninth.
    expect(effect!.interval).toMatchObject({ lower: 2, upper: 9 })
    const few = comparePairs([0, 0, 0], [1, 2, 3], { test: 'sign' })
    expect(few.effect!.interval).toMatchObject({ lower: null, upper: null })
  })

  test('rules for zeros and rounding are named, and change what they should', () => {
    const [a, b] = [
      [1, 2, 3, 4, 5, 6, 7],
      [1, 2, 3.3, 4.3, 5.3, 6.1, 7.2],
    ]
    const run = (zeros: 'wilcox' | 'pratt' | 'zsplit') =>
      comparePairs(a, b, { test: 'wilcoxon', zeros, pValueBy: 'normal' }).test.pValue
    expect(new Set([run('wilcox'), run('pratt'), run('zsplit')]).size).toBe(3)
    const noisy = comparePairs(a, b, { test: 'wilcoxon' }).test
    const rounded = comparePairs(a, b, { test: 'wilcoxon', roundTo: 0.1 })
    expect(noisy.effectSize!.value).toBeCloseTo(rounded.test.effectSize!.value!, 9)
    expect(rounded.adjustments.join()).toContain('rounded')
    expect(() => comparePairs(a, b, { test: 'wilcoxon', roundTo: 0 })).toThrowError(
      invalid('abtest.invalid-option'),
    )
  })

  test('McNemar in four ways, with odds', () => {
    const [a, b] = [
      [...Array(10).fill(0), ...Array(4).fill(1), ...Array(30).fill(1)],
      [...Array(10).fill(1), ...Array(4).fill(0), ...Array(30).fill(1)],
    ]
    const p = (
      ['mcnemar', 'mcnemar-mid-p', 'mcnemar-chi-square', 'mcnemar-corrected'] as const
    ).map((name) => comparePairs(a, b, { test: name }))
    // R: binom.test(4, 14), mid-p, (10 − 4)²/14 and (6 − 1)²/14 on chi-square with one degree of freedom.
    const expected = [0.179565, 0.118469, 0.10881, 0.181449]
    for (const [i, readout] of p.entries()) expect(readout.test.pValue).toBeCloseTo(expected[i]!, 5)
    const [odds] = p[0]!.otherEffects
    expect(odds!.value).toBe(2.5)
    // Clopper and Pearson of 10/14: 0.41896 to 0.91611.
    expect(odds!.interval!.lower).toBeCloseTo(0.41896 / (1 - 0.41896), 3)
    expect(odds!.interval!.upper).toBeCloseTo(0.91611 / (1 - 0.91611), 2)
  })
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

describe('margins', () => {
  const readout = compareArms({ n: 400, mean: 10, variance: 4 }, { n: 400, mean: 9.9, variance: 4 })

  test('the verdict is where the interval lies', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -3, max: 3, noNaN: true }),
        fc.double({ min: 0.05, max: 2, noNaN: true }),
        fc.double({ min: 0.01, max: 3, noNaN: true }),
        (value, standardError, margin) => {
          const estimate = { value, standardError, degreesOfFreedom: 17 }
          const on = (kind: 'equivalence' | 'non-inferiority', better: 'higher' | 'lower') =>
            marginTest(estimate, { kind, better, margin, alpha: 0.05 })
          const { lower, upper } = on('equivalence', 'higher').interval!
          expect(lower).toBeCloseTo(value - studentT.quantileSf(0.05, 17) * standardError, 9)
          expect(on('equivalence', 'higher').verdict === 'pass').toBe(
            lower! > -margin && upper! < margin,
          )
          expect(on('non-inferiority', 'higher').verdict === 'pass').toBe(lower! > -margin)
          expect(on('non-inferiority', 'lower').verdict === 'pass').toBe(upper! < margin)
          expect(on('non-inferiority', 'lower').verdict === 'fail').toBe(lower! > margin)
        },
      ),
    )
  })

  test('on either scale, for either direction', () => {
    expect(nonInferiority(readout, { margin: 0.5 })).toMatchObject({
      verdict: 'pass',
      hypothesis: { kind: 'non-inferiority', margin: 0.5, scale: 'difference' },
    })
    expect(nonInferiority(readout, { margin: 0.05, scale: 'relative' }).verdict).toBe('pass')
    expect(nonInferiority(readout, { margin: 0.1 }).verdict).toBe('inconclusive')
    expect(equivalence(readout, { margin: 0.5 }).verdict).toBe('pass')
    expect(equivalence(compareArms([1], [2]), { margin: 1 })).toMatchObject({
      verdict: 'inconclusive',
      test: { status: 'insufficient-data', pValue: null },
    })
  })

  test('what they cannot judge is refused', () => {
    const rng = createRng(1)
    const bootstrapped = compareArms([1, 2, 3], [2, 3, 4], { test: 'bootstrap', rng })
    expect(() => equivalence(bootstrapped, { margin: 1 })).toThrowError(
      invalid('abtest.no-standard-error'),
    )
    for (const margin of [0, -1, Number.NaN, null as never])
      expect(() => equivalence(readout, { margin })).toThrowError(invalid('abtest.invalid-option'))
    const skewed = compareArms({ successes: 50, n: 1000 }, { successes: 50, n: 500 })
    expect(nonInferiority(skewed, { margin: 0.2 }).verdict).toBe('inconclusive')
  })
})

describe('families', () => {
  const p = (effect: number, better: 'higher' | 'lower' = 'higher') =>
    compareArms(
      { n: 500, mean: 10, variance: 25 },
      { n: 500, mean: 10 + effect, variance: 25 },
      { metric: { name: `m${effect}`, better } },
    )

  test('adjusted over success metrics; guardrails apart', () => {
    const guard = nonInferiority(p(-0.05), { margin: 0.8 })
    const family = readFamily([
      { readout: p(0.9) },
      { readout: p(0.7) },
      { readout: guard, role: 'guardrail' },
    ])
    expect(family.multiplicity).toEqual({ method: 'holm', tests: 2, guardrails: 1 })
    const [first, second, third] = family.rows
    expect(first!.adjustedPValue).toBeCloseTo(2 * p(0.9).test.pValue!, 12)
    expect(second!.adjustedPValue).toBeCloseTo(p(0.7).test.pValue!, 12)
    expect(third!.adjustedPValue).toBe(guard.test.pValue)
    expect(first!.adjustedInterval!.level).toBeCloseTo(0.975, 12)
    expect(family.verdict).toBe('pass')
    // A broken guardrail outweighs any success.
    const broken = nonInferiority(p(-3), { margin: 0.5 })
    expect(readFamily([{ readout: p(0.9) }, { readout: broken, role: 'guardrail' }]).verdict).toBe(
      'fail',
    )
    const unsure = nonInferiority(p(-0.4), { margin: 0.5 })
    expect(readFamily([{ readout: p(0.9) }, { readout: unsure, role: 'guardrail' }]).verdict).toBe(
      'inconclusive',
    )
    expect(readFamily([{ readout: p(0.9) }, { readout: p(-0.9) }]).verdict).toBe('fail')
  })

  test('false discovery rate: only what is selected has an interval', () => {
    const rows = (adjust: 'benjamini-hochberg' | 'benjamini-yekutieli') =>
      readFamily([{ readout: p(1) }, { readout: p(1.1) }, { readout: p(0.1) }], { adjust }).rows
    const levels = rows('benjamini-hochberg').map((row) => row.adjustedInterval?.level)
    expect(levels[0]).toBeCloseTo(1 - (2 * 0.05) / 3, 12)
    expect(levels[2]).toBeUndefined()
    expect(rows('benjamini-yekutieli')[0]!.adjustedInterval!.level).toBeCloseTo(
      1 - (2 * 0.05) / (3 * (1 + 1 / 2 + 1 / 3)),
      12,
    )
  })

  test('a metric without a p-value is named, not counted', () => {
    const family = readFamily([{ readout: p(0.9) }, { readout: compareArms([1], [2]) }])
    expect(family.multiplicity.tests).toBe(1)
    expect(family.rows[1]).toMatchObject({ adjustedPValue: null, verdict: 'inconclusive' })
    expect(family.adjustments.join()).toContain('1 success metrics without a p-value')
  })

  test('several arms: one split, one family', () => {
    const control = { n: 1000, mean: 10, variance: 25 }
    const treatments = {
      a: { n: 1000, mean: 10.9, variance: 25 },
      b: { n: 1000, mean: 10.05, variance: 25 },
      c: { n: 1000, mean: 9, variance: 25 },
    }
    const family = compareManyArms(control, treatments, { adjust: 'bonferroni' })
    expect(family.armVerdicts.map(({ verdict }) => verdict)).toEqual([
      'pass',
      'inconclusive',
      'fail',
    ])
    expect(family.arms.map(({ name }) => name)).toEqual(['control', 'a', 'b', 'c'])
    expect(family.rows[0]!.adjustedPValue).toBeCloseTo(
      3 * compareArms(control, treatments.a).test.pValue!,
      12,
    )
    const lopsided = compareManyArms(control, {
      ...treatments,
      d: { n: 600, mean: 10, variance: 25 },
    })
    expect(lopsided).toMatchObject({ verdict: 'inconclusive' })
    expect(lopsided.warnings[0]!.code).toBe('abtest.sample-ratio-mismatch')
    for (const wrong of [{}, null, [1], { control }] as never[])
      expect(() => compareManyArms(control, wrong)).toThrowError(invalid('abtest.invalid-arms'))
  })

  test('corrections, GrowthBook’s interval, refusals', () => {
    expect(familyCorrections({ successMetrics: 1, guardrails: 0 })).toEqual({
      successAlpha: 0.05,
      guardrailAlpha: 0.05,
      power: 0.8,
    })
    expect(familyCorrections({ successMetrics: 2, guardrails: 1, treatments: 3 })).toMatchObject({
      successAlpha: 0.05 / 6,
      power: 0.9,
    })
    expect(pValueInterval(0.1, 1)).toBeNull()
    expect(() => readFamily([])).toThrowError(invalid('abtest.invalid-option'))
    expect(() => readFamily([{ readout: nonInferiority(p(1), { margin: 1 }) }])).toThrowError(
      invalid('abtest.invalid-option'),
    )
    expect(() => familyCorrections({ successMetrics: -1, guardrails: 0 })).toThrowError(
      invalid('abtest.invalid-option'),
    )
  })
})

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

test('nothing, and nonsense, are typed errors everywhere', () => {
  const nonsense = [null, undefined, 7, 'x', {}, [['a']]] as never[]
  const good = [1, 2, 3] as ArmData
  const doors: ((x: never) => unknown)[] = [
    (x) => compareArms(x, good),
    (x) => compareArms(good, x),
    (x) => compareArms(good, good, { alpha: x ?? null }),
    (x) => compareArms(good, good, { metric: x ?? null }),
    (x) => compareArms(good, good, { allocation: x ?? null }),
    (x) => comparePairs(x, [1]),
    (x) => comparePairs([1, 2], [1, 2], { test: x ?? null }),
    (x) => compareRatios(x, x),
    (x) => compareClusters(x, x),
    (x) => compareClusters({ values: [1, 2], clusters: x }, { values: [1, 2], clusters: x }),
    (x) => compareQuantiles(x, x),
    (x) => compareQuantiles([1, 2], [1, 2], { quantile: x ?? null }),
    (x) => compareCuped(x, x),
    (x) => compareRegression(x, x),
    (x) => comparePostStratified(x, x),
    (x) => readFamily(x),
    (x) => readFamily([x]),
    (x) => nonInferiority(x, { margin: 1 }),
    (x) => equivalence(compareArms(good, good), x),
    (x) => marginTest(x, x),
    (x) => bayesianReadout(x),
    (x) => compareBayesian(x, x),
    (x) => normalLoss(x, 0),
    (x) => pValueInterval(x, x),
    (x) => familyCorrections(x),
    (x) => mergeArmStats(x),
  ]
  for (const [at, door] of doors.entries()) {
    for (const x of nonsense)
      expect(() => door(x), `door ${at}, ${JSON.stringify(x)}`).toThrowError(
        expect.objectContaining({ kind: 'invalid' }),
      )
  }
  for (const call of [
    (options: never) => compareArms(good, good, options),
    (options: never) => comparePairs([1, 2], [1, 2], options),
    (options: never) => compareBayesian(good, good, options),
    (options: never) => readFamily([{ readout: compareArms(good, good) }], options),
    (options: never) => quantileStats([1, 2], options),
  ])
    expect(() => call(null as never)).toThrowError(invalid('abtest.invalid-option'))
})
