import { createRng } from '@mlops/core'
import { expect, test } from 'vitest'
import { median } from '../descriptive/quantiles.ts'
import { ksDistance } from '../distances/ks-distance.ts'
import { mannWhitney } from '../hypothesis/mann-whitney.ts'
import golden from './__golden__/bootstrap.json'
import { bootstrap } from './bootstrap.ts'
import { permutationTest } from './permutation-test.ts'

const code = (expected: string) => expect.objectContaining({ code: expected })
const mean = (x: Float64Array) => x.reduce((a, b) => a + b, 0) / x.length

function gaussians(seed: number, n: number, shift = 0): number[] {
  const rng = createRng(seed)
  return Array.from(
    { length: n },
    () => shift + Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next()),
  )
}

test('a seed repeats the interval; the interval repeats the textbook one', () => {
  const x = gaussians(1, 200)
  const run = (seed: number, kind: 'bca' | 'percentile') =>
    bootstrap(x, mean, { rng: createRng(seed), kind })
  expect(run(3, 'bca')).toEqual(run(3, 'bca'))
  expect(run(3, 'bca')).not.toEqual(run(4, 'bca'))
  const sd = Math.sqrt(x.reduce((a, v) => a + (v - mean(Float64Array.from(x))) ** 2, 0) / 199)
  for (const kind of ['bca', 'percentile'] as const) {
    const { lower, upper, standardError, estimate } = run(3, kind)
    expect(standardError! / (sd / Math.sqrt(200))).toBeCloseTo(1, 1)
    expect((upper! - lower!) / ((2 * 1.96 * sd) / Math.sqrt(200))).toBeCloseTo(1, 1)
    expect(lower!).toBeLessThan(estimate!)
    expect(estimate!).toBeLessThan(upper!)
  }
})

test.each(golden.cases)(
  '$kind agrees with scipy.stats.bootstrap on skewed data, to simulation error',
  (c) => {
    const { lower, upper } = bootstrap(c.x, mean, {
      rng: createRng(11),
      resamples: 20000,
      kind: c.kind as 'bca' | 'percentile',
    })
    expect(Math.abs(lower! - c.expected[0]!)).toBeLessThan(golden.tolerance.abs)
    expect(Math.abs(upper! - c.expected[1]!)).toBeLessThan(golden.tolerance.abs)
  },
)

test('the 95 % percentile interval covers the mean about as often as it says', () => {
  let covered = 0
  for (let trial = 0; trial < 300; trial++) {
    const { lower, upper } = bootstrap(gaussians(trial + 100, 40), mean, {
      rng: createRng(trial),
      resamples: 400,
      kind: 'percentile',
    })
    if (lower! <= 0 && 0 <= upper!) covered++
  }
  expect(covered / 300).toBeGreaterThan(0.89)
  expect(covered / 300).toBeLessThan(0.98)
})

test('bootstrap statuses and refusals', () => {
  const rng = createRng(1)
  expect(bootstrap([1, null], median, { rng })).toMatchObject({
    status: 'insufficient-data',
    n: 1,
    dropped: 1,
    lower: null,
  })
  expect(bootstrap([1, 2, 3], () => Number.NaN, { rng })).toMatchObject({
    status: 'undefined',
    estimate: null,
    upper: null,
  })
  expect(bootstrap([2, 2, 2], mean, { rng })).toMatchObject({
    status: 'ok',
    lower: 2,
    upper: 2,
    standardError: 0,
    warnings: [{ code: 'bca-undefined' }],
  })
  expect(() => bootstrap([1, 2], mean, { rng, resamples: 0.5 })).toThrow(
    code('stats.bad-resamples'),
  )
  expect(() => bootstrap([1, 2], mean, { rng, confidence: 2 })).toThrow(code('stats.bad-level'))
  expect(() => bootstrap([1, Infinity], mean, { rng })).toThrow(code('stats.infinite-value'))
})

test('the permutation p-value is (k + 1)/(B + 1), repeats under a seed, and nears the exact one', () => {
  const x = [1, 2, 3, 4, 5]
  const y = [6, 7, 8, 9, 10]
  const options = { resamples: 999, alternative: 'greater' } as const
  const far = permutationTest(x, y, ksDistance, { ...options, rng: createRng(5) })
  expect(far.statistic).toBe(1)
  expect(far.pValue! * 1000).toBeCloseTo(Math.round(far.pValue! * 1000), 9)
  expect(far.pValue!).toBeGreaterThanOrEqual(1 / 1000)
  expect(permutationTest(x, y, ksDistance, { ...options, rng: createRng(5) })).toEqual(far)
  const rankSum = (a: Float64Array, b: Float64Array) => mannWhitney(a, b).statistic!
  const a = [1.1, 2.5, 3.1, 4.7, 0.3]
  const b = [2.2, 5.1, 6.3, 4.9, 3.3, 7.7]
  for (const alternative of ['two-sided', 'less', 'greater'] as const) {
    const { pValue } = permutationTest(a, b, rankSum, {
      rng: createRng(2),
      resamples: 4999,
      alternative,
    })
    expect(Math.abs(pValue! - mannWhitney(a, b, { alternative }).pValue!)).toBeLessThan(0.025)
  }
})

test('the false-alarm rate under the null hypothesis is the level', () => {
  let alarms = 0
  for (let trial = 0; trial < 400; trial++) {
    const { pValue } = permutationTest(
      gaussians(2 * trial, 12),
      gaussians(2 * trial + 1, 15),
      (p, q) => mean(p) - mean(q),
      {
        rng: createRng(trial),
        resamples: 99,
      },
    )
    if (pValue! <= 0.1) alarms++
  }
  expect(alarms / 400).toBeGreaterThan(0.06)
  expect(alarms / 400).toBeLessThan(0.14)
})

test('permutation statuses', () => {
  const rng = createRng(1)
  expect(permutationTest([], [1], ksDistance, { rng })).toMatchObject({
    status: 'insufficient-data',
    pValue: null,
  })
  expect(permutationTest([1], [2], () => Number.NaN, { rng })).toMatchObject({
    status: 'undefined',
    pValue: null,
  })
})
