import type { Rng } from '@mlops/core'
import { shuffle } from '@mlops/core'
import { type RocAuc, rocAuc } from '@mlops/stats'
import type { GradientBoosting, GradientBoostingOptions, Matrix } from '@mlops/stats/multivariate'
import { fitGradientBoosting, matrixRows, predictGradientBoosting } from '@mlops/stats/multivariate'

/** One part of the rows, scored by a model that saw only the others. */
export interface Fold {
  readonly rows: readonly number[]
  readonly model: GradientBoosting
}

export interface CrossFit {
  readonly folds: readonly Fold[]
  /** Per row, the score from its fold's model. */
  readonly scores: Float64Array
}

/** Rows dealt into folds at random, each class evenly. */
export function dealFolds(labels: Uint8Array, folds: number, rng: Rng): number[][] {
  const dealt = Array.from({ length: folds }, (): number[] => [])
  let next = 0
  for (const wanted of [0, 1]) {
    const rows: number[] = []
    labels.forEach((label, row) => {
      if (label === wanted) rows.push(row)
    })
    for (const row of shuffle(rows, rng)) dealt[next++ % folds]!.push(row)
  }
  return dealt
}

/** Scores the rows of each fold by a model fitted on all other rows. */
export function crossFit(
  matrix: Matrix,
  labels: Uint8Array,
  dealt: readonly (readonly number[])[],
  learner: GradientBoostingOptions,
): CrossFit {
  const scores = new Float64Array(matrix.rows)
  const folds = dealt.map((rows): Fold => {
    const held = new Set(rows)
    const train = Array.from(labels.keys()).filter((row) => !held.has(row))
    const model = fitGradientBoosting(
      matrixRows(matrix, train),
      train.map((row) => labels[row]!),
      { ...learner, loss: 'logistic' },
    )
    predictGradientBoosting(model, matrixRows(matrix, rows)).forEach((score, at) => {
      scores[rows[at]!] = score
    })
    return { rows, model }
  })
  return { folds, scores }
}

/** The area under the ROC curve over all rows that were scored. */
export function aucOf(
  { folds, scores }: Pick<CrossFit, 'scores'> & { readonly folds: readonly Pick<Fold, 'rows'>[] },
  labels: Uint8Array,
): RocAuc {
  const rows = folds.flatMap((fold) => fold.rows)
  return rocAuc(
    rows.map((row) => scores[row]!),
    rows.map((row) => labels[row]!),
  )
}

/**
 * How far the new rows' ranks lie above chance, in standard errors. Exactly Mann-Whitney's for one
 * fold, whose rows the model did not see. Summed over several folds it is no test: each fold's labels
 * teach the models of the others, and the sum varies twice as much.
 */
export function rankScore({ folds, scores }: CrossFit, labels: Uint8Array): number | null {
  let excess = 0
  let variance = 0
  for (const { rows } of folds) {
    const own = rows.map((row) => scores[row]!)
    const auc = rocAuc(
      own,
      rows.map((row) => labels[row]!),
    )
    if (auc.value === null) continue
    const pairs = auc.positives * auc.negatives
    const n = rows.length
    excess += (auc.value - 0.5) * pairs
    variance += (pairs / 12) * (n + 1 - tieTerm(own) / (n * (n - 1)))
  }
  return variance > 0 ? excess / Math.sqrt(variance) : null
}

/** sum(t³ − t) over groups of t equal scores. */
function tieTerm(scores: readonly number[]): number {
  const counts = new Map<number, number>()
  for (const score of scores) counts.set(score, (counts.get(score) ?? 0) + 1)
  let sum = 0
  for (const t of counts.values()) sum += t ** 3 - t
  return sum
}
