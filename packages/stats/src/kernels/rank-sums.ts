import { radixSort } from './radix-sort.ts'

/** What rank tests need of two samples pooled: no rank is ever stored. */
export interface RankSums {
  /** Sum of the midranks of x in the pooled sample (1-based). */
  readonly rankSumX: number
  /** sum(t³ − t) over groups of t equal values. */
  readonly tieTerm: number
  readonly ties: boolean
}

/**
 * Rank sum and tie term of two samples by sorting each and merging. Input: no NaN.
 * Cost: two radix sorts and one merge.
 */
export function rankSums(x: Float64Array, y: Float64Array): RankSums {
  const a = radixSort(x)
  const b = radixSort(y)
  const n = a.length
  const m = b.length
  let i = 0
  let j = 0
  let rankSumX = 0
  let tieTerm = 0
  let ties = false
  while (i < n || j < m) {
    const at = j >= m || (i < n && a[i]! <= b[j]!) ? a[i]! : b[j]!
    const i0 = i
    const j0 = j
    while (i < n && a[i]! === at) i++
    while (j < m && b[j]! === at) j++
    const t = i - i0 + (j - j0)
    rankSumX += (i - i0) * (i0 + j0 + (t + 1) / 2)
    if (t > 1) {
      ties = true
      tieTerm += t * t * t - t
    }
  }
  return { rankSumX, tieTerm, ties }
}

/** Midranks (1-based) of every value in place, and the tie term. Input: no NaN. Cost: O(n log n). */
export function midranks(values: Float64Array): {
  readonly ranks: Float64Array
  readonly tieTerm: number
  readonly ties: boolean
} {
  const n = values.length
  const order = new Uint32Array(n)
  for (let i = 0; i < n; i++) order[i] = i
  // Equal infinities subtract to NaN, which a comparator must not return.
  order.sort((i, j) => (values[i]! < values[j]! ? -1 : values[i]! > values[j]! ? 1 : 0))
  const ranks = new Float64Array(n)
  let tieTerm = 0
  let ties = false
  for (let start = 0; start < n; ) {
    let end = start + 1
    while (end < n && values[order[end]!] === values[order[start]!]) end++
    const t = end - start
    for (let k = start; k < end; k++) ranks[order[k]!] = start + (t + 1) / 2
    if (t > 1) {
      ties = true
      tieTerm += t * t * t - t
    }
    start = end
  }
  return { ranks, tieTerm, ties }
}
