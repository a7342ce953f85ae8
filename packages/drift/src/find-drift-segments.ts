import type { ReadTableOptions, Rng, Summary, Table, TableInput, Warning } from '@mlops/core'
import {
  createRng,
  formatNumber,
  givenOptions,
  invalid,
  readTable,
  shuffle,
  withDisplay,
} from '@mlops/core'
import { categoryChanges, stretches } from './changes.ts'
import { percent } from './explain.ts'
import type { ShareChange } from './report.ts'
import { rowsAt } from './rows.ts'
import type { CodedColumn, SegmentCondition } from './segment-codes.ts'
import { codeColumn, conditionText } from './segment-codes.ts'
import type { Candidate } from './segment-search.ts'
import { byScore, countHypotheses, searchSegments, total } from './segment-search.ts'
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
  const {
    depth = 2,
    alpha = 0.05,
    most = 10,
    minRows = 100,
    types,
    missingKeys,
  } = givenOptions(options)
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
  const named = searchSegments(targets, by, { depth, minRows, hypotheses })
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

function isNamed(
  { score, overall }: Candidate,
  { minExcess = 0.05 }: FindDriftSegmentsOptions,
): boolean {
  return score >= Math.max(0, overall.score) + minExcess
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
