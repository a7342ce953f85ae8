import type { ReadTableOptions, Rng, Summary, Table, TableInput, Warning } from '@mlops/core'
import { createRng, formatNumber, invalid, readTable, shuffle, withDisplay } from '@mlops/core'
import { chiSquareContingency, totalVariation } from '@mlops/stats'
import { categoryChanges, stretches } from './changes.ts'
import { percent } from './explain.ts'
import type { ShareChange } from './report.ts'
import { rowsAt } from './rows.ts'
import type { CodedColumn, SegmentCondition } from './segment-codes.ts'
import { codeColumn, conditionText } from './segment-codes.ts'
import { told } from './sentence.ts'

export interface FindDriftSegmentsOptions extends Omit<ReadTableOptions, 'name'> {
  /** Columns whose change is looked for. @default every numeric, categorical and boolean one */
  readonly targets?: readonly string[]
  /** Columns that segments are made of. @default every numeric, categorical and boolean one */
  readonly by?: readonly string[]
  /** How many conditions a segment may have. @default 2 */
  readonly depth?: 1 | 2
  /** Fewer rows on a side make no segment. @default 100 */
  readonly minRows?: number
  /** A segment's change counts from this total variation above that of the whole table on. @default 0.05 */
  readonly minExcess?: number
  /** Level, over all segments that could have been named. @default 0.05 */
  readonly alpha?: number
  /** At most so many segments are named. @default 10 */
  readonly most?: number
  /** Intervals per numeric column: quantiles of the reference. @default 5 */
  readonly intervals?: number
  /** Rows looked at per side, a random sample if there are more. @default 50000 */
  readonly maxRows?: number
  /** Draws that sample. @default createRng('drift-segments') */
  readonly rng?: Rng
}

/** A part of the rows in which a column changed more than elsewhere. */
export interface DriftSegment {
  readonly conditions: readonly SegmentCondition[]
  /** The column that changed. */
  readonly column: string
  /** Total variation of the column within the segment, and in the whole table. */
  readonly effectSize: number
  readonly overall: number
  /** Of the chi-square test within the segment, and times all segments that could have been named. */
  readonly pValue: number
  readonly adjustedPValue: number
  readonly reference: { readonly rows: number; readonly share: number }
  readonly current: { readonly rows: number; readonly share: number }
  readonly changes: readonly ShareChange[]
  readonly sentence: string
}

/** Where the change sits among the rows. */
export interface SegmentReport {
  readonly kind: 'drift-segments'
  readonly sentence: string
  /** The most changed first. */
  readonly segments: readonly DriftSegment[]
  /** Pairs of segment and column that p-values are adjusted for. */
  readonly hypotheses: number
  readonly rows: { readonly reference: number; readonly current: number }
  readonly warnings: readonly Warning[]
}

const CODES = { bins: 10, categories: 20 }
/** So many of the most changed segments of one condition are searched further. */
const BEAM = 40
/** What a second condition must add. */
const GAIN = 0.05

/**
 * Searches for the segments in which columns changed most: `plan is 'pro'`, `age is below 30`, or two
 * such conditions together.
 *
 * Score: total variation of the column within the segment, less what chance gives at its size. A
 * segment is named when its change exceeds that of the whole table by `minExcess` and its chi-square
 * test holds after Bonferroni over every segment that could have been named (so also over those the
 * search skipped). A second condition must add 0.05 to the score.
 *
 * Input: both tables. Numbers are cut at quantiles of the reference, categories beyond the 20 most
 * frequent are pooled, missing values are a category. Times, texts and embeddings are left out.
 * Output: plain JSON, the same for the same rows and rng.
 * Cost: O(rows · by · targets) for one condition and 40 searches of O(rows · by) for two; rows are at
 * most `maxRows` a side.
 *
 * @throws `invalid`: those of `readTable`; `drift.unknown-column`; `drift.invalid-option`.
 * @example
 * ```ts
 * import { findDriftSegments } from '@mlops/drift'
 *
 * const rows = (pro: number) =>
 *   Array.from({ length: 2000 }, (_, i) => ({
 *     plan: i % 4 === 0 ? 'pro' : 'free',
 *     minutes: (i * 7919) % 100 + (i % 4 === 0 ? pro : 0),
 *   }))
 * const { segments } = findDriftSegments(rows(0), rows(40), { targets: ['minutes'] })
 * console.log(segments[0]?.conditions) // [ { column: 'plan', is: 'category', category: 'pro' } ]
 * ```
 * Source: beam search over conjunctions, as in subgroup discovery (Klösgen 1996).
 */
export function findDriftSegments(
  reference: TableInput,
  current: TableInput,
  options: FindDriftSegmentsOptions = {},
): SegmentReport {
  const { depth = 2, alpha = 0.05, most = 10, types, missingKeys } = options
  const { maxRows = 50_000, rng = createRng('drift-segments') } = options
  checkOptions(options)
  const reading = { ...(types && { types }), ...(missingKeys && { missingKeys }) }
  const all = [
    readTable(reference, { ...reading, name: 'reference' }),
    readTable(current, { ...reading, name: 'current' }),
  ] as const
  const sides = [sampled(all[0], maxRows, rng), sampled(all[1], maxRows, rng)] as const
  const { targets, by } = codedColumns(sides, options)
  const hypotheses = countHypotheses(targets, by, depth)
  const search: Search = { sides, options, hypotheses }

  const overall = new Map(
    targets.map((target) => [target, changeIn(target, target.reference, target.current)]),
  )
  const single = targets.flatMap((target) =>
    by
      .filter(({ name }) => name !== target.name)
      .flatMap((column) => candidates(search, target, column, overall.get(target)!)),
  )
  single.sort(byScore)
  const scores = new Map(single.map(({ target, codes, score }) => [keyOf(target, codes), score]))
  const double =
    depth === 1 ? [] : single.slice(0, BEAM).flatMap((one) => refine(search, one, by, scores))
  const named = unique([...single, ...double])
    .filter((one) => isNamed(one, options) && one.adjusted < alpha)
    .sort(byScore)
    .slice(0, most)
  const segments = named.map((one) => segmentOf(one, sides))
  const report: SegmentReport = {
    kind: 'drift-segments',
    sentence: segments[0]?.sentence ?? 'No segment changed clearly more than the table as a whole.',
    segments,
    hypotheses,
    rows: { reference: all[0].rowCount, current: all[1].rowCount },
    warnings: all.flatMap(({ rowCount }, at) =>
      rowCount > maxRows
        ? [
            {
              code: 'drift.rows-sampled',
              message: `a random sample of ${maxRows} of the ${rowCount} ${at === 0 ? 'reference' : 'current'} rows was searched`,
            },
          ]
        : [],
    ),
  }
  return withDisplay(report, summarise)
}

interface Search {
  readonly sides: readonly [Table, Table]
  readonly options: FindDriftSegmentsOptions
  readonly hypotheses: number
}

interface Code {
  readonly column: CodedColumn
  readonly code: number
}

interface Change {
  readonly reference: readonly number[]
  readonly current: readonly number[]
  readonly effect: number
  /** The effect beyond what chance gives. */
  readonly score: number
}

interface Candidate extends Change {
  readonly target: CodedColumn
  readonly codes: readonly Code[]
  readonly overall: Change
  readonly pValue: number
  readonly adjusted: number
}

function codedColumns(
  sides: readonly [Table, Table],
  { targets, by, intervals = 5 }: FindDriftSegmentsOptions,
) {
  const names = [...sides[0].columns.keys()]
  for (const name of [...(targets ?? []), ...(by ?? [])]) {
    if (names.includes(name) && sides[1].columns.has(name)) continue
    throw invalid('drift.unknown-column', `not both tables have a column '${name}'`, {
      column: name,
    })
  }
  const coded = (wanted: readonly string[] | undefined, codes: typeof CODES) =>
    (wanted ?? names).flatMap((name) => codeColumn(name, sides, codes) ?? [])
  return { targets: coded(targets, CODES), by: coded(by, { ...CODES, bins: intervals }) }
}

/** Every pair of target and segment, whether the search comes by it or not. */
function countHypotheses(
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

function codesOf({ conditions }: CodedColumn): number[] {
  return conditions.flatMap((condition, code) => (condition ? [code] : []))
}

/** Every segment of one more condition on `column` among the rows that meet `first`. */
function candidates(
  { options: { minRows = 100 }, hypotheses }: Search,
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
  search: Search,
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

function changeIn(
  { conditions }: CodedColumn,
  reference: Uint16Array,
  current: Uint16Array,
): Change {
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

function isNamed(
  { score, overall }: Candidate,
  { minExcess = 0.05 }: FindDriftSegmentsOptions,
): boolean {
  return score >= Math.max(0, overall.score) + minExcess
}

function unique(candidates: readonly Candidate[]): Candidate[] {
  return [...new Map(candidates.map((one) => [keyOf(one.target, one.codes), one])).values()]
}

function keyOf(target: CodedColumn, codes: readonly Code[]): string {
  const conditions = codes.map(({ column, code }) => JSON.stringify([column.name, code]))
  return JSON.stringify([target.name, ...conditions.sort()])
}

function byScore(a: Candidate, b: Candidate): number {
  return b.score - a.score
}

function segmentOf(
  { target, codes, effect, overall, pValue, adjusted, reference, current }: Candidate,
  sides: readonly [Table, Table],
): DriftSegment {
  const conditions = codes.map(({ column, code }) => column.conditions[code]!)
  const [n, m] = [total(reference), total(current)]
  const share = m / sides[1].rowCount
  const changes = changesOf(target, reference, current)
  const where = conditions.map(conditionText).join(' and ')
  return {
    conditions,
    column: target.name,
    effectSize: effect,
    overall: overall.effect,
    pValue,
    adjustedPValue: adjusted,
    reference: { rows: n, share: n / sides[0].rowCount },
    current: { rows: m, share },
    changes,
    sentence: `Where ${where} (${percent(share)} of the rows), '${target.name.slice(0, 60)}' changed${changes[0] ? `: ${told(changes[0])}` : ''}.`,
  }
}

function changesOf(
  { edges, labels }: CodedColumn,
  reference: readonly number[],
  current: readonly number[],
): ShareChange[] {
  if (!edges) return categoryChanges(labels, reference, current)
  const bins = edges.length + 1
  const [r, c] = [reference.slice(0, bins), current.slice(0, bins)]
  return total(r) > 0 && total(c) > 0 ? stretches(edges, r, c) : []
}

function sampled(table: Table, most: number, rng: Rng): Table {
  if (table.rowCount <= most) return table
  const order = shuffle(
    Int32Array.from({ length: table.rowCount }, (_, row) => row),
    rng,
  )
  return rowsAt(table, order.slice(0, most))
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0)
}

function checkOptions({
  depth = 2,
  minRows = 100,
  minExcess = 0.05,
  alpha = 0.05,
  most = 10,
  intervals = 5,
  maxRows = 50_000,
}: FindDriftSegmentsOptions): void {
  const integer = (value: number, least: number) => Number.isInteger(value) && value >= least
  const bounds: [string, number, boolean, string][] = [
    ['depth', depth, depth === 1 || depth === 2, 'be 1 or 2'],
    ['minRows', minRows, integer(minRows, 1), 'be an integer >= 1'],
    ['minExcess', minExcess, minExcess >= 0 && minExcess < 1, 'lie in [0, 1)'],
    ['alpha', alpha, alpha > 0 && alpha < 1, 'lie strictly between 0 and 1'],
    ['most', most, integer(most, 1), 'be an integer >= 1'],
    [
      'intervals',
      intervals,
      integer(intervals, 2) && intervals <= 100,
      'be an integer from 2 to 100',
    ],
    ['maxRows', maxRows, integer(maxRows, 1), 'be an integer >= 1'],
  ]
  for (const [name, value, fine, must] of bounds) {
    if (!fine)
      throw invalid('drift.invalid-option', `${name} must ${must}, got ${value}`, { [name]: value })
  }
}

function summarise({ segments, sentence, rows }: SegmentReport): Summary {
  return {
    title: `Segments that changed most, ${rows.current} rows against ${rows.reference}`,
    lines: [sentence],
    table: {
      columns: ['segment', 'column', 'effect', 'whole table', 'rows', 'p (adjusted)'],
      rows: segments.map((one) => [
        one.conditions.map(conditionText).join(' and '),
        one.column,
        formatNumber(one.effectSize),
        formatNumber(one.overall),
        percent(one.current.share),
        one.adjustedPValue,
      ]),
    },
  }
}
