import { createRng } from '@mlops/core'
import { analysisOfVariance, kruskalWallis, signFlipTest } from '@mlops/stats'
import { describe, expect, test } from 'vitest'
import { armStats } from './arm-stats.ts'
import { compareManyArms } from './compare-many-arms.ts'
import { comparePairs } from './compare-pairs.ts'
import { compareRegression } from './compare-regression.ts'
import { omnibusTest } from './omnibus-test.ts'

const code = (wanted: string) => expect.objectContaining({ code: wanted })
const arms = { control: [3, 5, 4, 6, 4], green: [6, 7, 5, 8, 7], red: [4, 4, 5, 3, 6] }
const list = Object.values(arms)

describe('all arms at once', () => {
  test('are the tests of @mlops/stats, of values or their statistics', () => {
    expect(omnibusTest(arms)).toEqual(analysisOfVariance(list))
    expect(omnibusTest(arms, { test: 'anova' })).toEqual(
      analysisOfVariance(list, { variances: 'equal' }),
    )
    expect(omnibusTest(arms, { test: 'kruskal-wallis' })).toEqual(kruskalWallis(list))
    const stats = Object.fromEntries(Object.entries(arms).map(([k, v]) => [k, armStats(v)]))
    expect(omnibusTest(stats).pValue).toBeCloseTo(omnibusTest(arms).pValue!, 12)
    const binary = { a: [0, 1, 1, null], b: [1, 1, 1], c: [0, 0, 1] }
    expect(omnibusTest(binary, { test: 'chi-square' })).toMatchObject({
      sizes: [3, 3, 3],
      dropped: [1, 0, 0],
    })
  })

  test('stand beside the comparisons, in the order of the arms', () => {
    const { green, red } = arms
    const options = { omnibus: 'welch-anova' } as const
    // Names that are whole numbers come first in an object; control stays first.
    const family = compareManyArms(arms.control.slice(1), { 7: green, 5: red }, options)
    expect(family.omnibus?.sizes).toEqual([4, 5, 5])
    expect(family.reasons[0]).toContain('all 3 arms at once (welch-anova): some differ')
    const plain = compareManyArms(arms.control.slice(1), { 7: green, 5: red })
    expect(plain.omnibus).toBeUndefined()
    expect([plain.verdict, plain.rows]).toEqual([family.verdict, family.rows])
  })

  test('statuses and refusals', () => {
    const empty = omnibusTest({ a: { successes: 0, n: 0 }, b: { successes: 1, n: 5 } })
    expect(empty).toMatchObject({ status: 'insufficient-data', pValue: null, statistic: null })
    expect(omnibusTest({ a: { successes: 0, n: 5 }, b: { successes: 0, n: 5 } }).status).toBe(
      'undefined',
    )
    const refused = compareManyArms(
      { successes: 1, n: 9 },
      { b: { successes: 0, n: 0 } },
      {
        omnibus: 'chi-square',
      },
    )
    expect(refused.reasons).toContainEqual(expect.stringContaining('no result'))
    for (const bad of [
      null,
      undefined,
      [],
      {},
      { a: [1, 2] },
      { a: [1], b: null },
      { a: [1], b: 3 },
    ])
      expect(() => omnibusTest(bad as never)).toThrowError(code('abtest.invalid-arms'))
    for (const successes of [-1, 1.5, 6, Number.NaN])
      expect(() => omnibusTest({ a: { successes, n: 5 }, b: { successes: 1, n: 5 } })).toThrowError(
        code('abtest.invalid-arms'),
      )
    for (const options of [null, { test: null }, { test: 'welch' }])
      expect(() => omnibusTest(arms, options as never)).toThrowError(code('abtest.invalid-option'))
    for (const test of ['chi-square', 'kruskal-wallis'] as const)
      expect(() =>
        omnibusTest({ a: armStats([1, 2]), b: armStats([1, 3]) }, { test }),
      ).toThrowError(code('abtest.invalid-arms'))
    expect(() =>
      omnibusTest({ a: { successes: 1, n: 2 }, b: { successes: 1, n: 2 } }, { test: 'anova' }),
    ).toThrowError(code('abtest.invalid-arms'))
  })
})

describe('sign flips of pairs', () => {
  const before = [3.1, 4.0, 2.8, 5.2, 3.9, 4.4]
  const after = [2.8, 3.9, 2.5, 4.6, 3.8, 4.1]

  test('exact for few pairs, without chance; drawn for many, seeded', () => {
    const {
      test: found,
      effect,
      adjustments,
    } = comparePairs(before, after, { test: 'permutation' })
    expect(found.pValue).toBe(2 / 64)
    expect(found.method).toBe('sign-flip')
    expect(effect).toEqual(comparePairs(before, after).effect)
    expect(adjustments[0]).toContain('exact p from all 64')
    const many = Array.from({ length: 40 }, (_, i) => Math.sin(i) + 0.2)
    const zeros = many.map(() => 0)
    const draw = () =>
      comparePairs(zeros, many, { test: 'permutation', rng: createRng(4), resamples: 500 })
    expect(draw()).toEqual(draw())
    expect(draw().test.pValue).toBe(
      signFlipTest(many, { rng: createRng(4), resamples: 500 }).pValue,
    )
    expect(() => comparePairs(zeros, many, { test: 'permutation' })).toThrowError(
      code('stats.rng-needed'),
    )
  })
})

describe('regression by clusters', () => {
  const arm = (shift: number, clusters?: unknown) => ({
    outcome: [1, 2, 4, 5, 3, 7].map((y) => y + shift),
    covariates: [[2, 1, 3, 5, 2, 6]],
    ...(clusters !== undefined && { clusters }),
  })
  const ids = ['a', 'a', 'b', 'b', 'c', 'c']

  test('clusters of one unit are the units, up to the small-sample factor', () => {
    const alone = [1, 2, 3, 4, 5, 6]
    const options = { interactions: 'none' } as const
    const byUnit = compareRegression(arm(0) as never, arm(1.3) as never, {
      ...options,
      errors: 'HC0',
    })
    const byCluster = compareRegression(arm(0, alone) as never, arm(1.3, alone) as never, {
      ...options,
      errors: 'CR0',
    })
    expect(byCluster.effect!.value).toBeCloseTo(byUnit.effect!.value, 12)
    expect(byCluster.effect!.standardError).toBeCloseTo(byUnit.effect!.standardError!, 12)
    expect(byCluster.effect!.degreesOfFreedom).toBe(11)
  })

  test('statuses and refusals', () => {
    const run = (a: unknown, b: unknown, options: object = {}) =>
      compareRegression(a as never, b as never, options)
    expect(run(arm(0, ['a', 'a', 'a', 'a', 'a', 'a']), arm(1, ids)).test.status).toBe(
      'insufficient-data',
    )
    for (const clusters of [null, ['a'], 3, ['a', 'a', 'b', 'b', 'c', null]])
      expect(() => run(arm(0, clusters), arm(1, ids))).toThrowError(code('abtest.invalid-arms'))
    expect(() => run(arm(0), arm(1, ids))).toThrowError(code('abtest.invalid-arms'))
    expect(() => run(arm(0, ids), arm(1, ids), { errors: 'HC2' })).toThrowError(
      code('abtest.invalid-option'),
    )
    expect(() => run(arm(0), arm(1), { errors: 'CR1' })).toThrowError(code('abtest.invalid-option'))
  })
})
