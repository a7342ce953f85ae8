import { expect, describe as suite, test } from 'vitest'
import golden from './__golden__/descriptive.json' with { type: 'json' }
import { correlation, covariance } from './association.ts'
import { describe, geometricMean, medianAbsoluteDeviation } from './describe.ts'

suite('against exact rational arithmetic, also far from 0', () => {
  const within = (rel: number, got: number, want: string) =>
    expect(Math.abs(got - Number(want))).toBeLessThanOrEqual(rel * Math.abs(Number(want)))

  test.each(golden.cases)('$name', (c) => {
    within(1e-15, medianAbsoluteDeviation(c.x), c.medianAbsoluteDeviation)
    // Of a covariance near 0 only so much is certain as the two spreads allow.
    const gap = Math.abs(covariance(c.x, c.y)! - Number(c.covariance))
    expect(gap).toBeLessThanOrEqual(1e-14 * Number(c.covarianceScale))
    expect(Math.abs(correlation(c.x, c.y)! - Number(c.correlation))).toBeLessThanOrEqual(1e-14)
    // simple-statistics sums the logarithms as they come.
    within(1e-12, geometricMean(c.x.map(Math.abs)), c.geometricMeanOfMagnitudes)
  })
})

test('correlation at the ends of the doubles', () => {
  for (const unit of [1e-300, 1e-310, 1e307]) {
    const x = [1, 2, 3, 5].map((v) => v * unit)
    const y = [2, 4, 6, 11].map((v) => v * unit)
    expect(correlation(x, y)).toBeCloseTo(correlation([1, 2, 3, 5], [2, 4, 6, 11])!, 12)
    expect(correlation(x, x)).toBeCloseTo(1, 14)
  }
})

test('what is undefined is null, what is missing is left out with its pair', () => {
  expect(covariance([1], [2])).toBeNull()
  expect(correlation([1, 1, null], [1, 2, 7])).toBeNull()
  expect(covariance([1, 2, null, 9], [2, 4, 5, Number.NaN])).toBe(1)
  expect(geometricMean([0, 5])).toBe(0)
  expect(medianAbsoluteDeviation([3])).toBe(0)
  expect(describe([null])).toMatchObject({ n: 0, dropped: 1, mean: null, median: null })
  expect(() => covariance([1, 2], [1])).toThrow(
    expect.objectContaining({ code: 'stats.length-mismatch' }),
  )
  expect(() => covariance([1, Infinity], [1, 2])).toThrow(
    expect.objectContaining({ code: 'stats.infinite-value' }),
  )
  expect(() => geometricMean([-1])).toThrow(
    expect.objectContaining({ code: 'stats.negative-value' }),
  )
})
