import type { Rng } from '@mlops/core'
import { createRng, invalid, MlopsError } from '@mlops/core'
import type { ThresholdLimits, ThresholdRule } from '@mlops/stats'
import { checkThresholdRule, thresholdLimits } from '@mlops/stats'
import type { ChunkRowsBy } from './chunk-rows.ts'
import { chunkRows } from './chunk-rows.ts'
import {
  CLASSIFICATION_METRICS,
  type ClassificationMetric,
  metricOf,
} from './classification-metrics.ts'
import { fitIsotonic, type Isotonic } from './isotonic.ts'
import { needsCalibration } from './needs-calibration.ts'
import type { BinaryPredictions, MulticlassPredictions } from './read-predictions.ts'
import { predictionsAt, readPredictions } from './read-predictions.ts'
import { type ErrorComponent, errorComponent } from './sampling-error.ts'

export interface FitCbpeOptions {
  /** @default all of them */
  readonly metrics?: readonly ClassificationMetric[]
  /** A number of chunks, or how else the reference is cut, to learn the limits. @default 10 */
  readonly chunks?: number | ChunkRowsBy
  /** How limits follow from the realised performance over chunks. @default { kind: 'standard-deviation' } */
  readonly limits?: ThresholdRule
  /** `auto`: isotonic where it lowers the calibration error on held-out rows. @default 'auto' */
  readonly calibration?: 'auto' | 'isotonic' | 'none'
  /** Draws the splits. @default createRng('cbpe') */
  readonly rng?: Rng
}

/** What an estimate needs of the reference. Plain JSON. */
export interface CbpeReference {
  readonly kind: 'cbpe-reference'
  readonly formatVersion: 1
  readonly problem: 'binary' | 'multiclass'
  /** Labelled rows it was fitted on. */
  readonly rows: number
  /** Per class, sorted; of a binary model the class '1'. `null`: the scores are used as they are. */
  readonly classes: readonly { readonly name: string; readonly calibrator: Isotonic | null }[]
  readonly metrics: readonly {
    readonly name: ClassificationMetric
    /** Per class; `null` where undefined in the reference. */
    readonly components: readonly (ErrorComponent | null)[]
    readonly limits: ThresholdLimits
    /** Realised performance of each chunk; `null` where undefined. */
    readonly values: readonly (number | null)[]
  }[]
}

/**
 * Fits confidence-based performance estimation (CBPE) on a reference with labels: calibrators of the
 * scores, sampling errors, and the usual range of each metric.
 *
 * Each class is calibrated by isotonic regression if that lowers the expected calibration error over
 * 10 stratified splits. Limits: mean ± 3 standard deviations (ddof 0) of the realised metric over
 * chunks, cut to [0, 1].
 *
 * Input: scores and labels of rows that the model was not trained on, at least one of each class.
 * Rows without score, decision or label are left out.
 * Output: plain JSON; keep it with the model and hand it to {@link estimateCbpe}.
 * Cost: 11 isotonic regressions a class.
 *
 * @throws `invalid`: `evaluate.no-labels`, `evaluate.one-class`, `evaluate.bad-probability`,
 *   `evaluate.bad-label`, `evaluate.unknown-class`, `evaluate.unequal-lengths`, `evaluate.no-rows`,
 *   `evaluate.too-few-chunks`, `evaluate.bad-option`, `stats.bad-threshold-rule`.
 * @example
 * ```ts
 * import { createRng } from '@mlops/core'
 * import { estimateCbpe, fitCbpe } from '@mlops/evaluate'
 *
 * const rng = createRng(1)
 * const scores = Array.from({ length: 1000 }, () => rng.next())
 * const targets = scores.map((p) => rng.next() < p)
 * const reference = fitCbpe({ scores, targets })
 * const unsure = scores.map((p) => 0.3 + 0.4 * p)
 * console.log(estimateCbpe(reference, { scores: unsure }, { chunk: { by: 'count', count: 2 } }).verdict) // fail
 * ```
 * Source: NannyML's CBPE; Garg et al. 2022 for the setting.
 * Differs from: NannyML, whose splits come from numpy's generator; equal scores are one step of the
 * ROC curve here, and in any order there.
 */
export function fitCbpe(
  reference: BinaryPredictions | MulticlassPredictions,
  {
    metrics = CLASSIFICATION_METRICS,
    chunks = 10,
    limits = { kind: 'standard-deviation' },
    calibration = 'auto',
    rng = createRng('cbpe'),
  }: FitCbpeOptions = {},
): CbpeReference {
  checkThresholdRule(limits)
  const unknown = metrics.find((name) => !CLASSIFICATION_METRICS.includes(name))
  if (unknown !== undefined || !['auto', 'isotonic', 'none'].includes(calibration)) {
    throw invalid(
      'evaluate.bad-option',
      unknown === undefined
        ? `calibration is '${String(calibration)}'; it must be auto, isotonic or none`
        : `there is no metric '${String(unknown)}' to estimate; there are ${CLASSIFICATION_METRICS.join(', ')}`,
      {},
    )
  }
  const read = readPredictions(reference)
  const labelled = Array.from(read.rows.keys()).filter((i) => read.classes[0]!.target[i]! >= 0)
  if (labelled.length === 0) {
    throw invalid(
      'evaluate.no-labels',
      'the reference has no row with score and label; CBPE learns from labelled rows',
      { rows: read.given },
    )
  }
  const views = predictionsAt(read, labelled)
  const oneSided = views.find(({ target }) => target.every((label) => label === target[0]))
  if (oneSided) {
    throw invalid(
      'evaluate.one-class',
      `class '${oneSided.name}': all ${labelled.length} labels of the reference are ${oneSided.target[0]}; both are needed`,
      { class: oneSided.name },
    )
  }
  const how: ChunkRowsBy = typeof chunks === 'number' ? { by: 'count', count: chunks } : chunks
  // Labels of chunks are given for all rows; of the others only the labelled count.
  const place = new Map(labelled.map((i, at) => [read.rows[i]!, at]))
  const cut =
    how.by === 'label'
      ? chunkRows(read.given, how).map(({ rows }) => rows.flatMap((row) => place.get(row) ?? []))
      : chunkRows(labelled.length, how).map(({ rows }) => rows)
  const parts = cut.map((rows) => {
    const part = predictionsAt({ ...read, classes: views }, rows)
    return { part, targets: part.map(({ target }) => target) }
  })
  return {
    kind: 'cbpe-reference',
    formatVersion: 1,
    problem: read.problem,
    rows: labelled.length,
    classes: views.map(({ name, scores, target }) => {
      const calibrate =
        calibration === 'isotonic' ||
        (calibration === 'auto' && needsCalibration(scores, target, rng))
      return { name, calibrator: calibrate ? fitIsotonic(scores, target) : null }
    }),
    metrics: metrics.map((name) => {
      const values = parts.map(({ part, targets }) => metricOf(name, part, targets))
      return {
        name,
        components: componentsOf(name, views),
        limits: withinUnit(learn(name, values, limits)),
        values,
      }
    }),
  }
}

function componentsOf(name: ClassificationMetric, views: Parameters<typeof metricOf>[1]) {
  if (name !== 'accuracy' || views.length === 1)
    return views.map((view) =>
      errorComponent(name, view, views.length === 1 ? 'binary' : 'multiclass'),
    )
  // Of several classes a decision is right or wrong as a whole.
  const n = views[0]!.target.length
  let right = 0
  for (let i = 0; i < n; i++)
    if (views.some(({ predicted, target }) => predicted[i] === 1 && target[i] === 1)) right++
  const p = right / n
  return [{ sd: Math.sqrt(p * (1 - p)), fraction: 1 }]
}

/** Limits from the values over chunks; `null` values say nothing. */
export function learn(
  metric: string,
  values: readonly (number | null)[],
  rule: ThresholdRule,
): ThresholdLimits {
  const known = values.filter((value) => value !== null)
  if (known.length < 2 && rule.kind !== 'constant') {
    throw invalid(
      'evaluate.too-few-chunks',
      `${metric} is defined in ${known.length} of ${values.length} chunks of the reference; at least 2 are needed. Cut fewer, larger chunks, leave the metric out, or give constant limits`,
      { metric, chunks: values.length, known: known.length },
    )
  }
  return thresholdLimits(known, rule)
}

function withinUnit({ lower, upper }: ThresholdLimits): ThresholdLimits {
  return {
    lower: lower === null ? null : Math.max(0, lower),
    upper: upper === null ? null : Math.min(1, upper),
  }
}

/**
 * Confirms that a document read back is one that this version can estimate with.
 *
 * @throws `invalid` `evaluate.not-a-reference`; `unsupported` `evaluate.unsupported-format`.
 */
export function checkFitted(
  fitted: { readonly kind: string; readonly formatVersion: number },
  kind: 'cbpe-reference' | 'dle-reference',
): void {
  if (fitted?.kind !== kind) {
    throw invalid(
      'evaluate.not-a-reference',
      `the reference is no document made by ${kind === 'cbpe-reference' ? 'fitCbpe' : 'fitDle'}()`,
      {},
    )
  }
  if (fitted.formatVersion === 1) return
  throw new MlopsError({
    kind: 'unsupported',
    code: 'evaluate.unsupported-format',
    message: `the reference has format ${String(fitted.formatVersion)}, this version reads format 1; fit it again, or update @mlops/evaluate`,
    details: { formatVersion: fitted.formatVersion },
  })
}
