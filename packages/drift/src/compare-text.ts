import type { NumericColumn, TextColumn } from '@mlops/core'
import type { TestResult } from '@mlops/stats'
import { chiSquare, chiSquareContingency, ksTwoSampleTest } from '@mlops/stats'
import { quoted } from './changes.ts'
import type { ColumnComparison } from './column-outline.ts'
import { notCompared, outlineOf, sideOf, tooFew } from './column-outline.ts'
import type { PartFinding } from './column-parts.ts'
import { categoricalPart, compareByParts, numericPart } from './column-parts.ts'
import { documentNumbers, documentsOf, frequencies } from './fit-text.ts'
import type { NumericReference, TextReference, VocabularyReference } from './reference.ts'
import { sampleOf } from './reference.ts'

type Frequencies = Pick<VocabularyReference, 'top' | 'total' | 'squaredLengths'>

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
  const numbers = documentNumbers(read, reference.vocabulary)
  const wanted = reference.vocabulary.top.map(({ word }) => word)
  const after = frequencies(read.documents, read.words, wanted)
  const parts = [
    ...reference.documents.map((before, at) => {
      const part = numericPart(before, numbers[at]!, minCount)
      return part && before.name === 'unknown-words' ? onlyMore(part, before, numbers[at]!) : part
    }),
    vocabularyPart(reference.vocabulary, after, reference.count, read.documents.length),
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

function vocabularyPart(
  before: Frequencies,
  after: Frequencies,
  documentsBefore: number,
  documentsAfter: number,
): PartFinding | undefined {
  if (before.top.length === 0 || before.total === 0 || after.total === 0) return undefined
  const labels = [...before.top.map(({ word }) => quoted(word)), '(other words)']
  const counts = ({ top, total }: Frequencies) => {
    const listed = top.map(({ count }) => count)
    return [...listed, Math.max(0, total - listed.reduce((sum, count) => sum + count, 0))]
  }
  const [r, c] = [counts(before), counts(after)]
  const test = raoScott([r, c], [before, after], [documentsBefore, documentsAfter])
  return categoricalPart('vocabulary', labels, r, c, test)
}

/**
 * Chi-square test of word frequencies whose words come in documents: divided by the mean design
 * effect, since words of one document go together and a thousand words are fewer independent ones.
 *
 * `chi²/δ` with δ the expected chi² under no drift over its degrees of freedom, from the variance of
 * the shares between documents. Source: Rao & Scott 1981, first-order correction.
 */
function raoScott(
  counts: readonly [readonly number[], readonly number[]],
  sides: readonly [Frequencies, Frequencies],
  documents: readonly [number, number],
): TestResult {
  const plain = chiSquareContingency(counts)
  const { statistic, degreesOfFreedom } = plain
  if (statistic === null || degreesOfFreedom === null) return plain
  const [n, m] = [sides[0].total, sides[1].total]
  let expected = 0
  sides[0].top.forEach((_, at) => {
    const p = (counts[0][at]! + counts[1][at]!) / (n + m)
    if (p === 0) return
    const variance = sides.reduce(
      (sum, side, which) => sum + shareVariance(side, at, documents[which]!),
      0,
    )
    expected += variance / (p * (1 / n + 1 / m))
  })
  // The pool of other words has no terms of its own; it weighs as an average category.
  const designEffect = Math.max(1, expected / Math.max(1, degreesOfFreedom))
  return {
    ...plain,
    method: 'chi-square-rao-scott',
    statistic: statistic / designEffect,
    pValue: chiSquare.sf(statistic / designEffect, degreesOfFreedom),
    warnings: [],
  }
}

/** Variance of a word's share over documents, by linearisation of the ratio. */
function shareVariance(
  { top, total, squaredLengths }: Frequencies,
  at: number,
  documents: number,
): number {
  if (documents < 2) return 0
  const { count, squares, products } = top[at]!
  const p = count / total
  const scatter = squares - 2 * p * products + p * p * squaredLengths
  return ((documents / (documents - 1)) * Math.max(0, scatter)) / total ** 2
}
