import { formatNumber } from '@mlops/core'
import type { NumericBinning } from '@mlops/stats'
import type { ShareChange } from './report.ts'

/** A category as it stands in a sentence. */
export function quoted(category: string): string {
  const safe = category.length > 60 ? `${category.slice(0, 59)}…` : category
  return `'${safe}'`
}

/**
 * The stretches of the line whose share rose and fell most: the runs of neighbouring bins with the
 * largest gain and the largest loss. Bins are those between `edges`, the outer ones open.
 */
export function stretches(
  edges: readonly number[],
  reference: readonly number[],
  current: readonly number[],
  shown: (edge: number) => string = formatNumber,
): ShareChange[] {
  const [r, c] = [sharesOf(reference), sharesOf(current)]
  const change = r.map((share, at) => c[at]! - share)
  const runs = [largestRun(change), largestRun(change.map((x) => -x))]
  return runs
    .filter((run) => run !== null)
    .map(([from, to]) => ({
      where: stretch(edges, from, to, shown),
      from: sumOf(r, from, to),
      to: sumOf(c, from, to),
    }))
    .filter((one) => one.from !== one.to)
    .sort((a, b) => {
      const gap = Math.abs(b.to - b.from) - Math.abs(a.to - a.from)
      // Seen from both ends it is one change: what rose is told first.
      return Math.abs(gap) < 1e-9 ? b.to - b.from - (a.to - a.from) : gap
    })
}

/** The categories whose share changed most. */
export function categoryChanges(
  labels: readonly string[],
  reference: readonly number[],
  current: readonly number[],
  most = 3,
): ShareChange[] {
  const [r, c] = [sharesOf(reference), sharesOf(current)]
  return labels
    .map((label, at) => ({ where: label, from: r[at]!, to: c[at]! }))
    .filter(({ from, to }) => from !== to)
    .sort((a, b) => Math.abs(b.to - b.from) - Math.abs(a.to - a.from))
    .slice(0, most)
}

function stretch(
  edges: readonly number[],
  from: number,
  to: number,
  shown: (edge: number) => string,
): string {
  const low = from === 0 ? null : edges[from - 1]!
  const high = to >= edges.length ? null : edges[to]!
  if (low === null && high === null) return 'all values'
  if (low === null) return `values below ${shown(high!)}`
  const below = edges[from - 2]
  const justAbove = below !== undefined && low - below <= pointWidth(below)
  if (high === null)
    return justAbove ? `values above ${shown(below)}` : `values of ${shown(low)} or more`
  // The bin of a point mass ends at the next double.
  if (shown(low) === shown(high)) return `the value ${shown(low)}`
  return `values from ${shown(low)} to ${shown(high)}`
}

/** How wide the bin of a point mass is: up to the next double, or about. */
function pointWidth(value: number): number {
  return Math.max(Math.abs(value) * Number.EPSILON, Number.MIN_VALUE)
}

/** First and last place of the run with the largest sum, or `null` when no entry is positive. */
function largestRun(values: readonly number[]): readonly [number, number] | null {
  let best: readonly [number, number] | null = null
  let bestSum = 0
  let sum = 0
  let start = 0
  for (let at = 0; at < values.length; at++) {
    if (sum <= 0) {
      sum = 0
      start = at
    }
    sum += values[at]!
    if (sum > bestSum + 1e-12) {
      bestSum = sum
      best = [start, at]
    }
  }
  return best
}

function sumOf(shares: readonly number[], from: number, to: number): number {
  let sum = 0
  for (let at = from; at <= to; at++) sum += shares[at]!
  return Math.min(1, sum)
}

function sharesOf(counts: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0)
  return counts.map((count) => (total === 0 ? 0 : count / total))
}

/** Counts between the edges alone: a bin for everything outside the range has no place on the line. */
export function onTheLine(
  { innerEdges }: NumericBinning,
  before: readonly number[],
  after: readonly number[],
): [readonly number[], readonly number[]] {
  const bins = innerEdges.length + 1
  return [before.slice(0, bins), after.slice(0, bins)]
}
