import { invalid } from '@mlops/core'
import { given } from '../given.ts'

/**
 * Logged choices in columns, one entry or one row of K entries for each choice. Matrices are row by
 * row: entry (i, k) stands at `i·K + k`.
 */
export interface LoggedColumns {
  /** The arm that was chosen, as its place from 0. */
  readonly action: ArrayLike<number>
  /** What came of it. Rows without a reward (null, undefined, NaN) are left out and counted. */
  readonly reward: ArrayLike<number | null | undefined>
  /** The probability with which the logging policy chose that arm. */
  readonly propensity: ArrayLike<number | null | undefined>
  /** The target policy's probability of every arm: n × K. */
  readonly target: ArrayLike<number>
  /** A model's prediction of the reward of every arm: n × K. For all but the ips family. */
  readonly predicted?: ArrayLike<number>
  /** The logging policy's probability of every arm, n × K, where it was kept: shows exactly what was never possible. */
  readonly logging?: ArrayLike<number>
}

/** One logged choice with its reward: a bandit's choice carries what is needed. */
export interface LoggedChoice {
  readonly arm: string
  readonly propensity: number | null | undefined
  readonly reward: number | null | undefined
}

/**
 * Turns logged rows into columns for {@link policyValue}.
 *
 * Input: rows; `arms`, in the order of which `target` (and `predict`, `logging`) answer for a row.
 *
 * @throws `invalid` `abtest.unknown-arm`, `abtest.bad-policy` for an answer of another length.
 * @example
 * ```ts
 * import { loggedColumns, policyValue } from '@mlops/abtest/bandits'
 *
 * const rows = [
 *   { arm: 'a', propensity: 0.5, reward: 1 },
 *   { arm: 'b', propensity: 0.5, reward: 0 },
 *   { arm: 'a', propensity: 0.5, reward: 1 },
 *   { arm: 'b', propensity: 0.5, reward: 1 },
 * ]
 * const log = loggedColumns(rows, { arms: ['a', 'b'], target: () => [0.9, 0.1] })
 * console.log(policyValue(log, { estimator: 'ips' }).value?.toFixed(3)) // 0.950
 * ```
 */
export function loggedColumns<Row extends LoggedChoice>(
  rows: readonly Row[],
  options: {
    readonly arms: readonly string[]
    readonly target: (row: Row, at: number) => readonly number[]
    readonly predict?: (row: Row, at: number) => readonly number[]
    readonly logging?: (row: Row, at: number) => readonly number[]
  },
): LoggedColumns {
  const { arms, target, predict, logging } = given(options)
  if (!Array.isArray(rows) || !Array.isArray(arms) || typeof target !== 'function')
    throw invalid(
      'abtest.invalid-option',
      'loggedColumns takes a list of rows, and { arms: [id, …], target: (row) => probabilities }',
      {},
    )
  const k = arms.length
  const places = new Map(arms.map((arm, at) => [arm, at]))
  const action = Int32Array.from(rows, ({ arm }, at) => {
    const place = places.get(arm)
    if (place === undefined)
      throw invalid(
        'abtest.unknown-arm',
        `row ${at} chose '${arm}', which is none of the arms ${arms.join(', ')}`,
        { row: at, arm },
      )
    return place
  })
  const matrix = (name: string, answer: (row: Row, at: number) => readonly number[]) => {
    const out = new Float64Array(rows.length * k)
    rows.forEach((row, at) => {
      const values = answer(row, at)
      if (values?.length !== k)
        throw invalid(
          'abtest.bad-policy',
          `${name} must answer with ${k} numbers, one for each arm, for row ${at}`,
          { row: at, name },
        )
      out.set(values, at * k)
    })
    return out
  }
  return {
    action,
    reward: rows.map(({ reward }) => reward),
    propensity: rows.map(({ propensity }) => propensity),
    target: matrix('target', target),
    ...(predict && { predicted: matrix('predict', predict) }),
    ...(logging && { logging: matrix('logging', logging) }),
  }
}

/** The rows that count, ready for the estimators. */
export interface CheckedLog {
  readonly n: number
  readonly arms: number
  readonly dropped: number
  readonly reward: Float64Array
  /** Target over logging probability of the chosen arm. */
  readonly weight: Float64Array
  /** Predicted reward of the chosen arm, and under the target policy; empty without predictions. */
  readonly fitted: Float64Array
  readonly direct: Float64Array
  /** Mean target probability of arms that the log cannot speak of. */
  readonly unsupported: number
}

/** Throws on what no estimator can use; leaves out rows without a reward. */
export function checkLog({
  action,
  reward,
  propensity,
  target,
  predicted,
  logging,
}: LoggedColumns): CheckedLog {
  const rows = action?.length ?? 0
  const k = rows === 0 ? 0 : (target?.length ?? 0) / rows
  const sizes = [reward?.length, propensity?.length]
  if (sizes.some((size) => size !== rows) || !Number.isInteger(k) || (rows > 0 && k < 1))
    throw bad(
      'abtest.length-mismatch',
      `the columns do not fit together: ${rows} actions, ${sizes[0]} rewards, ${sizes[1]} propensities, ${target?.length} target probabilities (a multiple of the rows)`,
      { rows },
    )
  for (const [name, matrix] of [
    ['predicted', predicted],
    ['logging', logging],
  ] as const) {
    if (matrix !== undefined && matrix.length !== rows * k)
      throw bad(
        'abtest.length-mismatch',
        `'${name}' must hold ${rows} × ${k} numbers, got ${matrix.length}`,
        { name },
      )
  }
  const kept = new Float64Array(rows)
  const weight = new Float64Array(rows)
  const fitted = new Float64Array(predicted ? rows : 0)
  const direct = new Float64Array(predicted ? rows : 0)
  const logged = new Float64Array(k)
  const wanted = new Float64Array(k)
  let impossible = 0
  let n = 0
  for (let i = 0; i < rows; i++) {
    const arm = action[i]!
    if (!(Number.isInteger(arm) && arm >= 0 && arm < k))
      throw bad('abtest.unknown-arm', `row ${i} chose arm ${arm}; the arms are 0 to ${k - 1}`, {
        row: i,
      })
    const p = checkedPropensity(propensity[i], i)
    const r = reward[i]
    if (r === null || r === undefined || Number.isNaN(r)) continue
    if (!Number.isFinite(r))
      throw bad('abtest.bad-reward', `the reward of row ${i} is ${r}`, { row: i })
    let sum = 0
    let value = 0
    for (let a = 0, at = i * k; a < k; a++, at++) {
      const share = target[at]!
      if (!(share >= 0)) sum = Number.NaN
      sum += share
      wanted[a]! += share
      if (predicted !== undefined && share !== 0) value += share * predicted[at]!
      if (logging !== undefined && logging[at] === 0) impossible += share
    }
    if (!(Math.abs(sum - 1) < 1e-6))
      throw bad(
        'abtest.bad-policy',
        `the target probabilities of row ${i} must be >= 0 and add up to 1, their sum is ${sum}`,
        { row: i },
      )
    if (predicted !== undefined) {
      fitted[n] = predicted[i * k + arm]!
      direct[n] = value
      if (!Number.isFinite(fitted[n]! + value))
        throw bad('abtest.bad-prediction', `a prediction of row ${i} is no finite number`, {
          row: i,
        })
    }
    if (logging !== undefined && !(Math.abs(logging[i * k + arm]! - p) <= 1e-9))
      throw bad(
        'abtest.bad-propensity',
        `row ${i}: the propensity ${p} is not the logging policy's probability ${logging[i * k + arm]} of the chosen arm`,
        { row: i },
      )
    logged[arm]! += 1
    kept[n] = r
    weight[n] = target[i * k + arm]! / p
    n++
  }
  let never = 0
  for (let a = 0; a < k; a++) if (logged[a] === 0) never += wanted[a]!
  return {
    n,
    arms: k,
    dropped: rows - n,
    reward: kept.subarray(0, n),
    weight: weight.subarray(0, n),
    fitted: fitted.subarray(0, n),
    direct: direct.subarray(0, n),
    unsupported: n === 0 ? 0 : (logging === undefined ? never : impossible) / n,
  }
}

function checkedPropensity(p: number | null | undefined, row: number): number {
  if (p === null || p === undefined || Number.isNaN(p))
    throw bad(
      'abtest.missing-propensity',
      `row ${row} has no propensity; a policy can only be evaluated on choices whose probability was logged. Leave out no rows for that: it biases the value`,
      { row },
    )
  if (!(p > 0 && p <= 1))
    throw bad(
      'abtest.bad-propensity',
      `the propensity of row ${row} must lie above 0 and at most at 1, got ${p}; an arm that was chosen had a probability`,
      { row, propensity: String(p) },
    )
  return p
}

function bad(code: string, message: string, details: Record<string, unknown>) {
  return invalid(code, message, details)
}
