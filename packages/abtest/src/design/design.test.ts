import { createRng } from '@mlops/core'
import type { Alternative } from '@mlops/stats'
import { normal } from '@mlops/stats'
import { describe, expect, test } from 'vitest'
import golden from './__golden__/design.json' with { type: 'json' }
import { achievedPower, detectableEffect, requiredUnits } from './answers.ts'
import { designEffect, designForClusters } from './cluster-design.ts'
import { comparisonLevel } from './comparisons.ts'
import { detectableEffectByWeek, experimentDuration } from './duration.ts'
import { designForExactProportions } from './exact-proportions-design.ts'
import { designForMannWhitney } from './mann-whitney-design.ts'
import { designForEquivalence, designForNonInferiority } from './margin-design.ts'
import { designForMcNemar } from './mcnemar-design.ts'
import { designForMeans, designForPairs } from './means-design.ts'
import { sampleSizeForEquivalence, sampleSizeForNonInferiority } from './non-inferiority.ts'
import { designForOddsRatio, designForProportions } from './proportions-design.ts'
import { designForQuantile, quantileDensity } from './quantile-design.ts'
import { designForRatio, ratioVariance } from './ratio-design.ts'
import { designForRelativeLift } from './relative-design.ts'

const code = (kind: string, name: string) => expect.objectContaining({ kind, code: name })
const side = (value: unknown) => value as Alternative

describe('powers agree with', () => {
  test('statsmodels: means, pairs, arcsine, pooled proportions', () => {
    for (const [effect, n, ratio, alternative, power] of golden.means) {
      const allocation = [1, ratio as number]
      const design = designForMeans({ sd: 1, allocation, alternative: side(alternative) })
      const units = [n as number, (n as number) * (ratio as number)]
      const got = achievedPower(design, { units, effect: effect as number })
      expect(got.power).toBeCloseTo(power as number, 8)
    }
    for (const [effect, n, alternative, power] of golden.pairs) {
      const design = designForPairs({ sd: 1, alternative: side(alternative) })
      const units = [n as number, n as number]
      expect(achievedPower(design, { units, effect: effect as number }).power).toBeCloseTo(
        power as number,
        8,
      )
    }
    for (const [variance, rows, digits] of [
      ['arcsine', golden.arcsine, 8],
      ['pooled', golden.pooled, 6],
    ] as const) {
      for (const [effect, n, ratio, alternative, power] of rows) {
        const design = designForProportions({
          control: 0.3,
          variance,
          allocation: [1, ratio as number],
          alternative: side(alternative),
        })
        const units = [n as number, (n as number) * (ratio as number)]
        const got = achievedPower(design, { units, effect: effect as number }).power
        expect(got, `${variance} ${effect} ${n} ${ratio}`).toBeCloseTo(power as number, digits)
      }
    }
    for (const [n, power, mde] of golden.mde)
      expect(
        detectableEffect(designForMeans({ sd: 1 }), { units: [n!, n!], power: power! }).effect,
      ).toBeCloseTo(mde!, 6)
  })

  test('brute force over all tables with scipy’s p-values', () => {
    for (const [c, t, control, treatment, alternative, name, power] of golden.exact) {
      const design = designForExactProportions({
        control: control as number,
        test: name as 'fisher',
        alternative: side(alternative),
        allocation: [c as number, t as number],
      })
      const effect = (treatment as number) - (control as number)
      const got = achievedPower(design, { units: [c as number, t as number], effect }).power
      expect(got, `${name} ${alternative} ${c} ${t}`).toBeCloseTo(power as number, 9)
    }
  })

  test('numerical integration: Welch, and two one-sided t tests', () => {
    for (const [c, t, sd, treatmentSd, effect, power] of golden.welch) {
      const design = designForMeans({ sd: sd!, treatmentSd: treatmentSd! })
      expect(achievedPower(design, { units: [c!, t!], effect: effect! }).power).toBeCloseTo(
        power!,
        8,
      )
    }
    for (const [n, margin, difference, power] of golden.equivalence) {
      const design = designForEquivalence({ sd: 1, difference: difference! })
      const got = achievedPower(design, { units: [n!, n!], effect: margin! }).power
      expect(got, `${n} ${margin}`).toBeCloseTo(power!, 6)
    }
  })

  test('the multivariate normal: Dunnett keeps the level of the family', () => {
    for (const [weights, sides, level, family] of golden.dunnett) {
      const found = comparisonLevel({
        alpha: family as number,
        alternative: sides === 2 ? 'two-sided' : 'greater',
        allocation: weights as number[],
        correction: 'dunnett',
      })
      expect(found, `${weights} ${sides}`).toBeCloseTo(level as number, 4)
    }
    // Dunnett 1964: |d| of 2, 3 and 4 treatments with infinite degrees of freedom.
    for (const [k, d] of [
      [2, 2.21],
      [3, 2.35],
      [4, 2.44],
    ] as const) {
      const allocation = new Array<number>(k + 1).fill(1)
      const level = comparisonLevel({
        alpha: 0.05,
        alternative: 'two-sided',
        allocation,
        correction: 'dunnett',
      })
      expect(normal.quantileSf(level / 2)).toBeCloseTo(d, 2)
    }
  })

  test('the sample sizes of the main door', () => {
    for (const better of ['higher', 'lower'] as const) {
      const given = { control: 0.6, margin: 0.08, better }
      const size = sampleSizeForNonInferiority({ ...given, treatment: 0.61, ratio: 2 })
      const design = designForNonInferiority({
        control: 0.6,
        difference: 0.01,
        better,
        allocation: [1, 2],
      })
      expect(requiredUnits(design, { effect: 0.08 }).arms).toEqual([size.control, size.treatment])
    }
    const equal = sampleSizeForEquivalence({ control: 0.4, treatment: 0.42, margin: 0.1 })
    const design = designForEquivalence({ control: 0.4, difference: 0.02 })
    expect(requiredUnits(design, { effect: 0.1 }).arms[0]).toBe(equal.control)
  })
})

describe('closed forms', () => {
  const k = normal.quantileSf(0.025) + normal.quantileSf(0.2)

  test('ratio, quantile and odds ratio', () => {
    const moments = {
      numerator: { mean: 3, variance: 9 },
      denominator: { mean: 10, variance: 25 },
      covariance: 12,
    }
    // (9 − 2·0.3·12 + 0.09·25)/100.
    expect(ratioVariance(moments)).toBeCloseTo(0.0405, 12)
    const size = requiredUnits(designForRatio(moments), { effect: 0.01 })
    expect(size.arms[0]).toBe(Math.ceil((k ** 2 * 2 * 0.0405) / 0.01 ** 2))
    const median = requiredUnits(designForQuantile({ quantile: 0.5, density: 0.4 }), {
      effect: 0.1,
    })
    expect(median.arms[0]).toBe(Math.ceil((k ** 2 * 2 * 0.25) / 0.16 / 0.01))
    // gsDesign nBinomial(p1 = .15, p2 = .1, scale = 'OR'): 1355.84 in all.
    const odds = requiredUnits(designForOddsRatio({ control: 0.15 }), { effect: 17 / 27 })
    expect(odds.total).toBe(1356)
  })

  test('relative lift: the quadratic, and no lift where the mean is too uncertain', () => {
    const design = designForRelativeLift({ mean: 10, sd: 30, alternative: 'greater' })
    const n = 2000
    const { effect, power } = detectableEffect(design, { units: [n, n] })
    // lift² = z²·v·(1 + (1 + lift)²), v = (sd/mean)²/n.
    const a = ((normal.quantileSf(0.05) + normal.quantileSf(0.2)) ** 2 * 9) / n
    const root = (a + Math.sqrt(a * a + (1 - a) * 2 * a)) / (1 - a)
    expect(effect).toBeCloseTo(root, 9)
    expect(power).toBeCloseTo(0.8, 9)
    // a ≥ 1: the quadratic has no positive root.
    const least = (normal.quantileSf(0.05) + normal.quantileSf(0.2)) ** 2 * 9
    expect(detectableEffect(design, { units: [Math.floor(least), 1e9] })).toMatchObject({
      status: 'no-mde',
      effect: null,
      power: null,
      warnings: [{ code: 'abtest.no-mde' }],
    })
    expect(detectableEffect(design, { units: [Math.ceil(least * 1.01), 1e9] }).status).toBe('ok')
  })

  test('clusters: the design effect, and the t of few clusters', () => {
    expect(designEffect({ icc: 0.05, clusterSize: 20, sizeCv: 0.6 })).toBeCloseTo(2.31, 12)
    const independent = designForClusters({ sd: 1, icc: 0, clusterSize: 1 })
    const single = designForMeans({ sd: 1 })
    const given = { units: [12, 12], effect: 0.8 }
    expect(achievedPower(independent, given).power).toBe(achievedPower(single, given).power)
    const alike = designForClusters({ sd: 1, icc: 1, clusterSize: 50 })
    expect(achievedPower(alike, given).power).toBeCloseTo(achievedPower(single, given).power!, 12)
    expect(achievedPower(alike, { units: [3, 3], effect: 5 }).warnings[0]!.code).toBe(
      'abtest.few-clusters',
    )
  })

  test('density at a quantile: near the truth for normal values', () => {
    const rng = createRng(5)
    const values = Array.from({ length: 20_000 }, () => normal.quantile(rng.next() || 0.5))
    for (const q of [0.5, 0.9]) {
      const z = normal.quantile(q)
      const truth = Math.exp(-(z * z) / 2) / Math.sqrt(2 * Math.PI)
      expect(Math.abs(quantileDensity(values, q) / truth - 1)).toBeLessThan(0.06)
    }
  })
})

describe('several arms and looks', () => {
  test('corrections: the power is that of the hardest comparison', () => {
    const sizes = (['none', 'dunnett', 'sidak', 'bonferroni'] as const).map(
      (correction) =>
        requiredUnits(designForMeans({ sd: 1, allocation: [1, 1, 1, 1], correction }), {
          effect: 0.3,
        }).total,
    )
    expect(sizes).toEqual([...sizes].sort((a, b) => a - b))
    expect(new Set(sizes).size).toBeGreaterThan(2)
    const uneven = designForMeans({ sd: 1, allocation: [4, 2, 1], correction: 'none' })
    const hardest = designForMeans({ sd: 1, allocation: [4, 1] })
    expect(achievedPower(uneven, { units: [400, 200, 100], effect: 0.3 }).power).toBe(
      achievedPower(hardest, { units: [400, 100], effect: 0.3 }).power,
    )
  })

  test('one planned look is no look more, five cost 2.5 % more units', () => {
    const units = (looks: number) =>
      requiredUnits(
        designForRatio({
          numerator: { mean: 1, variance: 1 },
          denominator: { mean: 1, variance: 0 },
          covariance: 0,
          looks: { kind: 'group-sequential', looks },
        }),
        { effect: 0.02 },
      ).total
    const fixed = requiredUnits(
      designForRatio({
        numerator: { mean: 1, variance: 1 },
        denominator: { mean: 1, variance: 0 },
        covariance: 0,
      }),
      { effect: 0.02 },
    ).total
    expect(Math.abs(units(1) - fixed)).toBeLessThanOrEqual(2)
    expect(units(5) / fixed).toBeCloseTo(1.0247, 3)
  })

  test('an always-valid bound is crossed as often as it says at that look', () => {
    const looks = { kind: 'asymptotic-sequence', tightestAt: 1000 } as const
    for (const alternative of ['two-sided', 'less'] as const) {
      const design = designForMeans({ sd: 1, looks, alternative })
      const answer = requiredUnits(design, { effect: -0.2 })
      expect(answer.power).toBeGreaterThanOrEqual(0.8)
      expect(answer.adjustments[0]).toContain('always-valid')
      expect(answer.total).toBeGreaterThan(
        requiredUnits(designForMeans({ sd: 1, alternative }), { effect: -0.2 }).total,
      )
    }
  })
})

describe('duration', () => {
  const week = [100, 100, 100, 100, 100, 20, 20]

  test('counts the days of the week, and what an outcome takes', () => {
    expect(experimentDuration({ total: 541 }, { perDay: week })).toMatchObject({
      days: 8,
      wholeWeeks: false,
      fullWeeksDays: 14,
      units: 1080,
      warnings: [{ code: 'abtest.partial-week' }],
    })
    expect(experimentDuration({ total: 540 }, { perDay: week, outcomeDays: 7 })).toMatchObject({
      days: 14,
      wholeWeeks: true,
      units: 540,
      warnings: [],
    })
    expect(experimentDuration({ total: 540 }, { perDay: week, coverage: 0.5 }).days).toBe(14)
    expect(() => experimentDuration({ total: 1e9 }, { perDay: 1 })).toThrowError(
      code('invalid', 'abtest.invalid-design'),
    )
  })

  test('an effect by week falls, and is that of the units there', () => {
    const design = designForMeans({ sd: 1, allocation: [2, 1] })
    const rows = detectableEffectByWeek(design, { perDay: 90, outcomeDays: 7 }, { weeks: 4 })
    expect(rows.map((row) => row.week)).toEqual([2, 3, 4])
    expect(rows[0]!.arms).toEqual([420, 210])
    expect(rows[0]!.effect!).toBeGreaterThan(rows[1]!.effect!)
  })
})

describe('what makes no design is refused', () => {
  const bad = code('invalid', 'abtest.invalid-design')
  test.each<[string, () => unknown]>([
    ['no options', () => designForMeans(null as never)],
    ['no options', () => designForProportions(undefined as never)],
    ['sd 0', () => designForMeans({ sd: 0 })],
    ['p > 1', () => designForProportions({ control: 1.2 })],
    ['p < 0', () => designForOddsRatio({ control: -0.1 })],
    ['NaN', () => designForExactProportions({ control: Number.NaN })],
    ['alpha', () => designForMeans({ sd: 1, alpha: 0 })],
    ['one arm', () => designForMeans({ sd: 1, allocation: [1] })],
    ['an arm of none', () => designForMeans({ sd: 1, allocation: [1, 0] })],
    ['a word', () => designForMeans({ sd: 1, alternative: 'larger' as never })],
    ['a word', () => designForMeans({ sd: 1, allocation: [1, 1, 1], correction: 'x' as never })],
    ['looks', () => designForMeans({ sd: 1, looks: null as never })],
    ['looks of exact', () => designForExactProportions({ control: 0.1, looks: {} } as never)],
    [
      'covariance',
      () =>
        ratioVariance({
          numerator: { mean: 1, variance: 1 },
          denominator: { mean: 1, variance: 1 },
          covariance: 2,
        }),
    ],
    [
      'ratio over 0',
      () =>
        ratioVariance({
          numerator: { mean: 1, variance: 1 },
          denominator: { mean: 0, variance: 1 },
          covariance: 0,
        }),
    ],
    ['density 0', () => designForQuantile({ quantile: 0.5, density: 0 })],
    ['a constant pilot', () => quantileDensity(new Array<number>(50).fill(1), 0.5)],
    ['a short pilot', () => quantileDensity([1, 2, 3], 0.5)],
    ['mean 0', () => designForRelativeLift({ mean: 0, sd: 1 })],
    ['icc', () => designForClusters({ sd: 1, icc: 1.1, clusterSize: 5 })],
    ['cluster size', () => designForClusters({ sd: 1, icc: 0.1, clusterSize: 0 })],
    ['no effect', () => requiredUnits(designForMeans({ sd: 1 }), { effect: 0 })],
    ['odds ratio 1', () => requiredUnits(designForOddsRatio({ control: 0.1 }), { effect: 1 })],
    ['odds ratio < 0', () => requiredUnits(designForOddsRatio({ control: 0.1 }), { effect: -1 })],
    [
      'p + effect > 1',
      () => requiredUnits(designForProportions({ control: 0.9 }), { effect: 0.2 }),
    ],
    [
      'margin passed',
      () => requiredUnits(designForEquivalence({ sd: 1, difference: 0.3 }), { effect: 0.2 }),
    ],
    ['margin < 0', () => requiredUnits(designForNonInferiority({ sd: 1 }), { effect: -0.1 })],
    ['no target', () => requiredUnits(designForMeans({ sd: 1 }), null as never)],
    ['no design', () => requiredUnits(null as never, { effect: 1 })],
    ['power 1', () => requiredUnits(designForMeans({ sd: 1 }), { effect: 1, power: 1 })],
    ['power < alpha', () => requiredUnits(designForMeans({ sd: 1 }), { effect: 1, power: 0.01 })],
    ['no units', () => achievedPower(designForMeans({ sd: 1 }), { units: [0, 5], effect: 1 })],
    ['units', () => achievedPower(designForMeans({ sd: 1 }), { units: [5], effect: 1 })],
    ['pairs', () => achievedPower(designForPairs({ sd: 1 }), { units: [5, 6], effect: 1 })],
    [
      'direction',
      () =>
        detectableEffect(designForMeans({ sd: 1, alternative: 'less' }), {
          units: [50, 50],
          direction: 'increase',
        }),
    ],
    ['traffic', () => experimentDuration({ total: 10 }, { perDay: [1, 2] })],
    ['traffic', () => experimentDuration({ total: 10 }, { perDay: 0 })],
    ['coverage', () => experimentDuration({ total: 10 }, { perDay: 5, coverage: 0 })],
    ['weeks', () => detectableEffectByWeek(designForMeans({ sd: 1 }), { perDay: 5 }, { weeks: 0 })],
  ])('%s', (_what, make) => {
    expect(make).toThrowError(bad)
  })

  test('a one-sided design whose effect lies on the other side', () => {
    for (const make of [
      () => requiredUnits(designForMeans({ sd: 1, alternative: 'greater' }), { effect: -1 }),
      () => requiredUnits(designForMannWhitney({ alternative: 'less' }), { effect: 0.1 }),
      () =>
        requiredUnits(designForOddsRatio({ control: 0.1, alternative: 'greater' }), {
          effect: 0.5,
        }),
      () =>
        achievedPower(designForMcNemar({ discordant: 0.2, alternative: 'less' }), {
          units: [50, 50],
          effect: 0.1,
        }),
    ])
      expect(make).toThrowError(code('invalid', 'abtest.wrong-tail'))
  })

  test('what is too large to count', () => {
    const exact = designForExactProportions({ control: 0.2 })
    expect(() => achievedPower(exact, { units: [5000, 5000], effect: 0.1 })).toThrowError(
      code('unsupported', 'abtest.too-large'),
    )
    expect(() => requiredUnits(exact, { effect: 0.01 })).toThrowError(
      code('unsupported', 'abtest.too-large'),
    )
    expect(() => requiredUnits(designForMeans({ sd: 1 }), { effect: 1e-9 })).toThrowError(
      code('unsupported', 'abtest.too-large'),
    )
  })
})
