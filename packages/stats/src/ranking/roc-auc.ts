import { givenOptions, invalid, type Warning } from '@mlops/core'
import { normal } from '../distributions/normal.ts'
import { checkLevel } from '../hypothesis/test-result.ts'
import type { Interval, IntervalOptions } from '../intervals/proportion.ts'
import { midranks } from '../kernels/rank-sums.ts'

/** The area under the ROC curve with its uncertainty. */
export interface RocAuc {
  /** `ok`, or `undefined` where a class is missing. */
  readonly status: 'ok' | 'undefined'
  /** 0.5 is chance, 1 perfect order; `null` where undefined. */
  readonly value: number | null
  /** DeLong's; `null` with fewer than 2 of a class. */
  readonly standardError: number | null
  /** DeLong's on the logit scale; `null` where the standard error is, or it is 0. */
  readonly interval: Interval | null
  readonly positives: number
  readonly negatives: number
  readonly warnings: readonly Warning[]
}

/**
 * Area under the ROC curve: the probability that a positive scores higher than a negative, ties
 * counted half.
 *
 * `auc = (R₊ − n₊(n₊ + 1)/2)/(n₊·n₋)` with R₊ the sum of the positives' midranks. Variance after
 * DeLong: var(V₁₀)/n₊ + var(V₀₁)/n₋ over the placements V of positives and negatives.
 *
 * Input: scores without NaN, and for each whether it is a positive (true, or 1). Infinities are legal.
 * Output: 0 to 1, with an interval on the logit scale, which stays inside.
 * Cost: O(n log n).
 *
 * @throws `invalid`: `stats.unequal-lengths`, `stats.not-a-number`, `stats.bad-level`.
 * @example
 * ```ts
 * import { rocAuc } from '@mlops/stats'
 *
 * console.log(rocAuc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]).value) // 0.75
 * ```
 * Source: DeLong, DeLong & Clarke-Pearson 1988; Sun & Xu 2014 (midranks).
 */
export function rocAuc(
  scores: ArrayLike<number>,
  labels: ArrayLike<number | boolean>,
  options: IntervalOptions = {},
): RocAuc {
  const { confidence = 0.95 } = givenOptions(options)
  checkLevel(confidence)
  if (scores.length !== labels.length) {
    throw invalid(
      'stats.unequal-lengths',
      `there are ${scores.length} scores and ${labels.length} labels; each score needs its label.`,
      { scores: scores.length, labels: labels.length },
    )
  }
  const all = Float64Array.from(scores)
  const at = all.findIndex(Number.isNaN)
  if (at >= 0) {
    throw invalid('stats.not-a-number', `scores[${at}] is NaN; leave the row out.`, { index: at })
  }
  const isPositive = (_: number, i: number) => Number(labels[i]) === 1
  const positive = all.filter(isPositive)
  const negative = all.filter((x, i) => !isPositive(x, i))
  const [n, m] = [positive.length, negative.length]
  const outline = { positives: n, negatives: m }
  const undefinedResult = { value: null, standardError: null, interval: null }
  if (n === 0 || m === 0) {
    const message = `there are ${n} positives and ${m} negatives: no pair to order.`
    return {
      ...outline,
      ...undefinedResult,
      status: 'undefined',
      warnings: [{ code: 'one-class', message }],
    }
  }
  const { ranks } = midranks(all)
  const pooled = {
    positive: ranks.filter(isPositive),
    negative: ranks.filter((x, i) => !isPositive(x, i)),
  }
  const ownPositive = midranks(positive).ranks
  const ownNegative = midranks(negative).ranks
  const v10 = pooled.positive.map((rank, i) => (rank - ownPositive[i]!) / m)
  const v01 = pooled.negative.map((rank, j) => 1 - (rank - ownNegative[j]!) / n)
  const value = v10.reduce((sum, v) => sum + v, 0) / n
  const standardError = n > 1 && m > 1 ? Math.sqrt(variance(v10) / n + variance(v01) / m) : null
  return {
    ...outline,
    status: 'ok',
    value,
    standardError,
    interval: logitInterval(value, standardError, confidence),
    warnings: [],
  }
}

function variance(values: Float64Array): number {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length
  return values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1)
}

function logitInterval(auc: number, se: number | null, confidence: number): Interval | null {
  if (se === null || !(se > 0) || auc <= 0 || auc >= 1) return null
  const centre = Math.log(auc / (1 - auc))
  const reach = (normal.quantile((1 + confidence) / 2) * se) / (auc * (1 - auc))
  const back = (x: number) => 1 / (1 + Math.exp(-x))
  return { lower: back(centre - reach), upper: back(centre + reach) }
}
