import { chiSquareContingency, totalVariation } from '@mlops/stats'
import type { CodedColumn } from './segment-codes.ts'

/** So many of the most changed segments of one condition are searched further. */
const BEAM = 40
/** What a second condition must add. */
const GAIN = 0.05

/** What bounds the search. */
export interface SegmentSearch {
  readonly depth: 1 | 2
  readonly minRows: number
  /** What p-values are multiplied by. */
  readonly hypotheses: number
}

/** One condition: a code of a column. */
export interface Code {
  readonly column: CodedColumn
  readonly code: number
}

/** The target's counts in a segment, and how far apart they are. */
export interface Change {
  readonly reference: readonly number[]
  readonly current: readonly number[]
  readonly effect: number
  /** The effect beyond what chance gives. */
  readonly score: number
}

/** A segment and the column that changed in it. */
export interface Candidate extends Change {
  readonly target: CodedColumn
  readonly codes: readonly Code[]
  readonly overall: Change
  readonly pValue: number
  readonly adjusted: number
}

/** Every pair of target and segment, whether the search comes by it or not. */
export function countHypotheses(
  targets: readonly CodedColumn[],
  by: readonly CodedColumn[],
  depth: 1 | 2,
): number {
  let count = 0
  for (const target of targets) {
    const sizes = by.filter(({ name }) => name !== target.name).map((c) => codesOf(c).length)
    const singles = sizes.reduce((sum, size) => sum + size, 0)
    const squares = sizes.reduce((sum, size) => sum + size * size, 0)
    count += singles + (depth === 2 ? (singles * singles - squares) / 2 : 0)
  }
  return count
}

/** All segments of one condition, and of two where the second adds enough. None is named twice. */
export function searchSegments(
  targets: readonly CodedColumn[],
  by: readonly CodedColumn[],
  search: SegmentSearch,
): Candidate[] {
  const single = targets.flatMap((target) => {
    const overall = changeIn(target)
    return by
      .filter(({ name }) => name !== target.name)
      .flatMap((column) => candidates(search, target, column, overall))
  })
  single.sort(byScore)
  if (search.depth === 1) return single
  const scores = new Map(single.map(({ target, codes, score }) => [keyOf(target, codes), score]))
  const double = single.slice(0, BEAM).flatMap((one) => refine(search, one, by, scores))
  return unique([...single, ...double])
}

function codesOf({ conditions }: CodedColumn): number[] {
  return conditions.flatMap((condition, code) => (condition ? [code] : []))
}

/** Every segment of one more condition on `column` among the rows that meet `first`. */
function candidates(
  { minRows, hypotheses }: SegmentSearch,
  target: CodedColumn,
  column: CodedColumn,
  overall: Change,
  first?: Code,
): Candidate[] {
  const [before, after] = [
    joint(target, column, 'reference', first),
    joint(target, column, 'current', first),
  ]
  return codesOf(column).flatMap((code) => {
    const [reference, current] = [before[code]!, after[code]!]
    if (total(reference) < minRows || total(current) < minRows) return []
    const { pValue } = chiSquareContingency([reference, current])
    if (pValue === null) return []
    return [
      {
        ...changeOf(reference, current),
        target,
        codes: [...(first ? [first] : []), { column, code }],
        overall,
        pValue,
        adjusted: Math.min(1, pValue * hypotheses),
      },
    ]
  })
}

/** The candidate with one more condition, where that adds enough to what either condition shows alone. */
function refine(
  search: SegmentSearch,
  one: Candidate,
  by: readonly CodedColumn[],
  scores: ReadonlyMap<string, number>,
): Candidate[] {
  const first = one.codes[0]!
  return by
    .filter(({ name }) => name !== first.column.name && name !== one.target.name)
    .flatMap((column) => candidates(search, one.target, column, one.overall, first))
    .filter(({ target, codes, score }) => {
      const alone = scores.get(keyOf(target, [codes[1]!])) ?? Number.NEGATIVE_INFINITY
      return score >= Math.max(one.score, alone) + GAIN
    })
}

/** For each code of `column` the counts of the target's codes, among the rows that meet `first`. */
function joint(
  target: CodedColumn,
  column: CodedColumn,
  side: 'reference' | 'current',
  first: Code | undefined,
): number[][] {
  const counts = column.conditions.map(() => new Array<number>(target.conditions.length).fill(0))
  const [values, codes] = [target[side], column[side]]
  const given = first?.column[side]
  for (let row = 0; row < values.length; row++) {
    if (given && given[row] !== first!.code) continue
    counts[codes[row]!]![values[row]!]!++
  }
  return counts
}

/** The change in the whole table. */
function changeIn({ conditions, reference, current }: CodedColumn): Change {
  const count = (codes: Uint16Array) => {
    const counts = new Array<number>(conditions.length).fill(0)
    for (const code of codes) counts[code]!++
    return counts
  }
  return changeOf(count(reference), count(current))
}

function changeOf(reference: readonly number[], current: readonly number[]): Change {
  const effect = totalVariation(reference, current)
  const [n, m] = [total(reference), total(current)]
  // Mean of |r − c| under no drift, each a normal variable with this variance.
  const noise = reference.reduce((sum, count, at) => {
    const p = (count + current[at]!) / (n + m)
    return sum + Math.sqrt((2 / Math.PI) * p * (1 - p) * (1 / n + 1 / m)) / 2
  }, 0)
  return { reference, current, effect, score: effect - noise }
}

function unique(candidates: readonly Candidate[]): Candidate[] {
  return [...new Map(candidates.map((one) => [keyOf(one.target, one.codes), one])).values()]
}

function keyOf(target: CodedColumn, codes: readonly Code[]): string {
  const conditions = codes.map(({ column, code }) => JSON.stringify([column.name, code]))
  return JSON.stringify([target.name, ...conditions.sort()])
}

/** Order: the most changed first. */
export function byScore(a: Candidate, b: Candidate): number {
  return b.score - a.score
}

/** Sum of counts. */
export function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0)
}
