import { invalid } from '@mlops/core'

/** One bucket of a {@link UniformHistogram}: where it lies, and how much lies in it. */
export type Bucket = readonly [low: number, high: number, count: number]

/** A histogram whose buckets hold their values evenly; `low = high` is a point. */
export interface UniformHistogram {
  /** Ascending, not overlapping; the outermost ends may be infinite. */
  readonly buckets: readonly Bucket[]
  /** Missing values. @default 0 */
  readonly missing?: number
}

/** Counts (shares of counts) of two histograms over the same cells. */
export interface AlignedHistograms {
  readonly reference: readonly number[]
  readonly current: readonly number[]
}

/**
 * Brings two histograms with different edges onto common cells: the union of all edges.
 *
 * A bucket gives each cell inside it the part that its width has of the bucket's; a point stays a
 * cell of its own. What has no width to be shared by never matches anything: the mass of a bucket
 * with an infinite end, and missing values, each side's in a cell of its own.
 *
 * Input: two histograms. Output: counts per cell, for any distance of this package.
 * Cost: O(cells · log cells).
 *
 * @throws `invalid` `stats.bad-histogram`.
 * @example
 * ```ts
 * import { alignHistograms, jensenShannonDivergence } from '@mlops/stats'
 *
 * const { reference, current } = alignHistograms(
 *   { buckets: [[1, 2, 2], [2, 3, 2]] },
 *   { buckets: [[2, 4, 2], [4, 6, 2]] },
 * )
 * console.log(current) // [ 0, 1, 1, 2 ]
 * console.log(jensenShannonDivergence(reference, current).toFixed(5)) // '0.65564'
 * ```
 * Source: the convention of TensorFlow Data Validation.
 */
export function alignHistograms(
  reference: UniformHistogram,
  current: UniformHistogram,
): AlignedHistograms {
  checkHistogram('reference', reference)
  checkHistogram('current', current)
  const both = [reference, current]
  const edges = [
    ...new Set(both.flatMap(({ buckets }) => buckets.flatMap((bucket) => bucket.slice(0, 2)))),
  ]
    .filter(Number.isFinite)
    .sort((a, b) => a - b)
  const points = [
    ...new Set(
      both.flatMap(({ buckets }) =>
        buckets.flatMap(([low, high]) => (low === high && Number.isFinite(low) ? [low] : [])),
      ),
    ),
  ].sort((a, b) => a - b)
  const [r, c] = both.map((histogram) => ({
    cells: [...sharesBetween(histogram, edges), ...points.map((at) => massAt(histogram, at))],
    alone: massAlone(histogram),
  }))
  return {
    reference: [...r!.cells, ...(r!.alone > 0 ? [r!.alone] : []), ...(c!.alone > 0 ? [0] : [])],
    current: [...c!.cells, ...(r!.alone > 0 ? [0] : []), ...(c!.alone > 0 ? [c!.alone] : [])],
  }
}

/**
 * The counts of a histogram between new edges, its buckets' values being spread evenly; what lies
 * outside them is left out. A point counts where `[edge, next edge)` holds it.
 *
 * Cost: O(edges · log buckets + buckets).
 *
 * @throws `invalid` `stats.bad-histogram`.
 * @example
 * ```ts
 * import { rebinHistogram } from '@mlops/stats'
 *
 * console.log(rebinHistogram({ buckets: [[0, 4, 8]] }, [0, 1, 3, 9])) // [ 2, 4, 2 ]
 * ```
 */
export function rebinHistogram(histogram: UniformHistogram, edges: readonly number[]): number[] {
  checkHistogram('histogram', histogram)
  const counts = sharesBetween(histogram, edges)
  for (const [low, high, count] of histogram.buckets) {
    if (low !== high) continue
    const bin = edges.findIndex((edge, i) => edge <= low && low < (edges[i + 1] ?? -Infinity))
    if (bin >= 0) counts[bin]! += count
  }
  return counts
}

/** What the buckets with a finite width hold of each cell. */
function sharesBetween({ buckets }: UniformHistogram, edges: readonly number[]): number[] {
  const counts = new Array<number>(Math.max(0, edges.length - 1)).fill(0)
  const wide = buckets.filter(([low, high]) => high > low && Number.isFinite(high - low))
  let at = 0
  for (let cell = 0; cell + 1 < edges.length; cell++) {
    const [from, to] = [edges[cell]!, edges[cell + 1]!]
    while (at < wide.length && wide[at]![1] <= from) at++
    for (let b = at; b < wide.length && wide[b]![0] < to; b++) {
      const [low, high, count] = wide[b]!
      const whole = from <= low && to >= high
      const part = whole ? 1 : (Math.min(to, high) - Math.max(from, low)) / (high - low)
      counts[cell]! += count * part
    }
  }
  return counts
}

function massAt({ buckets }: UniformHistogram, point: number): number {
  let mass = 0
  for (const [low, high, count] of buckets) if (low === point && high === point) mass += count
  return mass
}

function massAlone({ buckets, missing = 0 }: UniformHistogram): number {
  let mass = missing
  for (const [low, high, count] of buckets) if (!Number.isFinite(high - low)) mass += count
  return mass
}

function checkHistogram(name: string, { buckets, missing = 0 }: UniformHistogram): void {
  const fault = faultOf(buckets)
  if (fault || !(missing >= 0 && missing < Infinity)) {
    throw invalid(
      'stats.bad-histogram',
      `${name} is no histogram: ${fault ?? `missing is ${missing}`}.`,
      { name },
    )
  }
}

function faultOf(buckets: readonly Bucket[]): string | undefined {
  let end = -Infinity
  for (const [i, [low, high, count]] of buckets.entries()) {
    if (!(low <= high)) return `bucket ${i} runs from ${low} to ${high}`
    if (!(count >= 0 && count < Infinity)) return `bucket ${i} holds ${count}`
    if (low < end)
      return `bucket ${i} begins at ${low}, before the end of the one before it, ${end}`
    end = high
  }
  return undefined
}
