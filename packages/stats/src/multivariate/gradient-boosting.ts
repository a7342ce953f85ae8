import { givenOptions, invalid } from '@mlops/core'
import { binFeatures } from './feature-bins.ts'
import { growTree, type RegressionTree } from './grow-tree.ts'
import type { Matrix } from './matrix.ts'

export interface GradientBoostingOptions {
  /** `squared` for numbers, `logistic` for labels 0 and 1. @default 'squared' */
  readonly loss?: 'squared' | 'logistic'
  /** Number of trees. @default 100 */
  readonly iterations?: number
  /** @default 0.1 */
  readonly learningRate?: number
  /** Splits between root and leaf. @default 3 */
  readonly maxDepth?: number
  /** Rows in a leaf. @default 20 */
  readonly minLeaf?: number
  /** Shrinks the leaves. @default 0 */
  readonly l2?: number
  /** Bins per feature, 2 to 255. @default 255 */
  readonly maxBins?: number
}

/** A fitted model as plain JSON. */
export interface GradientBoosting {
  readonly kind: 'gradient-boosting'
  readonly formatVersion: 1
  readonly loss: 'squared' | 'logistic'
  readonly features: number
  /** Mean of the target, or its log odds. */
  readonly baseline: number
  readonly trees: readonly RegressionTree[]
}

/**
 * Gradient boosting of regression trees over histograms: a strong learner for tables, without a
 * random number in it.
 *
 * Each tree is grown on the gradients g and hessians h of the loss at the scores so far, by the gain
 * G²/(H + l2), and adds −learningRate·G/(H + l2) in each leaf.
 *
 * Input: a matrix of features, NaN for missing, which is sent to the side that fits better; a target
 * per row, 0 or 1 for `logistic`.
 * Output: plain JSON; the same input gives the same model.
 * Cost: O(iterations · depth · rows · features).
 *
 * @throws `invalid`: `stats.bad-matrix`, `stats.infinite-value` for features or targets that are
 *   infinite, `stats.unequal-lengths`, `stats.bad-target`, `stats.empty-sample`, `stats.bad-option`.
 * @example
 * ```ts
 * import { fitGradientBoosting, matrixOf, predictGradientBoosting } from '@mlops/stats/multivariate'
 *
 * const x = matrixOf(Array.from({ length: 100 }, (_, i) => [i]))
 * const model = fitGradientBoosting(x, Array.from({ length: 100 }, (_, i) => (i < 50 ? 1 : 3)))
 * console.log(Array.from(predictGradientBoosting(model, matrixOf([[10], [90]])), (y) => y.toFixed(2))) // [ '1.00', '3.00' ]
 * ```
 * Source: Friedman 2001; Ke et al. 2017 (histograms).
 * Differs from: scikit-learn's HistGradientBoosting by growing level by level up to `maxDepth`, where
 * that grows best leaf first up to 31 leaves: equal with `max_leaf_nodes=None`.
 */
export function fitGradientBoosting(
  features: Matrix,
  target: ArrayLike<number>,
  options: GradientBoostingOptions = {},
): GradientBoosting {
  const {
    loss = 'squared',
    iterations = 100,
    learningRate = 0.1,
    maxDepth = 3,
    minLeaf = 20,
    l2 = 0,
    maxBins = 255,
  } = givenOptions(options)
  checkBounds({ iterations, learningRate, maxDepth, minLeaf, l2, maxBins })
  const y = checkedTarget(features, target, loss)
  const n = y.length
  const mean = y.reduce((sum, v) => sum + v, 0) / n
  // Of one class only the log odds are infinite: as if half a row were of the other.
  const share = Math.min(Math.max(mean, 0.5 / n), 1 - 0.5 / n)
  const baseline = loss === 'squared' ? mean : Math.log(share / (1 - share))
  const binned = binFeatures(features, maxBins)
  const scores = new Float64Array(n).fill(baseline)
  const gradients = new Float64Array(n)
  const hessians = new Float64Array(n).fill(1)
  const trees = Array.from({ length: iterations }, () => {
    for (let i = 0; i < n; i++) {
      if (loss === 'squared') gradients[i] = scores[i]! - y[i]!
      else {
        const p = logistic(scores[i]!)
        gradients[i] = p - y[i]!
        hessians[i] = p * (1 - p)
      }
    }
    return growTree(binned, gradients, hessians, scores, { maxDepth, minLeaf, l2, learningRate })
  })
  return {
    kind: 'gradient-boosting',
    formatVersion: 1,
    loss,
    features: features.columns,
    baseline,
    trees,
  }
}

/**
 * Predictions of a fitted model: numbers, or for `logistic` probabilities of label 1.
 *
 * Input: as many features as it was fitted on, NaN for missing. Cost: O(rows · trees · depth).
 *
 * @throws `invalid` `stats.bad-matrix` for another number of features.
 * @example
 * ```ts
 * import { fitGradientBoosting, matrixOf, predictGradientBoosting } from '@mlops/stats/multivariate'
 *
 * const x = matrixOf(Array.from({ length: 80 }, (_, i) => [i % 8]))
 * const model = fitGradientBoosting(x, Array.from({ length: 80 }, (_, i) => Number(i % 8 > 3)), { loss: 'logistic' })
 * console.log(predictGradientBoosting(model, matrixOf([[7]]))[0]! > 0.99) // true
 * ```
 */
export function predictGradientBoosting(
  { loss, features, baseline, trees }: GradientBoosting,
  { rows, columns, values }: Matrix,
): Float64Array {
  if (columns !== features) {
    throw invalid(
      'stats.bad-matrix',
      `the rows have ${columns} features; the model was fitted on ${features}.`,
      { columns, features },
    )
  }
  const scores = new Float64Array(rows).fill(baseline)
  for (const tree of trees) {
    for (let i = 0; i < rows; i++) {
      let node = 0
      while (tree.feature[node]! >= 0) {
        const x = values[i * columns + tree.feature[node]!]!
        const goesLeft = Number.isNaN(x)
          ? tree.missing[node] === 'left'
          : x <= tree.threshold[node]!
        node = goesLeft ? tree.left[node]! : tree.right[node]!
      }
      scores[i]! += tree.value[node]!
    }
  }
  return loss === 'squared' ? scores : scores.map(logistic)
}

const logistic = (score: number) => 1 / (1 + Math.exp(-score))

function checkedTarget(
  { rows, columns, values }: Matrix,
  target: ArrayLike<number>,
  loss: 'squared' | 'logistic',
): Float64Array {
  if (values.length !== rows * columns || columns === 0) {
    throw invalid(
      'stats.bad-matrix',
      `${rows} rows of ${columns} features need ${rows * columns} values, and at least one feature; there are ${values.length}.`,
      { rows, columns },
    )
  }
  if (rows !== target.length) {
    throw invalid(
      'stats.unequal-lengths',
      `there are ${rows} rows and ${target.length} targets; each row needs its target.`,
      { rows, targets: target.length },
    )
  }
  if (rows === 0) throw invalid('stats.empty-sample', 'there are no rows to learn from.', {})
  const y = Float64Array.from(target)
  const bad = loss === 'logistic' ? y.findIndex((v) => v !== 0 && v !== 1) : -1
  if (bad >= 0) {
    throw invalid('stats.bad-target', `target[${bad}] is ${y[bad]}; labels are 0 or 1.`, {
      index: bad,
    })
  }
  const infinite = y.findIndex((v) => !Number.isFinite(v))
  const feature = values.findIndex((v) => Math.abs(v) === Infinity)
  if (infinite >= 0 || feature >= 0) {
    throw invalid(
      'stats.infinite-value',
      infinite >= 0
        ? `target[${infinite}] is ${y[infinite]}; targets must be finite.`
        : `row ${Math.floor(feature / columns)} holds ${values[feature]}; features are finite or NaN. Clip it.`,
      { index: infinite >= 0 ? infinite : feature },
    )
  }
  return y
}

function checkBounds(options: Readonly<Record<string, number>>): void {
  const bounds: Readonly<Record<string, (value: number) => boolean>> = {
    iterations: (v) => Number.isInteger(v) && v >= 1 && v <= 10_000,
    learningRate: (v) => v > 0 && v <= 1,
    maxDepth: (v) => Number.isInteger(v) && v >= 1 && v <= 20,
    minLeaf: (v) => Number.isInteger(v) && v >= 1,
    l2: (v) => v >= 0 && v < Infinity,
    maxBins: (v) => Number.isInteger(v) && v >= 2 && v <= 255,
  }
  for (const [name, fits] of Object.entries(bounds)) {
    if (fits(options[name]!)) continue
    throw invalid('stats.bad-option', `${name} is ${options[name]}; it is out of its range.`, {
      [name]: options[name]!,
    })
  }
}
