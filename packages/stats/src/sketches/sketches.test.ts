import { sha256 } from '@mlops/core'
import { describe, expect, test } from 'vitest'
import golden from './__golden__/sketches.json' with { type: 'json' }
import type { FrequentItemsSketch } from './frequent-items.ts'
import { createFrequentItems, mergeFrequentItems, resumeFrequentItems } from './frequent-items.ts'
import type { HyperLogLogSketch } from './hyper-log-log.ts'
import {
  createHyperLogLog,
  distinctCount,
  mergeHyperLogLog,
  resumeHyperLogLog,
} from './hyper-log-log.ts'
import { createKll } from './kll.ts'
import { hashBytes, hashNumber, hashNumbers, hashText } from './murmur-hash.ts'
import { checkSketch, type Sketch, sketchFromBytes, sketchToBytes } from './sketch-bytes.ts'
import { phiStream } from './streams.fixture.ts'

const refused = (code: string) => expect.objectContaining({ kind: 'invalid', code })

describe('MurmurHash3_x86_128 against mmh3', () => {
  const hashed = (hash: (out: Int32Array) => void) => {
    const out = new Int32Array(2)
    hash(out)
    return [...out]
  }
  test.each(golden.texts as [string, number[]][])('text %j', (text, words) => {
    expect(hashed((out) => hashText(text, out))).toEqual(words)
  })
  test.each(golden.numbers as [number | string, number[]][])('number %s', (x, words) => {
    expect(hashed((out) => hashNumber(Number(x), out))).toEqual(words)
    const bytes = new Uint8Array(Float64Array.of(Number(x)).buffer)
    expect(hashed((out) => hashBytes(bytes, out))).toEqual(words)
    expect(hashed((out) => hashNumbers(Float64Array.of(Number(x)), out))).toEqual(words)
  })
  test('−0 is 0', () => {
    const zero = hashed((out) => hashNumber(0, out))
    expect(hashed((out) => hashNumber(-0, out))).toEqual(zero)
    expect(hashed((out) => hashNumbers(Float64Array.of(-0), out))).toEqual(zero)
  })
})

describe('HyperLogLog', () => {
  const of = (n: number, precision = 12) => {
    const builder = createHyperLogLog({ precision })
    builder.addNumbers(Float64Array.from({ length: n }, (_, i) => i))
    return builder.sketch()
  }

  test.each(golden.hll)('$n values within 4 standard errors, as DataSketches', (c) => {
    const { estimate, standardError } = distinctCount(of(c.n))
    expect(Math.abs(estimate / c.n - 1)).toBeLessThan(4 * standardError)
    expect(Math.abs(c.estimate / c.n - 1)).toBeLessThan(4 * standardError)
  })

  test('unbiased with the stated standard error, small and large', () => {
    for (const n of [50, 3000, 40_000]) {
      const ratios = Array.from({ length: 60 }, (_, run) => {
        const builder = createHyperLogLog({ precision: 8 })
        for (let i = 0; i < n; i++) builder.addNumber(run * 1e6 + i)
        return distinctCount(builder.sketch()).estimate / n
      })
      const mean = ratios.reduce((a, b) => a + b) / ratios.length
      const sd = Math.sqrt(ratios.reduce((a, b) => a + (b - mean) ** 2, 0) / ratios.length)
      const stated = 1.04 / Math.sqrt(256)
      expect(Math.abs(mean - 1)).toBeLessThan((4 * stated) / Math.sqrt(60))
      expect(sd).toBeLessThan(1.35 * stated)
      if (n > 1000) expect(sd).toBeGreaterThan(0.65 * stated)
    }
  })

  test('repeats and kinds: 1 is not "1", −0 is 0, a value twice is one', () => {
    const builder = createHyperLogLog()
    for (const x of [0, -0, 0]) builder.addNumber(x)
    builder.addText('0')
    builder.addText('0')
    expect(Math.round(distinctCount(builder.sketch()).estimate)).toBe(2)
  })

  test('resumed, it goes on as if never saved', () => {
    const resumed = resumeHyperLogLog(of(500))
    for (let i = 500; i < 900; i++) resumed.addNumber(i)
    expect(resumed.sketch()).toEqual(of(900))
  })

  test('what cannot be right is refused', () => {
    for (const precision of [3, 17, 4.5])
      expect(() => createHyperLogLog({ precision })).toThrow(refused('stats.bad-sketch-size'))
    expect(() => mergeHyperLogLog(of(1, 4), of(1, 5))).toThrow(refused('stats.sketch-mismatch'))
    const good = of(9, 6)
    for (const part of [
      { kind: 'kll' },
      { formatVersion: 9 },
      { precision: 99 },
      { registers: 'short' },
      { registers: `${good.registers.slice(1)}z` },
      { registers: `${good.registers.slice(1)}-` },
    ])
      expect(() => distinctCount({ ...good, ...part } as HyperLogLogSketch)).toThrow(
        refused('stats.bad-sketch'),
      )
  })
})

describe('frequent items', () => {
  test.each(golden.items)(
    '$distinct different of $n: the bounds hold, as those of DataSketches',
    (c) => {
      const builder = createFrequentItems()
      for (let i = 0; i < c.n; i++) {
        const u = ((i + 1) * 0.6180339887498949) % 1
        if (c.every > 0 && i % c.every === 0) builder.add(`once ${i}`)
        else
          builder.add(
            String(Math.min(c.distinct, Math.floor(1 / Math.max(u, 1 / (c.distinct + 1))))),
          )
      }
      const { items, offset, n } = builder.sketch()
      const counts = new Map(items)
      expect(n).toBe(c.n)
      expect(offset === 0).toBe(c.seen <= 1024)
      c.top.forEach(([item, truth], at) => {
        const low = counts.get(item as string) ?? 0
        expect(low).toBeLessThanOrEqual(truth as number)
        expect(low + offset).toBeGreaterThanOrEqual(truth as number)
        expect(c.lower[at]).toBeLessThanOrEqual(truth as number)
        expect(c.upper[at]).toBeGreaterThanOrEqual(truth as number)
      })
    },
  )

  test('an adversarial stream: the bound is reached for, not passed', () => {
    const builder = createFrequentItems({ capacity: 10 })
    for (let i = 0; i < 5000; i++) builder.add(i % 7 === 0 ? 'often' : `once ${i}`)
    const { items, offset, n } = builder.sketch()
    expect(offset).toBeLessThanOrEqual((2 * n) / 10)
    const low = new Map(items).get('often') ?? 0
    expect(low).toBeLessThanOrEqual(715)
    expect(low + offset).toBeGreaterThanOrEqual(715)
  })

  test('long texts that begin alike stay apart, and keep their beginning', () => {
    const builder = createFrequentItems()
    for (const end of ['1', '2']) builder.add(`${'x'.repeat(500)}${end}`)
    const keys = builder.sketch().items.map(([item]) => item)
    expect(new Set(keys).size).toBe(2)
    for (const key of keys) expect(key).toMatch(/^x{100}…#[0-9a-f]{16}$/)
  })

  test('weights, order of equals, and going on from a saved sketch', () => {
    const builder = createFrequentItems()
    builder.add('b', 2)
    builder.add('a', 2)
    builder.add('c', 0)
    const saved = builder.sketch()
    expect(saved.items).toEqual([
      ['a', 2],
      ['b', 2],
    ])
    const resumed = resumeFrequentItems(saved)
    resumed.add('c', 3)
    expect(resumed.sketch().items[0]).toEqual(['c', 3])
    expect(saved.items).toHaveLength(2)
  })

  test('what cannot be right is refused', () => {
    expect(() => createFrequentItems({ capacity: 1 })).toThrow(refused('stats.bad-sketch-size'))
    for (const count of [-1, 0.5, Number.NaN])
      expect(() => createFrequentItems().add('a', count)).toThrow(refused('stats.bad-count'))
    const good: FrequentItemsSketch = {
      kind: 'frequent-items',
      formatVersion: 1,
      capacity: 4,
      n: 3,
      offset: 0,
      items: [['a', 3]],
    }
    for (const part of [
      { kind: '' },
      { formatVersion: 0 },
      { capacity: 1 },
      { n: 4 },
      { offset: -1 },
      { offset: 9 },
      { items: 1 },
      { items: [['a']] },
      { items: [['a', 0.5]] },
      { items: [[1, 3]] },
      {
        items: [
          ['a', 1],
          ['a', 2],
        ],
      },
    ])
      expect(() => mergeFrequentItems({ ...good, ...part } as FrequentItemsSketch, good)).toThrow(
        refused('stats.bad-sketch'),
      )
  })
})

describe('binary form', () => {
  const kll = () => {
    const builder = createKll({ k: 32, seed: 7 })
    builder.addAll(phiStream(2000, 1))
    return builder.sketch()
  }
  const hll = () => {
    const builder = createHyperLogLog({ precision: 6 })
    for (let i = 0; i < 100; i++) builder.addNumber(i / 7)
    return builder.sketch()
  }
  const items = () => {
    const builder = createFrequentItems({ capacity: 8 })
    for (let i = 0; i < 100; i++) builder.add(['é', '日本', '', 'a'][i % 4]!)
    return builder.sketch()
  }

  // The bytes are a format: a change of these digests breaks profiles that people have kept.
  test.each([
    ['kll', kll, 'b29b52c8d90b4f3e'],
    ['hyper-log-log', hll, '67b9144d377ae7dc'],
    ['frequent-items', items, 'da891f05e8293dbe'],
  ] as const)('the bytes of %s are for ever', (_, make, digest) => {
    const sketch: Sketch = make()
    const bytes = sketchToBytes(sketch)
    expect(Buffer.from(sha256(bytes)).toString('hex').slice(0, 16)).toBe(digest)
    expect(sketchFromBytes(bytes)).toEqual(sketch)
  })

  test('lies with a fitting checksum are refused without a large allocation', () => {
    const signed = (body: readonly number[]) =>
      Uint8Array.from([...body, ...sha256(Uint8Array.from(body)).subarray(0, 8)])
    const head = (kind: number) => [0x4d, 0x4c, 0x53, 0x4b, 1, kind]
    const huge = [0xff, 0xff, 0xff, 0xff]
    const zeros = (n: number) => new Array<number>(n).fill(0)
    for (const body of [
      [...head(0), 32, 0, 0, 0, ...zeros(4), ...zeros(32), 1, ...huge],
      [...head(0), 32, 0, 0, 0, ...zeros(4), ...zeros(32), 0xff, ...zeros(40)],
      [...head(1), 255],
      [...head(1), 16, ...zeros(10)],
      [...head(2), 4, 0, 0, 0, ...zeros(16), ...huge],
      [...head(2), 4, 0, 0, 0, ...zeros(16), 1, 0, 0, 0, ...zeros(8), ...huge],
      [...head(9)],
      [...head(1), 4, ...zeros(16), 0],
      [1, 2, 3, 4, 5, 6],
    ])
      expect(() => sketchFromBytes(signed(body)), body.join()).toThrow(
        refused('stats.corrupt-sketch'),
      )
    expect(() => sketchFromBytes(signed([0x4d, 0x4c, 0x53, 0x4b, 2, 0]))).toThrow(
      expect.objectContaining({ kind: 'unsupported', code: 'stats.unsupported-sketch-format' }),
    )
    expect(() => sketchFromBytes('no bytes' as never)).toThrow(refused('stats.corrupt-sketch'))
    expect(() => checkSketch({ kind: 'other' } as never)).toThrow(refused('stats.bad-sketch'))
  })
})
