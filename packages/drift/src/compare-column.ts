import type { CategoricalColumn, Column, NumericColumn, Warning } from '@mlops/core'

import {
  chiSquareContingency,
  countBins,
  describe,
  ksTwoSampleTest,
  twoProportionZ,
  wasserstein1,
} from '@mlops/stats'
import { binnedDistances } from './distances.ts'
import { categoricalReasons, listed, numericReasons, percent } from './explain.ts'
import type { CategoricalReference, ColumnReference, NumericReference } from './reference.ts'
import { categoriesOf, categoryUnion, isNumeric, numbersOf, sampleOf } from './reference.ts'
import type { ColumnDrift, Distances, Distribution, SideSummary } from './report.ts'

const LISTED_CATEGORIES = 20
const CHARTED_CATEGORIES = 30
/** From this change of the missing share on it is worth a remark. */
const MISSING_CHANGE = 0.05

/** A compared column before it is judged, or why it cannot be. */
export type ColumnComparison = Omit<ColumnDrift, 'verdict' | 'decision' | 'effectSize'> & {
  readonly effect: {
    readonly name: 'ks-distance' | 'total-variation'
    readonly value: number
  } | null
}

/** What both kinds of comparison start from. */
type Outline = Pick<ColumnComparison, 'name' | 'type' | 'reference' | 'current' | 'warnings'>

/** Compares one column with its reference. The two are of the same type. */
export function compareColumn(
  reference: ColumnReference,
  current: Column,
  { minCount }: { readonly minCount: number },
): ColumnComparison {
  return isNumeric(current)
    ? compareNumeric(reference as NumericReference, current, minCount)
    : compareCategorical(reference as CategoricalReference, current, minCount)
}

/** A comparison of which nothing can be said but why. */
export function notCompared(
  outline: Pick<ColumnComparison, 'name' | 'type' | 'status'> & Partial<Outline>,
  reason: string,
): ColumnComparison {
  return {
    reference: null,
    current: null,
    effect: null,
    distances: null,
    test: null,
    distribution: null,
    newCategories: [],
    vanishedCategories: [],
    warnings: [],
    ...outline,
    reasons: [reason],
  }
}

/** Compares what can be compared where a side has no value at all: the shares of missing values. */
export function compareEmpty(
  reference: ColumnReference,
  { length, missing }: Column,
): ColumnComparison {
  const outline = outlineOf(reference, sideOf(length - missing, missing))
  return notCompared({ ...outline, status: 'insufficient-data' }, tooFew(outline, 1)!)
}

/** Count and missing share of a reference column, as the report shows them. */
export function sideOfReference(reference: ColumnReference): SideSummary {
  const base = sideOf(reference.count, reference.missing)
  return 'summary' in reference
    ? { ...base, numbers: reference.summary, infinite: reference.infinite }
    : { ...base, distinct: reference.categories.length }
}

function sideOf(count: number, missing: number) {
  return { count, missing, missingShare: count + missing === 0 ? 0 : missing / (count + missing) }
}

function compareNumeric(
  reference: NumericReference,
  column: NumericColumn,
  minCount: number,
): ColumnComparison {
  const { present, finite } = numbersOf(column)
  const infinite = present.length - finite.length
  const current = { ...sideOf(present.length, column.missing), numbers: describe(finite), infinite }
  const outline = outlineOf(reference, current)
  if (reference.infinite + infinite > 0) {
    outline.warnings.push({
      code: 'drift.infinite-values',
      message: `infinite values: ${reference.infinite} in the reference, ${infinite} now; they count in the tests and outer bins, not in means and Wasserstein distances`,
    })
  }
  const { bins } = reference
  const short = tooFew(outline, minCount)
  if (short || !bins)
    return notCompared(
      { ...outline, status: 'insufficient-data' },
      short ?? 'the reference has no finite value to make bins of',
    )

  const sample = sampleOf(reference)
  if (!reference.sampleIsComplete) {
    outline.warnings.push({
      code: 'drift.reference-sampled',
      message: `KS and Wasserstein use a random sample of ${sample.length} of the reference's ${reference.count} values`,
    })
  }
  const test = ksTwoSampleTest(sample, present)
  const binned = binnedDistances(bins.counts, countBins(bins.binning, present).counts)
  const distances: Distances = { ...binned, ...wasserstein(sample, finite, reference) }
  const status = reference.type === 'datetime' ? 'described' : 'compared'
  return {
    ...outline,
    status,
    effect: { name: 'ks-distance', value: test.statistic! },
    distances,
    test: { ...test, location: finiteOrNull(test.location) },
    distribution: histogramOf(reference, present),
    newCategories: [],
    vanishedCategories: [],
    reasons: [
      ...missingReasons(outline),
      ...numericReasons(
        reference.type,
        test,
        { reference: outline.reference, current },
        (value) => [shareUpTo(sample, value), shareUpTo(present, value)],
      ),
    ],
    warnings: [...outline.warnings, ...noiseWarning(distances)],
  }
}

function compareCategorical(
  reference: CategoricalReference,
  column: CategoricalColumn,
  minCount: number,
): ColumnComparison {
  const found = new Map(categoriesOf(column))
  const known = new Map(reference.categories)
  const current = {
    ...sideOf(column.length - column.missing, column.missing),
    distinct: found.size,
  }
  const outline = outlineOf(reference, current)
  const short = tooFew(outline, minCount)
  if (short) return notCompared({ ...outline, status: 'insufficient-data' }, short)

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
    newCategories: newCategories.slice(0, LISTED_CATEGORIES),
    vanishedCategories: vanishedCategories.slice(0, LISTED_CATEGORIES),
    reasons: [...missingReasons(outline), ...categoricalReasons(categories, before, after)],
    warnings: [
      ...outline.warnings,
      ...test.warnings,
      ...noiseWarning(distances),
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

function outlineOf(reference: ColumnReference, current: SideSummary) {
  const { name, type } = reference
  const before = sideOfReference(reference)
  const warnings: Warning[] = []
  const change = current.missingShare - before.missingShare
  if (Math.abs(change) >= MISSING_CHANGE && missingRateMoved(before, current)) {
    warnings.push({
      code: 'drift.missing-rate-changed',
      message: `the share of missing values went from ${percent(before.missingShare)} to ${percent(current.missingShare)}`,
    })
  }
  return { name, type, reference: before, current, warnings }
}

function missingRateMoved(before: SideSummary, after: SideSummary): boolean {
  const { pValue } = twoProportionZ(
    { successes: before.missing, n: before.missing + before.count },
    { successes: after.missing, n: after.missing + after.count },
  )
  return pValue !== null && pValue < 0.01
}

function missingReasons({ warnings }: { readonly warnings: readonly Warning[] }): string[] {
  return warnings
    .filter((warning) => warning.code === 'drift.missing-rate-changed')
    .map((warning) => warning.message)
}

function tooFew(
  { reference, current }: { readonly reference: SideSummary; readonly current: SideSummary },
  minCount: number,
): string | undefined {
  for (const [side, { count, missing }] of [
    ['reference', reference],
    ['current table', current],
  ] as const) {
    if (count >= minCount) continue
    if (count === 0)
      return `all ${missing} values are missing in the ${side}; there is nothing to compare`
    return `only ${count} present ${count === 1 ? 'value' : 'values'} in the ${side} (${missing} missing); at least ${minCount} are needed`
  }
  return undefined
}

function noiseWarning({ psi, psiNoise }: Distances): Warning[] {
  if (psiNoise < 0.05) return []
  return [
    {
      code: 'drift.psi-noise',
      message: `with so few rows PSI averages ${psiNoise.toFixed(3)} without any drift; ${psi.toFixed(3)} was found. Trust the test, or bring more rows`,
    },
  ]
}

function wasserstein(
  sample: Float64Array,
  finite: Float64Array,
  { summary, infinite }: NumericReference,
) {
  const before = infinite === 0 ? sample : sample.filter(Number.isFinite)
  if (before.length === 0 || finite.length === 0)
    return { wasserstein: null, wassersteinNormed: null }
  const distance = finiteOrNull(wasserstein1(before, finite))
  const { variance, n } = summary
  const sd = variance === null ? 0 : Math.sqrt((variance * (n - 1)) / n)
  const normed = distance !== null && sd > 0 ? finiteOrNull(distance / sd) : null
  return { wasserstein: distance, wassersteinNormed: normed }
}

/** What overflowed the doubles, or lies at infinity, has no JSON form. */
function finiteOrNull(value: number | null): number | null {
  return Number.isFinite(value) ? value : null
}

function shareUpTo(values: Float64Array, limit: number): number {
  let count = 0
  for (let i = 0; i < values.length; i++) if (values[i]! <= limit) count++
  return count / values.length
}

function histogramOf({ histogram }: NumericReference, present: Float64Array): Distribution | null {
  if (!histogram) return null
  const { labels, counts } = countBins(histogram.binning, present)
  return {
    labels,
    edges: histogram.binning.innerEdges,
    reference: histogram.counts,
    current: counts,
  }
}

/** The most frequent categories, and the rest in one bar. */
function barsOf(
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
