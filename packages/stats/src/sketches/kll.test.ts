import { createRng } from '@mlops/core'
import { describe, expect, test } from 'vitest'
import golden from './__golden__/sketches.json' with { type: 'json' }
import type { KllSketch } from './kll.ts'
import { checkKll, createKll, mergeKll, resumeKll } from './kll.ts'
import { kllFrequentValues, kllQuantile, kllRank, kllRankError, kllSteps } from './kll-queries.ts'
import { largestRankError, phiStream } from './streams.fixture.ts'

const refused = (code: string) => expect.objectContaining({ kind: 'invalid', code })
const sketchOf = (values: Float64Array, k = 512): KllSketch => {
  const builder = createKll({ k })
  builder.addAll(values)
  return builder.sketch()
}

describe('accuracy', () => {
  test.each(golden.rankErrors as [number, number][])(
    'k = %i has the bound of DataSketches',
    (k, bound) => {
      const spread = sketchOf(phiStream(50_000, 1), k)
      expect(kllRankError(spread)).toBeCloseTo(Math.min(bound, spread.worstCase / spread.n), 12)
    },
  )

  test.each(golden.kll)('$n values^$power, k = $k: within the bound, as DataSketches is', (c) => {
    const values = phiStream(c.n, c.power)
    const sketch = sketchOf(values, c.k)
    // Ranks are whole numbers over n: what is equal may differ in the last digit.
    const error = largestRankError(values, sketch) - 1e-12
    expect(sketch.n).toBe(c.n)
    expect(error).toBeLessThanOrEqual(kllRankError(sketch))
    expect(error).toBeLessThanOrEqual(sketch.worstCase / c.n)
    expect(c.largestError).toBeLessThanOrEqual(2.446 / c.k ** 0.9433)
    expect(sketch.levels.flat().length).toBeLessThanOrEqual(3 * c.k + 8 * sketch.levels.length)
  })

  test('up to k values nothing is lost; a sorted, a reversed and a shuffled stream are alike', () => {
    const values = phiStream(512, 1)
    expect(largestRankError(values, sketchOf(values))).toBe(0)
    expect(kllRankError(sketchOf(values))).toBe(0)
    const long = phiStream(300_000, 1)
    for (const order of [long.slice().sort(), long.slice().sort().reverse(), long])
      expect(largestRankError(long, sketchOf(order))).toBeLessThanOrEqual(0.0068)
  })

  test('heavy ties keep their share', () => {
    const values = Float64Array.from({ length: 200_000 }, (_, i) => (i % 10 < 7 ? 5 : i % 3))
    const sketch = sketchOf(values)
    expect(Math.abs(kllRank(sketch, 4)! - 0.3)).toBeLessThanOrEqual(kllRankError(sketch))
    expect(kllRank(sketch, 5)).toBe(1)
    expect(kllQuantile(sketch, 0.9)).toBe(5)
  })

  test('the halves are drawn without bias: the mean error over seeds is far below one error', () => {
    const values = phiStream(20_000, 1)
    const at = 0.3
    const truth = values.filter((x) => x <= at).length / values.length
    const errors = Array.from({ length: 400 }, (_, seed) => {
      const builder = createKll({ k: 16, seed })
      builder.addAll(values)
      return kllRank(builder.sketch(), at)! - truth
    })
    const mean = errors.reduce((a, b) => a + b) / errors.length
    const sd = Math.sqrt(errors.reduce((a, b) => a + b * b, 0) / errors.length)
    expect(sd).toBeGreaterThan(0.001)
    expect(Math.abs(mean)).toBeLessThan((4 * sd) / Math.sqrt(errors.length))
  })
})

describe('one stream, one sketch', () => {
  test('however it is cut into batches, and also one by one', () => {
    const values = phiStream(100_000, 2)
    const whole = sketchOf(values)
    const single = createKll()
    for (const x of values) single.add(x)
    expect(single.sketch()).toEqual(whole)
    const rng = createRng(3)
    const pieces = createKll()
    for (let at = 0; at < values.length; ) {
      const size = 1 + rng.int(40_000)
      pieces.addAll(values.subarray(at, at + size))
      pieces.sketch()
      at += size
    }
    expect(pieces.sketch()).toEqual(whole)
  })

  test('another seed draws other halves', () => {
    const values = phiStream(100_000, 1)
    const other = createKll({ seed: 1 })
    other.addAll(values)
    expect(other.sketch().levels).not.toEqual(sketchOf(values).levels)
  })

  test('a resumed sketch goes on within the bound, and the saved one stays as it is', () => {
    const values = phiStream(120_000, 1)
    const saved = sketchOf(values.slice(0, 70_000))
    const before = JSON.stringify(saved)
    const resumed = resumeKll(JSON.parse(before))
    resumed.addAll(values.slice(70_000))
    expect(largestRankError(values, resumed.sketch())).toBeLessThanOrEqual(0.0068)
    expect(JSON.stringify(saved)).toBe(before)
  })
})

test('merging adds what is known exactly, and keeps the coarser accuracy', () => {
  const [a, b] = [phiStream(30_000, 1), phiStream(90_000, 4)]
  const merged = mergeKll(sketchOf(a, 512), sketchOf(b, 200))
  expect(merged).toMatchObject({ k: 200, n: 120_000 })
  const all = Float64Array.from([...a, ...b])
  expect(merged.min).toBe(all.reduce((x, y) => Math.min(x, y)))
  expect(merged.max).toBe(all.reduce((x, y) => Math.max(x, y)))
  expect(largestRankError(all, merged)).toBeLessThanOrEqual(kllRankError(merged))
  const empty = createKll().sketch()
  expect(mergeKll(empty, sketchOf(a))).toEqual(sketchOf(a))
})

test('an empty sketch says that there is nothing', () => {
  const empty = createKll().sketch()
  expect(empty).toMatchObject({ n: 0, min: null, max: null, levels: [] })
  expect([kllRank(empty, 1), kllQuantile(empty, 0.5), kllRankError(empty)]).toEqual([null, null, 0])
  expect(kllSteps(empty).total).toBe(0)
})

test('what cannot be right is refused', () => {
  for (const k of [7, 65_536, 1.5, Number.NaN])
    expect(() => createKll({ k })).toThrow(refused('stats.bad-sketch-size'))
  for (const seed of [-1, 0.5, 2 ** 20])
    expect(() => createKll({ seed })).toThrow(refused('stats.bad-sketch-size'))
  for (const x of [Number.NaN, Infinity])
    expect(() => createKll().add(x)).toThrow(refused('stats.infinite-value'))
  const builder = createKll()
  builder.addAll([1, -Infinity])
  expect(() => builder.sketch()).toThrow(refused('stats.infinite-value'))
  expect(() => kllQuantile(createKll().sketch(), 1.1)).toThrow(refused('stats.bad-probability'))
  const good = sketchOf(phiStream(5000, 1))
  const damage: Partial<Record<keyof KllSketch, unknown>>[] = [
    { kind: 'x' },
    { formatVersion: 2 },
    { k: 0 },
    { seed: 0.5 },
    { n: good.n + 1 },
    { worstCase: -1 },
    { min: 0.5 },
    { max: null },
    { levels: 'x' },
    { levels: [[2, 1]] },
    { levels: [[Number.NaN]] },
    { levels: new Array(60).fill([]) },
  ]
  for (const part of damage)
    expect(() => checkKll({ ...good, ...part } as KllSketch)).toThrow(refused('stats.bad-sketch'))
  expect(() => checkKll(good)).not.toThrow()
})

describe('frequent values', () => {
  /** Spikes of falling share on a continuous background. */
  const spiked = (n: number, seed: number) => {
    const rng = createRng(seed)
    return Float64Array.from({ length: n }, () => {
      const u = rng.next()
      if (u < 0.2) return 0
      if (u < 0.3) return -1
      return u < 0.35 ? 99 : u < 0.37 ? 7 : rng.next() * 100
    })
  }
  const shareIn = (values: Float64Array, x: number) =>
    values.filter((value) => value === x).length / values.length

  test('finds every spike above the wanted share, with bounds that hold', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const values = spiked(100_000, seed)
      const found = kllFrequentValues(sketchOf(values), { minShare: 0.04 })
      expect(found.slice(0, 3).map(({ value }) => value)).toEqual([0, -1, 99])
      for (const { value, share, low, high } of found) {
        const truth = shareIn(values, value)
        expect(low).toBeLessThanOrEqual(truth)
        expect(high).toBeGreaterThanOrEqual(truth)
        expect(share).toBeGreaterThanOrEqual(0.04 - 2 * 0.0069)
      }
    }
  })

  test('counts exactly while nothing was thinned out; nothing frequent among different values', () => {
    const values = Float64Array.of(3, 3, 1, 2)
    expect(kllFrequentValues(sketchOf(values), { minShare: 0.3 })).toEqual([
      { value: 3, share: 0.5, low: 0.5, high: 0.5 },
    ])
    expect(kllFrequentValues(sketchOf(values), { minShare: 0 })).toHaveLength(3)
    expect(kllFrequentValues(sketchOf(phiStream(200_000, 1)))).toEqual([])
    expect(kllFrequentValues(sketchOf(new Float64Array(0)))).toEqual([])
  })

  test('refuses a share that the sketch cannot tell', () => {
    const sketch = sketchOf(phiStream(200_000, 1))
    for (const minShare of [0.001, -1, 2, Number.NaN])
      expect(() => kllFrequentValues(sketch, { minShare })).toThrow(refused('stats.bad-share'))
  })
})
