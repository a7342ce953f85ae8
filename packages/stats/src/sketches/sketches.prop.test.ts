import { createRng } from '@mlops/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { FrequentItemsSketch } from './frequent-items.ts'
import { createFrequentItems, mergeFrequentItems } from './frequent-items.ts'
import { createHyperLogLog, mergeHyperLogLog } from './hyper-log-log.ts'
import { createKll, mergeKll } from './kll.ts'
import { checkSketch, type Sketch, sketchFromBytes, sketchToBytes } from './sketch-bytes.ts'
import { largestRankError } from './streams.fixture.ts'

const finite = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -5, max: 5 }),
  fc.constantFrom(0, -0, 5e-324, Number.MAX_VALUE, -Number.MAX_VALUE),
)
const shardsOfNumbers = fc.array(fc.array(finite, { maxLength: 300 }), {
  minLength: 1,
  maxLength: 12,
})
const word = fc.oneof(
  fc.string({ maxLength: 3 }),
  fc.constantFrom('a', 'b', '', '\ud800', 'x'.repeat(200), '__proto__'),
)
const shardsOfWords = fc.array(fc.array(word, { maxLength: 60 }), { minLength: 1, maxLength: 10 })

/** Merges in a random tree: any two, until one is left. */
function mergeTree<S>(parts: readonly S[], merge: (a: S, b: S) => S, seed: number): S {
  const rng = createRng(seed)
  const left = [...parts]
  while (left.length > 1) {
    const [a] = left.splice(rng.int(left.length), 1)
    const [b] = left.splice(rng.int(left.length), 1)
    left.push(merge(a!, b!))
  }
  return left[0]!
}

test('KLL: any tree of merges stays within the certain bound', () => {
  fc.assert(
    fc.property(shardsOfNumbers, fc.integer({ min: 8, max: 40 }), fc.nat(), (shards, k, seed) => {
      const parts = shards.map((values) => {
        const builder = createKll({ k })
        builder.addAll(values)
        return builder.sketch()
      })
      const merged = mergeTree(parts, mergeKll, seed)
      const all = Float64Array.from(shards.flat())
      expect(merged.n).toBe(all.length)
      checkSketch(merged)
      if (all.length === 0) return
      const error = largestRankError(all, merged)
      expect(error).toBeLessThanOrEqual(merged.worstCase / merged.n + 1e-12)
    }),
    { numRuns: 300 },
  )
})

test('HyperLogLog: any tree of merges is the single pass', () => {
  fc.assert(
    fc.property(shardsOfWords, fc.nat(), (shards, seed) => {
      const of = (words: readonly string[]) => {
        const builder = createHyperLogLog({ precision: 6 })
        for (const text of words) builder.addText(text)
        return builder.sketch()
      }
      expect(mergeTree(shards.map(of), mergeHyperLogLog, seed)).toEqual(of(shards.flat()))
    }),
  )
})

test('frequent items: any tree of merges brackets every true count', () => {
  fc.assert(
    fc.property(
      shardsOfWords,
      fc.integer({ min: 2, max: 12 }),
      fc.nat(),
      (shards, capacity, seed) => {
        const of = (words: readonly string[]) => {
          const builder = createFrequentItems({ capacity })
          for (const text of words) builder.add(text)
          return builder.sketch()
        }
        const merged = mergeTree(shards.map(of), mergeFrequentItems, seed)
        checkSketch(merged)
        const truth = new Map<string, number>()
        for (const text of shards.flat()) {
          const [key] = of([text]).items[0]!
          truth.set(key, (truth.get(key) ?? 0) + 1)
        }
        expectBracketed(merged, truth)
        expect(merged.n).toBe(shards.flat().length)
        expect(merged.offset).toBeLessThanOrEqual((2 * merged.n) / capacity)
      },
    ),
    { numRuns: 300 },
  )
})

function expectBracketed(
  { items, offset }: FrequentItemsSketch,
  truth: ReadonlyMap<string, number>,
): void {
  const counts = new Map(items)
  for (const [item, count] of truth) {
    const low = counts.get(item) ?? 0
    expect(low).toBeLessThanOrEqual(count)
    expect(count).toBeLessThanOrEqual(low + offset)
  }
  for (const item of counts.keys()) expect(truth.has(item)).toBe(true)
}

const anySketch: fc.Arbitrary<Sketch> = fc.oneof(
  fc.array(finite, { maxLength: 100 }).map((values) => {
    const builder = createKll({ k: 8 })
    builder.addAll(values)
    return builder.sketch()
  }),
  fc.array(finite).map((values) => {
    const builder = createHyperLogLog({ precision: 4 })
    for (const x of values) builder.addNumber(x)
    return builder.sketch()
  }),
  fc.array(word).map((words) => {
    const builder = createFrequentItems({ capacity: 5 })
    for (const text of words) builder.add(text)
    return builder.sketch()
  }),
)

test('bytes and JSON give the sketch back', () => {
  fc.assert(
    fc.property(anySketch, (sketch) => {
      expect(sketchFromBytes(sketchToBytes(sketch))).toEqual(sketch)
      expect(JSON.parse(JSON.stringify(sketch))).toEqual(sketch)
    }),
    { numRuns: 300 },
  )
})

test('cut or flipped bytes are refused, always', () => {
  fc.assert(
    fc.property(anySketch, fc.nat(), fc.integer({ min: 0, max: 7 }), (sketch, place, bit) => {
      const bytes = sketchToBytes(sketch)
      const cut = bytes.slice(0, place % bytes.length)
      const flipped = bytes.slice()
      flipped[place % bytes.length]! ^= 1 << bit
      for (const damaged of [cut, flipped])
        expect(() => sketchFromBytes(damaged)).toThrow(
          expect.objectContaining({ code: 'stats.corrupt-sketch' }),
        )
    }),
    { numRuns: 300 },
  )
})
