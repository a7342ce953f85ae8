import type { Passes } from './passes.ts'
import { wasmModule } from './wasm-module.ts'

/** What assembly/kernels.ts exports; the numbers are addresses in `memory`. */
interface Kernels {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly CHUNK: { readonly value: number }
  readonly MOST_EDGES: { readonly value: number }
  readonly values: { readonly value: number }
  readonly gathered: { readonly value: number }
  readonly buckets: { readonly value: number }
  readonly places: { readonly value: number }
  readonly wanted: { readonly value: number }
  readonly edges: { readonly value: number }
  readonly result: { readonly value: number }
  allFinite(n: number): number
  extent(n: number): void
  countBuckets(n: number, min: number, scale: number, last: number): number
  tallyBuckets(n: number, min: number, scale: number, last: number): void
  gather(n: number, min: number, scale: number, last: number): number
  countAtLeast(n: number, count: number): void
  shiftedSums(start: number, n: number, shift: number): void
}

/** The part of the WebAssembly API that is used: the language's own library has no types for it. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown }
}

let passes: Passes | null | undefined

/** The passes in WebAssembly, made at the first call; undefined where the runtime has no SIMD. */
export function wasmPasses(): Passes | undefined {
  if (passes === undefined) {
    const kernels = instantiate()
    passes = kernels ? passesOf(kernels) : null
  }
  return passes ?? undefined
}

function instantiate(): Kernels | undefined {
  const { WebAssembly } = globalThis as { readonly WebAssembly?: WebAssemblyApi }
  if (WebAssembly === undefined) return undefined
  try {
    const bytes = Uint8Array.from(atob(wasmModule), (character) => character.charCodeAt(0))
    return new WebAssembly.Instance(new WebAssembly.Module(bytes), {}).exports as Kernels
  } catch {
    // An engine without SIMD, or a policy against compiling: JavaScript gives the same results.
    return undefined
  }
}

function passesOf(kernels: Kernels): Passes {
  const { buffer } = kernels.memory
  const CHUNK = kernels.CHUNK.value
  const MOST_EDGES = kernels.MOST_EDGES.value
  const chunk = new Float64Array(buffer, kernels.values.value, CHUNK)
  const gathered = new Float64Array(buffer, kernels.gathered.value, CHUNK)
  const bucketCounts = new Int32Array(buffer, kernels.buckets.value, 65536)
  const placeSums = new Float64Array(buffer, kernels.places.value, 16384)
  const wantedBuckets = new Uint8Array(buffer, kernels.wanted.value, 65536)
  const edgeSlots = new Float64Array(buffer, kernels.edges.value, MOST_EDGES)
  const result = new Float64Array(buffer, kernels.result.value, MOST_EDGES)

  /** Hands the values over chunk by chunk. */
  function eachChunk(values: Float64Array, visit: (n: number) => void): void {
    for (let start = 0; start < values.length; start += CHUNK) {
      const end = Math.min(start + CHUNK, values.length)
      chunk.set(values.subarray(start, end))
      visit(end - start)
    }
  }

  /** Fills the chunk up to a multiple of four, with something that changes nothing. */
  function padded(n: number, filler: number): number {
    const whole = (n + 3) & ~3
    chunk.fill(filler, n, whole)
    return whole
  }

  return {
    allFinite(values) {
      let fine = true
      eachChunk(values, (n) => {
        fine &&= kernels.allFinite(padded(n, 0)) !== 0
      })
      return fine
    },

    extent(values) {
      let min = values[0]!
      let max = min
      eachChunk(values, (n) => {
        kernels.extent(padded(n, chunk[0]!))
        min = Math.min(min, result[0]!)
        max = Math.max(max, result[1]!)
      })
      return [min + 0, max + 0]
    },

    countBuckets(values, { low, scale, buckets }, counts) {
      bucketCounts.set(counts)
      let fine = true
      eachChunk(values, (n) => {
        if (kernels.countBuckets(n, low, scale, buckets - 1) === 0) fine = false
      })
      counts.set(bucketCounts.subarray(0, buckets))
      return fine
    },

    tallyBuckets(values, { low, scale, buckets }, counts, places) {
      bucketCounts.set(counts)
      placeSums.set(places)
      eachChunk(values, (n) => kernels.tallyBuckets(n, low, scale, buckets - 1))
      counts.set(bucketCounts.subarray(0, buckets))
      places.set(placeSums.subarray(0, buckets))
    },

    gather(values, { low, scale, buckets }, wanted, size) {
      wantedBuckets.set(wanted)
      const found = new Float64Array(size)
      let next = 0
      eachChunk(values, (n) => {
        const more = kernels.gather(n, low, scale, buckets - 1)
        found.set(gathered.subarray(0, more), next)
        next += more
      })
      return found
    },

    edgeCounts(values, edges) {
      // In front of the edges stands -Infinity: it counts the values that are not NaN.
      const used = (edges.length + 2) & ~1
      edgeSlots.fill(Number.NaN)
      edgeSlots[0] = -Infinity
      edgeSlots.set(edges, 1)
      result.fill(0)
      eachChunk(values, (n) => kernels.countAtLeast(padded(n, Number.NaN), used))
      return Float64Array.from(
        { length: edges.length + 1 },
        (_, bin) => result[bin]! - (bin < edges.length ? result[bin + 1]! : 0),
      )
    },

    shiftedSums(values, start, end, shift, sums) {
      chunk.set(values.subarray(start, end))
      kernels.shiftedSums(0, end - start, shift)
      sums[0] = result[0]!
      sums[1] = result[1]!
    },
  }
}
