import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ksTwoSample } from '../distributions/ks-two-sample.ts'
import { andersonDarlingKSample } from './anderson-darling.ts'
import { brunnerMunzel } from './brunner-munzel.ts'
import { chiSquareContingency } from './chi-square-contingency.ts'
import { chiSquareGoodnessOfFit } from './chi-square-goodness-of-fit.ts'
import { cramerVonMises } from './cramer-von-mises.ts'
import { cvmLimitUpperTail } from './cramer-von-mises-law.ts'
import { eppsSingleton } from './epps-singleton.ts'
import { fisherExact } from './fisher-exact.ts'
import { ksOneSidedExact } from './ks-one-sided.ts'
import { ksTwoSampleTest } from './ks-two-sample.ts'
import { levene } from './levene.ts'
import { mannWhitney } from './mann-whitney.ts'
import { mannWhitneyUpperTail } from './mann-whitney-exact.ts'
import { mcNemar, signTest } from './paired-binary.ts'
import { oneSampleT, pairedT, studentTTest, welchT } from './t-tests.ts'
import { twoProportionZ } from './two-proportion-z.ts'
import { wilcoxonSignedRank } from './wilcoxon-signed-rank.ts'

const code = (expected: string) => expect.objectContaining({ code: expected })
const warned = (expected: string) => [expect.objectContaining({ code: expected })]

describe('too little data is a status, not a p-value', () => {
  const empty: number[] = []
  test.each([
    ['welchT', () => welchT([1], [1, 2])],
    ['studentTTest', () => studentTTest([1], [2])],
    ['pairedT', () => pairedT([1, null], [2, 3])],
    ['mannWhitney', () => mannWhitney(empty, [1])],
    ['ksTwoSampleTest', () => ksTwoSampleTest([Number.NaN], [1])],
    ['cramerVonMises', () => cramerVonMises([1], empty)],
    ['andersonDarlingKSample', () => andersonDarlingKSample([[1], [2]])],
    ['levene', () => levene([[1], [2]])],
    ['brunnerMunzel', () => brunnerMunzel([1], [1, 2])],
    ['eppsSingleton', () => eppsSingleton([1, 2], [1, 2, 3, 4, 5])],
    ['wilcoxonSignedRank', () => wilcoxonSignedRank(empty)],
    ['signTest', () => signTest([null])],
    [
      'chiSquareContingency',
      () =>
        chiSquareContingency([
          [0, 0],
          [0, 0],
        ]),
    ],
    ['chiSquareGoodnessOfFit', () => chiSquareGoodnessOfFit([0, 0])],
    [
      'fisherExact',
      () =>
        fisherExact([
          [0, 0],
          [0, 0],
        ]),
    ],
    ['twoProportionZ', () => twoProportionZ({ successes: 0, n: 0 }, { successes: 1, n: 2 })],
  ])('%s', (_, run) => {
    const result = run()
    expect(result.status).toBe('insufficient-data')
    expect(result.pValue).toBeNull()
    expect(result.statistic).toBeNull()
    expect(result.warnings.length).toBeGreaterThan(0)
  })
})

describe('what does not exist is undefined, and says why', () => {
  test.each([
    ['welchT', () => welchT([3, 3], [4, 4, 4]), 'zero-variance'],
    ['oneSampleT', () => oneSampleT([3, 3]), 'zero-variance'],
    ['mannWhitney', () => mannWhitney(new Array(9).fill(1), new Array(9).fill(1)), 'all-equal'],
    [
      'andersonDarlingKSample',
      () =>
        andersonDarlingKSample([
          [1, 1],
          [1, 1],
        ]),
      'all-equal',
    ],
    [
      'levene',
      () =>
        levene([
          [1, 1],
          [1, 1],
        ]),
      'zero-variance',
    ],
    ['brunnerMunzel', () => brunnerMunzel([1, 2], [3, 4]), 'zero-variance'],
    ['eppsSingleton', () => eppsSingleton([1, 1, 1, 1, 1], [1, 1, 1, 1, 1]), 'singular-covariance'],
    ['wilcoxonSignedRank', () => wilcoxonSignedRank([0, 0]), 'all-zero'],
    ['signTest', () => signTest([1, 2], [1, 2]), 'all-zero'],
    ['mcNemar', () => mcNemar(0, 0), 'no-discordant-pairs'],
    [
      'chiSquareContingency',
      () =>
        chiSquareContingency([
          [5, 7],
          [0, 0],
        ]),
      'empty-line',
    ],
    [
      'chiSquareGoodnessOfFit',
      () => chiSquareGoodnessOfFit([5, 7], { weights: [0, 1] }),
      'impossible-category',
    ],
    [
      'fisherExact',
      () =>
        fisherExact([
          [5, 7],
          [0, 0],
        ]),
      'empty-margin',
    ],
    [
      'twoProportionZ',
      () => twoProportionZ({ successes: 3, n: 3 }, { successes: 4, n: 4 }),
      'zero-variance',
    ],
  ])('%s', (_, run, warning) => {
    const result = run()
    expect(result.status).toBe('undefined')
    expect(result.pValue).toBeNull()
    expect(result.warnings[0]!.code).toBe(warning)
  })
})

test('results are plain JSON and count what they left out', () => {
  const result = welchT([1, 2, null, 4], [2, Number.NaN, 9, 5])
  expect(JSON.parse(JSON.stringify(result))).toEqual(result)
  expect(result).toMatchObject({ sizes: [3, 3], dropped: [1, 1] })
  expect(mannWhitney([1, undefined, 3], [2, 5])).toMatchObject({ sizes: [2, 2], dropped: [1, 0] })
  expect(pairedT([1, 2, 5, 4], [2, null, 9, 5])).toMatchObject({ sizes: [3, 3], dropped: [1, 1] })
})

test('sufficient statistics give the answer of the samples', () => {
  const x = [5, 6, 7, 8]
  const y = [1, 2, 3, 9, 4]
  const summary = (v: number[]) => {
    const mean = v.reduce((a, b) => a + b, 0) / v.length
    return {
      n: v.length,
      mean,
      variance: v.reduce((a, b) => a + (b - mean) ** 2, 0) / (v.length - 1),
    }
  }
  for (const t of [welchT, studentTTest]) {
    const fromSummary = t(summary(x), summary(y))
    expect(fromSummary.pValue).toBeCloseTo(t(x, y).pValue!, 14)
    expect(fromSummary.interval!.lower).toBeCloseTo(t(x, y).interval!.lower!, 12)
  }
  expect(oneSampleT(summary(x), { mean: 6 }).pValue).toBeCloseTo(
    oneSampleT(x, { mean: 6 }).pValue!,
    14,
  )
  expect(() => welchT({ n: 2.5, mean: 0, variance: 1 }, summary(y))).toThrow(
    code('stats.bad-summary'),
  )
  expect(() => welchT({ n: 3, mean: 0, variance: -1 }, summary(y))).toThrow(
    code('stats.bad-summary'),
  )
})

test('infinite values: legal for ranks, an error for means', () => {
  expect(() => welchT([1, Infinity], [1, 2])).toThrow(code('stats.infinite-value'))
  expect(() => eppsSingleton([1, 2, 3, 4, Infinity], [1, 2, 3, 4, 5])).toThrow(
    code('stats.infinite-value'),
  )
  expect(ksTwoSampleTest([-Infinity, 1], [2, Infinity])).toMatchObject({
    statistic: 1,
    location: 1,
    sign: 1,
  })
  expect(mannWhitney([Infinity, Infinity], [1, 2]).statistic).toBe(4)
  expect(signTest([Infinity, -Infinity, Infinity], [Infinity, 0, 0])).toMatchObject({
    statistic: 1,
    sizes: [2],
  })
})

test('what was asked for and cannot be had is refused', () => {
  expect(() => mannWhitney([1, 1], [1, 2], { pValueBy: 'exact' })).toThrow(
    code('stats.exact-with-ties'),
  )
  const many = Float64Array.from({ length: 10001 }, (_, i) => i)
  expect(() =>
    mannWhitney(
      many,
      many.map((v) => v + 0.5),
      { pValueBy: 'exact' },
    ),
  ).toThrow(code('stats.exact-too-large'))
  expect(() => ksTwoSampleTest(many, many, { pValueBy: 'exact' })).toThrow(
    code('stats.exact-too-large'),
  )
  expect(() => wilcoxonSignedRank([1, -1], undefined, { pValueBy: 'exact' })).toThrow(
    code('stats.exact-with-ties'),
  )
  expect(() => pairedT([1], [1, 2])).toThrow(code('stats.length-mismatch'))
  expect(() => chiSquareContingency([[1, 2], [3]])).toThrow(code('stats.bad-table'))
  expect(() =>
    chiSquareContingency([
      [1, -2],
      [3, 4],
    ]),
  ).toThrow(code('stats.bad-count'))
  expect(() =>
    fisherExact([
      [1, 2.5],
      [3, 4],
    ]),
  ).toThrow(code('stats.bad-count'))
  expect(() => twoProportionZ({ successes: 5, n: 3 }, { successes: 1, n: 2 })).toThrow(
    code('stats.bad-proportion'),
  )
  expect(() => welchT([1, 2], [3, 4], { confidence: 95 })).toThrow(code('stats.bad-level'))
})

test('approximations say when they are rough', () => {
  expect(
    chiSquareContingency([
      [1, 9],
      [8, 2],
    ]).warnings,
  ).toEqual(warned('small-expected-counts'))
  expect(mcNemar(3, 5, { by: 'chi-square' }).warnings).toEqual(warned('few-discordant-pairs'))
  expect(
    andersonDarlingKSample([
      [1, 2, 3, 4],
      [10, 11, 12, 13],
    ]).warnings,
  ).toEqual([])
  expect(
    andersonDarlingKSample([
      Array.from({ length: 30 }, (_, i) => i),
      Array.from({ length: 30 }, (_, i) => i + 99),
    ]).warnings,
  ).toEqual(warned('p-value-capped'))
  expect(twoProportionZ({ successes: 1, n: 20 }, { successes: 2, n: 20 }).warnings).toEqual(
    warned('small-expected-counts'),
  )
})

test('chi-square from Evidently, NannyML and the bias-corrected V', () => {
  // chisquare of counts scaled from a reference (peers' own test).
  expect(
    chiSquareGoodnessOfFit([16, 16, 16, 16, 16, 8], { weights: [32, 36, 32, 28, 24, 24] }).pValue,
  ).toBeCloseTo(0.6730876006966301, 12)
  const v = chiSquareContingency([
    [200, 800],
    [400, 600],
  ])
  expect(v.cramersV).toBeCloseTo(Math.sqrt(v.statistic! / 2000), 14)
  expect(v.cramersVBiasCorrected).toBeLessThan(v.cramersV!)
  expect(
    chiSquareContingency([
      [10, 0],
      [0, 10],
    ]).cramersV,
  ).toBeCloseTo(1, 15)
})

test('Fisher: the infinite odds ratio is marked, not written as a number', () => {
  expect(
    fisherExact([
      [5, 0],
      [1, 4],
    ]),
  ).toMatchObject({ sampleOddsRatio: null, oddsRatioInfinite: true, conditionalOddsRatio: null })
  expect(
    fisherExact([
      [5, 0],
      [1, 4],
    ]).interval!.upper,
  ).toBeNull()
  expect(
    fisherExact([
      [0, 5],
      [4, 3],
    ]),
  ).toMatchObject({ sampleOddsRatio: 0, conditionalOddsRatio: 0, oddsRatioInfinite: false })
})

describe('exact laws against enumeration', () => {
  /** All ways to place n of n + m sorted positions. */
  function* subsets(n: number, total: number, from = 0): Generator<number[]> {
    if (n === 0) yield []
    else {
      for (let i = from; i <= total - n; i++)
        for (const rest of subsets(n - 1, total, i + 1)) yield [i, ...rest]
    }
  }
  const sizes = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 6 }))

  test('Mann-Whitney upper tail', () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: -1, max: 31 }), ([n, m], u) => {
        let hit = 0
        let all = 0
        for (const places of subsets(n, n + m)) {
          const own = places.reduce((sum, place, i) => sum + place - i, 0)
          all++
          if (own >= u) hit++
        }
        expect(mannWhitneyUpperTail(u, n, m)).toBeCloseTo(hit / all, 12)
      }),
      { numRuns: 60 },
    )
  })

  test('one-sided Kolmogorov-Smirnov', () => {
    fc.assert(
      fc.property(sizes, fc.double({ min: 0.01, max: 1, noNaN: true }), ([n, m], share) => {
        const reach = Math.max(1, Math.round(share * n * m))
        let hit = 0
        let all = 0
        for (const places of subsets(n, n + m)) {
          const gaps = places.map((place, i) => (i + 1) * m - (place - i) * n)
          all++
          if (Math.max(...gaps) >= reach) hit++
        }
        expect(ksOneSidedExact(reach / (n * m), n, m)).toBeCloseTo(hit / all, 12)
      }),
      { numRuns: 60 },
    )
  })

  test('tails far below 1e-16 keep their digits', () => {
    expect(mannWhitneyUpperTail(60 * 60, 60, 60) * binomial(120, 60)).toBeCloseTo(1, 10)
    expect(ksOneSidedExact(1, 500, 300) * 1e200).toBeCloseTo((1 / binomial(800, 300)) * 1e200, 10)
    expect(wilcoxonSignedRank(Array.from({ length: 50 }, (_, i) => i + 1)).pValue).toBeCloseTo(
      2 ** -49,
      25,
    )
  })

  function binomial(n: number, k: number): number {
    let value = 1
    for (let i = 1; i <= k; i++) value = (value * (n - k + i)) / i
    return value
  }
})

test('an observed D that rounding left beside its lattice point', () => {
  // D of the flight delays of vega-datasets: i/4943 − j/5057, off by 1.9e-9 lattice steps. The value is
  // the lattice walk in 80-bit floats.
  expect(ksTwoSample.sf(0.060185221671408495, 4943, 5057) / 2.557710849784317e-8).toBeCloseTo(1, 11)
})

test('the limit law of Cramér-von Mises', () => {
  // Anderson & Darling 1952, table 1: 10, 5, 1, 0.1 %.
  expect(cvmLimitUpperTail(0.3473)).toBeCloseTo(0.1, 4)
  expect(cvmLimitUpperTail(0.46136)).toBeCloseTo(0.05, 5)
  expect(cvmLimitUpperTail(0.74346)).toBeCloseTo(0.01, 5)
  expect(cvmLimitUpperTail(1.16786)).toBeCloseTo(0.001, 6)
  expect(cvmLimitUpperTail(0.001)).toBe(1)
  expect(cvmLimitUpperTail(0.02)).toBeGreaterThan(0.99)
  // The tail falls like exp(−π²x/2).
  const ratio = cvmLimitUpperTail(101) / cvmLimitUpperTail(100)
  expect(Math.log(ratio)).toBeCloseTo(-(Math.PI ** 2) / 2, 2)
})

test('p-values lie in [0, 1], swap with the samples, and tails add up', () => {
  const sample = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 2, maxLength: 25 })
  fc.assert(
    fc.property(sample, sample, (x, y) => {
      for (const run of [welchT, studentTTest, mannWhitney, ksTwoSampleTest, brunnerMunzel]) {
        const p = run(x, y).pValue
        if (p === null) continue
        expect(p).toBeGreaterThanOrEqual(0)
        expect(p).toBeLessThanOrEqual(1)
        expect(run(y, x).pValue).toBeCloseTo(p, 9)
        expect(run(y, x, { alternative: 'less' }).pValue).toBeCloseTo(
          run(x, y, { alternative: 'greater' }).pValue!,
          9,
        )
      }
      const u = mannWhitney(x, y)
      expect(u.statistic! + mannWhitney(y, x).statistic!).toBeCloseTo(x.length * y.length, 9)
    }),
    { numRuns: 60 },
  )
})
