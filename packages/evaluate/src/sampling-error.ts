import { type ClassificationMetric, confusionOf } from './classification-metrics.ts'
import type { ClassView } from './read-predictions.ts'

/**
 * The spread of one row's share in a metric, and the share of rows that count for it: the sampling
 * error of n rows is `sd/sqrt(n·fraction)`.
 */
export interface ErrorComponent {
  readonly sd: number
  readonly fraction: number
}

/**
 * Sampling error of the accuracy of n rows, from the share of right decisions in the reference.
 *
 * `sqrt(p·(1 − p)/n)`: the standard deviation (ddof 0) of right and wrong over sqrt(n).
 *
 * Input: right decisions among the reference's, rows of the chunk. Output: > 0, or 0 where all were right.
 * Cost: constant.
 *
 * @example
 * ```ts
 * import { accuracySamplingError } from '@mlops/evaluate'
 *
 * console.log(accuracySamplingError({ correct: 5098, n: 10_000 }, 50).toFixed(4)) // '0.0707'
 * ```
 * Source: NannyML, standard error of the mean.
 */
export function accuracySamplingError(
  { correct, n }: { readonly correct: number; readonly n: number },
  rows: number,
): number {
  const p = correct / n
  return Math.sqrt((p * (1 - p)) / rows)
}

/**
 * What a metric's sampling error needs of one class of the reference; `null` where undefined. NannyML
 * scales that of F1 for two classes, and not for several.
 */
export function errorComponent(
  metric: ClassificationMetric,
  { scores, predicted, target }: ClassView,
  problem: 'binary' | 'multiclass',
): ErrorComponent | null {
  const n = target.length
  const { tp, fp, fn, tn } = confusionOf(predicted, target)
  switch (metric) {
    case 'accuracy':
      return bernoulli(tp + tn, n, n)
    case 'precision':
      return bernoulli(tp, tp + fp, n)
    case 'recall':
      return bernoulli(tp, tp + fn, n)
    case 'specificity':
      return bernoulli(tn, tn + fp, n)
    case 'f1': {
      const relevant = tp + fp + fn
      const found = bernoulli(tp, relevant, n)
      if (problem === 'multiclass') return found
      return found && { ...found, sd: (found.sd * relevant) / (tp + (fp + fn) / 2) }
    }
    case 'rocAuc':
      return placements(scores, target)
  }
}

/** Of a macro average the errors of the classes add up as variances. */
export function samplingError(
  metric: ClassificationMetric,
  components: readonly (ErrorComponent | null)[],
  rows: number,
): number | null {
  if (rows === 0 || components.some((one) => one === null)) return null
  const variance = components.reduce((sum, one) => sum + one!.sd ** 2 / (rows * one!.fraction), 0)
  // NannyML's correction: the classes' areas depend on each other.
  const inflation = metric === 'rocAuc' && components.length > 1 ? 1.2 : 1
  return (inflation * Math.sqrt(variance)) / components.length
}

function bernoulli(ones: number, of: number, n: number): ErrorComponent | null {
  if (of === 0) return null
  const p = ones / of
  return { sd: Math.sqrt(p * (1 - p)), fraction: of / n }
}

/** Spread of the share of the other class that each row of the rarer class beats. */
function placements(scores: Float64Array, target: Int8Array): ErrorComponent | null {
  const n = target.length
  const positives = target.reduce((sum, label) => sum + label, 0)
  const rarer = positives > n / 2 ? 0 : 1
  const others = scores.filter((_, i) => target[i] !== rarer).sort()
  const count = n - others.length
  if (count === 0 || others.length === 0) return null
  let mean = 0
  let squares = 0
  let seen = 0
  for (let i = 0; i < n; i++) {
    if (target[i] !== rarer) continue
    const below = (rank(others, scores[i]!, false) + rank(others, scores[i]!, true)) / 2
    const share = below / others.length
    seen++
    const d = share - mean
    mean += d / seen
    squares += d * (share - mean)
  }
  return { sd: Math.sqrt(squares / count), fraction: count / n }
}

/** How many sorted values lie below x, or at most at it. */
function rank(sorted: Float64Array, x: number, including: boolean): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! < x || (including && sorted[middle] === x)) low = middle + 1
    else high = middle
  }
  return low
}
