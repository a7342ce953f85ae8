import { chiSquare } from '@mlops/stats'
import type { PartFinding } from '../column-parts.ts'
import { categoricalPart } from '../column-parts.ts'
import type { Bound, EstimateBounds } from '../report.ts'
import type { CountBounds, CycleAlternatives } from './cycle-bounds.ts'
import { chiSquareBound, distanceBounds } from './share-bounds.ts'

/**
 * A categorical part of which some counts are known only to lie between bounds, and of which there may
 * be alternatives. Every figure's bound holds for whatever counts there were: it is the hull over all
 * pairs of alternatives. Where the part may be none to be judged at all (no cycle covered, or fewer
 * values than `minCount`) it is `uncertain`, and its bounds reach down to no effect.
 *
 * Output: `undefined` where the part is certainly not judged; without `bounds` where all is known.
 */
export function boundedPart(
  name: string,
  labels: readonly string[],
  [reference, current]: readonly [CycleAlternatives, CycleAlternatives],
  minCount: number,
): PartFinding | undefined {
  const pairs = reference.flatMap((r) => current.map((c) => [r, c] as const))
  const judged = pairs.flatMap(([r, c]) => {
    if (r === null || c === null || Math.min(sum(r.high), sum(c.high)) < minCount) return []
    return [{ r, c, certain: Math.min(sum(r.low), sum(c.low)) >= minCount }]
  })
  if (judged.length === 0) return undefined
  const { r, c } = judged[0]!
  const part = categoricalPart(name, labels, estimate(r, minCount), estimate(c, minCount))
  const uncertain = judged.length < pairs.length || judged.some(({ certain }) => !certain)
  if (!uncertain && judged.length === 1 && isKnown(r) && isKnown(c)) return part
  const { effectSize, pValue, distances } = judged
    .map((pair) => figures(pair.r, pair.c))
    .reduce(hull)
  const bounds: EstimateBounds = {
    confidence: 1,
    effectSize: uncertain ? [0, effectSize[1]] : effectSize,
    pValue: pValue && (uncertain ? [pValue[0], 1] : pValue),
    distances: uncertain
      ? Object.fromEntries(Object.entries(distances).map(([key, bound]) => [key, [0, bound![1]]]))
      : distances,
  }
  const { test } = part
  return {
    ...part,
    test: { ...test, pValue: bounds.pValue?.[1] ?? null },
    bounds,
    ...(uncertain && { uncertain: true }),
  }
}

/** Counts to be shown: the likeliest, or all there may be where these are too few. */
function estimate({ counts, high }: CountBounds, minCount: number): readonly number[] {
  return sum(counts) < minCount ? high : counts
}

function figures(r: CountBounds, c: CountBounds): Omit<EstimateBounds, 'confidence'> {
  const [p, q] = [shares(r), shares(c)]
  const [least] = chiSquareBound(p, q, [sum(r.low), sum(c.low)])
  const [, most] = chiSquareBound(p, q, [sum(r.high), sum(c.high)])
  // Phases that both sides may lack are no cells of the table.
  const degrees = (end: 'low' | 'high') => r[end].filter((n, at) => n + c[end][at]! > 0).length - 1
  const distances = distanceBounds(p, q)
  return {
    effectSize: distances.totalVariation,
    pValue:
      degrees('high') < 1
        ? null
        : [chiSquare.sf(most, Math.max(1, degrees('low'))), chiSquare.sf(least, degrees('high'))],
    distances,
  }
}

/** Each share is smallest with few of its own and many of the others. */
function shares({ low, high }: CountBounds): Bound[] {
  const [fewest, most] = [sum(low), sum(high)]
  const share = (own: number, others: number) => (own === 0 ? 0 : own / (own + others))
  return low.map((least, at) => [share(least, most - high[at]!), share(high[at]!, fewest - least)])
}

type Figures = Omit<EstimateBounds, 'confidence'>

function hull(a: Figures, b: Figures): Figures {
  const both = (x: Bound, y: Bound): Bound => [Math.min(x[0], y[0]), Math.max(x[1], y[1])]
  const keys = Object.keys(a.distances) as (keyof Figures['distances'])[]
  return {
    effectSize: both(a.effectSize, b.effectSize),
    // A test that is undefined shows nothing, as p = 1 does.
    pValue: a.pValue || b.pValue ? both(a.pValue ?? [1, 1], b.pValue ?? [1, 1]) : null,
    distances: Object.fromEntries(
      keys.map((key) => [key, both(a.distances[key]!, b.distances[key]!)]),
    ),
  }
}

function isKnown({ low, high }: CountBounds): boolean {
  return low.every((count, at) => count === high[at])
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0)
}
