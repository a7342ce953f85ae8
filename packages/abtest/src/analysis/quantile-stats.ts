import type { NumericSample } from '@mlops/stats'
import { normal, quantile as quantileOf } from '@mlops/stats'
import { bad } from './analysis-options.ts'
import { badArms } from './arm-data.ts'
import { covarianceBetween, functionalOf } from './arm-functional.ts'
import { isSample } from './arm-stats.ts'
import type { ClusterIds } from './cluster-sums.ts'
import { clusterStats } from './cluster-sums.ts'
import { presentOf } from './rank-tests.ts'

/** What a quantile's comparison needs of one arm: the quantile and two order statistics around it. */
export interface QuantileStats {
  readonly kind: 'quantile-stats'
  readonly quantile: number
  /** Values; with clusters, clusters. */
  readonly n: number
  readonly dropped: number
  /** The size that the ranks of `lower` and `upper` were taken for, where that is not n. */
  readonly nStar: number
  readonly value: number | null
  /** Order statistics at the ranks n·(quantile ± z·se of the share below); `null`: too few values. */
  readonly lower: number | null
  readonly upper: number | null
  /** Two-sided level of that z. */
  readonly level: number
}

export interface QuantileStatsOptions {
  /** Strictly between 0 and 1. @default 0.5 */
  readonly quantile?: number
  /** The cluster of each value, where clusters were randomised. */
  readonly clusters?: ClusterIds
  /** Level of the order statistics that the density is read from. @default 0.95 */
  readonly level?: number
}

/**
 * The quantile of one arm, with the order statistics around it that tell its variance.
 *
 * Ranks `n·(q ± z·s)`, with s² = q(1 − q)/n, or, with clusters, the cluster-robust variance of the share
 * of values below the quantile. Then `se = (upper − lower)/2z`: no density has to be estimated.
 *
 * Input: values (missing ones left out and counted). Output: {@link QuantileStats}, plain JSON; it does
 * not merge. Without z²·q/(1 − q) values (p99 at 95 %: 380) there are no bounds. Cost: O(n log n).
 *
 * @throws `invalid`: `abtest.invalid-arms`, `abtest.invalid-option`.
 * @example
 * ```ts
 * import { quantileStats } from '@mlops/abtest'
 *
 * const { value, lower, upper } = quantileStats(Array.from({ length: 100 }, (_, i) => i))
 * console.log(value, lower, upper) // 49.5 39 59
 * ```
 * Source: Deng, Knoblich & Lu 2018, section 4.2.
 */
export function quantileStats(
  values: NumericSample,
  options: QuantileStatsOptions = {},
  name = 'arm',
): QuantileStats {
  if (!isSample(values)) throw badArms(`${name} must be an array of numbers`, { name })
  if (typeof options !== 'object' || options === null)
    throw bad('the options must be an object', {})
  const { quantile = 0.5, level = 0.95, clusters } = options
  checkShare('quantile', quantile)
  checkShare('level', level)
  const sorted = presentOf(values).sort()
  const m = sorted.length
  if (m > 0 && !Number.isFinite(sorted[0]! + sorted[m - 1]!))
    throw badArms(`${name} holds infinite values; clip them first`, { name })
  const z = -normal.quantile((1 - level) / 2)
  const value = m === 0 ? null : quantileOf(sorted, quantile)
  const units =
    clusters === undefined || value === null
      ? { n: m, dropped: values.length - m, sd: Math.sqrt((quantile * (1 - quantile)) / m) }
      : clusteredShare(values, clusters, value, name)
  const [from, to] = [m * (quantile - z * units.sd), m * (quantile + z * units.sd)]
  const enough = from >= 1 && to <= m && units.n >= 2
  return {
    kind: 'quantile-stats',
    quantile,
    n: units.n,
    dropped: units.dropped,
    nStar: units.n,
    value,
    lower: enough ? sorted[Math.floor(from) - 1]! : null,
    upper: enough ? sorted[Math.ceil(to) - 1]! : null,
    level,
  }
}

/** Clusters, and the cluster-robust standard deviation of the share of values up to `at`. */
function clusteredShare(
  values: NumericSample,
  clusters: ClusterIds,
  at: number,
  name: string,
): { n: number; dropped: number; sd: number } {
  const below = Array.from(values as ArrayLike<number | null | undefined>, (value) =>
    value === null || value === undefined || Number.isNaN(value) ? null : value <= at ? 1 : 0,
  )
  const stats = clusterStats({ values: below, clusters }, name)
  const share = functionalOf(stats, 'outcome', 'denominator')
  if (share === undefined) return { n: stats.n, dropped: stats.dropped, sd: Number.NaN }
  return {
    n: stats.n,
    dropped: stats.dropped,
    sd: Math.sqrt(Math.max(0, covarianceBetween(stats, share, share)) / stats.n),
  }
}

/** The variance of an arm's quantile; undefined without bounds. */
export function quantileVariance({ n, nStar, lower, upper, level }: QuantileStats) {
  if (lower === null || upper === null || n < 2) return undefined
  const z = -normal.quantile((1 - level) / 2)
  return ((((upper - lower) / (2 * z)) ** 2 * nStar) / n) * ((n - 1) / n)
}

function checkShare(name: string, value: number): void {
  if (!(value > 0 && value < 1))
    throw bad(`${name} must lie strictly between 0 and 1, got ${String(value)}`, { [name]: value })
}
