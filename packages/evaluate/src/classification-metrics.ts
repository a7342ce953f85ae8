import { type Confusion, confusionRates } from './confusion.ts'
import { rankedPerformance } from './ranked-performance.ts'
import type { ClassView } from './read-predictions.ts'

/** The metrics that can be estimated without labels. */
export type ClassificationMetric =
  | 'accuracy'
  | 'precision'
  | 'recall'
  | 'specificity'
  | 'f1'
  | 'rocAuc'

/** All of them, in their usual order. */
export const CLASSIFICATION_METRICS: readonly ClassificationMetric[] = Object.freeze([
  'rocAuc',
  'f1',
  'precision',
  'recall',
  'specificity',
  'accuracy',
])

/**
 * Counts by decision and truth, where each row is a positive with some probability: its label, or a
 * calibrated probability. `tp = sum of p over predicted positives`, and so on.
 */
export function confusionOf(predicted: ArrayLike<number>, positive: ArrayLike<number>): Confusion {
  let [tp, fp, fn, tn] = [0, 0, 0, 0]
  for (let i = 0; i < predicted.length; i++) {
    const p = positive[i]!
    if (predicted[i] === 1) {
      tp += p
      fp += 1 - p
    } else {
      fn += p
      tn += 1 - p
    }
  }
  return { tp, fp, fn, tn }
}

/**
 * A metric of the class against the rest, macro-averaged over several classes; `null` where it is
 * undefined for any of them. Accuracy of several classes is the share of right decisions.
 */
export function metricOf(
  metric: ClassificationMetric,
  views: readonly ClassView[],
  positives: readonly ArrayLike<number>[],
): number | null {
  const n = views[0]!.scores.length
  if (n === 0) return null
  if (metric === 'accuracy' && views.length > 1) {
    let right = 0
    views.forEach(({ predicted }, k) => {
      right += confusionOf(predicted, positives[k]!).tp
    })
    return right / n
  }
  const values = views.map(({ scores, predicted }, k) =>
    metric === 'rocAuc'
      ? rankedPerformance(scores, positives[k]!).rocAuc
      : confusionRates(confusionOf(predicted, positives[k]!))[metric],
  )
  if (values.some((value) => value === null)) return null
  return values.reduce<number>((sum, value) => sum + value!, 0) / values.length
}
