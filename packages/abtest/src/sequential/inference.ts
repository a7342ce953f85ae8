import { formatNumber, invalid } from '@mlops/core'
import type { ConfidenceInterval } from '@mlops/stats'
import { given } from '../given.ts'
import type { GroupSequentialBounds } from './bounds.ts'
import { checkBounds } from './bounds.ts'
import { continueWithin, exitAbove, exitBelow, startOfPath } from './path-density.ts'

/** What a group-sequential test says where it stopped. Plain JSON. */
export interface GroupSequentialInference {
  readonly kind: 'group-sequential-inference'
  /** The look, from 1. */
  readonly look: number
  readonly z: number
  /** z is beyond the bound of this look. */
  readonly stopped: boolean
  /** By the stagewise ordering; one- or two-sided as the design is. */
  readonly pValue: number
  /** Median-unbiased, in the unit of the standard error. */
  readonly estimate: number
  /** By the stagewise ordering; valid once the trial has ended. One-sided designs have no upper end. */
  readonly interval: ConfidenceInterval
  /** Valid at every look, stopped or not; `null` where nothing may be spent. */
  readonly repeatedInterval: ConfidenceInterval | null
  readonly adjustments: readonly string[]
}

/**
 * P-value, estimate and intervals that know of the looks before.
 *
 * Stagewise ordering: what stops earlier, or at the same look with a larger z, is more extreme.
 * `p(δ) = P_δ(stopped above before) + P_δ(Z_k >= z)`; the ends of the interval are the drifts where `p` is
 * alpha/2 and 1 − alpha/2, the median-unbiased estimate where it is 1/2. Repeated: `effect ± z_k·se`.
 *
 * Input: bounds whose looks are those that were taken, the last one now; the effect and its standard error
 * there. Output: plain JSON. Cost: about 150 integrations of the looks; 5 ms for 5.
 *
 * @throws `invalid` `abtest.invalid-option`.
 * @example
 * ```ts
 * import { groupSequentialBounds, groupSequentialInference } from '@mlops/abtest/sequential'
 *
 * const bounds = groupSequentialBounds({ looks: [0.3, 0.6] })
 * const { stopped, pValue, estimate } = groupSequentialInference(bounds, {
 *   effect: 0.3,
 *   standardError: 0.1,
 * })
 * console.log(stopped, pValue.toFixed(5), estimate.toFixed(4)) // true 0.00275 0.2998
 * ```
 * Source: Tsiatis, Rosner & Mehta 1984; Jennison & Turnbull 2000, chapters 8 and 9.
 */
export function groupSequentialInference(
  bounds: GroupSequentialBounds,
  estimate: { readonly effect: number; readonly standardError: number },
): GroupSequentialInference {
  const { looks, sides, alpha } = checkBounds(bounds)
  const { effect, standardError } = given(estimate)
  if (
    !Number.isFinite(effect) ||
    !(standardError > 0 && standardError < Number.POSITIVE_INFINITY)
  ) {
    throw invalid(
      'abtest.invalid-option',
      `effect must be finite and standardError > 0, got ${effect} and ${standardError}`,
      { effect, standardError },
    )
  }
  const now = looks.at(-1)!
  const z = effect / standardError
  const root = Math.sqrt(now.information)
  // A drift of 1 is one standard error at information 1.
  const unit = standardError * root
  const above = (drift: number) => stagewise(looks, sides, z * root, drift).above
  const side = sides === 'two' ? alpha / 2 : alpha
  const lower = unit * driftWhere(above, side, z / root)
  const upper = sides === 'two' ? unit * driftWhere(above, 1 - side, z / root) : null
  const under = stagewise(looks, sides, z * root, 0)
  const level = 1 - alpha
  const bound = now.z
  return {
    kind: 'group-sequential-inference',
    look: looks.length,
    z,
    stopped: bound !== null && (sides === 'two' ? Math.abs(z) : z) >= bound,
    pValue: sides === 'two' ? Math.min(1, 2 * Math.min(under.above, under.below)) : under.above,
    estimate: unit * driftWhere(above, 0.5, z / root),
    interval: { level, lower, upper },
    repeatedInterval:
      bound === null
        ? null
        : {
            level,
            lower: effect - bound * standardError,
            upper: sides === 'two' ? effect + bound * standardError : null,
          },
    adjustments: [
      `adjusted for ${looks.length} looks by the stagewise ordering: the p-value, the estimate and the interval count how the trial could have stopped before; they hold once it has ended`,
      `the repeated interval holds at every look, at level ${formatNumber(level)} for all of them together`,
    ],
  }
}

function stagewise(
  looks: GroupSequentialBounds['looks'],
  sides: 'two' | 'one',
  score: number,
  drift: number,
): { readonly above: number; readonly below: number } {
  let [above, below] = [0, 0]
  let path = startOfPath
  for (const [k, { information, z }] of looks.entries()) {
    const following = looks[k + 1]?.information
    const last = following === undefined
    const high = last ? score : z === null ? Number.POSITIVE_INFINITY : z * Math.sqrt(information)
    const low = last ? score : sides === 'two' ? -high : Number.NEGATIVE_INFINITY
    if (high < Number.POSITIVE_INFINITY) above += exitAbove(path, information, drift, high)
    if (low > Number.NEGATIVE_INFINITY) below += exitBelow(path, information, drift, low)
    if (!last)
      path = continueWithin(path, { information, drift, lower: low, upper: high, following })
  }
  return { above, below }
}

/** The drift at which a rising probability is reached, from a guess on. */
function driftWhere(probability: (drift: number) => number, target: number, guess: number): number {
  let reach = 4
  let [low, high] = [guess - reach, guess + reach]
  while (probability(low) > target) low -= reach *= 2
  reach = 4
  while (probability(high) < target) high += reach *= 2
  for (let i = 0; i < 100 && high - low > 1e-11 * (1 + Math.abs(low)); i++) {
    const middle = (low + high) / 2
    if (probability(middle) < target) low = middle
    else high = middle
  }
  return (low + high) / 2
}
