import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allFinite } from './all-finite.ts'
import { cdfArea } from './cdf-area.ts'
import { edgeCounts } from './edge-counts.ts'
import { edgeIndex } from './edge-index.ts'
import { ksExtremes } from './ks-extremes.ts'
import { meanVariance } from './mean-variance.ts'
import { orderStatistics } from './order-statistics.ts'
import { radixSort } from './radix-sort.ts'
import { midranks, rankSums } from './rank-sums.ts'

// Large arrays from few random numbers: fast-check picks shape, spread and ties, not every value.
const shapes = fc.record({
  n: fc.integer({ min: 1, max: 9000 }),
  seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  kind: fc.constantFrom(
    'uniform',
    'ties',
    'heavy',
    'constant',
    'huge',
    'tiny',
    'infinite',
    'signs',
  ),
})
type Shape = typeof shapes extends fc.Arbitrary<infer T> ? T : never

function build({ n, seed, kind }: Shape): Float64Array {
  let s = seed
  const next = () => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0
    return s / 4294967296
  }
  return Float64Array.from({ length: n }, () => {
    const u = next()
    if (kind === 'ties') return Math.floor(u * 7) - 3
    if (kind === 'heavy') return 1 / (u * u * u - 0.3)
    if (kind === 'constant') return 42
    if (kind === 'huge') return (u - 0.5) * 1.7e308 * 2
    if (kind === 'tiny') return (u - 0.5) * 1e-310
    if (kind === 'infinite') return u < 0.1 ? -Infinity : u > 0.9 ? Infinity : u
    if (kind === 'signs') return u < 0.5 ? -0 : (u - 0.7) * 1e-3
    return u
  })
}
const sample = shapes.map(build)

function naiveExtremes(x: Float64Array, y: Float64Array) {
  const xs = x.slice().sort()
  const ys = y.slice().sort()
  const at = Float64Array.from([...x, ...y]).sort()
  let plus = -1
  let plusAt = Number.NaN
  let minus = -1
  let minusAt = Number.NaN
  for (const v of at) {
    const d = edgeIndex(v, xs) / x.length - edgeIndex(v, ys) / y.length
    if (d > plus) [plus, plusAt] = [d, v]
    if (-d > minus) [minus, minusAt] = [-d, v]
  }
  return { plus: Math.max(0, plus), plusAt, minus: Math.max(0, minus), minusAt }
}

describe('against naive references', () => {
  test('radixSort sorts like the built-in sort, bit for bit, and leaves its input alone', () => {
    fc.assert(
      fc.property(sample, (x) => {
        const before = x.slice()
        expect(Buffer.from(radixSort(x).buffer).equals(Buffer.from(x.slice().sort().buffer))).toBe(
          true,
        )
        expect(x).toEqual(before)
      }),
      { numRuns: 80 },
    )
  })

  test('radixSort works on a view into a larger buffer', () => {
    const buffer = Float64Array.from({ length: 10001 }, (_, i) => Math.sin(i * 7919))
    const view = buffer.subarray(1)
    expect(radixSort(view)).toEqual(view.slice().sort())
  })

  test('ksExtremes equals the pooled walk exactly, places included', () => {
    fc.assert(
      fc.property(sample, sample, (x, y) => {
        expect(ksExtremes(x, y)).toEqual(naiveExtremes(x, y))
      }),
      { numRuns: 60 },
    )
  })

  test('ksExtremes on smooth large samples goes through the buckets and stays exact', () => {
    const x = build({ n: 40000, seed: 3, kind: 'uniform' })
    const y = build({ n: 30000, seed: 9, kind: 'uniform' }).map((v) => v * 1.02)
    expect(ksExtremes(x, y)).toEqual(naiveExtremes(x, y))
  })

  test('edgeCounts equals bisection for every value, whatever the edges', () => {
    fc.assert(
      fc.property(
        sample,
        fc.oneof(
          fc.array(fc.double({ noNaN: true, min: -4, max: 4 }), { maxLength: 40 }),
          fc.array(fc.double({ noNaN: true }), { maxLength: 12 }),
          fc.array(fc.integer({ min: -3, max: 4 }), { maxLength: 8 }),
        ),
        (x, raw) => {
          const edges = Float64Array.from(new Set(raw)).sort()
          const counts = new Float64Array(edges.length + 1)
          for (const v of x) counts[edgeIndex(v, edges)]!++
          expect(edgeCounts(x, edges)).toEqual(counts)
        },
      ),
      { numRuns: 150 },
    )
  })

  test('allFinite finds one bad value anywhere', () => {
    fc.assert(
      fc.property(fc.array(fc.double(), { maxLength: 20 }), (x) => {
        expect(allFinite(Float64Array.from(x))).toBe(x.every((v) => Number.isFinite(v)))
      }),
    )
  })

  test('edgeCounts counts NaN nowhere', () => {
    const edges = Float64Array.of(0, 1, 2)
    expect(edgeCounts(Float64Array.of(Number.NaN, 0, 0.5, 2, 9, -1), edges)).toEqual(
      Float64Array.of(1, 2, 0, 2),
    )
    expect(edgeCounts(Float64Array.of(Number.NaN, 7), Float64Array.of())).toEqual(
      Float64Array.of(1),
    )
  })

  test('orderStatistics equals picking from the sorted sample', () => {
    fc.assert(
      fc.property(
        sample,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }),
        (x, ps) => {
          const ranks = ps.map((p) => Math.floor(p * (x.length - 1)))
          const sorted = x.slice().sort()
          expect(orderStatistics(x, ranks)).toEqual(Float64Array.from(ranks, (r) => sorted[r]!))
        },
      ),
      { numRuns: 80 },
    )
  })

  test('meanVariance agrees with a two-pass sum in extended precision, also around 1e9', () => {
    for (const offset of [0, 1e9, -1e12]) {
      for (const n of [1, 2, 5, 2048, 2049, 100000]) {
        const noise = build({ n, seed: n + 1, kind: 'uniform' })
        const x = noise.map((v) => v + offset)
        const { mean, m2 } = exactMeanVariance(x)
        const actual = meanVariance(x)
        expect(Math.abs(actual.mean - mean)).toBeLessThanOrEqual(4e-16 * Math.abs(mean) + 1e-16)
        expect(Math.abs(actual.m2 - m2)).toBeLessThanOrEqual(1e-12 * m2)
      }
    }
  })

  test('meanVariance survives a block far from the rest', () => {
    const x = Float64Array.from({ length: 6000 }, (_, i) => (i < 2048 ? 1e8 : 0) + Math.sin(i))
    const { mean, m2 } = exactMeanVariance(x)
    const actual = meanVariance(x)
    expect(actual.mean / mean).toBeCloseTo(1, 14)
    expect(actual.m2 / m2).toBeCloseTo(1, 13)
  })

  test('rankSums equals summed midranks', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 60 }),
        fc.array(fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constant(Infinity)), {
          minLength: 1,
          maxLength: 60,
        }),
        (a, b) => {
          const pooled = Float64Array.from([...a, ...b])
          const rank = (v: number) => {
            const less = pooled.filter((w) => w < v).length
            const equal = pooled.filter((w) => w === v).length
            return less + (equal + 1) / 2
          }
          const { ranks, tieTerm, ties } = midranks(pooled)
          expect(Array.from(ranks)).toEqual(Array.from(pooled, rank))
          expect(rankSums(Float64Array.from(a), Float64Array.from(b))).toEqual({
            rankSumX: a.reduce((sum, v) => sum + rank(v), 0),
            tieTerm,
            ties,
          })
        },
      ),
    )
  })
})

/** Mean and centred squares through scaled big integers: exact, slow. */
function exactMeanVariance(x: Float64Array): { mean: number; m2: number } {
  const scale = 2 ** 40
  const units = Array.from(x, (v) => BigInt(Math.round(v * scale)))
  const n = BigInt(x.length)
  const sum = units.reduce((a, b) => a + b, 0n)
  const squares = units.reduce((a, b) => a + b * b, 0n)
  return {
    mean: Number((sum * 4096n) / n) / 4096 / scale,
    m2: Number((n * squares - sum * sum) / n) / scale / scale,
  }
}

test('cdfArea equals the integral over the sorted samples wherever it answers', () => {
  let answered = 0
  fc.assert(
    fc.property(
      shapes.filter(({ kind }) => kind !== 'infinite'),
      shapes.filter(({ kind }) => kind !== 'infinite'),
      fc.boolean(),
      (a, b, alike) => {
        const x = build(a)
        const y = build(alike ? { ...b, kind: a.kind } : b)
        const area = cdfArea(x, y)
        if (area === undefined) return
        answered++
        const sorted = Float64Array.from([...x, ...y]).sort()
        const xs = x.slice().sort()
        const ys = y.slice().sort()
        let naive = 0
        for (let i = 1; i < sorted.length; i++) {
          const [low, high] = [sorted[i - 1]!, sorted[i]!]
          naive +=
            Math.abs(edgeIndex(low, xs) / x.length - edgeIndex(low, ys) / y.length) * (high - low)
        }
        const range = sorted.at(-1)! - sorted[0]!
        expect(Math.abs(area - naive)).toBeLessThanOrEqual(1e-11 * naive + 1e-15 * range)
      },
    ),
  )
  expect(answered).toBeGreaterThan(8)
})
