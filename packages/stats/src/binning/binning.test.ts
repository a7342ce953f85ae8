import fc from 'fast-check'
import { expect, test } from 'vitest'
import { quantiles } from '../descriptive/quantiles.ts'
import { expectClose, goldenSamples } from '../samples/golden.fixture.ts'
import golden from './__golden__/binning.json'
import { binLabels } from './binning.ts'
import { countBins } from './count-bins.ts'
import { categoryBinning } from './fit-categories.ts'
import {
  equalWidthBinning,
  explicitBinning,
  type HistogramRule,
  histogramBinning,
  quantileBinning,
} from './fit-numeric.ts'

const samples = goldenSamples(golden.samples)
const code = (expected: string) => expect.objectContaining({ code: expected })

test('quantiles and histogram edges agree with numpy, counts too', () => {
  for (const c of golden.cases) {
    const sample = samples[c.sample!]!
    const actual =
      c.fn === 'quantiles'
        ? quantiles(sample, c.p!)
        : histogramBinning(sample, c.rule as HistogramRule).innerEdges
    expect(actual.length).toBe(c.expected.length)
    c.expected.forEach((value: number, i: number) => {
      expectClose(actual[i], value, golden.tolerance, JSON.stringify([c.fn, c.sample, c.rule, i]))
    })
    if (c.counts) {
      expect(countBins(histogramBinning(sample, c.rule as HistogramRule), sample).counts).toEqual(
        c.counts,
      )
    }
  }
})

test('quantiles between infinities', () => {
  expect(quantiles([-Infinity, 1, Infinity], [0, 0.5, 1])).toEqual([-Infinity, 1, Infinity])
  expect(quantiles([1, Infinity], [0.5])).toEqual([Infinity])
  expect(() => quantiles([1], [1.5])).toThrow(code('stats.bad-probability'))
})

test('a binning survives JSON and bins later data the same way', () => {
  const data = fc.array(fc.double({ min: -50, max: 50, noNaN: true }), {
    minLength: 1,
    maxLength: 50,
  })
  fc.assert(
    fc.property(data, data, fc.integer({ min: 1, max: 12 }), (fit, later, bins) => {
      for (const binning of [
        quantileBinning(fit, { bins }),
        quantileBinning(fit, { bins, closed: 'right', outside: 'own-bin' }),
        equalWidthBinning(fit, { bins }),
        histogramBinning(fit, 'sturges'),
      ]) {
        const counted = countBins(binning, later)
        expect(countBins(JSON.parse(JSON.stringify(binning)), Float64Array.from(later))).toEqual(
          counted,
        )
        expect(counted.counts.reduce((a, b) => a + b, 0)).toBe(later.length)
        expect(counted.labels).toEqual(binLabels(binning))
        const edges = binning.innerEdges
        counted.counts.slice(0, edges.length + 1).forEach((count, b) => {
          const inside = later.filter((v) => {
            const above =
              b === 0 || (binning.closed === 'left' ? v >= edges[b - 1]! : v > edges[b - 1]!)
            const below =
              b === edges.length || (binning.closed === 'left' ? v < edges[b]! : v <= edges[b]!)
            const within =
              binning.range === null || (v >= binning.range[0] && v <= binning.range[1])
            return above && below && (within || binning.outside === 'end-bins')
          })
          expect(count).toBe(inside.length)
        })
      }
    }),
  )
})

test('ties collapse quantile edges; a constant gives one bin', () => {
  expect(
    quantileBinning([1, 1, 1, 1, 2, 3]).innerEdges.every((e, i, all) => i === 0 || e > all[i - 1]!),
  ).toBe(true)
  expect(quantileBinning([7, 7, 7]).innerEdges).toEqual([])
  expect(equalWidthBinning([7, 7, 7]).innerEdges).toEqual([])
  expect(countBins(quantileBinning([7, 7]), [6, 7, null, Infinity]).counts).toEqual([3])
  expect(histogramBinning([3, 3], 'doane').innerEdges).toEqual([])
})

test('outside, missing and infinite values are counted and reported', () => {
  const binning = equalWidthBinning([0, 10], { bins: 2, outside: 'own-bin' })
  expect(countBins(binning, [-1, 0, 4, 5, 10, 11, -Infinity, null, Number.NaN])).toEqual({
    labels: ['< 5', '>= 5', '(outside)'],
    counts: [2, 2, 3],
    total: 7,
    missing: 2,
    outside: 3,
  })
})

test('categories: rare, unseen and missing ones', () => {
  const column = ['a', 'a', 'a', 'b', 'b', 'c', null]
  expect(categoryBinning(column).categories).toEqual(['a', 'b', 'c'])
  expect(categoryBinning(column, { minShare: 0.2 }).categories).toEqual(['a', 'b'])
  expect(categoryBinning(column, { most: 1 }).categories).toEqual(['a'])
  const kept = categoryBinning(column, { most: 1, missing: 'own-bin' })
  expect(countBins(kept, ['a', 'z', null, 'b'])).toEqual({
    labels: ['a', '(other)', '(missing)'],
    counts: [1, 2, 1],
    total: 4,
    missing: 1,
    outside: 2,
  })
  const strict = categoryBinning(column, { other: 'drop' })
  expect(countBins(strict, ['a', 'z', null])).toMatchObject({
    counts: [1, 0, 0],
    total: 1,
    missing: 1,
    outside: 1,
  })
  expect(countBins(categoryBinning([1, 2, 2]), [2, 2, 3]).counts).toEqual([0, 2, 1])
  // Code points, not UTF-16 units: U+FF5E sorts before U+1F600.
  expect(categoryBinning(['😀', '~']).categories).toEqual(['~', '😀'])
})

test('refuses unusable binnings', () => {
  expect(() => explicitBinning([1, 1])).toThrow(code('stats.bad-binning'))
  expect(() => explicitBinning([1, Number.NaN])).toThrow(code('stats.bad-binning'))
  expect(() => countBins({ kind: 'numeric' } as never, [1])).toThrow(code('stats.bad-binning'))
  expect(() => countBins({ kind: 'moon' } as never, [1])).toThrow(code('stats.bad-binning'))
  expect(() => quantileBinning([])).toThrow(code('stats.empty-sample'))
  expect(() => quantileBinning([1, Infinity])).toThrow(code('stats.infinite-value'))
  expect(() => quantileBinning([1, 2], { bins: 0 })).toThrow(code('stats.bad-bin-count'))
  expect(() => categoryBinning(['a'], { minShare: 2 })).toThrow(code('stats.bad-share'))
})
