import type { CategoricalColumn } from '@mlops/core'
import { createFrequentItems, createHyperLogLog } from '@mlops/stats'
import type { CategoricalProfile } from './data-profile.ts'
import type { SketchOptions } from './numeric-profiler.ts'
import { createFiniteSums } from './numeric-profiler.ts'

/** How many different texts, and how many lengths, wait to be taken in together. */
const PENDING = 4096
/** How many characters wait at most, so that long texts take no more room than short ones. */
const PENDING_CHARACTERS = 1 << 17

/** A categorical or boolean column being profiled. */
export interface CategoricalProfiler {
  readonly type: CategoricalProfile['type']
  addText(value: string): void
  addColumn(column: CategoricalColumn): void
  addMissing(rows: number): void
  addMistyped(type: string, rows: number): void
  profile(name: string): CategoricalProfile
}

/** Profiles texts: frequent items, distinct values and, except of booleans, their lengths. */
export function createCategoricalProfiler(
  type: CategoricalProfile['type'],
  { k = 512, seed = 0, precision = 12, capacity = 1024 }: SketchOptions,
): CategoricalProfiler {
  const items = createFrequentItems({ capacity })
  const distinct = createHyperLogLog({ precision })
  const lengths = type === 'categorical' ? createFiniteSums({ k, seed }) : undefined
  const mistyped = new Map<string, number>()
  // Equal texts come often: they are counted here first, and hashed once.
  const pending = new Map<string, number>()
  let characters = 0
  let count = 0
  let missing = 0

  function take(texts: Iterable<readonly [string, number]>): void {
    const sizes = lengths && new Float64Array(PENDING)
    let held = 0
    for (const [text, times] of texts) {
      if (times === 0) continue
      items.add(text, times)
      distinct.addText(text)
      if (!sizes) continue
      const length = codePoints(text)
      for (let left = times; left > 0; ) {
        const some = Math.min(left, PENDING - held)
        sizes.fill(length, held, held + some)
        left -= some
        held += some
        if (held < PENDING) continue
        lengths.take(sizes)
        held = 0
      }
    }
    if (sizes) lengths.take(sizes.subarray(0, held))
  }

  function flush(): void {
    take(pending)
    pending.clear()
    characters = 0
  }

  return {
    type,
    addText(value) {
      count++
      const times = pending.get(value)
      pending.set(value, (times ?? 0) + 1)
      if (times === undefined) characters += value.length
      if (pending.size >= PENDING || characters >= PENDING_CHARACTERS) flush()
      else if (count % (8 * PENDING) === 0) flush()
    },
    addColumn({ codes, categories, length, missing: absent }) {
      flush()
      const times = new Float64Array(categories.length)
      for (let i = 0; i < codes.length; i++) if (codes[i]! >= 0) times[codes[i]!]!++
      take(categories.map((category, code) => [category, times[code]!] as const))
      count += length - absent
      missing += absent
    },
    addMissing(rows) {
      missing += rows
    },
    addMistyped(other, rows) {
      mistyped.set(other, (mistyped.get(other) ?? 0) + rows)
    },
    profile(name) {
      flush()
      return {
        name,
        type,
        count,
        missing,
        mistyped: Object.fromEntries(mistyped),
        items: items.sketch(),
        distinct: distinct.sketch(),
        ...(lengths && { lengths: lengths.with(new Float64Array(0)) }),
      }
    },
  }
}

function codePoints(text: string): number {
  let pairs = 0
  for (let i = 0; i + 1 < text.length; i++) {
    const isHigh = (text.charCodeAt(i) & 0xfc00) === 0xd800
    if (isHigh && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) pairs++
  }
  return text.length - pairs
}
