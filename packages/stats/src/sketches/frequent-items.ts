import { givenOptions, invalid } from '@mlops/core'
import { type HashWords, hashText } from './murmur-hash.ts'

/**
 * The most frequent texts of a stream as plain JSON. An item seen `f` times has a count c with
 * c <= f <= c + offset; an item not listed was seen at most `offset` times.
 */
export interface FrequentItemsSketch {
  readonly kind: 'frequent-items'
  readonly formatVersion: 1
  /** At most so many items are kept. */
  readonly capacity: number
  /** Values taken in. */
  readonly n: number
  /** How much may have been taken from any count; 0 means that all counts are exact and complete. */
  readonly offset: number
  /** The most frequent first, equals in code-unit order. */
  readonly items: readonly (readonly [item: string, count: number])[]
}

export interface FrequentItemsOptions {
  /** Items kept, from 2 to 65536; every item above n·2/capacity is among them. @default 1024 */
  readonly capacity?: number
}

/** A sketch being filled. */
export interface FrequentItemsBuilder {
  add(item: string, count?: number): void
  sketch(): FrequentItemsSketch
}

const LONGEST = 128
const KEPT = 100
const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g

/**
 * The frequent texts of a stream in constant memory, with certain bounds, mergeable.
 *
 * Misra-Gries: where the table overflows, the median count is taken from every item and the emptied
 * ones leave; `offset` adds up what was taken, and is at most 2·n/capacity.
 *
 * Input: texts with how often they occur. Of those over 128 characters the first 100 are kept, with
 * their hash behind, so that long texts that begin alike stay apart.
 * Output: a builder; `sketch()` gives plain JSON. While there are at most `capacity` different texts
 * the counts are exact.
 * Cost: constant per add, on average; memory: `capacity` texts.
 *
 * @throws `invalid`: `stats.bad-sketch-size`, `stats.bad-count`.
 * @example
 * ```ts
 * import { createFrequentItems } from '@mlops/stats'
 *
 * const builder = createFrequentItems()
 * for (const city of ['Oslo', 'Rome', 'Oslo']) builder.add(city)
 * console.log(builder.sketch().items) // [ [ 'Oslo', 2 ], [ 'Rome', 1 ] ]
 * ```
 * Source: Misra & Gries 1982; merging: Agarwal et al. 2013, "Mergeable summaries"; the median:
 * Anderson et al. 2017.
 * Differs from: whylogs, which cuts texts at 128 characters and so counts different ones as one.
 */
export function createFrequentItems(options: FrequentItemsOptions = {}): FrequentItemsBuilder {
  const { capacity = 1024 } = givenOptions(options)
  if (!(Number.isInteger(capacity) && capacity >= 2 && capacity <= 65_536)) {
    throw invalid(
      'stats.bad-sketch-size',
      `capacity is ${capacity}; it must be a whole number from 2 to 65536.`,
      { capacity },
    )
  }
  return fill({ capacity, n: 0, offset: 0, counts: new Map() })
}

/** Continues with a saved sketch; the sketch itself stays as it is. */
export function resumeFrequentItems(sketch: FrequentItemsSketch): FrequentItemsBuilder {
  return fill(tableOf(sketch))
}

interface ItemTable {
  readonly capacity: number
  n: number
  offset: number
  readonly counts: Map<string, number>
}

function fill(table: ItemTable): FrequentItemsBuilder {
  return {
    add(item, count = 1) {
      if (!(Number.isSafeInteger(count) && count >= 0)) {
        throw invalid('stats.bad-count', `count is ${count}; counts are whole numbers >= 0.`, {
          count,
        })
      }
      if (count === 0) return
      const key = shortened(item)
      const known = table.counts.get(key)
      table.n += count
      table.counts.set(known === undefined ? apart(key) : key, (known ?? 0) + count)
      if (table.counts.size > table.capacity) purge(table)
    },
    sketch: () => plain(table),
  }
}

/**
 * The sketch of both streams: counts and offsets add up, and the bounds hold for the sum, in whatever
 * order many sketches are merged. The smaller capacity stays.
 *
 * @throws `invalid` `stats.bad-sketch`.
 * @example
 * ```ts
 * import { createFrequentItems, mergeFrequentItems } from '@mlops/stats'
 *
 * const [a, b] = [createFrequentItems(), createFrequentItems()]
 * a.add('x', 2)
 * b.add('x', 3)
 * console.log(mergeFrequentItems(a.sketch(), b.sketch()).items) // [ [ 'x', 5 ] ]
 * ```
 */
export function mergeFrequentItems(
  a: FrequentItemsSketch,
  b: FrequentItemsSketch,
): FrequentItemsSketch {
  const [x, y] = [tableOf(a), tableOf(b)]
  const merged: ItemTable = {
    capacity: Math.min(x.capacity, y.capacity),
    n: x.n + y.n,
    offset: x.offset + y.offset,
    counts: x.counts,
  }
  for (const [item, count] of y.counts)
    merged.counts.set(item, (merged.counts.get(item) ?? 0) + count)
  if (merged.counts.size > merged.capacity) purge(merged)
  return plain(merged)
}

/** Takes the count at rank capacity/2 from all; those that reach 0 leave, so at most half stay. */
function purge(table: ItemTable): void {
  const { counts, capacity } = table
  const sorted = Float64Array.from(counts.values()).sort()
  const taken = sorted[sorted.length - 1 - (capacity >> 1)]!
  table.offset += taken
  for (const [item, count] of counts) {
    if (count > taken) counts.set(item, count - taken)
    else counts.delete(item)
  }
}

/** The key of a text: well-formed, so that it survives JSON and UTF-8, and not too long. */
function shortened(item: string): string {
  if (item.length <= LONGEST) return wellFormed(item)
  const hash: HashWords = new Int32Array(2)
  hashText(item, hash)
  const hex = [...hash].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
  return `${wellFormed(item.slice(0, KEPT))}…#${hex}`
}

/** The same text with memory of its own: a piece cut from a longer one would keep all of that alive. */
function apart(text: string): string {
  const units = new Array<number>(text.length)
  for (let i = 0; i < text.length; i++) units[i] = text.charCodeAt(i)
  return String.fromCharCode.apply(null, units)
}

function wellFormed(text: string): string {
  return text.replace(LONE_SURROGATE, '\ufffd')
}

/**
 * Confirms that a sketch, perhaps read back from JSON, is one.
 *
 * @throws `invalid` `stats.bad-sketch`, naming what is wrong.
 */
export function checkFrequentItems(sketch: FrequentItemsSketch): void {
  const fault = faultOf(sketch)
  if (fault) {
    throw invalid('stats.bad-sketch', `this is not a usable frequent-items sketch: ${fault}.`, {
      fault,
    })
  }
}

function faultOf(sketch: FrequentItemsSketch): string | undefined {
  if (sketch?.kind !== 'frequent-items') return "kind is not 'frequent-items'"
  const { formatVersion, capacity, n, offset, items } = sketch
  if (formatVersion !== 1) return `its format is ${String(formatVersion)}, not 1`
  if (!(Number.isInteger(capacity) && capacity >= 2 && capacity <= 65_536))
    return `capacity is ${capacity}, not from 2 to 65536`
  if (!(Number.isSafeInteger(n) && n >= 0)) return `n is ${n}`
  if (!(Number.isSafeInteger(offset) && offset >= 0 && offset <= n)) return `offset is ${offset}`
  if (!Array.isArray(items) || items.length > capacity)
    return `items is no array of at most ${capacity}`
  let total = 0
  for (const entry of items) {
    if (!Array.isArray(entry) || typeof entry[0] !== 'string') return 'an item is no pair'
    if (!(Number.isSafeInteger(entry[1]) && entry[1] >= 1)) return `a count is ${entry[1]}`
    total += entry[1]
  }
  if (new Set(items.map(([item]) => item)).size !== items.length) return 'an item is listed twice'
  if (offset === 0 ? total !== n : total > n) return `its counts sum to ${total}, n is ${n}`
  return undefined
}

function tableOf(sketch: FrequentItemsSketch): ItemTable {
  checkFrequentItems(sketch)
  const { capacity, n, offset, items } = sketch
  return { capacity, n, offset, counts: new Map(items) }
}

function plain({ capacity, n, offset, counts }: ItemTable): FrequentItemsSketch {
  const items = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
  return { kind: 'frequent-items', formatVersion: 1, capacity, n, offset, items }
}
