import fc from 'fast-check'
import { expect, test } from 'vitest'
import { equalCountRanges } from './equal-count.ts'

test('the ranges cover all ranks once, and only the last is wider', () => {
  expect(equalCountRanges(20, { bins: 4 })).toEqual([
    [0, 5],
    [5, 10],
    [10, 15],
    [15, 20],
  ])
  expect(equalCountRanges(7, { bins: 10 })).toEqual([
    [0, 2],
    [2, 4],
    [4, 7],
  ])
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 5000 }), fc.integer({ min: 1, max: 60 }), (n, bins) => {
      const ranges = equalCountRanges(n, { bins })
      expect(ranges[0]![0]).toBe(0)
      expect(ranges.at(-1)![1]).toBe(n)
      const widths = ranges.map(([from, to]) => to - from)
      expect(new Set(widths.slice(0, -1)).size).toBeLessThanOrEqual(1)
      expect(Math.min(...widths)).toBeGreaterThanOrEqual(2 - Number(bins === 1))
      for (let i = 1; i < ranges.length; i++) expect(ranges[i]![0]).toBe(ranges[i - 1]![1])
      expect(ranges.length).toBeLessThanOrEqual(bins)
    }),
  )
})

test('what cannot be right is refused', () => {
  const refused = (code: string) => expect.objectContaining({ kind: 'invalid', code })
  for (const bins of [0, 1.5, Number.NaN])
    expect(() => equalCountRanges(10, { bins })).toThrow(refused('stats.bad-bin-count'))
  for (const n of [0, 1, 2.5])
    expect(() => equalCountRanges(n)).toThrow(refused('stats.empty-sample'))
})
