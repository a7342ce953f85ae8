import { createRng } from '@mlops/core'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { javascriptPasses } from './passes-javascript.ts'
import { wasmPasses } from './passes-wasm.ts'

// Sizes around the chunk of 4096, the four strands and the remainders between them.
const SIZES = [1, 2, 3, 4, 5, 7, 2048, 4095, 4096, 4097, 8192, 20_003]
const KINDS: Readonly<Record<string, (u: number) => number>> = {
  uniform: (u) => u - 0.5,
  'whole numbers': (u) => Math.floor(u * 10),
  'heavy tails': (u) => 1 / (u - 0.5),
  constant: () => 7,
  'signed zeros': (u) => (u < 0.3 ? -0 : u < 0.6 ? 0 : u - 1),
  huge: (u) => (u - 0.5) * 1.7e308,
  tiny: (u) => (u - 0.5) * 1e-310,
  largest: (u) => (u < 0.5 ? Number.MAX_VALUE : u),
}
const BUCKETS = 4096

function sample(size: number, kind: string): Float64Array {
  const rng = createRng(`${kind} ${size}`)
  return Float64Array.from({ length: size }, () => KINDS[kind]!(rng.next()))
}

describe('the passes in WebAssembly give what those in JavaScript give, bit for bit', () => {
  const wasm = wasmPasses()!
  const cases = Object.keys(KINDS).flatMap((kind) => SIZES.map((size) => ({ kind, size })))

  test.each(cases)('$kind, $size values', ({ kind, size }) => {
    const values = sample(size, kind)
    const [min, max] = javascriptPasses.extent(values)
    expect(wasm.extent(values)).toEqual([min, max])
    expect(wasm.allFinite(values)).toBe(true)

    // A grid over all, and one that leaves half of the range outside.
    for (const low of [min, min + (max - min) / 4]) {
      const scale = (low === min ? 1 : 2) * ((BUCKETS - 1) / (max - min))
      if (!(scale > 0 && scale < Infinity)) continue
      const grid = { low, scale, buckets: BUCKETS }
      const counts = [new Int32Array(BUCKETS).fill(3), new Int32Array(BUCKETS).fill(3)] as const
      expect(javascriptPasses.countBuckets(values, grid, counts[0])).toBe(true)
      expect(wasm.countBuckets(values, grid, counts[1])).toBe(true)
      expect(counts[1]).toEqual(counts[0])

      const places = [new Float64Array(BUCKETS), new Float64Array(BUCKETS)] as const
      javascriptPasses.tallyBuckets(values, grid, counts[0].fill(3), places[0])
      wasm.tallyBuckets(values, grid, counts[1].fill(3), places[1])
      expect(counts[1]).toEqual(counts[0])
      expect(places[1]).toEqual(places[0])

      const wanted = Uint8Array.from({ length: BUCKETS }, (_, bucket) => (bucket % 3 === 0 ? 1 : 0))
      const size = counts[0].reduce((sum, count, b) => sum + (wanted[b] ? count - 3 : 0), 0)
      expect(wasm.gather(values, grid, wanted, size)).toEqual(
        javascriptPasses.gather(values, grid, wanted, size),
      )
    }

    for (const shift of [0, min, 0.1]) {
      const end = Math.min(size, 2048)
      const [ours, theirs] = [new Float64Array(2), new Float64Array(2)] as const
      wasm.shiftedSums(values, size > 9 ? 3 : 0, end, shift, ours)
      javascriptPasses.shiftedSums(values, size > 9 ? 3 : 0, end, shift, theirs)
      expect(ours).toEqual(theirs)
    }
  })

  test.each(cases)('counts between edges: $kind, $size values', ({ kind, size }) => {
    const values = sample(size, kind)
    for (const many of [0, 1, 3, 4, 9, 24]) {
      const edges = Float64Array.from({ length: many }, (_, i) => values[(i * 37) % size]!).sort()
      expect(wasm.edgeCounts(values, edges)).toEqual(javascriptPasses.edgeCounts(values, edges))
    }
    // Missing and infinite values are counted nowhere and in the outer bins.
    const holey = Float64Array.from(values, (x, i) => (i % 5 === 0 ? Number.NaN : x))
    holey[size - 1] = -Infinity
    const edges = Float64Array.of(-Infinity, -0.25, 0, 0.25, Infinity)
    expect(wasm.edgeCounts(holey, edges)).toEqual(javascriptPasses.edgeCounts(holey, edges))
  })

  test.each(SIZES)('one value that is not finite among %i is found wherever it stands', (size) => {
    for (const at of new Set([0, size >> 1, size - 1])) {
      for (const odd of [Number.NaN, Infinity, -Infinity]) {
        const values = sample(size, 'uniform')
        values[at] = odd
        expect(wasm.allFinite(values)).toBe(false)
        expect(javascriptPasses.allFinite(values)).toBe(false)
        const grid = { low: 0, scale: 16, buckets: 16 }
        const counts = [new Int32Array(16), new Int32Array(16)] as const
        expect(wasm.countBuckets(values, grid, counts[0])).toBe(false)
        expect(javascriptPasses.countBuckets(values, grid, counts[1])).toBe(false)
        expect(counts[0]).toEqual(counts[1])
      }
    }
  })
})

describe('a runtime without WebAssembly', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.resetModules()
  })

  test.each([
    ['none at all', undefined],
    [
      'no SIMD',
      {
        Module: class {
          constructor() {
            throw new Error('invalid opcode')
          }
        },
      },
    ],
  ])('%s: JavaScript answers', async (_, api) => {
    vi.resetModules()
    vi.stubGlobal('WebAssembly', api)
    const { passesFor } = await import('./choose-passes.ts')
    const { javascriptPasses } = await import('./passes-javascript.ts')
    expect(passesFor(1e6)).toBe(javascriptPasses)
  })

  test('with it, small samples stay in JavaScript', async () => {
    const { passesFor } = await import('./choose-passes.ts')
    expect(passesFor(10)).toBe((await import('./passes-javascript.ts')).javascriptPasses)
    expect(passesFor(1e6)).toBe((await import('./passes-wasm.ts')).wasmPasses())
  })
})
