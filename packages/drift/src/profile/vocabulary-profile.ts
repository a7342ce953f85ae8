import { digestOf, isDigest } from '@mlops/core'
import type { Documents } from '../fit-text.ts'
import { crossProducts, frequencies } from '../fit-text.ts'
import type { VocabularyReference, WordCount } from '../reference.ts'

/** The words of a given vocabulary as a profiled text column has them: exact sums, which add up. */
export interface VocabularyProfile {
  /** Of the vocabulary, its known and its listed words: what is compared must be counted over one. */
  readonly digest: string
  /** The listed words, in the order of the vocabulary. */
  readonly top: readonly WordCount[]
  /** All words counted, and the sum of the squared lengths of the documents. */
  readonly total: number
  readonly squaredLengths: number
  /** sum x_s·x_t over documents, for each pair of listed words s before t: (0, 1), (0, 2), … (1, 2), … */
  readonly products: readonly number[]
}

/** What tells two vocabularies apart. Cost: that of hashing all words. */
export function vocabularyDigest({ minDocuments, words, top }: VocabularyReference): string {
  return digestOf({ minDocuments, words, top: top.map(({ word }) => word) })
}

/**
 * Whether a word is among the words of a vocabulary, which are sorted. A set of them would take more
 * memory than all the rest of a profile. Cost: O(log words).
 */
export function wordFinder(words: readonly string[]): (word: string) => boolean {
  return (word) => {
    let low = 0
    let high = words.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (words[middle]! < word) low = middle + 1
      else high = middle
    }
    return words[low] === word
  }
}

/** Counts the words of documents over a vocabulary. Memory: 80 KB beside the vocabulary. */
export function createWordCounter(vocabulary: VocabularyReference) {
  const digest = vocabularyDigest(vocabulary)
  const wanted = vocabulary.top.map(({ word }) => word)
  let sums: VocabularyProfile = {
    digest,
    top: wanted.map((word) => ({ word, count: 0, squares: 0, products: 0 })),
    total: 0,
    squaredLengths: 0,
    products: new Array<number>((wanted.length * (wanted.length - 1)) / 2).fill(0),
  }
  return {
    take({ documents, words }: Documents): void {
      const cross = crossProducts(documents, words, wanted)
      const products = cross.flatMap((row, s) => Array.from(row.subarray(s + 1)))
      sums = addVocabularies(sums, { digest, ...frequencies(documents, words, wanted), products })
    },
    profile: (): VocabularyProfile => sums,
  }
}

/** The sums of both, which were counted over one vocabulary. */
export function addVocabularies(a: VocabularyProfile, b: VocabularyProfile): VocabularyProfile {
  return {
    digest: a.digest,
    top: a.top.map(({ word, count, squares, products }, at) => {
      const other = b.top[at]!
      return {
        word,
        count: count + other.count,
        squares: squares + other.squares,
        products: products + other.products,
      }
    }),
    total: a.total + b.total,
    squaredLengths: a.squaredLengths + b.squaredLengths,
    products: a.products.map((product, at) => product + b.products[at]!),
  }
}

/** The sums over pairs as the whole symmetric matrix, with the squares on its diagonal. */
export function crossOf({ top, products }: VocabularyProfile): Float64Array[] {
  const cross = top.map(() => new Float64Array(top.length))
  let at = 0
  top.forEach(({ squares }, s) => {
    cross[s]![s] = squares
    for (let t = s + 1; t < top.length; t++) {
      cross[s]![t] = products[at]!
      cross[t]![s] = products[at++]!
    }
  })
  return cross
}

/** What cannot be right about word counts read back. */
export function vocabularyFault(vocabulary: VocabularyProfile): string | undefined {
  const { digest, top, total, squaredLengths, products } = vocabulary ?? {}
  if (typeof digest !== 'string' || !isDigest(digest) || !Array.isArray(top))
    return 'its vocabulary is none'
  const words = new Set(top.map((one) => one?.word))
  if (words.size !== top.length || ![...words].every((word) => typeof word === 'string'))
    return 'the words of its vocabulary are no different texts'
  const listed = top.reduce((sum, { count }) => sum + count, 0)
  const sound = top.every(
    ({ count, squares, products: weighted }: WordCount) =>
      [count, squares, weighted].every(isSum) && count <= squares && squares <= weighted,
  )
  if (!sound || !isSum(total) || !isSum(squaredLengths) || listed > total || total > squaredLengths)
    return 'the sums of its words cannot be right'
  const pairs = (top.length * (top.length - 1)) / 2
  if (!Array.isArray(products) || products.length !== pairs || !products.every(isSum))
    return `its words need sums of ${pairs} pairs`
  // 2xy <= x² + y² in every document.
  const possible = crossOf(vocabulary).every((row, s) =>
    row.every((product, t) => 2 * product <= top[s]!.squares + top[t]!.squares),
  )
  return possible ? undefined : 'two of its words come together more often than each comes'
}

/** Sums of squares may be larger than a count. */
function isSum(x: unknown): x is number {
  return Number.isInteger(x) && (x as number) >= 0
}
