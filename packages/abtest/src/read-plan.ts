import type { Clock, Warning } from '@mlops/core'
import { MlopsError, withDisplay } from '@mlops/core'
import type { NumericSample } from '@mlops/stats'
import type { ArmData } from './analysis/compare-arms.ts'
import { compareArms } from './analysis/compare-arms.ts'
import { comparePairs } from './analysis/compare-pairs.ts'
import type { FixedHorizonPlan } from './plan.ts'
import { checkFixed, notAPlan } from './plan.ts'
import type { PairedTest, UnpairedTest } from './plan-input.ts'
import type { Amendment } from './plan-seal.ts'
import { amendmentNote, checkSeal, requireClock } from './plan-seal.ts'
import type { AbReadout } from './readout.ts'

/** The outcomes so far: of two groups, or of the same units under both arms, in the same order. */
export interface PlanData {
  readonly control: ArmData
  readonly treatment: ArmData
}

/**
 * Reads the result of a registered plan, once its end is reached. Units beyond the horizon are used
 * too. Reading again with more of them would be a new look: give the `readout` that is kept, and it is
 * refused.
 *
 * A test with a fixed horizon is only valid when it is read at that horizon: looking every day and
 * stopping at the first p < 0.05 finds differences that are not there, with 14 looks in 22 % of the
 * cases instead of 5 %. So an early read is refused, and says when it may be made.
 *
 * @throws `invalid` `abtest.not-a-plan`; `conflict` `abtest.too-early` with `details.have`, `details.need` and, where the plan has
 *   one, `details.notBefore`; `conflict` `abtest.plan-changed` when the plan is not the one that was
 *   registered; `conflict` `abtest.already-read`; `invalid` `abtest.not-fixed`; those of {@link compareArms}
 *   and {@link comparePairs}.
 * @example
 * ```ts
 * import { isMlopsError, systemClock } from '@mlops/core'
 * import { readPlan, registerPlan } from '@mlops/abtest'
 *
 * const plan = registerPlan(
 *   {
 *     name: 'shadow',
 *     hypothesis: 'the challenger errs less',
 *     metric: { name: 'error', better: 'lower' },
 *     unit: 'request',
 *     design: 'paired',
 *     test: 'paired-t',
 *     sampleSize: { control: 500, treatment: 500 },
 *   },
 *   { clock: systemClock },
 * )
 * try {
 *   readPlan(plan, { control: [0.2, 0.3], treatment: [0.1, 0.2] }, { clock: systemClock })
 * } catch (error) {
 *   console.log(isMlopsError(error) && error.code) // 'abtest.too-early'
 * }
 * ```
 */
export function readPlan(
  plan: FixedHorizonPlan,
  data: PlanData,
  options: { readonly clock: Clock; readonly readout?: AbReadout },
): AbReadout {
  checkFixed(plan, 'peekPlan of @mlops/abtest/sequential')
  const { control, treatment } = data ?? {}
  if (!isData(control) || !isData(treatment)) throw notAPlan()
  checkSeal(plan, 'amendFixedPlan')
  const clock = requireClock(options)
  const { readout: before } = options
  const { metric, alternative, alpha, allocation, design, test } = plan
  const readout =
    design === 'paired'
      ? comparePairs(control as NumericSample, treatment as NumericSample, {
          metric,
          alternative,
          alpha,
          test: test as PairedTest,
        })
      : compareArms(control, treatment, {
          metric,
          alternative,
          alpha,
          allocation,
          test: test as UnpairedTest,
        })
  refuseEarly(plan, readout, clock)
  refuseSecond(plan, readout, before)
  const adjustments = [
    `read at or after the registered horizon of ${plan.sampleSize.control} and ${plan.sampleSize.treatment} units`,
    ...(plan.amends === undefined ? [] : [amendmentNote(plan.amends)]),
    ...readout.adjustments,
  ]
  const read: AbReadout = {
    ...readout,
    adjustments,
    warnings: [...readout.warnings, ...amendmentWarnings(plan.amends)],
    plan: { name: plan.name, digest: plan.digest, registeredAt: plan.registeredAt },
  }
  return withDisplay(read, () => ({
    title: `Experiment '${plan.name}': ${plan.hypothesis}`,
    verdict: read.verdict,
    lines: read.reasons,
  }))
}

function amendmentWarnings(amends: Amendment | undefined): Warning[] {
  if (amends === undefined || amends.looks === 0) return []
  return [
    {
      code: 'abtest.amended-after-look',
      message: `the plan was ${amendmentNote(amends)}; the outcomes may have made that choice, so the level does not hold as stated`,
    },
  ]
}

function isData(arm: unknown): boolean {
  return typeof arm === 'object' && arm !== null
}

function refuseEarly(
  { name, sampleSize, notBefore, unit, design }: FixedHorizonPlan,
  { arms }: AbReadout,
  clock: Clock,
): void {
  const have = { control: arms[0].n, treatment: arms[1].n }
  const enough = have.control >= sampleSize.control && have.treatment >= sampleSize.treatment
  const due = notBefore === undefined || clock.now() >= Date.parse(notBefore)
  if (enough && due) return
  const missing =
    design === 'paired'
      ? `${have.control} of ${sampleSize.control} pairs`
      : `${have.control} and ${have.treatment} of ${sampleSize.control} and ${sampleSize.treatment} units`
  const when = due ? '' : `, not before ${notBefore}`
  throw new MlopsError({
    kind: 'conflict',
    code: 'abtest.too-early',
    message: `experiment '${name}' may be read at its end only: ${missing} (${unit}) are there${when}. Looking earlier would find differences that are not there`,
    details: { have, need: sampleSize, ...(notBefore !== undefined && { notBefore }) },
  })
}

/** A plan that was read stays read: the same outcomes may be shown again, others are another look. */
function refuseSecond(
  { name, digest }: FixedHorizonPlan,
  { arms }: AbReadout,
  before: AbReadout | undefined,
): void {
  if (before === undefined) return
  const same =
    before.plan?.digest === digest &&
    arms.every((arm, i) => arm.n === before.arms[i]!.n && arm.mean === before.arms[i]!.mean)
  if (same) return
  throw new MlopsError({
    kind: 'conflict',
    code: 'abtest.already-read',
    message: `experiment '${name}' was read with other outcomes (${before.arms.map((arm) => arm.n).join(' and ')} units, now ${arms.map((arm) => arm.n).join(' and ')}); its result stands, and a second read would be another look`,
    details: { before: before.arms.map((arm) => arm.n), now: arms.map((arm) => arm.n) },
  })
}
