import type { NumericColumn, TextColumn } from '@mlops/core'
import type { NumericFit } from './fit-numeric.ts'
import { fitNumeric } from './fit-numeric.ts'
import type { TextReference, VocabularyReference, WordCount } from './reference.ts'
import { codePoints, wordsOf } from './tokens.ts'

/** At most so many words are known; the rarest are cut first. */
const LARGEST_VOCABULARY = 20_000
/** So many of the most frequent words are compared by their frequency. */
const TOP_WORDS = 100

/** A text column's documents as word numbers into a dictionary. */
export interface Documents {
  readonly words: readonly string[]
  /** One entry per present document. */
  readonly documents: readonly Int32Array[]
  readonly lengths: Float64Array
}

/** Splits the present documents of a column into words. */
export function documentsOf({ values }: Pick<TextColumn, 'values'>): Documents {
  const index = new Map<string, number>()
  const documents: Int32Array[] = []
  const lengths: number[] = []
  for (const text of values) {
    if (text === null) continue
    lengths.push(codePoints(text))
    documents.push(
      Int32Array.from(wordsOf(text), (word) => {
        const known = index.get(word)
        if (known !== undefined) return known
        index.set(word, index.size)
        return index.size - 1
      }),
    )
  }
  return { words: [...index.keys()], documents, lengths: Float64Array.from(lengths) }
}

/** Boils a text column down to lengths, vocabulary and word frequencies. */
export function fitText(name: string, column: TextColumn, fit: NumericFit): TextReference {
  const { words, documents, lengths } = documentsOf(column)
  const spread = new Float64Array(words.length)
  for (const document of documents) for (const word of new Set(document)) spread[word]!++
  const minDocuments = smallestSpread(spread)
  // Each document is held against the vocabulary of the others: its own words are no news to itself.
  const unknown = Float64Array.from(documents, (document) =>
    shareOf(document, (word) => spread[word]! - 1 < minDocuments),
  )
  const part = (partName: string, values: Float64Array) =>
    fitNumeric(partName, numbers(values), { ...fit, binning: undefined })
  return {
    name,
    type: 'text',
    count: documents.length,
    missing: column.missing,
    documents: [
      part('length', lengths),
      part(
        'words',
        Float64Array.from(documents, ({ length }) => length),
      ),
      part('unknown-words', unknown),
    ],
    vocabulary: {
      minDocuments,
      words: words.filter((_, word) => spread[word]! >= minDocuments).sort(),
      ...frequencies(documents, words, topWords(documents, words)),
    },
  }
}

/** Lengths, numbers of words and shares of unknown words of later documents. */
export function documentNumbers(
  { words, documents, lengths }: Documents,
  isKnown: (word: string) => boolean,
): readonly [length: NumericColumn, words: NumericColumn, unknownWords: NumericColumn] {
  const unknown = words.map((word) => !isKnown(word))
  return [
    numbers(lengths),
    numbers(Float64Array.from(documents, ({ length }) => length)),
    numbers(
      Float64Array.from(documents, (document) => shareOf(document, (word) => unknown[word]!)),
    ),
  ]
}

/** Counts of the given words, with what their variance over documents needs. */
export function frequencies(
  documents: readonly Int32Array[],
  words: readonly string[],
  wanted: readonly string[],
): Pick<VocabularyReference, 'top' | 'total' | 'squaredLengths'> {
  const placeOf = new Map(wanted.map((word, at) => [word, at]))
  const places = Int32Array.from(words, (word) => placeOf.get(word) ?? -1)
  const sums = wanted.map((word) => ({ word, count: 0, squares: 0, products: 0 }))
  let total = 0
  let squaredLengths = 0
  for (const document of documents) {
    const n = document.length
    total += n
    squaredLengths += n * n
    const inDocument = new Map<number, number>()
    for (const word of document) {
      const place = places[word]!
      if (place >= 0) inDocument.set(place, (inDocument.get(place) ?? 0) + 1)
    }
    for (const [place, x] of inDocument) {
      const sum = sums[place]!
      sum.count += x
      sum.squares += x * x
      sum.products += x * n
    }
  }
  return { top: sums satisfies WordCount[], total, squaredLengths }
}

/** For each pair of the given words the sum over documents of their counts multiplied. */
export function crossProducts(
  documents: readonly Int32Array[],
  words: readonly string[],
  wanted: readonly string[],
): Float64Array[] {
  const placeOf = new Map(wanted.map((word, at) => [word, at]))
  const places = Int32Array.from(words, (word) => placeOf.get(word) ?? -1)
  const cross = wanted.map(() => new Float64Array(wanted.length))
  for (const document of documents) {
    const inDocument = new Map<number, number>()
    for (const word of document) {
      const place = places[word]!
      if (place >= 0) inDocument.set(place, (inDocument.get(place) ?? 0) + 1)
    }
    for (const [s, x] of inDocument) for (const [t, y] of inDocument) cross[s]![t]! += x * y
  }
  return cross
}

/** The most frequent words; equals by code unit. */
function topWords(documents: readonly Int32Array[], words: readonly string[]): string[] {
  const counts = new Float64Array(words.length)
  for (const document of documents) for (const word of document) counts[word]!++
  return words
    .map((word, at) => [word, counts[at]!] as const)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, TOP_WORDS)
    .map(([word]) => word)
}

/** In how many documents a word must be, so that no more than the allowed number of words are kept. */
function smallestSpread(spread: Float64Array): number {
  if (spread.length <= LARGEST_VOCABULARY) return 1
  const sorted = spread.slice().sort()
  return sorted[sorted.length - LARGEST_VOCABULARY - 1]! + 1
}

/** NaN for a document without words: it has no share. */
function shareOf(document: Int32Array, counts: (word: number) => boolean): number {
  let found = 0
  for (const word of document) if (counts(word)) found++
  return document.length === 0 ? Number.NaN : found / document.length
}

function numbers(values: Float64Array): NumericColumn {
  let missing = 0
  for (const x of values) if (Number.isNaN(x)) missing++
  return { type: 'numeric', length: values.length, values, missing }
}
