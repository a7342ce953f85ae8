import type { ColumnType, TableInput } from '@mlops/core'
import { invalid, readTable } from '@mlops/core'
import type { ThresholdLimits, ThresholdRule } from '@mlops/stats'
import { checkThresholdRule } from '@mlops/stats'
import type { GradientBoosting, GradientBoostingOptions } from '@mlops/stats/multivariate'
import { fitGradientBoosting, matrixRows, predictGradientBoosting } from '@mlops/stats/multivariate'
import type { ChunkRowsBy } from './chunk-rows.ts'
import { chunkRows } from './chunk-rows.ts'
import { checkFitted, learn } from './fit-cbpe.ts'
import type { PerformanceSeries } from './performance-series.ts'
import { seriesOf } from './performance-series.ts'
import type { FeatureEncoding } from './read-features.ts'
import { encodeFeatures, fitFeatures } from './read-features.ts'
import { checkLengths, type Numbers, readNumbers } from './read-labels.ts'

/** The metrics of a regression that can be estimated without labels. */
export type RegressionMetric = 'mae' | 'mse' | 'rmse'

const REGRESSION_METRICS: readonly RegressionMetric[] = Object.freeze(['mae', 'mse', 'rmse'])

/** Features, predictions and, as far as they are known, targets of the same rows. */
export interface RegressionData {
  readonly features: TableInput
  readonly predictions: Numbers
  readonly targets?: Numbers
}

export interface FitDleOptions {
  /** @default all of them */
  readonly metrics?: readonly RegressionMetric[]
  /** A number of chunks, or how else the reference is cut, to learn the limits. @default 10 */
  readonly chunks?: number | ChunkRowsBy
  /** How limits follow from the realised performance over chunks. @default { kind: 'standard-deviation' } */
  readonly limits?: ThresholdRule
  /** Types of features that their values do not show. */
  readonly types?: Readonly<Record<string, ColumnType>>
  /** Of the model of the losses. @default { iterations: 100, maxDepth: 5, learningRate: 0.1, minLeaf: 20 } */
  readonly learner?: Omit<GradientBoostingOptions, 'loss'>
}

/** What an estimate needs of the reference. Plain JSON. */
export interface DleReference {
  readonly kind: 'dle-reference'
  readonly formatVersion: 1
  /** Labelled rows it was fitted on. */
  readonly rows: number
  readonly types: Readonly<Record<string, ColumnType>>
  readonly features: readonly FeatureEncoding[]
  /** Models of the loss of a row: absolute, and squared where it is needed. */
  readonly models: { readonly absolute?: GradientBoosting; readonly squared?: GradientBoosting }
  /** Of the losses in the reference: standard deviations (ddof 0), and the mean of the squares. */
  readonly losses: {
    readonly absoluteSd: number
    readonly squaredSd: number
    readonly squaredMean: number
  }
  readonly metrics: readonly {
    readonly name: RegressionMetric
    readonly limits: ThresholdLimits
    readonly values: readonly (number | null)[]
  }[]
}

/**
 * Fits direct loss estimation (DLE): gradient-boosted trees that learn, on a reference with targets,
 * how large the error of a prediction will be from the features and the prediction itself.
 *
 * One model of |y − f|, one of (y − f)². Limits: mean ± 3 standard deviations (ddof 0) of the
 * realised metric over chunks, never below 0.
 *
 * Input: rows that the regression was not trained on. Missing features stay missing, which trees can
 * read; rows without prediction or target are left out.
 * Output: plain JSON, some hundred KB; hand it to {@link estimateDle}.
 * Cost: two boostings: O(iterations · depth · rows · features).
 *
 * @throws `invalid`: those of `readTable`; `evaluate.no-labels`, `evaluate.bad-feature`,
 *   `evaluate.bad-number`, `evaluate.unequal-lengths`, `evaluate.too-few-chunks`,
 *   `evaluate.bad-option`, `stats.bad-option`, `stats.bad-threshold-rule`.
 * @example
 * ```ts
 * import { estimateDle, fitDle } from '@mlops/evaluate'
 *
 * const x = Array.from({ length: 1000 }, (_, i) => (i * 37) % 100)
 * const predictions = x.map((v) => 2 * v)
 * // Errors grow with x.
 * const targets = x.map((v, i) => 2 * v + (i % 2 ? v : -v) / 10)
 * const reference = fitDle({ features: { x }, predictions, targets }, { metrics: ['mae'] })
 * const high = x.map((v) => 50 + v / 2)
 * const later = { features: { x: high }, predictions: high.map((v) => 2 * v) }
 * const { metrics } = estimateDle(reference, later, { chunk: { by: 'count', count: 1 } })
 * console.log(metrics[0]?.points[0]?.estimated?.toFixed(1)) // 7.4
 * ```
 * Source: NannyML's DLE.
 * Differs from: NannyML, which boosts with LightGBM, leaf by leaf, and reads categories natively;
 * they are codes by frequency here.
 */
export function fitDle(
  reference: RegressionData,
  {
    metrics = REGRESSION_METRICS,
    chunks = 10,
    limits = { kind: 'standard-deviation' },
    types = {},
    learner = {},
  }: FitDleOptions = {},
): DleReference {
  checkThresholdRule(limits)
  const unknown = metrics.find((name) => !REGRESSION_METRICS.includes(name))
  if (unknown !== undefined) {
    throw invalid(
      'evaluate.bad-option',
      `there is no metric '${String(unknown)}' to estimate; there are ${REGRESSION_METRICS.join(', ')}`,
      {},
    )
  }
  const { table, encoding } = fitFeatures(reference.features, types)
  const { predictions, targets } = readSides(reference, table.rowCount)
  const rows = Array.from(predictions.keys()).filter(
    (i) => !Number.isNaN(predictions[i]) && !Number.isNaN(targets[i]),
  )
  if (rows.length === 0) {
    throw invalid(
      'evaluate.no-labels',
      'the reference has no row with prediction and target; DLE learns from labelled rows',
      { rows: table.rowCount },
    )
  }
  const errors = Float64Array.from(rows, (i) => targets[i]! - predictions[i]!)
  const squares = errors.map((e) => e * e)
  const matrix = matrixRows(encodeFeatures(encoding, table, predictions), rows)
  const {
    iterations = 100,
    maxDepth = 5,
    learningRate = 0.1,
    minLeaf = 20,
    l2 = 0,
    maxBins = 255,
  } = learner
  const fit = (losses: Float64Array) =>
    fitGradientBoosting(matrix, losses, {
      iterations,
      maxDepth,
      learningRate,
      minLeaf,
      l2,
      maxBins,
    })
  const how: ChunkRowsBy = typeof chunks === 'number' ? { by: 'count', count: chunks } : chunks
  const place = new Map(rows.map((row, at) => [row, at]))
  const cut =
    how.by === 'label'
      ? chunkRows(table.rowCount, how).map((one) => one.rows.flatMap((row) => place.get(row) ?? []))
      : chunkRows(rows.length, how).map((one) => one.rows)
  return {
    kind: 'dle-reference',
    formatVersion: 1,
    rows: rows.length,
    types,
    features: encoding,
    models: {
      ...(metrics.includes('mae') && { absolute: fit(errors.map(Math.abs)) }),
      ...(metrics.some((name) => name !== 'mae') && { squared: fit(squares) }),
    },
    losses: {
      absoluteSd: spread(errors.map(Math.abs)).sd,
      squaredSd: spread(squares).sd,
      squaredMean: spread(squares).mean,
    },
    metrics: metrics.map((name) => {
      const values = cut.map((part) =>
        realised(
          name,
          Float64Array.from(part, (at) => errors[at]!),
        ),
      )
      const { lower, upper } = learn(name, values, limits)
      return { name, limits: { lower: lower === null ? null : Math.max(0, lower), upper }, values }
    }),
  }
}

/**
 * Estimates the error of a regression before targets arrive, chunk by chunk, realised error beside it
 * for the targets that are there (direct loss estimation).
 *
 * `mae = mean of the predicted |error|`, `mse` of the predicted squares, `rmse` its root; a mean below 0
 * is 0. `band` ± 3 sampling errors: sd/√n of the reference's losses, for rmse sd/(2·√(n·mse)).
 *
 * Input: what {@link fitDle} made; the same features, predictions; how rows are cut. Rows without
 * prediction are left out and counted.
 * Output: a series per metric with estimate, band, realised value and alarm where the estimate leaves
 * the limits. The assumption stands among the warnings.
 * Cost: O(rows · trees · depth).
 *
 * @throws `invalid`: those of `readTable`; `evaluate.not-a-reference`, `evaluate.missing-feature`,
 *   `evaluate.bad-feature`, `evaluate.bad-number`, `evaluate.unequal-lengths`, `evaluate.bad-option`;
 *   `unsupported` `evaluate.unsupported-format`.
 * @example
 * ```ts
 * import { estimateDle, fitDle } from '@mlops/evaluate'
 *
 * const x = Array.from({ length: 500 }, (_, i) => (i * 37) % 100)
 * const data = { features: { x }, predictions: x, targets: x.map((v, i) => v + (i % 3) - 1) }
 * const series = estimateDle(fitDle(data), data, { chunk: { by: 'size', size: 250 } })
 * console.log(series.verdict) // pass
 * ```
 * Source: NannyML's DLE.
 */
export function estimateDle(
  reference: DleReference,
  current: RegressionData,
  { chunk }: { readonly chunk: ChunkRowsBy },
): PerformanceSeries {
  checkFitted(reference, 'dle-reference')
  const table = readTable(current.features, { types: reference.types, name: 'features' })
  const { predictions, targets } = readSides(current, table.rowCount)
  const matrix = encodeFeatures(reference.features, table, predictions)
  const { absolute, squared } = reference.models
  const losses = {
    absolute: absolute && predictGradientBoosting(absolute, matrix),
    squared: squared && predictGradientBoosting(squared, matrix),
  }
  const chunks = chunkRows(table.rowCount, chunk).map(({ label, rows }) => {
    const used = rows.filter((row) => !Number.isNaN(predictions[row]))
    const errors = Float64Array.from(
      used.filter((row) => !Number.isNaN(targets[row])),
      (row) => targets[row]! - predictions[row]!,
    )
    return {
      label,
      rows: used.length,
      dropped: rows.length - used.length,
      labelled: errors.length,
      estimates: reference.metrics.map(({ name }) => {
        const loss = name === 'mae' ? losses.absolute! : losses.squared!
        const mean = used.reduce((sum, row) => sum + loss[row]!, 0) / used.length
        const level = Math.max(0, mean)
        return {
          estimated: used.length === 0 ? null : name === 'rmse' ? Math.sqrt(level) : level,
          samplingError: errorOf(name, reference.losses, used.length),
          realised: realised(name, errors),
        }
      }),
    }
  })
  return seriesOf(
    'dle',
    chunks,
    reference.metrics.map(({ name, limits }) => ({ name, limits, most: null })),
  )
}

function readSides({ predictions, targets }: RegressionData, rows: number) {
  checkLengths({
    'rows of features': rows,
    predictions: predictions.length,
    ...(targets && { targets: targets.length }),
  })
  return {
    predictions: readNumbers(predictions, 'predictions'),
    targets: targets ? readNumbers(targets, 'targets') : new Float64Array(rows).fill(Number.NaN),
  }
}

function realised(name: RegressionMetric, errors: Float64Array): number | null {
  if (errors.length === 0) return null
  if (name === 'mae') return spread(errors.map(Math.abs)).mean
  const { mean } = spread(errors.map((e) => e * e))
  return name === 'rmse' ? Math.sqrt(mean) : mean
}

function errorOf(
  name: RegressionMetric,
  { absoluteSd, squaredSd, squaredMean }: DleReference['losses'],
  n: number,
): number | null {
  if (n === 0) return null
  if (name === 'mae') return absoluteSd / Math.sqrt(n)
  if (name === 'mse') return squaredSd / Math.sqrt(n)
  return squaredMean > 0 ? squaredSd / (2 * Math.sqrt(n * squaredMean)) : null
}

function spread(values: Float64Array): { readonly mean: number; readonly sd: number } {
  const n = values.length
  const mean = values.reduce((sum, x) => sum + x, 0) / n
  return { mean, sd: Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / n) }
}
