/** Measures of order. */
export interface RankedPerformance {
  /** Area under the ROC curve; `null` without positives or without negatives. */
  readonly rocAuc: number | null
  /** Average precision; `null` without positives. */
  readonly averagePrecision: number | null
}

/**
 * ROC AUC and average precision of scores, where each row is a positive with some probability: 0 or 1
 * if its label is known, a calibrated probability if not. Equal scores count as one step.
 *
 * Cost: O(n log n).
 */
export function rankedPerformance(
  scores: Float64Array,
  positive: ArrayLike<number>,
): RankedPerformance {
  const n = scores.length
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort((i, j) =>
    scores[i]! > scores[j]! ? -1 : scores[i]! < scores[j]! ? 1 : 0,
  )
  let all = 0
  for (let i = 0; i < n; i++) all += positive[i]!
  let found = 0
  let area = 0
  let precision = 0
  for (let start = 0; start < n; ) {
    let end = start
    let positives = 0
    for (; end < n && scores[order[end]!] === scores[order[start]!]; end++)
      positives += positive[order[end]!]!
    area += (end - start - positives) * (found + positives / 2)
    found += positives
    precision += (positives * found) / end
    start = end
  }
  const negatives = n - all
  return {
    rocAuc: all > 0 && negatives > 0 ? area / (all * negatives) : null,
    averagePrecision: all > 0 ? precision / all : null,
  }
}
