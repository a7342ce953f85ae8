import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nextUp } from '../kernels/next-up.ts'
import type { NumericBinning } from './binning.ts'
import { countBins } from './count-bins.ts'
import { quantileBinning, quantileHistogram } from './fit-numeric.ts'

// Few distinct numbers beside arbitrary ones: values on edges and on the range's ends must be common.
const number = fc.oneof(
  fc.integer({ min: -4, max: 4 }),
  fc.constantFrom(-0, Number.MIN_VALUE, -Number.MAX_VALUE, Number.MAX_VALUE),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)
const value = fc.oneof(number, fc.constantFrom(Infinity, -Infinity, Number.NaN, null))
const binnings: fc.Arbitrary<NumericBinning> = fc
  .record({
    edges: fc.array(number, { maxLength: 7 }),
    ends: fc.option(fc.tuple(number, number)),
    closed: fc.constantFrom('left' as const, 'right' as const),
    outside: fc.constantFrom('end-bins' as const, 'own-bin' as const),
  })
  .map(({ edges, ends, closed, outside }) => ({
    kind: 'numeric',
    rule: 'explicit',
    innerEdges: [...new Set(edges.map((e) => e + 0))].sort((a, b) => a - b),
    range: ends && [Math.min(...ends), Math.max(...ends)],
    closed,
    outside: ends === null ? 'end-bins' : outside,
  }))

function naive(
  { innerEdges, range, closed, outside }: NumericBinning,
  values: readonly (number | null)[],
) {
  const counts = new Array<number>(innerEdges.length + 1).fill(0)
  let [missing, beyond] = [0, 0]
  for (const x of values) {
    if (x === null || Number.isNaN(x)) {
      missing++
      continue
    }
    const isBeyond = range !== null && (x < range[0] || x > range[1])
    if (isBeyond) beyond++
    if (isBeyond && outside === 'own-bin') continue
    counts[innerEdges.filter((e) => (closed === 'left' ? e <= x : e < x)).length]!++
  }
  if (outside === 'own-bin') counts.push(beyond)
  return { counts, missing, outside: beyond, total: values.length - missing }
}

describe('countBins against counting one by one', () => {
  test('small columns of any kind, any edges, any range', () => {
    fc.assert(
      fc.property(binnings, fc.array(value, { maxLength: 40 }), (binning, column) => {
        expect(countBins(binning, column)).toMatchObject(naive(binning, column))
        const packed = Float64Array.from(column, (x) => x ?? Number.NaN)
        expect(countBins(binning, packed)).toMatchObject(naive(binning, column))
      }),
      { numRuns: 300 },
    )
  })

  test('large columns, repeated past the size where cells take over', () => {
    fc.assert(
      fc.property(binnings, fc.array(value, { minLength: 30, maxLength: 60 }), (binning, some) => {
        const column = Array.from({ length: 1501 }, (_, i) => some[(i * i) % some.length]!)
        expect(countBins(binning, column)).toMatchObject(naive(binning, column))
      }),
      { numRuns: 60 },
    )
  })

  test('heavy tails: extremes a million times beyond the deciles', () => {
    const column = Float64Array.from({ length: 5000 }, (_, i) => Math.tan(i * 0.7310585))
    column[17] = 1e9
    for (const closed of ['left', 'right'] as const) {
      const binning = quantileBinning(column, { closed, outside: 'own-bin' })
      expect(countBins(binning, column)).toMatchObject(naive(binning, [...column]))
    }
  })
})

test('counts from the ranks are those that a pass over the values finds, ties and all', () => {
  const few = fc.array(number, { minLength: 1, maxLength: 60 })
  fc.assert(
    fc.property(few, fc.integer({ min: 1, max: 12 }), fc.boolean(), (some, bins, large) => {
      const values = Float64Array.from(
        { length: large ? 5003 : some.length },
        (_, i) => some[(i * i) % some.length]! + (large && i % 3 === 0 ? i * 1e-3 : 0),
      )
      const options = { bins, closed: 'left', outside: 'end-bins' } as const
      const { binning, counts } = quantileHistogram(values, options)
      expect(counts()).toEqual(countBins(binning, values).counts)
    }),
    { numRuns: 400 },
  )
})

test('nextUp is the very next double', () => {
  for (const x of [0, -0, 1, -1, 5e-324, -5e-324, 1e308, -1e-308, 0.1]) {
    const up = nextUp(x)
    expect(up).toBeGreaterThan(x)
    const between = x + (up - x) / 2
    expect(between === x || between === up).toBe(true)
  }
  expect(nextUp(Number.MAX_VALUE)).toBe(Infinity)
  expect(nextUp(Infinity)).toBe(Infinity)
  expect(nextUp(-Infinity)).toBe(-Number.MAX_VALUE)
})
