import { expect, test } from 'vitest'
import { expectClose } from '../samples/golden.fixture.ts'
import golden from './__golden__/intervals.json'
import { welchInterval } from './mean-difference.ts'
import {
  agrestiCoull,
  clopperPearson,
  jeffreysInterval,
  waldInterval,
  wilsonInterval,
} from './proportion.ts'
import {
  agrestiCaffo,
  miettinenNurminen,
  newcombe,
  waldDifference,
} from './proportion-difference.ts'
import { katzLogRatio, koopmanRatio, oddsRatioLogit } from './proportion-ratio.ts'

// biome-ignore lint/suspicious/noExplicitAny: the golden file names function and arguments at run time.
const functions: Record<string, (...args: any[]) => any> = {
  agrestiCaffo,
  agrestiCoull,
  clopperPearson,
  jeffreysInterval,
  katzLogRatio,
  koopmanRatio,
  miettinenNurminen,
  newcombe,
  oddsRatioLogit,
  waldDifference,
  waldInterval,
  wilsonInterval,
}

test.each([...new Set(golden.cases.map(({ fn }) => fn))])('%s agrees with statsmodels', (name) => {
  const { rel, abs, score } = golden.tolerance
  // statsmodels finds the score bounds by a root search that stops early.
  const tolerance = ['miettinenNurminen', 'koopmanRatio'].includes(name)
    ? { rel: score, abs: score }
    : { rel, abs }
  for (const { args, level, expected } of golden.cases.filter(({ fn }) => fn === name)) {
    const sides = (args as number[][]).map(([successes, n]) => ({ successes, n }))
    const actual = functions[name]!(...sides, { confidence: level })
    expectClose(actual.lower, expected[0], tolerance, `${name} ${args} lower`)
    expectClose(actual.upper, expected[1], tolerance, `${name} ${args} upper`)
  }
})

test('score bounds are where the score test just rejects, in the corners too', () => {
  // Published: Newcombe 1998, table II, Miettinen-Nurminen with the variance factor.
  const published: [number, number, number, number, number, number][] = [
    [56, 70, 48, 80, 0.0528, 0.3382],
    [9, 10, 3, 10, 0.17, 0.8406],
    [0, 10, 0, 20, -0.1658, 0.2844],
    [10, 10, 0, 20, 0.7156, 1],
  ]
  for (const [x1, n1, x2, n2, low, high] of published) {
    const { lower, upper } = miettinenNurminen({ successes: x1, n: n1 }, { successes: x2, n: n2 })
    expect(lower).toBeCloseTo(low, 2)
    expect(upper).toBeCloseTo(high, 2)
  }
  expect(koopmanRatio({ successes: 0, n: 10 }, { successes: 3, n: 10 }).lower).toBe(0)
  expect(koopmanRatio({ successes: 3, n: 10 }, { successes: 0, n: 10 }).upper).toBeNull()
  expect(koopmanRatio({ successes: 0, n: 10 }, { successes: 0, n: 10 })).toEqual({
    lower: 0,
    upper: null,
  })
  expect(katzLogRatio({ successes: 0, n: 10 }, { successes: 3, n: 10 })).toBeNull()
  expect(oddsRatioLogit({ successes: 10, n: 10 }, { successes: 3, n: 10 })).toBeNull()
})

test('clopperPearson at the ends', () => {
  expect(clopperPearson({ successes: 0, n: 20 })).toEqual({
    lower: 0,
    upper: expect.closeTo(0.16843347098308534, 14),
  })
  expect(clopperPearson({ successes: 20, n: 20 })).toEqual({
    lower: expect.closeTo(0.8315665290169147, 14),
    upper: 1,
  })
  expect(wilsonInterval({ successes: 0, n: 5 }).lower).toBe(0)
})

test('welchInterval, and what has none', () => {
  expect(welchInterval([1, 2, 3], [1])).toBeNull()
  const interval = welchInterval({ n: 10, mean: 5, variance: 4 }, { n: 12, mean: 3, variance: 9 })
  // scipy.stats.ttest_ind_from_stats(5, 2, 10, 3, 3, 12, equal_var=False), interval by hand
  expect(interval?.lower).toBeCloseTo(-0.243, 3)
  expect(interval?.upper).toBeCloseTo(4.243, 3)
})

test('refuses impossible counts and levels', () => {
  const code = (expected: string) => expect.objectContaining({ code: expected })
  expect(() => wilsonInterval({ successes: 3, n: 2 })).toThrow(code('stats.bad-proportion'))
  expect(() => wilsonInterval({ successes: 0.5, n: 2 })).toThrow(code('stats.bad-proportion'))
  expect(() => wilsonInterval({ successes: 0, n: 0 })).toThrow(code('stats.empty-sample'))
  expect(() =>
    newcombe({ successes: 1, n: 2 }, { successes: 1, n: 2 }, { confidence: 95 }),
  ).toThrow(code('stats.bad-level'))
})
