import type { NumericColumn, TextColumn } from '@mlops/core'
import { ksTwoSampleTest } from '@mlops/stats'
import { quoted } from './changes.ts'
import type { ColumnComparison } from './column-outline.ts'
import { notCompared, outlineOf, sideOf, tooFew } from './column-outline.ts'
import type { PartFinding } from './column-parts.ts'
import { categoricalPart, compareByParts, numericPart } from './column-parts.ts'
import { crossProducts, documentNumbers, documentsOf, frequencies } from './fit-text.ts'
import type { NumericReference, TextReference } from './reference.ts'
import { sampleOf } from './reference.ts'
import type { DocumentFrequencies } from './word-frequency-test.ts'
import { countsOf, wordFrequencyTest } from './word-frequency-test.ts'

/**
 * Compares texts by length in code points, number of words, share of unknown words and the frequency
 * of the reference's most frequent words. Unknown is what no other reference document holds, so the
 * reference's own documents are held to the same measure.
 */
export function compareText(
  reference: TextReference,
  column: TextColumn,
  minCount: number,
): ColumnComparison {
  const read = documentsOf(column)
  const current = {
    ...sideOf(read.documents.length, column.missing),
    distinct: read.words.length,
  }
  const outline = outlineOf(reference, current)
  const short = tooFew(outline, minCount)
  if (short) return notCompared({ ...outline, status: 'insufficient-data' }, short)
  const known = new Set(reference.vocabulary.words)
  const numbers = documentNumbers(read, (word) => known.has(word))
  const wanted = reference.vocabulary.top.map(({ word }) => word)
  const after = frequencies(read.documents, read.words, wanted)
  const parts = [
    ...reference.documents.map((before, at) => {
      const part = numericPart(before, numbers[at]!, minCount)
      return part && before.name === 'unknown-words' ? onlyMore(part, before, numbers[at]!) : part
    }),
    vocabularyPart(
      { ...reference.vocabulary, documents: reference.count },
      { ...after, documents: read.documents.length },
      () => crossProducts(read.documents, read.words, wanted),
    ),
  ].filter((part) => part !== undefined)
  return compareByParts(outline, parts, [])
}

/**
 * Unknown words count one way only: that there are more of them. Fewer is what a document shows that
 * was in the reference itself.
 */
function onlyMore(part: PartFinding, before: NumericReference, column: NumericColumn): PartFinding {
  const test = ksTwoSampleTest(sampleOf(before), column.values, { alternative: 'greater' })
  return {
    ...part,
    test,
    effectSize: { name: 'ks-distance', value: test.statistic! },
  }
}

/** The frequencies of the same words on both sides. `undefined` without any word on a side. */
export function vocabularyPart(
  before: DocumentFrequencies,
  after: DocumentFrequencies,
  cross: () => readonly Float64Array[],
): PartFinding | undefined {
  if (before.top.length === 0 || before.total === 0 || after.total === 0) return undefined
  const labels = [...before.top.map(({ word }) => quoted(word)), '(other words)']
  const test = wordFrequencyTest(before, after, cross())
  return categoricalPart('vocabulary', labels, countsOf(before), countsOf(after), test)
}
