import { invalid } from '@mlops/core'
import { given } from '../given.ts'
import { continueWithin, exitAbove, exitBelow, startOfPath } from './path-density.ts'

export interface CrossingInput {
  /** Information at each look, rising; fractions of the planned maximum, or any unit of 1/variance. */
  readonly information: readonly number[]
  /** z above which each look stops; `null`: it does not stop upwards. */
  readonly upper: readonly (number | null)[]
  /** z below which each look stops. @default no lower bound */
  readonly lower?: readonly (number | null)[]
  /** Expected z at information 1: the effect over its standard error there. @default 0 */
  readonly drift?: number
}

/** Probability to stop at each look, by side. Plain JSON. */
export interface Crossing {
  readonly above: readonly number[]
  readonly below: readonly number[]
  /** Never stopped. */
  readonly within: number
}

/**
 * How likely a group-sequential trial stops at each look, by recursive numerical integration.
 *
 * The z at information I is normal with mean `drift·√I`, and any two have correlation `√(I_j/I_k)`.
 *
 * Output: probabilities that add up to 1, exact to about 1e-10. Cost: about 10 ms for 100 looks.
 *
 * @throws `invalid` `abtest.invalid-option`.
 * @example
 * ```ts
 * import { crossingProbabilities } from '@mlops/abtest/sequential'
 *
 * // Looking at 14 equal steps and stopping at the first |z| > 1.96:
 * const looks = Array.from({ length: 14 }, (_, i) => (i + 1) / 14)
 * const { within } = crossingProbabilities({
 *   information: looks,
 *   upper: looks.map(() => 1.959964),
 *   lower: looks.map(() => -1.959964),
 * })
 * console.log((1 - within).toFixed(4)) // 0.2196
 * ```
 * Source: Armitage, McPherson & Rowe 1969; Jennison & Turnbull 2000, chapter 19.
 */
export function crossingProbabilities(options: CrossingInput): Crossing {
  const { information, upper, lower = information?.map?.(() => null), drift = 0 } = given(options)
  checkInformation(information)
  for (const [name, bounds] of Object.entries({ upper, lower })) {
    if (Array.isArray(bounds) && bounds.every((z) => z === null || typeof z === 'number')) continue
    throw invalid('abtest.invalid-option', `${name} must be numbers or null, one per look`, {
      [name]: bounds,
    })
  }
  if (upper.length !== information.length || lower.length !== information.length) {
    throw invalid(
      'abtest.invalid-option',
      `there are ${information.length} looks, ${upper.length} upper and ${lower.length} lower bounds; give one of each per look`,
      { looks: information.length, upper: upper.length, lower: lower.length },
    )
  }
  if (!Number.isFinite(drift))
    throw invalid('abtest.invalid-option', `drift must be finite, got ${drift}`, { drift })
  const above: number[] = []
  const below: number[] = []
  let path = startOfPath
  for (const [k, at] of information.entries()) {
    const root = Math.sqrt(at)
    const high = upper[k] === null ? Number.POSITIVE_INFINITY : upper[k]! * root
    const low = lower[k] === null ? Number.NEGATIVE_INFINITY : lower[k]! * root
    if (!(low <= high)) {
      throw invalid(
        'abtest.invalid-option',
        `the bounds of look ${k + 1} are not in order: ${lower[k]} and ${upper[k]}`,
        { look: k + 1 },
      )
    }
    above.push(high === Number.POSITIVE_INFINITY ? 0 : exitAbove(path, at, drift, high))
    below.push(low === Number.NEGATIVE_INFINITY ? 0 : exitBelow(path, at, drift, low))
    if (k + 1 < information.length) {
      const following = information[k + 1]!
      path = continueWithin(path, { information: at, drift, lower: low, upper: high, following })
    }
  }
  const stopped = [...above, ...below].reduce((sum, p) => sum + p, 0)
  return { above, below, within: Math.max(0, 1 - stopped) }
}

/** @throws `invalid` `abtest.invalid-option` unless positive, finite and rising. */
export function checkInformation(information: readonly number[]): void {
  const fine =
    Array.isArray(information) &&
    information.length > 0 &&
    information.every(
      (at, k) => at > (k === 0 ? 0 : information[k - 1]!) && at < Number.POSITIVE_INFINITY,
    )
  if (fine) return
  throw invalid(
    'abtest.invalid-option',
    `information must be positive, finite and rise from look to look, got ${JSON.stringify(information)}`,
    { information },
  )
}
