import type { Warning } from '@mlops/core'
import { formatNumber, withDisplay } from '@mlops/core'
import type { Alternative } from '@mlops/stats'
import type { Correction } from './comparisons.ts'
import type { Design } from './design.ts'
import { armsFor } from './design.ts'
import { checkGiven, checkTail } from './design-checks.ts'
import { smallestN } from './power.ts'
import { bad, found } from './sample-size.ts'
import { settledN, smallestDistance } from './search.ts'

/** What a design says: units, power and effect that belong together. Plain JSON. */
export interface DesignAnswer {
  readonly kind: 'design'
  readonly question: 'units' | 'power' | 'effect'
  /** `no-mde`: no effect, however large, is found with this power at these units. */
  readonly status: 'ok' | 'no-mde'
  readonly method: string
  /** What `arms` counts; of pairs the same number stands in both arms. */
  readonly unit: Design['unit']
  /** Control first. */
  readonly arms: readonly number[]
  /** In all; pairs, for a paired design. */
  readonly total: number
  readonly effect: number | null
  /** What `effect` is. */
  readonly scale: string
  /** At these arms and this effect; `null` without an effect. */
  readonly power: number | null
  readonly alpha: number
  readonly alphaPerComparison: number
  readonly correction: Correction | null
  readonly alternative: Alternative
  /** A power counts both tails of a two-sided test, or the one where the effect lies. */
  readonly tails: 'both' | 'one'
  readonly adjustments: readonly string[]
  readonly warnings: readonly Warning[]
}

/**
 * Units that find an effect with a power: the smallest whole numbers, treatments in proportion to their weights.
 *
 * The power of a test on whole counts rises and falls: there the answer and the nine sizes after it reach the power.
 *
 * Output: a {@link DesignAnswer} whose power is at least the one asked for. Cost: about 40 powers.
 *
 * @throws `invalid`: `abtest.invalid-design`, `abtest.wrong-tail`; `unsupported` `abtest.too-large`.
 * @example
 * ```ts
 * import { designForMeans, requiredUnits } from '@mlops/abtest/design'
 *
 * const { arms, total } = requiredUnits(designForMeans({ sd: 1, allocation: [2, 1, 1] }), { effect: 0.5 })
 * console.log(arms, total) // [ 116, 58, 58 ] 232
 * ```
 */
export function requiredUnits(
  design: Design,
  target: { readonly effect: number; readonly power?: number },
): DesignAnswer {
  checkDesign(design)
  checkGiven(target, '{ effect: 0.5 }')
  const { effect, power = 0.8 } = target
  checkPower(design, power)
  checkEffect(design, effect)
  const at = (n: number) => design.power(armsFor(design.allocation, n), effect)
  const { allocation, leastUnits } = design
  // The smallest arm, too, must have the units that the test needs.
  const scarce = Math.min(...allocation)
  const from = Math.max(leastUnits, Math.floor(((leastUnits - 1) * allocation[0]!) / scarce) + 1)
  const n = design.sawTooth ? settledN(from, power, at) : found(smallestN(from, power, at))
  const arms = armsFor(design.allocation, n)
  return answer(design, 'units', arms, effect, at(n))
}

/**
 * Power of a design at given units and effect.
 *
 * @throws `invalid`: `abtest.invalid-design`, `abtest.wrong-tail`.
 * @example
 * ```ts
 * import { achievedPower, designForProportions } from '@mlops/abtest/design'
 *
 * const design = designForProportions({ control: 0.05 })
 * console.log(achievedPower(design, { units: [10_000, 10_000], effect: 0.01 }).power?.toFixed(4)) // 0.8733
 * ```
 */
export function achievedPower(
  design: Design,
  given: { readonly units: readonly number[]; readonly effect: number },
): DesignAnswer {
  checkDesign(design)
  checkGiven(given, '{ units: [1000, 1000], effect: 0.5 }')
  const { units, effect } = given
  checkUnits(design, units)
  checkEffect(design, effect)
  return answer(design, 'power', units, effect, design.power(units, effect))
}

/**
 * The smallest effect that given units find with a power (minimum detectable effect).
 *
 * Output: effect and its power; where no effect reaches the power, however large, the status is `no-mde` and the
 * effect `null`. Non-inferiority and equivalence: the smallest margin. Cost: about 100 powers.
 *
 * @throws `invalid` `abtest.invalid-design`, also for a direction against the alternative.
 * @example
 * ```ts
 * import { designForRelativeLift, detectableEffect } from '@mlops/abtest/design'
 *
 * const design = designForRelativeLift({ mean: 10, sd: 62.5 })
 * console.log(detectableEffect(design, { units: [20_000, 20_000] }).effect?.toFixed(4)) // 0.1927
 * // The control's mean is too uncertain for any lift to be shown.
 * console.log(detectableEffect(design, { units: [200, 200] }).status) // no-mde
 * ```
 */
export function detectableEffect(
  design: Design,
  given: {
    readonly units: readonly number[]
    /** @default 0.8 */
    readonly power?: number
    /** Where the effect is looked for. @default 'decrease' for the alternative 'less', else 'increase' */
    readonly direction?: 'increase' | 'decrease'
  },
): DesignAnswer {
  checkDesign(design)
  checkGiven(given, '{ units: [1000, 1000] }')
  const { units, power = 0.8 } = given
  const down = design.alternative === 'less'
  const direction = given.direction ?? (down ? 'decrease' : 'increase')
  checkUnits(design, units)
  checkPower(design, power)
  if (design.alternative !== 'two-sided' && (direction === 'decrease') !== down)
    throw bad(`the alternative '${design.alternative}' finds no ${direction}`, { direction })
  const sign = direction === 'decrease' ? -1 : 1
  const limit = sign === -1 ? design.limits.down : design.limits.up
  const at = (distance: number) => design.power(units, design.effectAt(sign * distance))
  const distance = smallestDistance(limit, power, at)
  if (distance === null) return answer(design, 'effect', units, null, null)
  return answer(design, 'effect', units, design.effectAt(sign * distance), at(distance))
}

function answer(
  design: Design,
  question: DesignAnswer['question'],
  arms: readonly number[],
  effect: number | null,
  power: number | null,
): DesignAnswer {
  const { method, unit, scale, alpha, alphaPerComparison, correction, alternative, tails } = design
  const missing: Warning[] =
    effect === null
      ? [
          {
            code: 'abtest.no-mde',
            message:
              'no effect, however large, is found with this power at these units; take more of them, or measure the absolute difference',
          },
        ]
      : []
  const result: DesignAnswer = {
    kind: 'design',
    question,
    status: effect === null ? 'no-mde' : 'ok',
    method,
    unit,
    arms: [...arms],
    total: unit === 'pairs' ? arms[0]! : arms.reduce((sum, n) => sum + n, 0),
    effect,
    scale,
    power,
    alpha,
    alphaPerComparison,
    correction,
    alternative,
    tails,
    adjustments: design.adjustments,
    warnings: [...missing, ...design.warningsAt(arms, effect)],
  }
  return withDisplay(result, () => ({
    title: `${method}, ${alternative}, alpha = ${formatNumber(alpha)}`,
    lines: [
      `${arms.join(' + ')} ${unit}`,
      effect === null
        ? 'no detectable effect'
        : `${scale} ${formatNumber(effect)} is found with power ${formatNumber(power!)}`,
      ...result.adjustments,
      ...result.warnings.map((warning) => `warning: ${warning.message}`),
    ],
  }))
}

function checkDesign(design: Design): void {
  if (typeof design?.power === 'function' && Array.isArray(design.allocation)) return
  throw bad('give a design, as made by designForMeans and the like', {})
}

function checkPower({ alpha }: Design, power: number): void {
  if (!(typeof power === 'number' && power > alpha && power < 1))
    throw bad(
      `power must lie between alpha (${alpha}) and 1, got ${power}; a test that ignores the data has power alpha`,
      { power, alpha },
    )
}

function checkEffect({ distanceOf, limits, alternative, scale }: Design, effect: number): void {
  const distance = typeof effect === 'number' ? distanceOf(effect) : Number.NaN
  if (!Number.isFinite(distance) || distance === 0)
    throw bad(
      `the effect (${scale}) is ${effect}, which is no effect or none that exists; no sample size finds it`,
      { effect },
    )
  checkTail(alternative, distance, effect)
  if (distance >= limits.up || -distance >= limits.down)
    throw bad(`the effect (${scale}) of ${effect} lies beyond what can be`, { effect })
}

function checkUnits({ allocation, leastUnits, unit }: Design, units: readonly number[]): void {
  const fine =
    Array.isArray(units) &&
    units.length === allocation.length &&
    units.every((n) => typeof n === 'number' && n >= leastUnits && n < Number.POSITIVE_INFINITY)
  if (!fine)
    throw bad(
      `units must be ${allocation.length} numbers of ${unit}, control first, each at least ${leastUnits}`,
      { units },
    )
  if (unit === 'pairs' && units[0] !== units[1])
    throw bad('a paired design has as many controls as treatments', { units })
}
