import type { Warning } from '@mlops/core'
import { chiSquare, chiSquareContingency } from '@mlops/stats'
import { categoryChanges, quoted } from '../changes.ts'
import type { ColumnComparison } from '../column-outline.ts'
import { missingReasons, noiseWarning, notCompared, tooFew } from '../column-outline.ts'
import { barsOf } from '../compare-categorical.ts'
import { binnedDistances } from '../distances.ts'
import { categoricalReasons } from '../explain.ts'
import type { Bound, Distances, SideSummary } from '../report.ts'
import { chiSquareBound, distanceBounds } from './share-bounds.ts'

/** Counted categories of one side, of which up to `offset` may be missing from any count. */
export interface ItemCounts {
  readonly count: number
  readonly offset: number
  readonly items: readonly (readonly [item: string, count: number])[]
}

const OTHER = '(other)'

/**
 * Compares two sides of a categorical column of which at least one has more categories than were kept.
 * What is not among the kept ones of either side is one category, "(other)".
 */
export function compareItemCounts(
  outline: Pick<ColumnComparison, 'name' | 'type' | 'warnings'> & {
    readonly reference: SideSummary
    readonly current: SideSummary
  },
  before: ItemCounts,
  after: ItemCounts,
  minCount: number,
): ColumnComparison {
  const short = tooFew(outline, minCount)
  if (short) return notCompared({ ...outline, status: 'insufficient-data' }, short)
  const kept = [...new Set([...before.items, ...after.items].map(([item]) => item))].sort((a, b) =>
    a < b ? -1 : 1,
  )
  const [r, c] = [poolOther(before, kept), poolOther(after, kept)]
  const distances: Distances = {
    ...binnedDistances(r.counts, c.counts),
    wasserstein: null,
    wassersteinNormed: null,
  }
  const test = chiSquareContingency([r.counts, c.counts])
  const statistic = chiSquareBound(r.shares, c.shares, [before.count, after.count])
  const tail = (x: number) =>
    test.degreesOfFreedom === null ? null : chiSquare.sf(x, test.degreesOfFreedom)
  const [most, least] = [tail(statistic[1]), tail(statistic[0])]
  const binned = distanceBounds(r.shares, c.shares)
  const pooled: Warning = {
    code: 'drift.categories-pooled',
    message: `only the ${kept.length} most frequent categories were kept; the others count as one, and no count is off by more than ${Math.max(before.offset, after.offset)}`,
  }
  return {
    ...outline,
    status: 'compared',
    effect: { name: 'total-variation', value: distances.totalVariation },
    bounds: {
      confidence: 1,
      effectSize: binned.totalVariation,
      pValue: most === null || least === null ? null : [most, least],
      distances: { ...binned, wasserstein: null, wassersteinNormed: null },
    },
    distances,
    test: { ...test, pValue: test.pValue === null ? null : least },
    distribution: barsOf([...kept, OTHER], r.counts, c.counts),
    changes: categoryChanges([...kept, OTHER], r.counts, c.counts).map((change) => ({
      ...change,
      where: change.where === OTHER ? OTHER : quoted(change.where),
    })),
    sides: null,
    newCategories: [],
    vanishedCategories: [],
    reasons: [
      ...missingReasons(outline),
      ...categoricalReasons([...kept, OTHER], r.counts, c.counts),
    ],
    warnings: [...outline.warnings, pooled, ...test.warnings, ...noiseWarning(distances)],
  }
}

/** Counts of the kept categories and of all others, with the bounds of their shares. */
function poolOther({ count, offset, items }: ItemCounts, kept: readonly string[]) {
  const found = new Map(items)
  const counts = kept.map((item) => found.get(item) ?? 0)
  const listed = counts.reduce((sum, n) => sum + n, 0)
  // All that the sketch lost at once cannot exceed what the counts leave over.
  const lost = Math.min(offset, count - listed)
  const shares = counts.map((n): Bound => [n / count, (n + lost) / count])
  return {
    counts: [...counts, count - listed],
    shares: [
      ...shares,
      [lost === 0 ? (count - listed) / count : 0, (count - listed) / count] as Bound,
    ],
  }
}
