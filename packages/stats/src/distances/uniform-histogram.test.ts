import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jensenShannonDivergence } from './jensen-shannon.ts'
import type { UniformHistogram } from './uniform-histogram.ts'
import { alignHistograms, rebinHistogram } from './uniform-histogram.ts'

const refused = expect.objectContaining({ kind: 'invalid', code: 'stats.bad-histogram' })
const jsd = (a: UniformHistogram, b: UniformHistogram) => {
  const { reference, current } = alignHistograms(a, b)
  return jensenShannonDivergence(reference, current)
}
const histogram = fc
  .tuple(
    fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 2, maxLength: 8 }),
    fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 8, maxLength: 8 }),
  )
  .map(([edges, counts]): UniformHistogram => {
    const sorted = edges.sort((a, b) => a - b)
    return {
      buckets: sorted.slice(1).map((high, i) => [sorted[i]!, high, counts[i]! + 1] as const),
    }
  })

describe('aligned histograms', () => {
  test('no mass is lost, and a histogram never differs from itself', () => {
    fc.assert(
      fc.property(histogram, histogram, (a, b) => {
        const { reference, current } = alignHistograms(a, b)
        const sum = (counts: readonly number[]) => counts.reduce((x, y) => x + y, 0)
        expect(sum(reference)).toBeCloseTo(sum(a.buckets.map(([, , n]) => n)), 9)
        expect(sum(current)).toBeCloseTo(sum(b.buckets.map(([, , n]) => n)), 9)
        expect(reference).toHaveLength(current.length)
        expect(jsd(a, a)).toBeCloseTo(0, 12)
        expect(jsd(a, b)).toBeCloseTo(jsd(b, a), 12)
      }),
    )
  })

  test('splitting a bucket evenly changes nothing', () => {
    const whole: UniformHistogram = { buckets: [[0, 4, 8]] }
    const split: UniformHistogram = {
      buckets: [
        [0, 1, 2],
        [1, 4, 6],
      ],
    }
    expect(jsd(whole, split)).toBeCloseTo(0, 12)
  })

  test('points, infinite ends and missing values match nothing but equal points', () => {
    expect(jsd({ buckets: [[1, 1, 3]] }, { buckets: [[1, 1, 9]] })).toBe(0)
    expect(jsd({ buckets: [[1, 1, 3]] }, { buckets: [[0, 2, 9]] })).toBe(1)
    const open: UniformHistogram = {
      buckets: [
        [-Infinity, 0, 2],
        [Infinity, Infinity, 1],
      ],
    }
    expect(jsd(open, open)).toBe(1)
    expect(jsd({ buckets: [], missing: 1 }, { buckets: [], missing: 1 })).toBe(1)
  })

  test('what is no histogram is refused', () => {
    for (const bad of [
      { buckets: [[2, 1, 1]] },
      { buckets: [[0, 1, -1]] },
      {
        buckets: [
          [0, 2, 1],
          [1, 3, 1],
        ],
      },
      { buckets: [[0, Number.NaN, 1]] },
      { buckets: [], missing: -1 },
    ] as unknown as UniformHistogram[])
      expect(() => alignHistograms(bad, { buckets: [[0, 1, 1]] })).toThrow(refused)
  })
})

test('rebinning spreads buckets evenly and puts points where they lie', () => {
  expect(
    rebinHistogram(
      {
        buckets: [
          [0, 1, 4],
          [1, 1, 3],
          [1, 3, 2],
        ],
      },
      [0, 0.5, 1, 2],
    ),
  ).toEqual([2, 2, 4])
  expect(rebinHistogram({ buckets: [[0, 1, 4]] }, [])).toEqual([])
})
