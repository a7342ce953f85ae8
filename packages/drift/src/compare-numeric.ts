import type { NumericColumn } from '@mlops/core'
import type { BinCounts, Description, KsTestResult } from '@mlops/stats'
import { countBinsTogether, describe, ksAndWasserstein } from '@mlops/stats'
import { onTheLine, stretches } from './changes.ts'
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
import { numericReasons } from './explain.ts'
import type { NumericReference } from './reference.ts'
import { numbersOf, sampleOf } from './reference.ts'
import type { Distances, Distribution } from './report.ts'

/** Compares a numeric column with its reference: KS test, binned and Wasserstein distances. */
export function compareNumeric(
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
  const { test, wasserstein1 } = ksAndWasserstein(sample, present)
  const [counted, drawn] = countBinsTogether(
    reference.histogram ? [bins.binning, reference.histogram.binning] : [bins.binning],
    present,
  )
  const { counts } = counted!
  const binned = binnedDistances(bins.counts, counts)
  const distances: Distances = { ...binned, ...wassersteinOf(wasserstein1, reference) }
  return {
    ...outline,
    status: 'compared',
    effect: { name: 'ks-distance', value: test.statistic! },
    distances,
    test: { ...test, location: finiteOrNull(test.location) } as KsTestResult,
    distribution: histogramOf(reference, drawn),
    changes: stretches(bins.binning.innerEdges, ...onTheLine(bins.binning, bins.counts, counts)),
    sides: {
      kind: 'numbers',
      reference: sample,
      current: present,
      bins: { reference: bins.counts, current: counts },
      referenceSd: sdOf(reference.summary),
    },
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

function wassersteinOf(wasserstein1: number | null, { summary }: NumericReference) {
  const distance = finiteOrNull(wasserstein1)
  const sd = sdOf(summary) ?? 0
  const normed = distance !== null && sd > 0 ? finiteOrNull(distance / sd) : null
  return { wasserstein: distance, wassersteinNormed: normed }
}

/** Standard deviation with ddof 0. */
function sdOf({ variance, n }: Description): number | null {
  return variance === null ? null : finiteOrNull(Math.sqrt((variance * (n - 1)) / n))
}

/** What overflowed the doubles, or lies at infinity, has no JSON form. */
function finiteOrNull(value: number | null): number | null {
  return Number.isFinite(value) ? value : null
}

function shareUpTo(values: Float64Array, limit: number): number {
  let count = 0
  // Added, not branched on: whether a value lies below is anybody's guess, for the processor too.
  for (let i = 0; i < values.length; i++) count += Number(values[i]! <= limit)
  return count / values.length
}

function histogramOf(
  { histogram }: NumericReference,
  drawn: BinCounts | undefined,
): Distribution | null {
  if (!histogram || !drawn) return null
  return {
    labels: drawn.labels,
    edges: histogram.binning.innerEdges,
    reference: histogram.counts,
    current: drawn.counts,
  }
}
