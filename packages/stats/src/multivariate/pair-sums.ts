import type { Rng } from '@mlops/core'
import type { Matrix } from './matrix.ts'

/** Sums of a symmetric function over the unordered pairs of rows within and between two samples. */
export interface PairSums {
  readonly withinX: number
  readonly withinY: number
  readonly between: number
}

/** A symmetric function of two rows, as one of their squared Euclidean distance. */
export type OfSquaredDistance = (squared: number) => number

/**
 * The pair sums of the first n of the pooled rows against the rest, and of random relabellings.
 *
 * No matrix of pairs is kept: a row of it is computed, and added to every relabelling that holds the
 * row in its smaller sample. The sums of the other pairs follow from the row sums.
 * Memory: O(permutations · min(n, m)). Cost: O(N²·(columns + permutations·share²)).
 */
export function permutedPairSums(
  pooled: Matrix,
  n: number,
  of: OfSquaredDistance,
  { permutations, rng }: { readonly permutations: number; readonly rng?: Rng },
): PairSums[] {
  const count = pooled.rows
  const small = Math.min(n, count - n)
  const firstIsSmall = small === n
  // Relabelling 0 is the labelling at hand.
  const members = new Int32Array((permutations + 1) * small)
  for (let k = 0; k < small; k++) members[k] = firstIsSmall ? k : n + k
  if (rng) drawMembers(members, { count, small, permutations, rng })
  const next = new Int32Array(permutations + 1)
  const within = new Float64Array(permutations + 1)
  const rowSums = new Float64Array(count)
  const row = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    pairRow(pooled, i, of, row)
    let sum = 0
    for (let j = 0; j < i; j++) {
      sum += row[j]!
      rowSums[j]! += row[j]!
    }
    rowSums[i]! += sum
    for (let b = 0; b <= permutations; b++) {
      const start = b * small
      const end = start + next[b]!
      if (next[b]! >= small || members[end] !== i) continue
      let inside = 0
      for (let k = start; k < end; k++) inside += row[members[k]!]!
      within[b]! += inside
      next[b]!++
    }
  }
  const total = rowSums.reduce((sum, x) => sum + x, 0) / 2
  return Array.from({ length: permutations + 1 }, (_, b) => {
    let touching = 0
    for (let k = b * small; k < (b + 1) * small; k++) touching += rowSums[members[k]!]!
    const between = touching - 2 * within[b]!
    const rest = total - between - within[b]!
    return firstIsSmall
      ? { withinX: within[b]!, withinY: rest, between }
      : { withinX: rest, withinY: within[b]!, between }
  })
}

/** Random subsets of the rows, each in ascending order. */
function drawMembers(
  members: Int32Array,
  {
    count,
    small,
    permutations,
    rng,
  }: {
    readonly count: number
    readonly small: number
    readonly permutations: number
    readonly rng: Rng
  },
): void {
  const order = Int32Array.from({ length: count }, (_, i) => i)
  const chosen = new Uint8Array(count)
  for (let b = 1; b <= permutations; b++) {
    chosen.fill(0)
    for (let k = 0; k < small; k++) {
      const j = k + rng.int(count - k)
      const held = order[k]!
      order[k] = order[j]!
      order[j] = held
      chosen[order[k]!] = 1
    }
    let at = b * small
    for (let i = 0; i < count; i++) if (chosen[i] === 1) members[at++] = i
  }
}

/** The function of row i and each row before it. */
function pairRow(
  { columns, values }: Matrix,
  i: number,
  of: OfSquaredDistance,
  out: Float64Array,
): void {
  const start = i * columns
  for (let j = 0, at = 0; j < i; j++) {
    let squared = 0
    for (let k = 0; k < columns; k++, at++) {
      const d = values[start + k]! - values[at]!
      squared += d * d
    }
    out[j] = of(squared)
  }
}

/** p = (k + 1)/(B + 1) of relabelled statistics against the first, which is the one at hand. */
export function permutationPValue(statistics: readonly number[]): number {
  const observed = statistics[0]!
  // Equal in exact arithmetic, a hair apart after rounding: such values count as extreme.
  const slack = 1e-12 * Math.max(...statistics.map(Math.abs))
  const extreme = statistics.filter((value) => value >= observed - slack).length
  return extreme / statistics.length
}
