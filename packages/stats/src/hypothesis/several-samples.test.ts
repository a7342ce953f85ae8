import { createRng } from '@mlops/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { signFlipTest } from '../resampling/sign-flip-test.ts'
import golden from './__golden__/groups.json' with { type: 'json' }
import { analysisOfVariance } from './analysis-of-variance.ts'
import { kruskalWallis } from './kruskal-wallis.ts'
import { mannWhitney } from './mann-whitney.ts'
import { studentTTest, welchT } from './t-tests.ts'

const code = (expected: string) => expect.objectContaining({ code: expected })

function near(actual: number | null, expected: number, tolerance: number = golden.tolerance) {
  expect(Math.abs(actual! - expected)).toBeLessThanOrEqual(tolerance * Math.abs(expected))
}

describe('scipy and statsmodels', () => {
  test.each(golden.cases)('$name', ({ name, samples, anova, welch, kruskal }) => {
    // scipy loses digits of values around 1e6.
    const tolerance = name === 'large mean' ? 1e-8 : golden.tolerance
    const equal = analysisOfVariance(samples, { variances: 'equal' })
    near(equal.statistic, anova[0]!, tolerance)
    near(equal.pValue, anova[1]!, 10 * tolerance)
    const unequal = analysisOfVariance(samples)
    near(unequal.statistic, welch[0]!, tolerance)
    near(unequal.pValue, welch[1]!, 10 * tolerance)
    near(unequal.degreesOfFreedom![1], welch[3]!, tolerance)
    const ranks = kruskalWallis(samples)
    near(ranks.statistic, kruskal[0]!)
    near(ranks.pValue, kruskal[1]!)
  })

  test.each(golden.flips)('signs of $differences', (row) => {
    for (const alternative of ['two-sided', 'less', 'greater'] as const) {
      const found = signFlipTest(row.differences, { alternative })
      expect(found.pValueBy).toBe('exact')
      near(found.pValue, row[alternative])
      if (row.differences.length < 6) continue
      // Drawn where there are more ways than are tried; a binomial's 5 standard errors.
      const drawn = signFlipTest(row.differences, { alternative, resamples: 60, rng: createRng(3) })
      expect(drawn.pValueBy).toBe('monte-carlo')
      const p = row[alternative] / (alternative === 'two-sided' ? 2 : 1)
      const got = drawn.pValue! / (alternative === 'two-sided' ? 2 : 1)
      expect(Math.abs(got - p)).toBeLessThan(1 / 61 + 5 * Math.sqrt((p * (1 - p)) / 60))
    }
  })
})

test('two samples: the squares of the t tests, and Mann and Whitney without correction', () => {
  const sample = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), {
    minLength: 3,
    maxLength: 20,
  })
  fc.assert(
    fc.property(sample, sample, (x, y) => {
      const pairs = [
        [analysisOfVariance([x, y]), welchT(x, y)],
        [analysisOfVariance([x, y], { variances: 'equal' }), studentTTest(x, y)],
      ] as const
      for (const [several, two] of pairs) {
        if (several.status !== 'ok' || two.status !== 'ok') continue
        const t2 = two.statistic! ** 2
        expect(Math.abs(several.statistic! - t2)).toBeLessThanOrEqual(1e-6 * (1 + t2))
        expect(Math.abs(several.pValue! - two.pValue!)).toBeLessThan(1e-6)
      }
      const ranks = kruskalWallis([x, y])
      const u = mannWhitney(x, y, { pValueBy: 'normal', correction: 'none' })
      expect(ranks.status).toBe(u.status)
      if (u.pValue !== null) expect(Math.abs(ranks.pValue! - u.pValue)).toBeLessThan(1e-9)
    }),
  )
})

test('summaries are as good as values; missing ones are left out and counted', () => {
  const summaries = [
    { n: 4, mean: 2.5, variance: 5 / 3 },
    { n: 3, mean: 7, variance: 1 },
  ]
  const found = analysisOfVariance(summaries)
  const values = analysisOfVariance([
    [1, 2, 3, null, 4],
    [6, 7, Number.NaN, 8],
  ])
  expect(values.dropped).toEqual([1, 1])
  expect(values.statistic).toBeCloseTo(found.statistic!, 12)
})

test('statuses and refusals', () => {
  expect(analysisOfVariance([[1, 2], [3]]).status).toBe('insufficient-data')
  expect(
    analysisOfVariance([
      [1, 1],
      [2, 3],
    ]).status,
  ).toBe('undefined')
  expect(
    analysisOfVariance(
      [
        [1, 1],
        [2, 3],
      ],
      { variances: 'equal' },
    ).status,
  ).toBe('ok')
  expect(
    analysisOfVariance(
      [
        [1, 1],
        [2, 2],
      ],
      { variances: 'equal' },
    ).status,
  ).toBe('undefined')
  expect(kruskalWallis([[1, 2], []]).status).toBe('insufficient-data')
  expect(kruskalWallis([[1, 1], [1]]).status).toBe('undefined')
  expect(kruskalWallis([[1, 2], [3]]).warnings).toEqual([code('small-samples')])
  expect(signFlipTest([null]).status).toBe('insufficient-data')
  expect(signFlipTest([0, 0]).status).toBe('undefined')
  for (const bad of [null, undefined, [[1, 2]], [[1, 2], null], 'ab']) {
    expect(() => analysisOfVariance(bad as never)).toThrowError(code('stats.bad-samples'))
    expect(() => kruskalWallis(bad as never)).toThrowError(code('stats.bad-samples'))
  }
  for (const options of [null, { variances: 'both' }, { variances: null }])
    expect(() =>
      analysisOfVariance(
        [
          [1, 2],
          [3, 4],
        ],
        options as never,
      ),
    ).toThrowError(code(options === null ? 'core.invalid-options' : 'stats.bad-option'))
  const many = Array.from({ length: 20 }, (_, i) => i - 3)
  expect(() => signFlipTest(many)).toThrowError(code('stats.rng-needed'))
  expect(() => signFlipTest([1], { resamples: 0 })).toThrowError(code('stats.bad-resamples'))
  expect(() => signFlipTest([1, Number.POSITIVE_INFINITY])).toThrowError(
    code('stats.infinite-value'),
  )
})
