import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  emptyMoments,
  excessKurtosisOf,
  type Moments,
  mergeMoments,
  moments,
  pushMoment,
  skewnessOf,
  varianceOf,
} from './moments.ts'

function gaussian(n: number, mean: number, sd: number): number[] {
  let s = 12345
  const next = () => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0
    return (s + 0.5) / 4294967296
  }
  return Array.from(
    { length: n },
    () => mean + sd * Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next()),
  )
}

function close(a: Moments, b: Moments, relative: number): void {
  const sd = Math.sqrt(b.m2 / b.n)
  expect(a.n).toBe(b.n)
  expect(a.min).toBe(b.min)
  expect(a.max).toBe(b.max)
  expect(a.dropped).toBe(b.dropped)
  expect(Math.abs(a.mean - b.mean)).toBeLessThanOrEqual(2e-16 * Math.abs(b.mean) + relative * sd)
  expect(Math.abs(a.m2 - b.m2)).toBeLessThanOrEqual(relative * b.m2)
  // The odd moment can be near 0: its natural scale is n·sd³.
  expect(Math.abs(a.m3 - b.m3)).toBeLessThanOrEqual(relative * b.n * sd ** 3 * 8)
  expect(Math.abs(a.m4 - b.m4)).toBeLessThanOrEqual(relative * b.m4)
}

test.each([
  [0, 1],
  [1e9, 1],
  [-3e5, 0.01],
])('merging 300 uneven chunks equals one pass to 1e-12 (mean %d, sd %d)', (mean, sd) => {
  const all = gaussian(100000, mean, sd)
  const once = moments(all)
  let merged = emptyMoments
  for (let start = 0, k = 1; start < all.length; start += k, k = (k * 7 + 3) % 701) {
    merged = mergeMoments(merged, moments(all.slice(start, start + k)))
  }
  close(merged, once, 1e-12)
  close(
    all.slice(0, 5000).reduce<Moments>(pushMoment, emptyMoments),
    moments(all.slice(0, 5000)),
    1e-12,
  )
})

test('equals exact sums in rational arithmetic at mean 1e9', () => {
  const x = gaussian(3000, 1e9, 1).map((v) => Math.round(v * 1024) / 1024)
  const units = x.map((v) => BigInt(v * 1024))
  const n = BigInt(x.length)
  const sum = units.reduce((a, b) => a + b, 0n)
  // n·(x − mean) is an integer, so are its powers.
  const power = (k: bigint) => units.reduce((a, u) => a + (n * u - sum) ** k, 0n)
  const exact = (k: number) => {
    const p = power(BigInt(k))
    return Number((p * 10n ** 20n) / n ** BigInt(k)) / 1e20 / 1024 ** k
  }
  const m = moments(x)
  expect(m.m2 / exact(2)).toBeCloseTo(1, 13)
  expect(m.m3 / exact(3)).toBeCloseTo(1, 10)
  expect(m.m4 / exact(4)).toBeCloseTo(1, 13)
})

test('merge is commutative, has a neutral element, and survives JSON', () => {
  const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { maxLength: 30 })
  fc.assert(
    fc.property(values, values, (a, b) => {
      const [ma, mb] = [moments(a), moments(b)]
      const ab = mergeMoments(ma, mb)
      const ba = mergeMoments(mb, ma)
      expect(ba.mean).toBeCloseTo(ab.mean, 8)
      expect(Math.abs(ab.m2 - ba.m2)).toBeLessThanOrEqual(1e-12 * ab.m2)
      expect(mergeMoments(ma, emptyMoments)).toEqual(ma)
      expect(mergeMoments(emptyMoments, mb)).toEqual(mb)
      expect(mergeMoments(JSON.parse(JSON.stringify(ma)), mb)).toEqual(ab)
    }),
  )
})

test('what is undefined is null, and what is missing is counted', () => {
  expect(moments([null, Number.NaN, undefined])).toEqual({ ...emptyMoments, dropped: 3 })
  const one = pushMoment(pushMoment(emptyMoments, 7), null)
  expect(one).toMatchObject({ n: 1, mean: 7, m2: 0, min: 7, max: 7, dropped: 1 })
  expect(varianceOf(one)).toBeNull()
  expect(varianceOf(one, { ddof: 0 })).toBe(0)
  expect(skewnessOf(moments([3, 3, 3]))).toBeNull()
  expect(excessKurtosisOf(moments([3, 3, 3]))).toBeNull()
  // scipy.stats.skew / kurtosis of [1, 2, 4, 8, 16]
  expect(skewnessOf(moments([1, 2, 4, 8, 16]))).toBeCloseTo(0.8890481348169542, 12)
  expect(excessKurtosisOf(moments([1, 2, 4, 8, 16]))).toBeCloseTo(-0.6740591397849474, 12)
  expect(() => moments([1, Infinity])).toThrow(
    expect.objectContaining({ code: 'stats.infinite-value' }),
  )
  expect(() => pushMoment(emptyMoments, -Infinity)).toThrow(
    expect.objectContaining({ code: 'stats.infinite-value' }),
  )
})
