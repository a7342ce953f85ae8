import { givenOptions, invalid } from '@mlops/core'
import { orderStatistics } from '../kernels/order-statistics.ts'
import { type NumericSample, presentValues } from '../samples/sample.ts'
import { type HashWords, hashNumber } from './murmur-hash.ts'

/**
 * A KLL quantile sketch as plain JSON: level h holds sorted values that stand for 2^h values each.
 */
export interface KllSketch {
  readonly kind: 'kll'
  readonly formatVersion: 1
  /** Accuracy: the size of the topmost level. */
  readonly k: number
  /** Decides the random halves; see {@link createKll}. */
  readonly seed: number
  /** Values taken in. */
  readonly n: number
  readonly min: number | null
  readonly max: number | null
  /** By how many ranks all compactions together can have moved any value, at the very worst. */
  readonly worstCase: number
  readonly levels: readonly (readonly number[])[]
}

export interface KllOptions {
  /** Accuracy: see {@link kllRankError}. From 8 to 65535. @default 512 */
  readonly k?: number
  /** Another seed draws other halves; the result is a function of values and seed. @default 0 */
  readonly seed?: number
}

/** A sketch being filled. */
export interface KllBuilder {
  add(value: number): void
  /** Many at once; the resulting sketch is the same as by `add` one by one. */
  addAll(values: NumericSample): void
  /** The sketch of everything so far; filling can go on. */
  sketch(): KllSketch
}

/** Values are taken in by blocks: sorted pieces of the stream enter the sketch thinned out. */
const BLOCK = 32_768
const SMALLEST_LEVEL = 8

/** The working form of a sketch. */
interface Levels {
  readonly k: number
  readonly seed: number
  n: number
  min: number
  max: number
  worstCase: number
  readonly values: Float64Array[]
}

/**
 * Quantiles of a stream in constant memory, mergeable: every rank is known to within a small error
 * (see {@link kllRankError}), whatever the distribution and the order.
 *
 * Where a level overflows, every second of its sorted values moves up with twice the weight. Whole
 * blocks of 32 768 values enter at once: every s-th order statistic from a random start, which errs
 * by less than one s, so less than the compactions it replaces.
 *
 * Input: finite numbers, or samples of them; missing values in samples are left out.
 * Output: a builder; `sketch()` gives plain JSON of at most about 3·k values.
 * Cost: about 20 ns a value; 256 KB while filling.
 *
 * The random halves come from a hash of seed, count and the values at hand: no state is kept, and
 * replicas with one seed but different data do not err in the same direction.
 *
 * @throws `invalid`: `stats.bad-sketch-size`, `stats.infinite-value`, `stats.not-a-number`.
 * @example
 * ```ts
 * import { createKll, kllQuantile } from '@mlops/stats'
 *
 * const builder = createKll({ k: 200 })
 * for (let i = 1; i <= 100; i++) builder.add(i)
 * console.log(kllQuantile(builder.sketch(), 0.5)) // 50
 * ```
 * Source: Karnin, Lang & Liberty 2016, "Optimal quantile approximation in streams".
 * Differs from: Apache DataSketches by the block-wise entrance; capacities and bound are the same.
 */
export function createKll(options: KllOptions = {}): KllBuilder {
  const { k = 512, seed = 0 } = givenOptions(options)
  checkSize(k, seed)
  return fill(emptyLevels(k, seed))
}

/** Continues with a saved sketch; the sketch itself stays as it is. */
export function resumeKll(sketch: KllSketch): KllBuilder {
  return fill(levelsOf(sketch))
}

function fill(levels: Levels): KllBuilder {
  let buffer: Float64Array | undefined
  let held = 0

  function addAll(sample: NumericSample): void {
    const { values } = presentValues(sample, 'values')
    let at = 0
    while (at < values.length) {
      if (held === 0 && values.length - at >= BLOCK) {
        takeBlock(levels, values.subarray(at, at + BLOCK))
        at += BLOCK
        continue
      }
      buffer ??= new Float64Array(BLOCK)
      const some = values.subarray(at, at + BLOCK - held)
      buffer.set(some, held)
      held += some.length
      at += some.length
      if (held === BLOCK) {
        takeBlock(levels, buffer)
        held = 0
      }
    }
  }

  return {
    add(value) {
      if (!Number.isFinite(value)) throw notFinite(value)
      buffer ??= new Float64Array(BLOCK)
      buffer[held++] = value
      if (held === BLOCK) {
        takeBlock(levels, buffer)
        held = 0
      }
    },
    addAll,
    sketch() {
      const copy: Levels = { ...levels, values: [...levels.values] }
      if (buffer && held > 0) takeBlock(copy, buffer.subarray(0, held))
      return plain(copy)
    },
  }
}

/**
 * One sketch of the values of both, as if one had seen them all: the same bound on the error holds
 * for any tree of merges.
 *
 * Output: accuracy and seed of the coarser one. Cost: O(k).
 *
 * @throws `invalid` `stats.bad-sketch`.
 * @example
 * ```ts
 * import { createKll, kllRank, mergeKll } from '@mlops/stats'
 *
 * const [a, b] = [createKll(), createKll()]
 * a.addAll([1, 2, 3])
 * b.addAll([4, 5])
 * const both = mergeKll(a.sketch(), b.sketch())
 * console.log(both.n, kllRank(both, 3)) // 5 0.6
 * ```
 */
export function mergeKll(a: KllSketch, b: KllSketch): KllSketch {
  const [x, y] = [levelsOf(a), levelsOf(b)]
  const coarser = y.k < x.k ? y : x
  const merged: Levels = {
    k: coarser.k,
    seed: coarser.seed,
    n: x.n + y.n,
    min: Math.min(x.min, y.min),
    max: Math.max(x.max, y.max),
    worstCase: x.worstCase + y.worstCase,
    values: Array.from({ length: Math.max(x.values.length, y.values.length) }, (_, h) =>
      mergeSorted(x.values[h] ?? NONE, y.values[h] ?? NONE),
    ),
  }
  compress(merged)
  return plain(merged)
}

/**
 * Confirms that a sketch, perhaps read back from JSON, is one.
 *
 * @throws `invalid` `stats.bad-sketch`, naming what is wrong.
 */
export function checkKll(sketch: KllSketch): void {
  const fault = faultOf(sketch)
  if (fault) {
    throw invalid('stats.bad-sketch', `this is not a usable KLL sketch: ${fault}.`, { fault })
  }
}

function faultOf(sketch: KllSketch): string | undefined {
  if (sketch?.kind !== 'kll') return "kind is not 'kll'"
  if (sketch.formatVersion !== 1) return `its format is ${String(sketch.formatVersion)}, not 1`
  const { k, n, seed, worstCase, levels, min, max } = sketch
  if (!(Number.isInteger(k) && k >= 8 && k <= 65_535)) return `k is ${k}, not from 8 to 65535`
  if (!Number.isInteger(seed)) return `seed is ${seed}, not a whole number`
  if (!(Number.isSafeInteger(worstCase) && worstCase >= 0)) return `worstCase is ${worstCase}`
  if (!Array.isArray(levels) || levels.length > 53) return 'levels is no array of at most 53'
  let weight = 0
  for (const [h, values] of levels.entries()) {
    if (!Array.isArray(values)) return `level ${h} is no array`
    for (let i = 0; i < values.length; i++) {
      const [x, before] = [values[i], i === 0 ? min : values[i - 1]]
      if (!Number.isFinite(x) || !(x >= before && x <= (max ?? Number.NaN)))
        return `level ${h} holds ${x} at ${i}, not ascending within [min, max]`
    }
    weight += values.length * 2 ** h
  }
  return weight === n ? undefined : `its values stand for ${weight} values, n is ${n}`
}

const NONE = new Float64Array(0)

function emptyLevels(k: number, seed: number): Levels {
  return { k, seed, n: 0, min: Infinity, max: -Infinity, worstCase: 0, values: [] }
}

function levelsOf(sketch: KllSketch): Levels {
  checkKll(sketch)
  const { k, seed, n, worstCase, min, max, levels } = sketch
  const values = levels.map((level) => Float64Array.from(level))
  return { k, seed, n, worstCase, min: min ?? Infinity, max: max ?? -Infinity, values }
}

function plain({ k, seed, n, min, max, worstCase, values }: Levels): KllSketch {
  return {
    kind: 'kll',
    formatVersion: 1,
    k,
    seed,
    n,
    // JSON has no −0.
    min: n === 0 ? null : min + 0,
    max: n === 0 ? null : max + 0,
    worstCase,
    levels: values.map((level) => Array.from(level, (x) => x + 0)),
  }
}

/** Lets a block in: every s-th of its sorted values at level log2(s), what is left over at level 0. */
function takeBlock(levels: Levels, block: Float64Array): void {
  const size = block.length
  let height = 0
  while (size / 2 ** (height + 1) >= levels.k) height++
  const step = 2 ** height
  const whole = size - (size % step)
  const start = randomBits(levels, block[size >> 1]!) & (step - 1)
  const ranks = new Uint32Array(whole / step + (size - whole) + 2)
  let count = 0
  ranks[count++] = 0
  for (let rank = start; rank < whole; rank += step) ranks[count++] = rank
  for (let rank = whole; rank < size; rank++) ranks[count++] = rank
  ranks[count++] = size - 1
  const picked = orderStatistics(block, ranks)
  levels.min = Math.min(levels.min, picked[0]!)
  levels.max = Math.max(levels.max, picked[count - 1]!)
  if (!(levels.min > -Infinity && levels.max < Infinity)) {
    throw notFinite(levels.min > -Infinity ? levels.max : levels.min)
  }
  levels.n += size
  levels.worstCase += step - 1
  enter(levels, height, picked.subarray(1, 1 + whole / step))
  if (whole < size) enter(levels, 0, picked.subarray(1 + whole / step, count - 1))
  compress(levels)
}

function enter(levels: Levels, height: number, sorted: Float64Array): void {
  while (levels.values.length <= height) levels.values.push(NONE)
  levels.values[height] = mergeSorted(levels.values[height]!, sorted)
}

/** Halves the lowest full level until all fit. Capacities shrink by 2/3 a level from the top down. */
function compress(levels: Levels): void {
  const { values, k } = levels
  for (;;) {
    const capacity = (h: number) =>
      Math.max(SMALLEST_LEVEL, Math.ceil(k * (2 / 3) ** (values.length - 1 - h)))
    let [held, room] = [0, 0]
    for (let h = 0; h < values.length; h++) {
      held += values[h]!.length
      room += capacity(h)
    }
    if (held <= room) return
    const h = values.findIndex((level, at) => level.length >= capacity(at))
    const full = values[h]!
    const odd = full.length % 2
    const start = odd + (randomBits(levels, full[full.length >> 1]!) & 1)
    const half = new Float64Array((full.length - odd) / 2)
    for (let i = 0; i < half.length; i++) half[i] = full[start + 2 * i]!
    levels.worstCase += 2 ** h
    values[h] = full.slice(0, odd)
    enter(levels, h + 1, half)
  }
}

const words: HashWords = new Int32Array(2)

/** 32 bits from seed, progress and a value at hand. */
function randomBits({ seed, n, worstCase }: Levels, value: number): number {
  hashNumber(value, words)
  const [high, low] = [words[0]!, words[1]!]
  hashNumber(n * 2.5 + worstCase, words)
  const mixed = Math.imul(high ^ words[1]!, 0x9e3779b1) ^ low ^ words[0]!
  hashNumber(mixed + seed * 4_294_967_296, words)
  return words[0]! >>> 1
}

function mergeSorted(a: Float64Array, b: Float64Array): Float64Array {
  if (a.length === 0) return b.slice()
  if (b.length === 0) return a
  const merged = new Float64Array(a.length + b.length)
  let [i, j] = [0, 0]
  for (let at = 0; at < merged.length; at++) {
    merged[at] = j >= b.length || (i < a.length && a[i]! <= b[j]!) ? a[i++]! : b[j++]!
  }
  return merged
}

function checkSize(k: number, seed: number): void {
  if (!(Number.isInteger(k) && k >= 8 && k <= 65_535)) {
    throw invalid(
      'stats.bad-sketch-size',
      `k is ${k}; it must be a whole number from 8 to 65535.`,
      {
        k,
      },
    )
  }
  if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 20)) {
    throw invalid(
      'stats.bad-sketch-size',
      `seed is ${seed}; it must be a whole number from 0 to 2^20 - 1.`,
      {
        seed,
      },
    )
  }
}

function notFinite(value: number) {
  return invalid(
    'stats.infinite-value',
    `a value is ${value}; a quantile sketch takes finite numbers. Count the others apart.`,
  )
}
