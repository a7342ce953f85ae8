import type { Rng } from '@mlops/core'
import { createRng } from '@mlops/core'
import { normal } from '@mlops/stats'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { armStats, armStatsOfSums, mergeArmStats } from './arm-stats.ts'
import type { CompareArmsOptions, UnpairedTest } from './arm-tests.ts'
import { compareArms } from './compare-arms.ts'
import { comparePairs } from './compare-pairs.ts'
import { compareClusters } from './compare-ratios.ts'
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

  test('a shift of exactly 0 under many ties, and beside great values', () => {
    const [x, y] = [
      [0, 0, 0, 0, 0, 0, 1, 5],
      [0, 0, 0, 0, 0, 0, 2, 9],
    ]
    const shift = (a: number[], b: number[]) =>
      hodgesLehmannShift(Float64Array.from(a), Float64Array.from(b), 0.9)!.value
    expect(shift(x, y)).toBe(0)
    expect(shift([...x, 1e12], [...y, -1e12])).toBe(0)
    expect(hodgesLehmannLocation(Float64Array.of(-1e15, 0, 0, 0, 3), 0.9)!.value).toBe(0)
  })

  test('every readout is plain JSON, at the edges too', () => {
    const edges = [
      [
        { successes: 0, n: 0 },
        { successes: 0, n: 0 },
      ],
      [
        { successes: 0, n: 5 },
        { successes: 5, n: 5 },
      ],
      [
        { successes: 5, n: 5 },
        { successes: 0, n: 5 },
      ],
      [
        { successes: 0, n: 5 },
        { successes: 0, n: 5 },
      ],
      [
        { successes: 5, n: 5 },
        { successes: 5, n: 5 },
      ],
      [
        { successes: 3, n: 5 },
        { successes: 0, n: 0 },
      ],
    ] as const
    for (const [a, b] of edges) {
      for (const name of [
        'two-proportion-z',
        'two-proportion-z-unpooled',
        'chi-square',
        'chi-square-yates',
        'fisher',
      ] as const) {
        for (const ratioInterval of ['koopman', 'katz'] as const) {
          const readout = compareArms(a, b, { test: name, ratioInterval })
          expect(JSON.parse(JSON.stringify(readout))).toEqual(readout)
        }
      }
    }
    for (const name of all) {
      for (const [a, b] of [
        [[], []],
        [[1], [1, 2]],
        [
          [1, 1],
          [1, 1],
        ],
        [
          [1, 1, 1],
          [2, 2, 2],
        ],
        [
          [0, 0, 1],
          [0, 1, 1],
        ],
      ]) {
        const readout = compareArms(a!, b!, { test: name, rng: createRng(1), resamples: 200 })
        expect(JSON.parse(JSON.stringify(readout))).toEqual(readout)
      }
    }
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
