import type { ColumnComparison, Outline } from '../column-outline.ts'
import { notCompared, outlineBetween, tooFew } from '../column-outline.ts'
import type { PartFinding } from '../column-parts.ts'
import { compareByParts, partOf } from '../column-parts.ts'
import { vocabularyPart } from '../compare-text.ts'
import type { NumericReference, TextReference } from '../reference.ts'
import { compareNumericSides } from './compare-numeric-sides.ts'
import type { NumericProfile, TextProfile } from './data-profile.ts'
import { testOfGap } from './ks-of-sketches.ts'
import { sideOfNumbers } from './numeric-side.ts'
import { gaps } from './steps.ts'
import { crossOf, vocabularyDigest } from './vocabulary-profile.ts'

type Texts = TextReference | TextProfile

/**
 * Compares texts by what their profiles hold, as `compare` does. Lengths and numbers of words carry the
 * bounds of their sketches; frequencies are exact, and compared where both sides were counted over one
 * vocabulary. The share of unknown words is held against a fitted reference only: its own documents were
 * measured against each other's words, those of a profile may have made the vocabulary. What is not
 * compared is among the reasons.
 */
export function compareTexts(
  outline: Outline,
  before: Texts,
  after: Texts,
  minCount: number,
): ColumnComparison {
  const short = tooFew({ reference: outline.reference!, current: outline.current! }, minCount)
  if (short) return notCompared({ ...outline, status: 'insufficient-data' }, short)
  const unlike = whyVocabularyIsNotCompared(before, after)
  const parts: (PartFinding | undefined)[] = [
    numbersPart(before, after, 'length', minCount),
    numbersPart(before, after, 'words', minCount),
  ]
  const notes: string[] = []
  if (unlike) notes.push(`vocabulary and unknown words are not compared: ${unlike}`)
  else {
    if (isFitted(before)) parts.push(numbersPart(before, after, 'unknown-words', minCount))
    else
      notes.push(
        'the share of unknown words is not compared: that needs the fitted reference itself, since texts of a profile may have made the vocabulary',
      )
    parts.push(
      vocabularyPart(frequenciesOf(before), frequenciesOf(after), () =>
        crossOf((after as TextProfile).vocabulary!),
      ),
    )
  }
  return compareByParts(
    outline,
    parts.filter((part) => part !== undefined),
    notes,
  )
}

function isFitted(texts: Texts): texts is TextReference {
  return !('distinctWords' in texts)
}

function whyVocabularyIsNotCompared(before: Texts, after: Texts): string | undefined {
  if (isFitted(after))
    return 'of a fitted current side it is not known which words come together; give the profile of its texts instead'
  if (!before.vocabulary || !after.vocabulary)
    return 'a side was profiled without a reference, whose words are those that are counted'
  const digest = isFitted(before) ? vocabularyDigest(before.vocabulary) : before.vocabulary.digest
  return digest === after.vocabulary.digest
    ? undefined
    : 'the sides were counted over different vocabularies; profile both against one reference'
}

function frequenciesOf(texts: Texts) {
  return { ...texts.vocabulary!, documents: texts.count }
}

function numbersPart(
  before: Texts,
  after: Texts,
  name: string,
  minCount: number,
): PartFinding | undefined {
  const [earlier, later] = [before, after].map(({ documents }) =>
    (documents as readonly (NumericReference | NumericProfile)[]).find((one) => one.name === name),
  )
  if (!earlier || !later) return undefined
  const [r, c] = [sideOfNumbers(earlier), sideOfNumbers(later)]
  const outline = outlineBetween(earlier, r.summary, c.summary)
  const part = partOf(compareNumericSides(outline, r, c, minCount))
  if (!part || name !== 'unknown-words') return part
  // One way only, as `compare` has it: that there are more of them.
  const { test, effectSize, pValue } = testOfGap(gaps(r.steps, c.steps).above, r, c, {
    alternative: 'greater',
    dropped: [0, later.missing],
  })
  return {
    ...part,
    test,
    effectSize: { name: 'ks-distance', value: test.statistic! },
    ...(part.bounds && { bounds: { ...part.bounds, effectSize, pValue } }),
  }
}
