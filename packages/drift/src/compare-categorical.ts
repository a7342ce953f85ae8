import type { CategoricalColumn, Warning } from '@mlops/core'
import { chiSquareContingency } from '@mlops/stats'
import { categoryChanges, quoted } from './changes.ts'
import type { ColumnComparison } from './column-outline.ts'
import {
  missingReasons,
  noiseWarning,
  notCompared,
  outlineOf,
  sideOf,
  tooFew,
} from './column-outline.ts'
import { binnedDistances } from './distances.ts'
import { categoricalReasons, listed } from './explain.ts'
import type { CategoricalReference } from './reference.ts'
import { categoriesOf, categoryUnion, groupedCategories } from './reference.ts'
import type { Distances, Distribution } from './report.ts'

const LISTED_CATEGORIES = 20
const CHARTED_CATEGORIES = 30

/** Compares a categorical or boolean column with its reference: chi-square test and distances. */
export function compareCategorical(
  reference: CategoricalReference,
  column: CategoricalColumn,
  minCount: number,
): ColumnComparison {
  const { length, missing } = column
  const categories = categoriesOf(column)
  return compareCategoryCounts(
    reference,
    { count: length - missing, missing, categories },
    minCount,
  )
}

/** As {@link compareCategorical}, of categories that were counted already. */
export function compareCategoryCounts(
  reference: CategoricalReference,
  counted: Pick<CategoricalReference, 'count' | 'missing' | 'categories'>,
  minCount: number,
): ColumnComparison {
  const all = new Map(counted.categories)
  const current = { ...sideOf(counted.count, counted.missing), distinct: all.size }
  const { binning } = reference
  const grouped = (counts: ReadonlyMap<string, number>, missing: number) =>
    binning ? groupedCategories(counts, missing, binning) : counts
  const known = grouped(new Map(reference.categories), reference.missing)
  const found = grouped(all, counted.missing)
  const outline = outlineOf(reference, current)
  const short = tooFew(outline, minCount)
  if (short) return notCompared({ ...outline, status: 'insufficient-data' }, short)

  const empty = [known, found].some((counts) => counts.size === 0)
  if (empty) {
    return notCompared(
      { ...outline, status: 'insufficient-data' },
      'a side has no value in any category of the binning; let others count in a bin of their own',
    )
  }
  const { categories } = categoryUnion([...known.keys()], [...found.keys()])
  const before = categories.map((category) => known.get(category) ?? 0)
  const after = categories.map((category) => found.get(category) ?? 0)
  const test = chiSquareContingency([before, after])
  const distances: Distances = {
    ...binnedDistances(before, after),
    wasserstein: null,
    wassersteinNormed: null,
  }
  const newCategories = [...found.keys()].filter((category) => !known.has(category))
  const vanishedCategories = [...known.keys()].filter((category) => !found.has(category))
  return {
    ...outline,
    status: 'compared',
    effect: { name: 'total-variation', value: distances.totalVariation },
    distances,
    test,
    distribution: barsOf(categories, before, after),
    changes: categoryChanges(categories, before, after).map((change) => ({
      ...change,
      where: quoted(change.where),
    })),
    sides: { kind: 'categories', reference: before, current: after },
    newCategories: newCategories.slice(0, LISTED_CATEGORIES),
    vanishedCategories: vanishedCategories.slice(0, LISTED_CATEGORIES),
    reasons: [...missingReasons(outline), ...categoricalReasons(categories, before, after)],
    warnings: [
      ...outline.warnings,
      ...test.warnings,
      ...noiseWarning(distances),
      ...textWarning(outline, [...known.keys()], reference),
      ...(newCategories.length > 0
        ? [
            {
              code: 'drift.new-categories',
              message: `${newCategories.length} categories were not in the reference: ${listed(newCategories)}`,
            },
          ]
        : []),
    ],
  }
}

/** A hint when categories are sentences, most of them met once: more than half distinct, most with a space. */
function textWarning(
  { type }: { readonly type: string },
  categories: readonly string[],
  { count }: CategoricalReference,
): Warning[] {
  if (type !== 'categorical' || count < 50 || categories.length <= count / 2) return []
  const sentences = categories.filter((category) => /\S\s+\S/u.test(category.slice(0, 1000))).length
  if (sentences <= categories.length / 2) return []
  return [
    {
      code: 'drift.looks-like-text',
      message: `${categories.length} of ${count} values are different sentences; read the column as text: types: { …: 'text' }`,
    },
  ]
}

/** The most frequent categories, and the rest in one bar. */
export function barsOf(
  categories: readonly string[],
  before: readonly number[],
  after: readonly number[],
): Distribution {
  const order = categories
    .map((_, at) => at)
    .sort((a, b) => before[b]! + after[b]! - before[a]! - after[a]!)
  const kept = order.slice(0, CHARTED_CATEGORIES)
  const rest = order.slice(CHARTED_CATEGORIES)
  const sum = (counts: readonly number[]) => rest.reduce((total, at) => total + counts[at]!, 0)
  const more = rest.length > 0
  return {
    labels: [...kept.map((at) => categories[at]!), ...(more ? [`(${rest.length} more)`] : [])],
    reference: [...kept.map((at) => before[at]!), ...(more ? [sum(before)] : [])],
    current: [...kept.map((at) => after[at]!), ...(more ? [sum(after)] : [])],
  }
}
