/** Rows by decision and truth. Expected counts, which are no whole numbers, are counts too. */
export interface Confusion {
  readonly tp: number
  readonly fp: number
  readonly fn: number
  readonly tn: number
}

/** What follows from the counts; `null` where a denominator is 0. */
export interface ConfusionRates {
  readonly accuracy: number | null
  readonly precision: number | null
  readonly recall: number | null
  readonly specificity: number | null
  readonly f1: number | null
  readonly balancedAccuracy: number | null
  /** Matthews' correlation, −1 to 1. */
  readonly mcc: number | null
  /** Cohen's kappa: agreement beyond chance. */
  readonly kappa: number | null
}

/**
 * Rates from a confusion matrix.
 *
 * `precision = tp/(tp + fp)`, `recall = tp/(tp + fn)`, `f1 = 2·tp/(2·tp + fp + fn)`.
 *
 * Input: counts >= 0, also expected ones. Output: 0 to 1 (`mcc` and `kappa` from −1); `null` where a
 * denominator is 0: no row of that kind says anything. Cost: constant.
 *
 * @example
 * ```ts
 * import { confusionRates } from '@mlops/evaluate'
 *
 * const { precision, recall, f1 } = confusionRates({ tp: 8, fp: 2, fn: 8, tn: 82 })
 * console.log(precision, recall, f1?.toFixed(4)) // 0.8 0.5 '0.6154'
 * ```
 * Source: Matthews 1975; Cohen 1960.
 * Differs from: scikit-learn, which returns 0 and warns where these are `null`.
 */
export function confusionRates({ tp, fp, fn, tn }: Confusion): ConfusionRates {
  const n = tp + fp + fn + tn
  const recall = ratio(tp, tp + fn)
  const specificity = ratio(tn, tn + fp)
  const chance = n > 0 ? ((tp + fp) * (tp + fn) + (fn + tn) * (fp + tn)) / (n * n) : 1
  // Roots one by one: the product of four counts overflows long before they do.
  const spread = Math.sqrt(tp + fp) * Math.sqrt(tp + fn) * Math.sqrt(tn + fp) * Math.sqrt(tn + fn)
  return {
    accuracy: ratio(tp + tn, n),
    precision: ratio(tp, tp + fp),
    recall,
    specificity,
    f1: ratio(2 * tp, 2 * tp + fp + fn),
    balancedAccuracy: recall === null || specificity === null ? null : (recall + specificity) / 2,
    mcc: ratio(tp * tn - fp * fn, spread),
    kappa: n > 0 ? ratio((tp + tn) / n - chance, 1 - chance) : null,
  }
}

/** A ratio, `null` when its denominator is 0. */
export function ratio(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null
}
