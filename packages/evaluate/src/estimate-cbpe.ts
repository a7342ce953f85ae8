import { invalid } from '@mlops/core'
import type { ChunkRowsBy } from './chunk-rows.ts'
import { chunkRows } from './chunk-rows.ts'
import { confusionOf, metricOf } from './classification-metrics.ts'
import { type Confusion, type ConfusionRates, confusionRates } from './confusion.ts'
import { type CbpeReference, checkFitted } from './fit-cbpe.ts'
import { applyIsotonic } from './isotonic.ts'
import type { PerformanceSeries } from './performance-series.ts'
import { seriesOf } from './performance-series.ts'
import { type RankedPerformance, rankedPerformance } from './ranked-performance.ts'
import { type BinaryLabels, checkLengths, type Numbers } from './read-labels.ts'
import type { BinaryPredictions, ClassView, MulticlassPredictions } from './read-predictions.ts'
import { predictionsAt, readPredictions } from './read-predictions.ts'
import { samplingError } from './sampling-error.ts'

/** Expected counts, and what follows from them. */
export interface ExpectedPerformance extends Confusion, ConfusionRates, RankedPerformance {}

/**
 * The performance to be expected of binary decisions, if the probabilities are calibrated.
 *
 * `tp = sum of p over predicted positives`, `fp = sum of 1 − p` over them, `fn = sum of p` over the
 * others; the rates follow. Ranks by `scores`: the curve through the cumulated p and 1 − p.
 *
 * Input: calibrated probabilities; decisions, by default p >= ½; raw scores, by default p.
 * Output: expected counts and rates; `null` where a rate is undefined.
 * Cost: O(n log n).
 *
 * @throws `invalid`: `evaluate.bad-probability`, `evaluate.bad-label`, `evaluate.unequal-lengths`,
 *   `evaluate.no-rows`; `evaluate.bad-number` for missing values: leave those rows out.
 * @example
 * ```ts
 * import { expectedPerformance } from '@mlops/evaluate'
 *
 * const { tp, fp, accuracy } = expectedPerformance({ probabilities: [0.9, 0.8, 0.3, 0.2] })
 * console.log(tp.toFixed(1), fp.toFixed(1), accuracy?.toFixed(2)) // '1.7' '0.3' '0.80'
 * ```
 * Source: NannyML's CBPE.
 */
export function expectedPerformance({
  probabilities,
  predictions,
  scores = probabilities,
}: {
  readonly probabilities: Numbers
  readonly predictions?: BinaryLabels
  readonly scores?: Numbers
}): ExpectedPerformance {
  checkLengths({ probabilities: probabilities.length, scores: scores.length })
  const read = readPredictions({ scores: probabilities, ...(predictions && { predictions }) })
  const raw = Float64Array.from(scores, Number)
  if (read.rows.length < read.given || raw.some(Number.isNaN)) {
    throw invalid(
      'evaluate.bad-number',
      `${read.given - read.rows.length} of ${read.given} rows miss a probability or a decision; leave them out`,
      {},
    )
  }
  const [view] = read.classes
  const confusion = confusionOf(view!.predicted, view!.scores)
  return { ...confusion, ...confusionRates(confusion), ...rankedPerformance(raw, view!.scores) }
}

/**
 * Estimates a classifier's performance before labels arrive, chunk by chunk, realised performance
 * beside it for the labels that are there (confidence-based performance estimation).
 *
 * A score calibrated to a probability p says how often the decision is right; metrics follow from the
 * expected confusion counts. Several classes: one against the rest, probabilities made to sum to 1,
 * macro average. `band` ± 3 sampling errors.
 *
 * Input: what {@link fitCbpe} made; scores of the same classes; how rows are cut. Rows without score
 * or decision are left out and counted.
 * Output: a series per metric with estimate, band, realised value and alarm where the estimate leaves
 * the limits; `null` where a metric is undefined. The assumption stands among the warnings.
 * Cost: O(n log n) a metric.
 *
 * @throws `invalid`: `evaluate.not-a-reference`, `evaluate.other-classes`, `evaluate.bad-option`,
 *   `evaluate.bad-probability`, `evaluate.bad-label`, `evaluate.unknown-class`,
 *   `evaluate.unequal-lengths`, `evaluate.no-rows`; `unsupported` `evaluate.unsupported-format`.
 * @example
 * ```ts
 * import { createRng } from '@mlops/core'
 * import { estimateCbpe, fitCbpe } from '@mlops/evaluate'
 *
 * const rng = createRng(1)
 * const scores = Array.from({ length: 1000 }, () => rng.next())
 * const targets = scores.map((p) => rng.next() < p)
 * const reference = fitCbpe({ scores, targets }, { metrics: ['accuracy'] })
 * const { metrics } = estimateCbpe(reference, { scores, targets }, { chunk: { by: 'size', size: 500 } })
 * console.log(metrics[0]?.points.map(({ alarm }) => alarm)) // [ false, false ]
 * ```
 * Source: NannyML's CBPE.
 */
export function estimateCbpe(
  reference: CbpeReference,
  current: BinaryPredictions | MulticlassPredictions,
  { chunk }: { readonly chunk: ChunkRowsBy },
): PerformanceSeries {
  checkFitted(reference, 'cbpe-reference')
  const read = readPredictions(current)
  const names = (classes: readonly { readonly name: string }[]) =>
    classes.map(({ name }) => name).join(', ')
  if (read.problem !== reference.problem || names(read.classes) !== names(reference.classes)) {
    throw invalid(
      'evaluate.other-classes',
      `the reference has the classes ${names(reference.classes)} (${reference.problem}), the scores ${names(read.classes)} (${read.problem})`,
      { reference: names(reference.classes), current: names(read.classes) },
    )
  }
  const calibrated = calibrate(reference, read.classes)
  const place = new Map(read.rows.map((row, at) => [row, at]))
  const chunks = chunkRows(read.given, chunk).map(({ label, rows }) => {
    const used = rows.flatMap((row) => place.get(row) ?? [])
    const part = predictionsAt(read, used)
    const expected = calibrated.map((p) => Float64Array.from(used, (i) => p[i]!))
    const known = used.filter((i) => read.classes[0]!.target[i]! >= 0)
    const labelled = predictionsAt(read, known)
    return {
      label,
      rows: used.length,
      dropped: rows.length - used.length,
      labelled: known.length,
      estimates: reference.metrics.map(({ name, components }) => ({
        estimated: metricOf(name, part, expected),
        samplingError: samplingError(name, components, used.length),
        realised: metricOf(
          name,
          labelled,
          labelled.map(({ target }) => target),
        ),
      })),
    }
  })
  return seriesOf(
    'cbpe',
    chunks,
    reference.metrics.map(({ name, limits }) => ({ name, limits, most: 1 })),
  )
}

/** Calibrated probabilities per class; of several classes they sum to 1 in every row. */
function calibrate(reference: CbpeReference, views: readonly ClassView[]): Float64Array[] {
  const own = views.map(({ scores }, k) => {
    const { calibrator } = reference.classes[k]!
    return calibrator ? applyIsotonic(calibrator, scores) : scores.slice()
  })
  if (own.length === 1) return own
  for (let i = 0; i < own[0]!.length; i++) {
    const sum = own.reduce((total, p) => total + p[i]!, 0)
    for (const p of own) p[i] = sum === 0 ? 1 / own.length : p[i]! / sum
  }
  return own
}
