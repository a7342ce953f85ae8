import fc from 'fast-check'
import { expect, test } from 'vitest'
import { welchT } from './t-tests.ts'
import { yuenT } from './yuen.ts'

const invalid = (code: string) => expect.objectContaining({ kind: 'invalid', code })
const values = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 5, maxLength: 30 })

/** Winsorises every value on its own, then applies the formula. */
function naive(x: readonly number[], y: readonly number[], trim: number) {
  const side = (sample: readonly number[]) => {
    const sorted = [...sample].sort((a, b) => a - b)
    const [n, g] = [sorted.length, Math.floor(trim * sorted.length)]
    const kept = sorted.slice(g, n - g)
    const w = sorted.map((v) => Math.min(kept.at(-1)!, Math.max(kept[0]!, v)))
    const mean = (s: readonly number[]) => s.reduce((a, b) => a + b, 0) / s.length
    const h = kept.length
    const squares = w.reduce((sum, v) => sum + (v - mean(w)) ** 2, 0)
    return { mean: mean(kept), d: squares / (h * (h - 1)), h }
  }
  const [a, b] = [side(x), side(y)]
  return {
    t: (a.mean - b.mean) / Math.sqrt(a.d + b.d),
    df: (a.d + b.d) ** 2 / (a.d ** 2 / (a.h - 1) + b.d ** 2 / (b.h - 1)),
  }
}

test('against the formula, value by value; without trimming it is Welch', () => {
  fc.assert(
    fc.property(values, values, fc.constantFrom(0, 0.1, 0.2, 0.25), (x, y, trim) => {
      const found = yuenT(x, y, { trim })
      if (found.status !== 'ok') return
      const expected = naive(x, y, trim)
      expect(found.statistic).toBeCloseTo(expected.t, 8)
      expect(found.degreesOfFreedom).toBeCloseTo(expected.df, 6)
      if (trim === 0) expect(found.pValue).toBeCloseTo(welchT(x, y).pValue!, 10)
    }),
  )
})

test('one far value changes the mean, not the trimmed one', () => {
  const x = [1, 2, 3, 4, 5]
  expect(yuenT([1, 2, 3, 4, 5000], x).trimmedMeans).toEqual([3, 3])
})

test('statuses and refusals', () => {
  expect(yuenT([], [1, 2])).toMatchObject({
    status: 'insufficient-data',
    pValue: null,
    trimmedMeans: [null, 1.5],
  })
  expect(yuenT([1, 9, 9, 9, 20], [3, 3, 3, 3, 7], { trim: 0.2 })).toMatchObject({
    status: 'undefined',
    pValue: null,
  })
  expect(yuenT([1, null, 2], [3, Number.NaN, 5], { trim: 0 }).dropped).toEqual([1, 1])
  for (const trim of [-0.1, 0.5, Number.NaN, null as never])
    expect(() => yuenT([1, 2], [1, 2], { trim })).toThrowError(invalid('stats.bad-trim'))
  expect(() => yuenT([1, Infinity], [1, 2])).toThrowError(invalid('stats.infinite-value'))
})
