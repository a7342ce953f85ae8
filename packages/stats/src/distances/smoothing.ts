import { invalid } from '@mlops/core'
import { type SharePair, sharePair } from './shares.ts'

/**
 * What is done about empty bins before a logarithm is taken.
 *
 * - `none`: nothing; a distance may be Infinity.
 * - `floor`: every share below `floor` is raised to it; `renormalise` divides by the new sum.
 * - `additive`: `pseudocount` is added to every count of both sides.
 * - `fill-zeros`: only shares of exactly 0 are replaced, each side by itself: by `fill`, or, where
 *   the smallest non-zero share is <= `fill`, by a millionth of that share. Not renormalised.
 */
export type Smoothing =
  | { readonly rule: 'none' }
  | { readonly rule: 'floor'; readonly floor: number; readonly renormalise: boolean }
  | { readonly rule: 'additive'; readonly pseudocount: number }
  | { readonly rule: 'fill-zeros'; readonly fill: number }

/**
 * The smoothing rules in common use, by name. PSI and KL values are comparable only under the same
 * rule: on one pair of histograms the peers' rules give anything from 6.7 to 461.
 */
export const smoothingPresets = Object.freeze({
  /** Shares of at least 1e-4, not renormalised: the default of `psi`. */
  floor: Object.freeze({ rule: 'floor', floor: 1e-4, renormalise: false }),
  /** Shares of at least 1e-4, renormalised: the default of `kl`. */
  floorRenormalised: Object.freeze({ rule: 'floor', floor: 1e-4, renormalise: true }),
  /** As Evidently fills zeros for PSI and KL. */
  evidently: Object.freeze({ rule: 'fill-zeros', fill: 1e-4 }),
  /** As Deepchecks: shares of at least 1 %. */
  deepchecks: Object.freeze({ rule: 'floor', floor: 0.01, renormalise: false }),
  /** As Frouros: the smallest normal double stands for 0. */
  frouros: Object.freeze({ rule: 'floor', floor: 2.2250738585072014e-308, renormalise: false }),
  none: Object.freeze({ rule: 'none' }),
} as const satisfies Record<string, Smoothing>)

/** Shares after smoothing, with what was done to them. */
export interface SmoothedShares extends SharePair {
  readonly smoothing: Smoothing
  /** How many bins the rule changed on each side (before any renormalising). */
  readonly changed: { readonly reference: number; readonly current: number }
}

/**
 * The shares of two histograms with the smoothing rule applied, and the number of bins it changed.
 *
 * Input: counts (or weights) over the same bins.
 * Output: shares; they sum to 1 unless the rule raised some without renormalising.
 *
 * @throws `invalid`: `stats.length-mismatch`, `stats.bad-count`, `stats.empty-histogram`,
 * `stats.bad-smoothing` for a floor outside (0, 1) or a pseudocount <= 0.
 * @example
 * ```ts
 * import { smoothedShares, smoothingPresets } from '@mlops/stats'
 *
 * const { current, changed } = smoothedShares([5, 5], [10, 0], smoothingPresets.floor)
 * console.log(Array.from(current), changed.current) // [ 1, 0.0001 ] 1
 * ```
 */
export function smoothedShares(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
  smoothing: Smoothing,
): SmoothedShares {
  checkSmoothing(smoothing)
  if (smoothing.rule === 'additive') {
    const { pseudocount } = smoothing
    const pair = sharePair(reference, current)
    const all = pair.reference.length
    const plus = (counts: ArrayLike<number>) => Array.from(counts, (c) => c + pseudocount)
    return {
      ...sharePair(plus(reference), plus(current)),
      smoothing,
      changed: { reference: all, current: all },
    }
  }
  const pair = sharePair(reference, current)
  const changed = {
    reference: smooth(pair.reference, smoothing),
    current: smooth(pair.current, smoothing),
  }
  return { ...pair, smoothing, changed }
}

/** Applies the rule in place; returns how many shares it changed. */
function smooth(p: Float64Array, smoothing: Exclude<Smoothing, { rule: 'additive' }>): number {
  if (smoothing.rule === 'none') return 0
  let changed = 0
  const limit = smoothing.rule === 'floor' ? smoothing.floor : Number.MIN_VALUE
  const value = smoothing.rule === 'floor' ? smoothing.floor : zeroFill(p, smoothing.fill)
  for (let i = 0; i < p.length; i++) {
    if (p[i]! < limit) {
      p[i] = value
      changed++
    }
  }
  if (smoothing.rule === 'floor' && smoothing.renormalise) {
    let sum = 0
    for (let i = 0; i < p.length; i++) sum += p[i]!
    for (let i = 0; i < p.length; i++) p[i] = p[i]! / sum
  }
  return changed
}

function zeroFill(p: Float64Array, fill: number): number {
  let smallest = Infinity
  for (let i = 0; i < p.length; i++) if (p[i]! > 0 && p[i]! < smallest) smallest = p[i]!
  return smallest <= fill ? smallest / 1e6 : fill
}

function checkSmoothing(smoothing: Smoothing): void {
  const [value, bound] =
    smoothing.rule === 'floor'
      ? [smoothing.floor, 1]
      : smoothing.rule === 'fill-zeros'
        ? [smoothing.fill, 1]
        : smoothing.rule === 'additive'
          ? [smoothing.pseudocount, Infinity]
          : [0.5, 1]
  if (!(value > 0 && value < bound)) {
    throw invalid(
      'stats.bad-smoothing',
      `the constant of the smoothing rule '${smoothing.rule}' is ${value}; it must lie strictly between 0 and ${bound}.`,
      { smoothing },
    )
  }
}
