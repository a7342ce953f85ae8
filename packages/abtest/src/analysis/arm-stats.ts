import { invalid } from '@mlops/core'
import type { NumericSample } from '@mlops/stats'

/** What is measured of each unit. `denominator` makes the outcome a ratio's numerator. */
export type ArmVariable = 'outcome' | 'denominator' | 'covariate' | 'covariateDenominator'

const VARIABLES: readonly ArmVariable[] = [
  'outcome',
  'denominator',
  'covariate',
  'covariateDenominator',
]

/** Columns of one arm, unit by unit. */
export type ArmColumns = { readonly outcome: NumericSample } & {
  readonly [variable in Exclude<ArmVariable, 'outcome'>]?: NumericSample
}

/**
 * Sufficient statistics of one arm as plain JSON: counts, means and sums of products of deviations
 * (centred, so that a large offset costs no digits). They merge.
 */
export interface ArmStats {
  readonly kind: 'arm-stats'
  readonly n: number
  /** Units left out because a value of theirs is missing. */
  readonly dropped: number
  readonly variables: readonly ArmVariable[]
  readonly means: readonly number[]
  /** Sums of products of the deviations from the means: the upper triangle, row by row. */
  readonly products: readonly number[]
}

/** Raw sums of one arm, as a database returns them. */
export type ArmSums = {
  readonly n: number
  readonly dropped?: number
  readonly outcome: VariableSums
  /** Sums of products of two variables: `'outcome*covariate'`, in the order of {@link ArmVariable}. */
  readonly products?: { readonly [pair in `${ArmVariable}*${ArmVariable}`]?: number }
} & { readonly [variable in Exclude<ArmVariable, 'outcome'>]?: VariableSums }

export interface VariableSums {
  readonly sum: number
  readonly sumOfSquares: number
}

/**
 * The sufficient statistics of one arm's units.
 *
 * `products_jk = Σ (x_j − m_j)(x_k − m_k)`, in two passes.
 *
 * Input: the outcome, or columns of one length with a ratio's denominator and covariates; a unit with
 * any of them missing is left out and counted. Output: {@link ArmStats}. Cost: two passes.
 *
 * @throws `invalid`: `abtest.invalid-stats` for columns of unequal length or values that are no
 *   finite numbers.
 * @example
 * ```ts
 * import { armStats, compareArms, mergeArmStats } from '@mlops/abtest'
 *
 * const monday = armStats([3, 5, 4])
 * const tuesday = armStats({ outcome: [6, null, 2] })
 * const all = mergeArmStats(monday, tuesday)
 * console.log(all.n, all.dropped, all.means[0]) // 5 1 4
 * console.log(compareArms(all, armStats([5, 6, 9, 7])).effect?.value) // 2.75
 * ```
 */
export function armStats(data: NumericSample | ArmColumns): ArmStats {
  const columns: ArmColumns = isSample(data) ? { outcome: data } : data
  if (!isSample(columns?.outcome))
    throw fault('armStats takes the outcomes of one arm, or columns { outcome, covariate, … }', {})
  const variables = VARIABLES.filter((name) => columns[name] !== undefined)
  const samples = variables.map((name) => columns[name] as ArrayLike<number | null | undefined>)
  const rows = samples[0]!.length
  for (const [j, sample] of samples.entries()) {
    if (!isSample(sample) || sample.length !== rows)
      throw fault(
        `${variables[j]} must be an array of ${rows} values, one for each unit, as outcome is`,
        { variable: variables[j] },
      )
  }
  const kept = completeRows(samples, variables)
  const n = kept.length
  const means = samples.map((sample) => meanOf(sample, kept))
  const products: number[] = []
  for (let j = 0; j < samples.length; j++) {
    for (let k = j; k < samples.length; k++) {
      let sum = 0
      for (const i of kept) sum += (samples[j]![i]! - means[j]!) * (samples[k]![i]! - means[k]!)
      products.push(sum)
    }
  }
  return { kind: 'arm-stats', n, dropped: rows - n, variables, means, products }
}

/**
 * Sufficient statistics from raw sums: `n`, `Σx`, `Σx²` and the cross products.
 *
 * Input: sums of the outcome and, where there are any, of denominator and covariates, with every
 * cross product. Output: {@link ArmStats}. Raw sums lose the digits that offset and spread differ by;
 * prefer {@link armStats} and {@link mergeArmStats} where the units are at hand. Cost: constant.
 *
 * @throws `invalid` `abtest.invalid-stats`: a sum or cross product is missing or impossible.
 * @example
 * ```ts
 * import { armStatsOfSums } from '@mlops/abtest'
 *
 * console.log(armStatsOfSums({ n: 4, outcome: { sum: 10, sumOfSquares: 30 } }).products) // [ 5 ]
 * ```
 */
export function armStatsOfSums(sums: ArmSums): ArmStats {
  const { n, dropped = 0 } = sums ?? {}
  const variables = VARIABLES.filter((name) => sums?.[name] !== undefined)
  if (!isCount(n) || !isCount(dropped) || variables[0] !== 'outcome')
    throw fault('pass { n, outcome: { sum, sumOfSquares } } with a whole n >= 0', { n })
  const totals = variables.map((name) => sums[name]!.sum)
  const means = totals.map((sum) => (n === 0 ? 0 : sum / n))
  const products: number[] = []
  for (const [j, first] of variables.entries()) {
    for (const [k, second] of variables.entries()) {
      if (k < j) continue
      const pair = `${first}*${second}` as const
      const raw = j === k ? sums[first]!.sumOfSquares : sums.products?.[pair]
      if (typeof raw !== 'number')
        throw fault(`products['${pair}'] is missing; pass Σ ${pair} over the units`, { pair })
      const centred = n === 0 ? 0 : raw - means[j]! * totals[k]!
      // Rounding of the raw sums may leave a hair below 0.
      products.push(j === k && centred < 0 && centred > -1e-9 * Math.abs(raw) ? 0 : centred)
    }
  }
  const stats: ArmStats = { kind: 'arm-stats', n, dropped, variables, means, products }
  checkArmStats(stats, 'sums')
  return stats
}

/**
 * The statistics of several parts of one arm together: days, shards, replicas.
 *
 * `P = P_a + P_b + (m_a − m_b)(m_a − m_b)ᵀ·n_a·n_b/(n_a + n_b)`. Cost: constant for each part.
 *
 * @throws `invalid` `abtest.invalid-stats`: not statistics, or of other variables.
 * @example
 * ```ts
 * import { armStats, mergeArmStats } from '@mlops/abtest'
 *
 * console.log(mergeArmStats(armStats([1, 2]), armStats([3])).products) // [ 2 ]
 * ```
 * Source: Chan, Golub & LeVeque 1983.
 */
export function mergeArmStats(first: ArmStats, ...others: readonly ArmStats[]): ArmStats {
  checkArmStats(first, 'part 0')
  let total = first
  for (const [at, part] of others.entries()) {
    checkArmStats(part, `part ${at + 1}`)
    if (part.variables.join() !== first.variables.join())
      throw fault(
        `part ${at + 1} holds ${part.variables.join(', ')} where the first holds ${first.variables.join(', ')}`,
        { part: at + 1 },
      )
    total = merge(total, part)
  }
  return total
}

function merge(a: ArmStats, b: ArmStats): ArmStats {
  const n = a.n + b.n
  const dropped = a.dropped + b.dropped
  if (b.n === 0) return { ...a, dropped }
  if (a.n === 0) return { ...b, dropped }
  const gaps = a.means.map((mean, j) => b.means[j]! - mean)
  const means = a.means.map((mean, j) => mean + (gaps[j]! * b.n) / n)
  let at = 0
  const products: number[] = []
  for (let j = 0; j < gaps.length; j++) {
    for (let k = j; k < gaps.length; k++, at++)
      products.push(a.products[at]! + b.products[at]! + (gaps[j]! * gaps[k]! * a.n * b.n) / n)
  }
  return { ...a, n, dropped, means, products }
}

/** Whether data are {@link ArmStats}. */
export function isArmStats(data: unknown): data is ArmStats {
  return (data as Partial<ArmStats> | null)?.kind === 'arm-stats'
}

/** @throws `invalid` `abtest.invalid-stats` for statistics that no units can have. */
export function checkArmStats(stats: ArmStats, name: string): void {
  const size = stats?.variables?.length
  const fine =
    isArmStats(stats) &&
    isCount(stats.n) &&
    isCount(stats.dropped) &&
    stats.variables[0] === 'outcome' &&
    stats.means?.length === size &&
    stats.products?.length === (size * (size + 1)) / 2 &&
    [...stats.means, ...stats.products].every(Number.isFinite)
  if (!fine) throw fault(`${name}: not the statistics of an arm; make them with armStats`, { name })
  for (const [j, first] of stats.variables.entries()) {
    const own = sumOfProducts(stats, first, first)
    if (own < 0)
      throw fault(`${name}: Σ(${first} − mean)² is ${own}; squares cannot be negative`, { name })
    for (const second of stats.variables.slice(j + 1)) {
      const bound = Math.sqrt(own) * Math.sqrt(sumOfProducts(stats, second, second))
      if (Math.abs(sumOfProducts(stats, first, second)) > bound * (1 + 1e-6) + 1e-150)
        throw fault(
          `${name}: the cross product of ${first} and ${second} is larger than their squares allow`,
          { name, first, second },
        )
    }
  }
}

/** The mean of a variable. */
export function meanOfVariable(stats: ArmStats, name: ArmVariable): number {
  return stats.means[indexOf(stats, name)]!
}

/** The covariance (ddof 1) of two variables; 0 where n < 2. */
export function covarianceOf(stats: ArmStats, a: ArmVariable, b: ArmVariable): number {
  return stats.n < 2 ? 0 : sumOfProducts(stats, a, b) / (stats.n - 1)
}

/** Sum of products of the deviations of two variables. */
export function sumOfProducts(stats: ArmStats, a: ArmVariable, b: ArmVariable): number {
  const [j, k] = [indexOf(stats, a), indexOf(stats, b)].sort((x, y) => x - y) as [number, number]
  const size = stats.variables.length
  return stats.products[j * size - (j * (j - 1)) / 2 + (k - j)]!
}

function indexOf(stats: ArmStats, name: ArmVariable): number {
  const at = stats.variables.indexOf(name)
  if (at < 0)
    throw fault(`the arm has no ${name}; pass columns or sums that hold it`, { variable: name })
  return at
}

function completeRows(
  samples: readonly ArrayLike<number | null | undefined>[],
  variables: readonly ArmVariable[],
): number[] {
  const kept: number[] = []
  for (let i = 0; i < samples[0]!.length; i++) {
    let complete = true
    for (const [j, sample] of samples.entries()) {
      const value = sample[i]
      if (value === null || value === undefined || Number.isNaN(value)) complete = false
      else if (!Number.isFinite(value))
        throw fault(`${variables[j]}[${i}] is ${String(value)}; finite numbers are needed`, {
          variable: variables[j],
          index: i,
        })
    }
    if (complete) kept.push(i)
  }
  return kept
}

function meanOf(sample: ArrayLike<number | null | undefined>, kept: readonly number[]): number {
  if (kept.length === 0) return 0
  const shift = sample[kept[0]!]!
  let sum = 0
  for (const i of kept) sum += sample[i]! - shift
  const rough = shift + sum / kept.length
  let rest = 0
  for (const i of kept) rest += sample[i]! - rough
  return rough + rest / kept.length
}

/** Whether data are values, one for each unit. */
export function isSample(data: unknown): data is NumericSample {
  return Array.isArray(data) || (ArrayBuffer.isView(data) && !(data instanceof DataView))
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function fault(message: string, details: Record<string, unknown>) {
  return invalid('abtest.invalid-stats', message, details)
}
