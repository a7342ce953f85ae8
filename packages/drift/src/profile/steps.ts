import type { KllSketch, NumericBinning, WeightedSteps } from '@mlops/stats'
import { kllSteps } from '@mlops/stats'
import type { Bound } from '../report.ts'

/** A distribution function as steps, of values that may be thinned out. */
export interface Steps extends WeightedSteps {
  /** By how much any share at or below a value may be off, 0 to 1. */
  readonly error: number
}

/** The steps of values that are all there. */
export function stepsOfValues(values: Float64Array): Steps {
  const sorted = values.slice().sort()
  const distinct: number[] = []
  const upTo: number[] = []
  for (let i = 0; i < sorted.length; i++) {
    if (i > 0 && sorted[i] === distinct.at(-1)) upTo[upTo.length - 1] = i + 1
    else {
      distinct.push(sorted[i]!)
      upTo.push(i + 1)
    }
  }
  return {
    values: Float64Array.from(distinct),
    upTo: Float64Array.from(upTo),
    total: sorted.length,
    error: 0,
  }
}

/** The steps of a sketch of finite values, with the infinities that were counted beside it. */
export function stepsOfSketch(
  sketch: KllSketch,
  error: number,
  { negative, positive }: { readonly negative: number; readonly positive: number },
): Steps {
  const finite = kllSteps(sketch)
  const total = finite.total + negative + positive
  const values = [...finite.values]
  const upTo = Array.from(finite.upTo, (weight) => weight + negative)
  // The ends are known even where their values were thinned out: as points without weight.
  if (sketch.min !== null && sketch.min < values[0]!) {
    values.unshift(sketch.min)
    upTo.unshift(negative)
  }
  if (sketch.max !== null && sketch.max > values.at(-1)!) {
    values.push(sketch.max)
    upTo.push(total - positive)
  }
  if (negative > 0) {
    values.unshift(-Infinity)
    upTo.unshift(negative)
  }
  if (positive > 0) {
    values.push(Infinity)
    upTo.push(total)
  }
  return {
    values: Float64Array.from(values),
    upTo: Float64Array.from(upTo),
    total,
    error: total === 0 ? 0 : (error * finite.total) / total,
  }
}

/** The weight of values <= x, or < x. */
export function weightUpTo({ values, upTo }: Steps, x: number, end: '<=' | '<' = '<='): number {
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (end === '<=' ? values[middle]! <= x : values[middle]! < x) low = middle + 1
    else high = middle
  }
  return low === 0 ? 0 : upTo[low - 1]!
}

/** A quantile of type 7 (as `quantile` of @mlops/stats), of at least one value. */
export function quantileOfSteps({ values, upTo, total }: Steps, p: number): number {
  const at = (rank: number) => {
    const i = upTo.findIndex((weight) => weight > rank)
    return values[i < 0 ? values.length - 1 : i]!
  }
  const h = (total - 1) * p
  const rank = Math.floor(h)
  const [a, b, t] = [at(rank), at(Math.min(rank + 1, total - 1)), h - rank]
  if (t === 0 || a === b) return a
  return t < 0.5 ? a + (b - a) * t : b - (b - a) * (1 - t)
}

/** How far one distribution function lies above another at most, and where first. */
export interface Gap {
  readonly statistic: number
  readonly location: number | null
  /** Which of them lies above: +1 the first. */
  readonly sign: 1 | -1
}

/** The largest gap between two distribution functions: how large, where, and which one lies above. */
export function largestGap(a: Steps, b: Steps): Gap {
  const { above, below } = gaps(a, b)
  // After the last value both are 1: the larger one is at least 0.
  return above.statistic >= below.statistic ? above : below
}

/** How far the first distribution function lies above the second, and below it. */
export function gaps(a: Steps, b: Steps): { readonly above: Gap; readonly below: Gap } {
  let [i, j] = [0, 0]
  let above: Gap = { statistic: -1, location: null, sign: 1 }
  let below: Gap = { statistic: -1, location: null, sign: -1 }
  while (i < a.values.length || j < b.values.length) {
    const x = Math.min(a.values[i] ?? Infinity, b.values[j] ?? Infinity)
    if (a.values[i] === x) i++
    if (b.values[j] === x) j++
    const gap = (i === 0 ? 0 : a.upTo[i - 1]!) / a.total - (j === 0 ? 0 : b.upTo[j - 1]!) / b.total
    if (gap > above.statistic) above = { statistic: gap, location: x, sign: 1 }
    if (-gap > below.statistic) below = { statistic: -gap, location: x, sign: -1 }
  }
  return { above, below }
}

/**
 * ∫|F − G| between the two ends of both, of finite values: as the steps have it, and its bound when
 * each is off by at most its error.
 */
export function areaBetween(a: Steps, b: Steps): { readonly value: number; readonly bound: Bound } {
  const points = [...new Set([...a.values, ...b.values])].sort((x, y) => x - y)
  let [i, j, value, low, high] = [0, 0, 0, 0, 0]
  for (let at = 0; at + 1 < points.length; at++) {
    const x = points[at]!
    if (a.values[i] === x) i++
    if (b.values[j] === x) j++
    const width = points[at + 1]! - x
    const f = (i === 0 ? 0 : a.upTo[i - 1]!) / a.total
    const g = (j === 0 ? 0 : b.upTo[j - 1]!) / b.total
    const [fLow, fHigh] = [Math.max(0, f - a.error), Math.min(1, f + a.error)]
    const [gLow, gHigh] = [Math.max(0, g - b.error), Math.min(1, g + b.error)]
    value += Math.abs(f - g) * width
    low += Math.max(0, fLow - gHigh, gLow - fHigh) * width
    high += Math.max(fHigh - gLow, gHigh - fLow) * width
  }
  return { value, bound: [low, high] }
}

/** Counts over bins, each with the bound of its share. */
export interface EstimatedBins {
  readonly counts: readonly number[]
  readonly shares: readonly Bound[]
}

/** How many values fall into each bin, as the steps have it. */
export function countSteps(binning: NumericBinning, steps: Steps): EstimatedBins {
  const { innerEdges, closed, outside, range } = binning
  const end = closed === 'left' ? '<' : '<='
  const own = outside === 'own-bin' && range !== null
  const ends = [
    own ? weightUpTo(steps, range[0], '<') : 0,
    ...innerEdges.map((edge) => weightUpTo(steps, edge, end)),
    own ? weightUpTo(steps, range[1], '<=') : steps.total,
  ]
  const counts = ends.slice(1).map((weight, bin) => Math.max(0, weight - ends[bin]!))
  if (own) counts.push(steps.total - (ends.at(-1)! - ends[0]!))
  const last = innerEdges.length
  const shares = counts.map((count, bin): Bound => {
    // A bin that is open on one side has one uncertain end.
    const uncertain = own || (bin > 0 && bin < last) ? 2 : last === 0 ? 0 : 1
    const share = count / steps.total
    const error = uncertain * steps.error
    return [Math.max(0, share - error), Math.min(1, share + error)]
  })
  return { counts, shares }
}
