import type { TextColumn } from '@mlops/core'
import { createHyperLogLog } from '@mlops/stats'
import { documentNumbers, documentsOf } from '../fit-text.ts'
import type { TextReference } from '../reference.ts'
import type { TextProfile } from './data-profile.ts'
import type { SketchOptions } from './numeric-profiler.ts'
import { createNumericProfiler, givenBins } from './numeric-profiler.ts'
import { createWordCounter, wordFinder } from './vocabulary-profile.ts'

/** So much text waits to be taken in together: its words are then looked up once. */
const PENDING_CHARACTERS = 131_072
const PENDING_DOCUMENTS = 1024

/** A text column being profiled. */
export interface TextProfiler {
  readonly type: 'text'
  addText(value: string): void
  addTexts(column: TextColumn): void
  addMissing(rows: number): void
  addMistyped(type: string, rows: number): void
  profile(name: string): TextProfile
}

/**
 * Profiles texts: lengths, numbers of words, different words and texts; over the vocabulary of a
 * reference also its words' frequencies and the share of unknown words of each document.
 */
export function createTextProfiler(
  sketching: SketchOptions,
  reference?: TextReference,
): TextProfiler {
  const { precision = 12 } = sketching
  const distinct = createHyperLogLog({ precision })
  const distinctWords = createHyperLogLog({ precision })
  const vocabulary = reference && createWordCounter(reference.vocabulary)
  const isKnown = wordFinder(reference?.vocabulary.words ?? [])
  const names = ['length', 'words', ...(reference ? ['unknown-words'] : [])]
  const numbers = names.map((name) => {
    const fitted = reference?.documents.find((one) => one.name === name)
    return createNumericProfiler('numeric', sketching, givenBins(fitted))
  })
  const mistyped = new Map<string, number>()
  let pending: string[] = []
  let characters = 0
  let count = 0
  let missing = 0

  function flush(): void {
    if (pending.length === 0) return
    const read = documentsOf({ values: pending })
    for (const text of pending) distinct.addText(text)
    for (const word of read.words) distinctWords.addText(word)
    const columns = documentNumbers(read, isKnown)
    numbers.forEach((profiler, at) => {
      profiler.addNumbers(columns[at]!.values)
    })
    vocabulary?.take(read)
    pending = []
    characters = 0
  }

  function addText(value: string): void {
    count++
    pending.push(value)
    characters += value.length
    if (characters >= PENDING_CHARACTERS || pending.length >= PENDING_DOCUMENTS) flush()
  }

  return {
    type: 'text',
    addText,
    addTexts({ values, missing: absent }) {
      missing += absent
      for (const value of values) if (value !== null) addText(value)
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
        type: 'text',
        count,
        missing,
        mistyped: Object.fromEntries(mistyped),
        distinct: distinct.sketch(),
        distinctWords: distinctWords.sketch(),
        documents: numbers.map((profiler, at) => profiler.profile(names[at]!)),
        ...(vocabulary && { vocabulary: vocabulary.profile() }),
      }
    },
  }
}
