import { givenOptions } from '@mlops/core'
import { type Smoothing, smoothedShares, smoothingPresets } from './smoothing.ts'

export interface KlOptions {
  /**
   * Which divergence: `reference||current` is sum(r·ln(r/c)), `current||reference` is sum(c·ln(c/r)).
   * The two differ, and peers disagree about which one they mean, so there is no default.
   */
  readonly direction: 'reference||current' | 'current||reference'
  /** What is done about empty bins. @default smoothingPresets.floorRenormalised */
  readonly smoothing?: Smoothing
  /** Base of the logarithm. @default Math.E */
  readonly base?: number
}

/**
 * Kullback-Leibler divergence of two histograms over the same bins.
 *
 * `kl(p‖q) = sum(p·log(p/q))` over bins with p > 0; direction and base are options.
 *
 * Input: counts per bin, reference and current. Shares that the smoothing left unnormalised are
 * divided by their sum.
 * Output: >= 0; 0 for equal shares; Infinity where q has an empty bin that p fills and smoothing is
 * `none`.
 * Cost: O(bins).
 *
 * @throws `invalid`: `stats.length-mismatch`, `stats.bad-count`, `stats.empty-histogram`,
 * `stats.bad-smoothing`.
 * @example
 * ```ts
 * import { kl } from '@mlops/stats'
 *
 * console.log(kl([1, 1], [1, 3], { direction: 'reference||current', base: 2 }).toFixed(4)) // '0.2075'
 * ```
 * Source: Kullback & Leibler 1951.
 */
export function kl(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
  options: KlOptions,
): number {
  const {
    direction,
    smoothing = smoothingPresets.floorRenormalised,
    base = Math.E,
  } = givenOptions(options)
  const smoothed = smoothedShares(reference, current, smoothing)
  const forward = direction === 'reference||current'
  const p = normalised(forward ? smoothed.reference : smoothed.current)
  const q = normalised(forward ? smoothed.current : smoothed.reference)
  let sum = 0
  for (let i = 0; i < p.length; i++) {
    if (p[i]! > 0) sum += p[i]! * Math.log(p[i]! / q[i]!)
  }
  return Math.max(0, sum) / Math.log(base)
}

function normalised(p: Float64Array): Float64Array {
  let sum = 0
  for (let i = 0; i < p.length; i++) sum += p[i]!
  return Math.abs(sum - 1) < 1e-15 ? p : p.map((v) => v / sum)
}
