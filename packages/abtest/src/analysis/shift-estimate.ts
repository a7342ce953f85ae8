import { normal } from '@mlops/stats'
import type { Effect } from '../readout.ts'

/**
 * Hodges and Lehmann's shift between two samples: the median of all differences t − c, with the
 * interval that Mann-Whitney's test would not reject (normal approximation of its ranks).
 *
 * Input: finite values without missing ones. Output: bounds `null` where the samples are too small
 * for the level. Cost: O((n + m)·log) time, linear memory.
 *
 * Source: Hodges & Lehmann 1963; Hollander & Wolfe 1999, §4.2 and 4.3.
 */
export function hodgesLehmannShift(
  control: Float64Array,
  treatment: Float64Array,
  confidence: number,
): Effect | null {
  const [c, t] = [Float64Array.from(control).sort(), Float64Array.from(treatment).sort()]
  const pairs = c.length * t.length
  if (pairs === 0) return null
  const spread = Math.sqrt((pairs * (c.length + t.length + 1)) / 12)
  const reach = -normal.quantile((1 - confidence) / 2) * spread
  const ordered: OrderedValues = {
    size: pairs,
    low: t[0]! - c[c.length - 1]!,
    high: t[t.length - 1]! - c[0]!,
    count: (x) => countDifferences(c, t, x),
    next: (x) => nextDifference(c, t, x),
  }
  return selected(ordered, pairs / 2 - reach, confidence)
}

/**
 * Hodges and Lehmann's location of differences: the median of their Walsh averages (d_i + d_j)/2,
 * i <= j, with the interval that Wilcoxon's test would not reject.
 *
 * Input, output and cost as for {@link hodgesLehmannShift}.
 *
 * Source: Hodges & Lehmann 1963; Hollander & Wolfe 1999, §3.2 and 3.3.
 */
export function hodgesLehmannLocation(
  differences: Float64Array,
  confidence: number,
): Effect | null {
  const d = Float64Array.from(differences).sort()
  const n = d.length
  if (n === 0) return null
  const pairs = (n * (n + 1)) / 2
  const reach = -normal.quantile((1 - confidence) / 2) * Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24)
  const ordered: OrderedValues = {
    size: pairs,
    low: d[0]!,
    high: d[n - 1]!,
    count: (x) => countWalsh(d, x),
    next: (x) => nextWalsh(d, x),
  }
  return selected(ordered, pairs / 2 - reach, confidence)
}

/** Values too many to hold, in an order that can be asked. */
interface OrderedValues {
  readonly size: number
  readonly low: number
  readonly high: number
  /** How many are <= x. */
  readonly count: (x: number) => number
  /** The smallest one > x. */
  readonly next: (x: number) => number
}

/** The median of ordered values, and those `out` from either end. */
function selected(ordered: OrderedValues, out: number, confidence: number): Effect {
  const pairs = ordered.size
  const at = (rank: number) => valueAt(ordered, rank)
  const value = pairs % 2 === 1 ? at((pairs + 1) / 2) : (at(pairs / 2) + at(pairs / 2 + 1)) / 2
  const rank = Math.floor(out)
  const inside = rank >= 1
  return {
    value,
    interval: {
      level: confidence,
      lower: inside ? at(rank) : null,
      upper: inside ? at(pairs - rank + 1) : null,
    },
    method: 'hodges-lehmann',
    scale: 'difference',
    standardError: null,
    degreesOfFreedom: null,
  }
}

/** The value of a rank: bisected until few are left in between, then walked to. */
function valueAt({ low, high, count, next }: OrderedValues, rank: number): number {
  if (count(low) >= rank) return low
  let [a, b] = [low, high]
  const near = 1e-12 * (high - low)
  while (b - a > near) {
    const middle = a / 2 + b / 2
    if (middle <= a || middle >= b) break
    if (count(middle) >= rank) b = middle
    else a = middle
  }
  let value = next(a)
  // Values this near each other differ by rounding alone; the walk ends at the bracket in any case.
  for (let step = 0; step < 50 && value < b && count(value) < rank; step++) value = next(value)
  return value
}

/** The smallest difference t − c > x. */
function nextDifference(c: Float64Array, t: Float64Array, x: number): number {
  let [least, below] = [Number.POSITIVE_INFINITY, 0]
  for (const value of c) {
    while (below < t.length && t[below]! - value <= x) below++
    if (below < t.length) least = Math.min(least, t[below]! - value)
  }
  return least
}

/** The smallest (d_i + d_j)/2 > x. */
function nextWalsh(d: Float64Array, x: number): number {
  let [least, j] = [Number.POSITIVE_INFINITY, d.length - 1]
  for (let i = 0; i < d.length; i++) {
    while (j >= 0 && (d[i]! + d[j]!) / 2 > x) j--
    const above = Math.max(i, j + 1)
    if (above < d.length) least = Math.min(least, (d[i]! + d[above]!) / 2)
  }
  return least
}

/** How many differences t − c are <= x: one pass over both, which are sorted. */
function countDifferences(c: Float64Array, t: Float64Array, x: number): number {
  let [count, below] = [0, 0]
  for (const value of c) {
    while (below < t.length && t[below]! - value <= x) below++
    count += below
  }
  return count
}

/** How many (d_i + d_j)/2 with i <= j are <= x. */
function countWalsh(d: Float64Array, x: number): number {
  let [count, j] = [0, d.length - 1]
  for (let i = 0; i < d.length; i++) {
    while (j >= 0 && (d[i]! + d[j]!) / 2 > x) j--
    if (j < i) break
    count += j - i + 1
  }
  return count
}
