import { invalid } from '@mlops/core'
import { normal } from '@mlops/stats'
import { given } from '../given.ts'
import type { GroupSequentialBounds } from './bounds.ts'
import { checkBounds } from './bounds.ts'
import { crossingProbabilities } from './crossing.ts'

/** What a group-sequential design finds and costs. Plain JSON. */
export interface GroupSequentialPower {
  readonly kind: 'group-sequential-power'
  /** Expected z at information 1. */
  readonly drift: number
  /** Probability to stop for the effect, on the side where it lies. */
  readonly power: number
  /** Probability to stop at each look, on either side. */
  readonly stopAt: readonly number[]
  /** Information at the end on average, as a fraction of the planned maximum, with the effect and without. */
  readonly expectedInformation: number
  readonly expectedInformationUnderNull: number
  /** Planned maximum over what a test with one look needs for the same power; `null` for a power below the level. */
  readonly inflationFactor: number | null
}

/**
 * Power of group-sequential bounds under a drift, or the drift that reaches a power.
 *
 * The drift is the expected z at information 1, `effect/standard error` at the planned maximum. A fixed test
 * needs `z_{side} + z_{1−power}`, so the design needs `inflationFactor = (drift/that)²` times its units.
 *
 * Output: power counts the side of the effect only. Cost: one integration, or about ten for a power.
 *
 * @throws `invalid` `abtest.invalid-option`.
 * @example
 * ```ts
 * import { groupSequentialBounds, groupSequentialPower } from '@mlops/abtest/sequential'
 *
 * const design = groupSequentialBounds({ looks: 5 })
 * const { inflationFactor, expectedInformation } = groupSequentialPower(design, { power: 0.8 })
 * console.log(inflationFactor?.toFixed(4), expectedInformation.toFixed(3)) // 1.0247 0.804
 * ```
 * Source: Jennison & Turnbull 2000, section 2.3 and chapter 19.
 */
export function groupSequentialPower(
  bounds: GroupSequentialBounds,
  target: { readonly drift: number } | { readonly power: number },
): GroupSequentialPower {
  const { looks, sides, alpha } = checkBounds(bounds)
  given(target)
  const information = looks.map((look) => look.information)
  const upper = looks.map((look) => look.z)
  const lower = upper.map((z) => (z === null || sides === 'one' ? null : -z))
  const at = (drift: number) => crossingProbabilities({ information, upper, lower, drift })
  const side = sides === 'two' ? alpha / 2 : alpha
  // Without a bound at any look nothing is ever found.
  if (looks.every((look) => look.z === null))
    throw invalid('abtest.invalid-option', 'no look of these bounds may spend any of the level', {})
  const drift = 'drift' in target ? target.drift : driftFor(target.power)
  const { above, below } = at(drift)
  const power = sum(drift < 0 && sides === 'two' ? below : above)
  const fixed = normal.quantileSf(side) - normal.quantileSf(power)
  const stop = (exit: ReturnType<typeof at>) => exit.above.map((p, k) => p + exit.below[k]!)
  const expected = (exit: ReturnType<typeof at>) =>
    sum(stop(exit).map((p, k) => p * information[k]!)) + exit.within * information.at(-1)!
  const exits = at(drift)
  return {
    kind: 'group-sequential-power',
    drift,
    power,
    stopAt: stop(exits),
    expectedInformation: expected(exits),
    expectedInformationUnderNull: expected(at(0)),
    inflationFactor: fixed > 1e-6 ? (drift / fixed) ** 2 : null,
  }

  function driftFor(power: number): number {
    if (!(power > side && power < 1)) {
      throw invalid(
        'abtest.invalid-option',
        `power must lie between the level of a side, ${side}, and 1, got ${power}`,
        { power },
      )
    }
    // More drift than a test with one look at the first bound could need is more than enough.
    let [low, high] = [0, 1]
    while (sum(at(high).above) < power) high *= 2
    for (let i = 0; i < 60 && high - low > 1e-10; i++) {
      const middle = (low + high) / 2
      if (sum(at(middle).above) < power) low = middle
      else high = middle
    }
    return (low + high) / 2
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
