import { withDisplay } from '@mlops/core'
import { rocAuc, wilsonInterval } from '@mlops/stats'
import { confusionOf, metricOf } from './classification-metrics.ts'
import { type Confusion, confusionRates } from './confusion.ts'
import type { Estimate } from './estimate.ts'
import { checkConfidence, meanEstimate, undefinedEstimate } from './estimate.ts'
import { rankedPerformance } from './ranked-performance.ts'
import type { BinaryPredictions, ClassView, MulticlassPredictions } from './read-predictions.ts'
import { predictionsAt, readPredictions } from './read-predictions.ts'

/** How well decisions and scores agree with labels. */
export interface ClassificationPerformance {
  readonly kind: 'classification-performance'
  readonly problem: 'binary' | 'multiclass'
  /** Rows with score, decision and label, and rows left out. */
  readonly rows: number
  readonly dropped: number
  readonly confidence: number
  readonly metrics: {
    readonly accuracy: Estimate
    readonly precision: Estimate
    readonly recall: Estimate
    readonly specificity: Estimate
    readonly f1: Estimate
    readonly rocAuc: Estimate
    readonly averagePrecision: Estimate
    /** Mean −ln of the probability given to what came true, at least 2.2e-16. */
    readonly logLoss: Estimate
    /** Mean squared distance of the probabilities from the truth; of several classes summed over them. */
    readonly brier: Estimate
    readonly balancedAccuracy: Estimate
    /** Of two classes. */
    readonly mcc: Estimate
    readonly kappa: Estimate
  }
  /** Per class, against all others. */
  readonly confusion: readonly ({ readonly name: string } & Confusion)[]
}

/**
 * Performance of a classifier against labels, with intervals: of shares Wilson's, of the area under
 * the ROC curve DeLong's, of F1 Wilson's carried over, of means the normal one.
 *
 * Of several classes: accuracy of the decisions; the other rates, the area and average precision are
 * macro averages of one class against the rest, without interval.
 *
 * Input: scores (probabilities), decisions (default: score at least ½, or the largest), labels. Rows
 * that lack one are left out and counted.
 * Output: 0 to 1 but for logLoss (>= 0), mcc and kappa (−1 to 1); `null` with a reason where undefined.
 * Cost: O(n log n).
 *
 * @throws `invalid`: `evaluate.bad-probability`, `evaluate.bad-label`, `evaluate.unknown-class`,
 *   `evaluate.unequal-lengths`, `evaluate.no-rows`, `evaluate.too-few-classes`, `evaluate.bad-option`.
 * @example
 * ```ts
 * import { classificationPerformance } from '@mlops/evaluate'
 *
 * const { metrics } = classificationPerformance({ scores: [0.1, 0.4, 0.35, 0.8], targets: [0, 0, 1, 1] })
 * console.log(metrics.rocAuc.value, metrics.precision.value, metrics.recall.value) // 0.75 1 0.5
 * ```
 * Source: DeLong, DeLong & Clarke-Pearson 1988; Wilson 1927; Brier 1950.
 * Differs from: scikit-learn, which returns 0 and warns where a value is `null` here.
 */
export function classificationPerformance(
  data: BinaryPredictions | MulticlassPredictions,
  { confidence = 0.95 }: { readonly confidence?: number } = {},
): ClassificationPerformance {
  checkConfidence(confidence)
  const read = readPredictions(data)
  const places = Array.from(read.rows.keys()).filter((i) => read.classes[0]!.target[i]! >= 0)
  const views = predictionsAt(read, places)
  const result: ClassificationPerformance = {
    kind: 'classification-performance',
    problem: read.problem,
    rows: places.length,
    dropped: read.given - places.length,
    confidence,
    metrics: views.length === 1 ? binary(views[0]!, confidence) : multiclass(views, confidence),
    confusion: views.map(({ name, predicted, target }) => ({
      name,
      ...confusionOf(predicted, target),
    })),
  }
  return withDisplay(result, ({ rows, dropped, metrics }) => ({
    title: `Classification performance of ${rows} rows${dropped > 0 ? `, ${dropped} left out` : ''}`,
    table: {
      columns: ['metric', 'value', 'from', 'to'],
      rows: Object.entries(metrics).map(([name, { value, interval }]) => [
        name,
        value,
        interval?.lower ?? null,
        interval?.upper ?? null,
      ]),
    },
  }))
}

type Metrics = ClassificationPerformance['metrics']

function binary({ scores, predicted, target }: ClassView, confidence: number): Metrics {
  const counts = confusionOf(predicted, target)
  const { tp, fp, fn, tn } = counts
  const rates = confusionRates(counts)
  const ranked = rankedPerformance(scores, target)
  const auc = rocAuc(scores, target, { confidence })
  const share = (successes: number, n: number, reason: string): Estimate =>
    n === 0
      ? undefinedEstimate(reason)
      : { value: successes / n, interval: wilsonInterval({ successes, n }, { confidence }) }
  const plain = (value: number | null, reason: string): Estimate =>
    value === null ? undefinedEstimate(reason) : { value, interval: null }
  const oneClass = 'all labels are of one class, or there are none'
  return {
    accuracy: share(tp + tn, target.length, 'there are no labels'),
    precision: share(tp, tp + fp, 'nothing was predicted positive'),
    recall: share(tp, tp + fn, 'nothing is positive'),
    specificity: share(tn, tn + fp, 'nothing is negative'),
    f1: f1Estimate(counts, rates.f1, confidence),
    rocAuc:
      auc.value === null
        ? undefinedEstimate(oneClass)
        : { value: auc.value, interval: auc.interval },
    averagePrecision: plain(ranked.averagePrecision, 'nothing is positive'),
    logLoss: meanEstimate(
      scores.map((p, i) => -Math.log(Math.max(target[i] === 1 ? p : 1 - p, Number.EPSILON))),
      confidence,
    ),
    brier: meanEstimate(
      scores.map((p, i) => (p - target[i]!) ** 2),
      confidence,
    ),
    balancedAccuracy: plain(rates.balancedAccuracy, oneClass),
    mcc: plain(rates.mcc, 'a row or column of the confusion matrix is empty'),
    kappa: plain(rates.kappa, 'decisions and labels are all of one class'),
  }
}

/**
 * F1 = 2q/(1 + q) with q = tp/(tp + fp + fn), a share of the rows that are positive or called so; its
 * interval is Wilson's of q, carried over.
 */
function f1Estimate({ tp, fp, fn }: Confusion, f1: number | null, confidence: number): Estimate {
  if (f1 === null) return undefinedEstimate('nothing is positive, nor predicted so')
  const { lower, upper } = wilsonInterval({ successes: tp, n: tp + fp + fn }, { confidence })
  const of = (q: number) => (2 * q) / (1 + q)
  return { value: f1, interval: { lower: of(lower), upper: of(upper) } }
}

function multiclass(views: readonly ClassView[], confidence: number): Metrics {
  const targets = views.map(({ target }) => target)
  const n = targets[0]!.length
  const macro = (metric: Parameters<typeof metricOf>[0]): Estimate => {
    const value = metricOf(metric, views, targets)
    return value === null
      ? undefinedEstimate('undefined for at least one class')
      : { value, interval: null }
  }
  const right = views.reduce(
    (sum, { predicted, target }) => sum + confusionOf(predicted, target).tp,
    0,
  )
  const precisions = views.map(
    ({ scores, target }) => rankedPerformance(scores, target).averagePrecision,
  )
  const recalls = macro('recall')
  const rows = Array.from({ length: n }, (_, i) => i)
  const chance = views.reduce((sum, { predicted, target }) => {
    const { tp, fp, fn } = confusionOf(predicted, target)
    return sum + ((tp + fp) * (tp + fn)) / (n * n)
  }, 0)
  const binaryOnly = undefinedEstimate('defined for two classes')
  return {
    accuracy:
      n === 0
        ? undefinedEstimate('there are no labels')
        : {
            value: right / n,
            interval: wilsonInterval({ successes: right, n }, { confidence }),
          },
    precision: macro('precision'),
    recall: recalls,
    specificity: macro('specificity'),
    f1: macro('f1'),
    rocAuc: macro('rocAuc'),
    averagePrecision: precisions.some((value) => value === null)
      ? undefinedEstimate('undefined for at least one class')
      : {
          value: precisions.reduce<number>((sum, value) => sum + value!, 0) / views.length,
          interval: null,
        },
    logLoss: meanEstimate(
      Float64Array.from(rows, (i) => {
        const sum = views.reduce((total, { scores }) => total + scores[i]!, 0)
        const own = views.find(({ target }) => target[i] === 1)!.scores[i]!
        return -Math.log(Math.max(own / sum, Number.EPSILON))
      }),
      confidence,
    ),
    brier: meanEstimate(
      Float64Array.from(rows, (i) =>
        views.reduce((sum, { scores, target }) => sum + (scores[i]! - target[i]!) ** 2, 0),
      ),
      confidence,
    ),
    balancedAccuracy: recalls,
    mcc: binaryOnly,
    kappa:
      n > 0 && chance < 1
        ? { value: (right / n - chance) / (1 - chance), interval: null }
        : undefinedEstimate('decisions and labels are all of one class'),
  }
}
