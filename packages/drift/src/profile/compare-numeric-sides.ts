import type { Warning } from '@mlops/core'
import type { KsTestResult, NumericBinning } from '@mlops/stats'
import { binLabels, equalWidthBinning, explicitBinning } from '@mlops/stats'
import { onTheLine, stretches } from '../changes.ts'
import type { ColumnComparison } from '../column-outline.ts'
import { missingReasons, noiseWarning, notCompared, tooFew } from '../column-outline.ts'
import { binnedDistances } from '../distances.ts'
import { numericReasons } from '../explain.ts'
import type { Bound, Distances, Distribution, EstimateBounds } from '../report.ts'
import { testOfGap } from './ks-of-sketches.ts'
import type { NumericSide } from './numeric-side.ts'
import { countsOver, finiteOrNull } from './numeric-side.ts'
import { distanceBounds } from './share-bounds.ts'
import { areaBetween, largestGap, quantileOfSteps, weightUpTo } from './steps.ts'

/** Each sketch's bound holds with this confidence where it is not certain. */
const SKETCH_CONFIDENCE = 0.99

/** What both sides start from: see `outlineOf`. */
type Outline = Pick<ColumnComparison, 'name' | 'type' | 'warnings'> & {
  readonly reference: NumericSide['summary']
  readonly current: NumericSide['summary']
}

/** Compares two sides of a numeric or datetime column, with bounds where a side is a sketch. */
export function compareNumericSides(
  outline: Outline,
  before: NumericSide,
  after: NumericSide,
  minCount: number,
): ColumnComparison {
  const warnings: Warning[] = [...outline.warnings, ...infinityWarning(before, after)]
  const short = tooFew(outline, minCount)
  const binning = binningOf(before, after)
  if (short || !binning) {
    return notCompared(
      { ...outline, warnings, status: 'insufficient-data' },
      short ?? 'the reference has no finite value to make bins of',
    )
  }
  for (const [side, { sampled, steps, count }] of [
    ['reference', before],
    ['current table', after],
  ] as const) {
    if (!sampled) continue
    warnings.push({
      code: 'drift.reference-sampled',
      message: `KS and Wasserstein use a random sample of ${steps.total} of the ${side}'s ${count} values`,
    })
  }

  const gap = largestGap(before.steps, after.steps)
  const { test, effectSize, pValue } = testOfGap(gap, before, after)

  const [r, c] = [countsOver(binning, before), countsOver(binning, after)]
  const area = wassersteinOf(before, after)
  const distances: Distances = { ...binnedDistances(r.counts, c.counts), ...area.distances }
  const estimated = before.steps.error + after.steps.error > 0 || !(r.exact && c.exact)
  const chances = [before, after].filter(({ byChance }) => byChance).length
  const bounds: EstimateBounds | undefined = estimated
    ? {
        confidence: 1 - chances * (1 - SKETCH_CONFIDENCE),
        effectSize,
        pValue,
        distances: {
          ...(r.exact && c.exact ? pointBounds(distances) : distanceBounds(r.shares, c.shares)),
          ...area.bounds,
        },
      }
    : undefined
  return numericComparison({
    outline: { ...outline, warnings },
    test,
    location: gap.location,
    distances,
    ...(bounds && { bounds }),
    distribution: drawn(before, after),
    binning,
    counts: [r.counts, c.counts],
    shareUpTo: (value) => [
      weightUpTo(before.steps, value) / before.steps.total,
      weightUpTo(after.steps, value) / after.steps.total,
    ],
  })
}

/** The figures of a numeric column as a comparison, wherever they were computed. */
export function numericComparison({
  outline,
  test,
  location,
  distances,
  bounds,
  distribution,
  binning,
  counts,
  shareUpTo,
}: {
  readonly outline: Outline
  readonly test: KsTestResult
  /** Where the gap is, infinities included. */
  readonly location: number | null
  readonly distances: Distances
  readonly bounds?: EstimateBounds
  readonly distribution: Distribution | null
  /** What the change is looked for in. */
  readonly binning: NumericBinning
  readonly counts: readonly [reference: readonly number[], current: readonly number[]]
  readonly shareUpTo: (value: number) => readonly [reference: number, current: number]
}): ColumnComparison {
  return {
    ...outline,
    status: outline.type === 'datetime' ? 'described' : 'compared',
    effect: { name: 'ks-distance', value: test.statistic! },
    ...(bounds && { bounds }),
    distances,
    test,
    distribution,
    changes:
      outline.type === 'datetime'
        ? []
        : stretches(binning.innerEdges, ...onTheLine(binning, counts[0], counts[1])),
    sides: null,
    newCategories: [],
    vanishedCategories: [],
    reasons: [
      ...(outline.type === 'datetime'
        ? ['clock and calendar are not compared here, but by compare() on the values']
        : []),
      ...missingReasons(outline),
      ...numericReasons(
        outline.type as 'numeric' | 'datetime',
        { ...test, location },
        outline,
        shareUpTo,
      ),
    ],
    warnings: [...outline.warnings, ...noiseWarning(distances)],
  }
}

/** The reference's bins, or the current side's, or deciles of the reference. */
function binningOf(before: NumericSide, after: NumericSide): NumericBinning | undefined {
  const given = before.bins ?? after.bins
  if (given) return given.binning
  const steps = before.finiteSteps
  if (steps.total === 0) return undefined
  const deciles = Array.from({ length: 9 }, (_, i) => quantileOfSteps(steps, (i + 1) / 10))
  const low = steps.values[0]!
  const high = steps.values.at(-1)!
  return explicitBinning([...new Set(deciles)].filter((edge) => edge > low && edge < high))
}

/** A warning where either side holds infinite values. */
export function infinityWarning(
  before: { readonly infinite: number },
  after: { readonly infinite: number },
): Warning[] {
  if (before.infinite + after.infinite === 0) return []
  return [
    {
      code: 'drift.infinite-values',
      message: `infinite values: ${before.infinite} in the reference, ${after.infinite} now; they count in the tests and outer bins, not in means and Wasserstein distances`,
    },
  ]
}

function wassersteinOf(before: NumericSide, after: NumericSide) {
  const none = { wasserstein: null, wassersteinNormed: null }
  if (before.finiteSteps.total === 0 || after.finiteSteps.total === 0)
    return { distances: none, bounds: none }
  const { value, bound } = areaBetween(before.finiteSteps, after.finiteSteps)
  const { variance = null, n = 0 } = before.summary.numbers ?? {}
  const sd = variance === null ? 0 : Math.sqrt((variance * (n - 1)) / n)
  const normed = (area: number) => (sd > 0 ? finiteOrNull(area / sd) : null)
  const both = (area: number) => ({
    wasserstein: finiteOrNull(area),
    wassersteinNormed: normed(area),
  })
  const [low, high] = [both(bound[0]), both(bound[1])]
  return {
    distances: both(value),
    bounds: {
      wasserstein: boundOf(low.wasserstein, high.wasserstein),
      wassersteinNormed: boundOf(low.wassersteinNormed, high.wassersteinNormed),
    },
  }
}

function boundOf(low: number | null, high: number | null): Bound | null {
  return low === null || high === null ? null : [low, high]
}

function pointBounds({
  psiNoise: _noise,
  wasserstein: _w,
  wassersteinNormed: _n,
  ...binned
}: Distances) {
  return Object.fromEntries(Object.entries(binned).map(([name, value]) => [name, [value, value]]))
}

function drawn(before: NumericSide, after: NumericSide): Distribution | null {
  const steps = before.finiteSteps
  if (steps.total === 0) return null
  const binning =
    (before.histogram ?? after.histogram)?.binning ??
    equalWidthBinning([quantileOfSteps(steps, 0.01), quantileOfSteps(steps, 0.99)], { bins: 24 })
  const counts = (side: NumericSide) => countsOver(binning, side).counts
  return {
    labels: binLabels(binning),
    edges: binning.innerEdges,
    reference: counts(before),
    current: counts(after),
  }
}
