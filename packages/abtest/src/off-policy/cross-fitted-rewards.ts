import { invalid } from '@mlops/core'
import { invert } from '../bandits/cholesky-inverse.ts'
import { given } from '../given.ts'
import { requireCount, requirePositive } from '../require-option.ts'

export interface CrossFitOptions {
  /** Number of arms. */
  readonly arms: number
  /** Number of features of a context. */
  readonly dimension: number
  /** Row i is in fold i mod folds. @default 5 */
  readonly folds?: number
  /** Ridge penalty of the coefficients; the intercept has none. @default 1 */
  readonly l2?: number
}

/**
 * Predicted rewards of every arm for every row, each row predicted by models that never saw it: what
 * the estimators of {@link policyValue} with a model need.
 *
 * A ridge regression with intercept for each arm and fold. An arm without a row in the other folds is
 * predicted by the mean reward of these folds.
 *
 * Input: contexts row by row (n × dimension), chosen arms, rewards; rows without a reward teach nothing
 * and are predicted like others. Output: n × K, row by row.
 * Cost: O(n·(d² + K·d) + folds·K·d³).
 *
 * @throws `invalid`: `abtest.invalid-option`, `abtest.length-mismatch`, `abtest.unknown-arm`,
 *   `abtest.bad-context`, `abtest.insufficient-data` where a fold's complement has no reward.
 * @example
 * ```ts
 * import { crossFittedRewards } from '@mlops/abtest/bandits'
 *
 * const contexts = Float64Array.from({ length: 100 }, (_, i) => i / 100)
 * const action = Array.from(contexts, (_, i) => (i * 7) % 2)
 * const reward = Array.from(contexts, (x, i) => (action[i] === 0 ? x : 1 - x))
 * const predicted = crossFittedRewards({ contexts, action, reward }, { arms: 2, dimension: 1, l2: 1e-6 })
 * console.log(predicted[0]!.toFixed(3), predicted[1]!.toFixed(3)) // '0.000' '1.000'
 * ```
 * Source: Chernozhukov et al. 2018 (cross-fitting).
 */
export function crossFittedRewards(
  log: {
    readonly contexts: ArrayLike<number>
    readonly action: ArrayLike<number>
    readonly reward: ArrayLike<number | null | undefined>
  },
  options: CrossFitOptions,
): Float64Array {
  const { contexts, action, reward } = given(log)
  const { arms, dimension: d, folds = 5, l2 = 1 } = given(options)
  requireCount('arms', arms, 1)
  requireCount('dimension', d, 1)
  requireCount('folds', folds, 2)
  requirePositive('l2', l2)
  const n = action?.length
  if (!(n >= 0) || contexts?.length !== n * d || reward?.length !== n)
    throw invalid(
      'abtest.length-mismatch',
      `${n} actions need ${n} rewards and ${n} × ${d} features, got ${reward?.length} and ${contexts?.length}`,
      { n, dimension: d },
    )
  const cells = Array.from({ length: folds * arms }, () => emptyCell(d))
  for (let i = 0; i < n; i++) {
    const arm = action[i]!
    if (!(Number.isInteger(arm) && arm >= 0 && arm < arms))
      throw invalid(
        'abtest.unknown-arm',
        `row ${i} chose arm ${arm}; the arms are 0 to ${arms - 1}`,
        {
          row: i,
        },
      )
    for (let j = 0; j < d; j++) {
      if (!Number.isFinite(contexts[i * d + j]))
        throw invalid('abtest.bad-context', `feature ${j} of row ${i} is no finite number`, {
          row: i,
        })
    }
    const r = reward[i]
    if (r === null || r === undefined || Number.isNaN(r)) continue
    addRow(cells[(i % folds) * arms + arm]!, contexts, i * d, r, d)
  }
  const out = new Float64Array(n * arms)
  for (let fold = 0; fold < folds; fold++) {
    const others = (arm: number) =>
      pooled(
        Array.from({ length: folds }, (_, f) => f).flatMap((f) =>
          f === fold ? [] : [cells[f * arms + arm]!],
        ),
        d,
      )
    const learned = Array.from({ length: arms }, (_, arm) => others(arm))
    const rows = learned.reduce((sum, cell) => sum + cell.n, 0)
    if (n > 0 && rows === 0)
      throw invalid(
        'abtest.insufficient-data',
        `no reward outside fold ${fold}; take fewer folds`,
        { fold },
      )
    const fallback = learned.reduce((sum, cell) => sum + cell.rewards, 0) / rows
    const models = learned.map((cell) => fitted(cell, l2, d, fallback))
    for (let i = fold; i < n; i += folds) {
      for (let arm = 0; arm < arms; arm++) {
        const { intercept, slope } = models[arm]!
        let sum = intercept
        for (let j = 0; j < d; j++) sum += slope[j]! * contexts[i * d + j]!
        out[i * arms + arm] = sum
      }
    }
  }
  return out
}

/** Sums over the rows of one arm in one fold; cross products are around the mean. */
interface Cell {
  n: number
  rewards: number
  readonly features: Float64Array
  readonly gram: Float64Array
  readonly cross: Float64Array
}

function emptyCell(d: number): Cell {
  return {
    n: 0,
    rewards: 0,
    features: new Float64Array(d),
    gram: new Float64Array(d * d),
    cross: new Float64Array(d),
  }
}

function addRow(cell: Cell, contexts: ArrayLike<number>, at: number, r: number, d: number): void {
  const { n, features, gram, cross } = cell
  const factor = n / (n + 1)
  const gap = n === 0 ? 0 : r - cell.rewards / n
  for (let j = 0; j < d && n > 0; j++) {
    const dj = factor * (contexts[at + j]! - features[j]! / n)
    for (let k = 0; k < d; k++) gram[j * d + k]! += dj * (contexts[at + k]! - features[k]! / n)
    cross[j]! += dj * gap
  }
  for (let j = 0; j < d; j++) features[j]! += contexts[at + j]!
  cell.rewards += r
  cell.n++
}

function pooled(cells: readonly Cell[], d: number): Cell {
  const total = emptyCell(d)
  for (const cell of cells) {
    if (cell.n === 0) continue
    if (total.n > 0) {
      const factor = (total.n * cell.n) / (total.n + cell.n)
      const gap = cell.rewards / cell.n - total.rewards / total.n
      const apart = (j: number) => cell.features[j]! / cell.n - total.features[j]! / total.n
      for (let j = 0; j < d; j++) {
        for (let k = 0; k < d; k++) total.gram[j * d + k]! += factor * apart(j) * apart(k)
        total.cross[j]! += factor * apart(j) * gap
      }
    }
    for (let i = 0; i < d * d; i++) total.gram[i]! += cell.gram[i]!
    for (let j = 0; j < d; j++) {
      total.cross[j]! += cell.cross[j]!
      total.features[j]! += cell.features[j]!
    }
    total.n += cell.n
    total.rewards += cell.rewards
  }
  return total
}

function fitted(cell: Cell, l2: number, d: number, fallback: number) {
  const slope = new Float64Array(d)
  if (cell.n === 0) return { intercept: fallback, slope }
  const inverse = cell.gram.slice()
  invert(inverse, l2, d)
  let intercept = cell.rewards / cell.n
  for (let j = 0; j < d; j++) {
    for (let k = 0; k < d; k++) slope[j]! += inverse[j * d + k]! * cell.cross[k]!
    intercept -= (slope[j]! * cell.features[j]!) / cell.n
  }
  return { intercept, slope }
}
