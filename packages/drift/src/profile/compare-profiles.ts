import type { Warning } from '@mlops/core'
import { distinctCount } from '@mlops/stats'
import type { ColumnComparison } from '../column-outline.ts'
import { notCompared, outlineBetween, sideOf, sideOfReference, tooFew } from '../column-outline.ts'
import { displayed } from '../compare.ts'
import { compareCategoryCounts } from '../compare-categorical.ts'
import type { CompareOptions } from '../compare-options.ts'
import { checkOptions } from '../compare-options.ts'
import { judge, refuseUnknown } from '../judge-columns.ts'
import { reportOf } from '../judge-table.ts'
import type {
  CategoricalReference,
  ColumnReference,
  DriftReference,
  NumericReference,
  TextReference,
} from '../reference.ts'
import { checkReference } from '../reference.ts'
import type { DriftReport, SideSummary } from '../report.ts'
import { checkProfile } from './check-profile.ts'
import type { ItemCounts } from './compare-item-counts.ts'
import { compareItemCounts } from './compare-item-counts.ts'
import { compareNumericSides } from './compare-numeric-sides.ts'
import { compareTexts } from './compare-texts.ts'
import { compareTimes, holdsTimes } from './compare-times.ts'
import type {
  CategoricalProfile,
  ColumnProfile,
  DataProfile,
  NumericProfile,
  TextProfile,
} from './data-profile.ts'
import { isNumericType } from './data-profile.ts'
import { sideOfNumbers } from './numeric-side.ts'

/** As for `compare`, without what concerns reading tables. */
export type CompareProfilesOptions = Omit<
  CompareOptions,
  'bins' | 'binnings' | 'types' | 'missingKeys' | 'preset'
>

type OneColumn = ColumnProfile | ColumnReference

/**
 * Compares two profiles, or a profile with a fitted reference, column by column and as a whole: the
 * report is that of `compare`, and every figure that rests on a sketch carries its bound.
 *
 * |D − D̂| is at most the sum of both sketches' rank errors (`kllRankError`); the p-value's bound runs
 * from the one at the upper to the one at the lower end of D, and the report shows the latter. Binned
 * distances are exact on the reference's bins, if the profile was made with that reference; else each
 * share's bound gives theirs. Categories are exact while all fit into the sketch. Times are judged by
 * clock and calendar over whole cycles, exact but for what shares a cell with the cut-off. Texts are
 * judged by length and number of words, and by the words of a vocabulary that both were counted over.
 *
 * A column drifted when it did so at the end of the bounds that speaks least for it; when only the
 * other end does, its verdict is `inconclusive`. Where nothing was thinned out the report is that of
 * `compare`, and `bounds` is absent.
 *
 * Cost: O(columns · sketch size), no data.
 *
 * @throws `invalid`: `drift.not-a-profile`, `drift.not-a-reference`, `drift.invalid-option`,
 *   `drift.unknown-method`, `drift.unknown-column`, `stats.bad-sketch`; `unsupported`
 *   `drift.unsupported-format`.
 * @example
 * ```ts
 * import { fitReference } from '@mlops/drift'
 * import { compareProfiles, createProfiler } from '@mlops/drift/profile'
 *
 * const numbers = (n: number, shift: number) => Float64Array.from({ length: n }, (_, i) => shift + (i % 1000))
 * const reference = fitReference({ x: numbers(50_000, 0) })
 * const profiler = createProfiler({ reference })
 * profiler.addTable({ x: numbers(200_000, 300) })
 * const report = compareProfiles(reference, profiler.profile())
 * const [x] = report.columns
 * console.log(report.verdict, x?.bounds?.effectSize.map((d) => d.toFixed(2))) // fail [ '0.30', '0.31' ]
 * ```
 */
export function compareProfiles(
  reference: DriftReference | DataProfile,
  current: DriftReference | DataProfile,
  options: CompareProfilesOptions = {},
): DriftReport {
  const { ignore = [], minCount = 10 } = options
  checkOptions(options)
  for (const side of [reference, current]) checkSide(side)
  const names = [reference, current].flatMap(({ columns }) => columns.map(({ name }) => name))
  refuseUnknown(options, new Set(names))
  const left = <One extends OneColumn>(columns: readonly One[]) =>
    columns.filter(({ name }) => !ignore.includes(name))
  const found = new Map<string, OneColumn>(
    left<OneColumn>(current.columns).map((column) => [column.name, column]),
  )
  const comparisons = left<OneColumn>(reference.columns).map((before) => {
    const after = found.get(before.name)
    found.delete(before.name)
    return after ? compareTwo(before, after, minCount) : vanished(before)
  })
  const fresh = [...found.values()].map(({ name, type }) =>
    notCompared({ name, type, status: 'new-column' }, 'the reference has no such column'),
  )
  const before = new Map<string, OneColumn>(reference.columns.map((one) => [one.name, one]))
  const judged = [...comparisons, ...fresh].map((comparison) =>
    judge(comparison, before.get(comparison.name)?.count ?? 0, options),
  )
  return displayed(reportOf(judged, { fitted: reference, table: current }, options))
}

function checkSide(side: DriftReference | DataProfile): void {
  if ((side as DriftReference)?.kind === 'drift-reference') checkReference(side as DriftReference)
  else checkProfile(side as DataProfile)
}

function vanished(before: OneColumn): ColumnComparison {
  const { name, type } = before
  return notCompared(
    { name, type, reference: summaryOf(before), status: 'missing-column' },
    'the current profile has no such column',
  )
}

function compareTwo(before: OneColumn, after: OneColumn, minCount: number): ColumnComparison {
  const { name, type } = before
  const [reference, current] = [summaryOf(before), summaryOf(after)]
  const mistyped = mistypedCount(after)
  if (type !== after.type && before.count > 0 && after.count + mistyped > 0) {
    return notCompared(
      { name, type, reference, status: 'type-changed' },
      `the column was ${type} and is ${after.type} now`,
    )
  }
  const nothing = before.count === 0 || after.count === 0 || type !== after.type
  const counted = nothing ? sideOf(after.count, after.missing) : current
  const outline = withMistyped(outlineBetween(before, reference, counted), before, after)
  if (nothing) {
    const reason =
      mistyped > 0
        ? `all ${mistyped} present values are of another type than ${type}`
        : tooFew(outline, 1)!
    const status = mistyped > 0 ? 'type-changed' : 'insufficient-data'
    return notCompared({ ...outline, status }, reason)
  }
  if (type === 'text') return compareTexts(outline, before as Texts, after as Texts, minCount)
  if (type === 'embedding')
    return notCompared(
      { ...outline, status: 'insufficient-data' },
      'embeddings have no profile: compare the values with compare()',
    )
  if (isNumericType(type)) {
    const [earlier, later] = [before as Numbers, after as Numbers]
    const [r, c] = [sideOfNumbers(earlier), sideOfNumbers(later)]
    return type === 'datetime' && holdsTimes(earlier) && holdsTimes(later)
      ? compareTimes(
          outline,
          [
            [earlier, r],
            [later, c],
          ],
          minCount,
        )
      : compareNumericSides(outline, r, c, minCount)
  }
  const [r, c] = [itemsOf(before as Categorical), itemsOf(after as Categorical)]
  if (r.offset > 0 || c.offset > 0) return compareItemCounts(outline, r, c, minCount)
  const compared = compareCategoryCounts(
    { ...(before as CategoricalReference), categories: r.items },
    { count: after.count, missing: after.missing, categories: c.items },
    minCount,
  )
  const extra = outline.warnings.filter(({ code }) => code === 'drift.mistyped-values')
  return { ...compared, warnings: [...compared.warnings, ...extra] }
}

type Categorical = CategoricalProfile | CategoricalReference
type Numbers = NumericProfile | NumericReference
type Texts = TextProfile | TextReference

function itemsOf(column: Categorical): ItemCounts {
  return 'items' in column
    ? { count: column.count, offset: column.items.offset, items: column.items.items }
    : { count: column.count, offset: 0, items: column.categories }
}

function summaryOf(column: OneColumn): SideSummary {
  if ('summary' in column || 'quantiles' in column) return sideOfNumbers(column).summary
  if ('distinctWords' in column) {
    const words = Math.round(distinctCount(column.distinctWords).estimate)
    return { ...sideOf(column.count, column.missing), distinct: words }
  }
  if (column.type === 'text' || column.type === 'embedding') return sideOfReference(column)
  return { ...sideOf(column.count, column.missing), distinct: distinctOf(column) }
}

function distinctOf(column: Categorical): number {
  if (!('items' in column)) return column.categories.length
  const { items, distinct } = column
  return items.offset === 0 ? items.items.length : Math.round(distinctCount(distinct).estimate)
}

function mistypedCount(column: OneColumn): number {
  if (!('mistyped' in column)) return 0
  return Object.values(column.mistyped).reduce((sum, n) => sum + n, 0)
}

function withMistyped<Outline extends { readonly warnings: readonly Warning[] }>(
  outline: Outline,
  before: OneColumn,
  after: OneColumn,
): Outline {
  const [r, c] = [mistypedCount(before), mistypedCount(after)]
  if (r + c === 0) return outline
  const warning: Warning = {
    code: 'drift.mistyped-values',
    message: `values of another type than ${before.type} were left out: ${r} in the reference, ${c} now`,
  }
  return { ...outline, warnings: [...outline.warnings, warning] }
}
