import type { Clock, Digest } from '@mlops/core'
import { digestOf, invalid, isoTime, MlopsError, withDisplay } from '@mlops/core'
import type { Alternative, NumericSample } from '@mlops/stats'
import type { ArmData } from './analysis/compare-arms.ts'
import { checkLevel, compareArms } from './analysis/compare-arms.ts'
import { comparePairs } from './analysis/compare-pairs.ts'
import type { AbReadout } from './readout.ts'

/** Everything about an experiment that must be fixed before the first outcome is seen. */
export interface PlanInput {
  readonly name: string
  readonly hypothesis: string
  readonly metric: { readonly name: string; readonly better: 'higher' | 'lower' }
  /** What is assigned or paired: user, session, flight. */
  readonly unit: string
  /** `paired`: each unit is measured under both arms. */
  readonly design: 'unpaired' | 'paired'
  readonly test: 'welch' | 'student' | 'two-proportion-z' | 'fisher' | 'paired-t' | 'mcnemar'
  /** Of treatment minus control. @default 'two-sided' */
  readonly alternative?: Alternative
  /** @default 0.05 */
  readonly alpha?: number
  /** Units per arm (pairs, when paired) from which on the result may be read. */
  readonly sampleSize: { readonly control: number; readonly treatment: number }
  /** Planned shares of control and treatment. @default [0.5, 0.5] */
  readonly allocation?: readonly [number, number]
  /** ISO 8601; not read before, however many units there are (whole weeks, for example). */
  readonly notBefore?: string
  /** Who is left out, in words. */
  readonly exclusions?: readonly string[]
}

/** A registered plan with a fixed horizon: read once, at the end. Plain JSON. */
export interface FixedHorizonPlan extends Required<Omit<PlanInput, 'notBefore'>> {
  readonly kind: 'ab-plan'
  readonly horizon: 'fixed'
  readonly notBefore?: string
  readonly registeredAt: string
  /** SHA-256 over the canonical JSON of all of the above. */
  readonly digest: Digest
}

const PAIRED_TESTS = ['paired-t', 'mcnemar']

/**
 * Registers a plan: fixes it, dates it and seals it with a digest. Keep it, as evidence for example,
 * before the first outcome is seen; {@link readPlan} refuses one that was changed.
 *
 * @throws `invalid` `abtest.invalid-plan`, `abtest.invalid-option`.
 * @example
 * ```ts
 * import { systemClock } from '@mlops/core'
 * import { registerPlan, sampleSizeForProportions } from '@mlops/abtest'
 *
 * const { control, treatment } = sampleSizeForProportions({ control: 0.05, treatment: 0.06 })
 * const plan = registerPlan(
 *   {
 *     name: 'green-button',
 *     hypothesis: 'a green button sells more',
 *     metric: { name: 'conversion', better: 'higher' },
 *     unit: 'user',
 *     design: 'unpaired',
 *     test: 'two-proportion-z',
 *     sampleSize: { control, treatment },
 *   },
 *   { clock: systemClock },
 * )
 * console.log(plan.alpha, plan.sampleSize) // 0.05 { control: 8158, treatment: 8158 }
 * ```
 */
export function registerPlan(
  input: PlanInput,
  { clock }: { readonly clock: Clock },
): FixedHorizonPlan {
  checkShape(input)
  const {
    alternative = 'two-sided',
    alpha = 0.05,
    allocation = [0.5, 0.5],
    exclusions = [],
    notBefore,
    ...rest
  } = input
  checkLevel(alpha)
  const { design, test, sampleSize } = rest
  if ((design === 'paired') !== PAIRED_TESTS.includes(test))
    throw bad(`the test '${test}' does not fit a ${design} design`, { design, test })
  for (const [arm, n] of Object.entries(sampleSize)) {
    if (!Number.isInteger(n) || n < 2)
      throw bad(`sampleSize.${arm} must be an integer >= 2, got ${n}`, { arm, n })
  }
  if (design === 'paired' && sampleSize.control !== sampleSize.treatment)
    throw bad('a paired design has as many controls as treatments', sampleSize)
  if (
    !allocation.every((share) => share > 0) ||
    Math.abs(allocation[0] + allocation[1] - 1) > 1e-9
  ) {
    throw bad(
      `allocation must be two positive shares that add up to 1, got ${allocation.join(' and ')}`,
      { allocation },
    )
  }
  if (notBefore !== undefined && Number.isNaN(Date.parse(notBefore)))
    throw bad(`notBefore is not an ISO 8601 time: '${notBefore}'`, { notBefore })
  const body = {
    kind: 'ab-plan' as const,
    horizon: 'fixed' as const,
    ...rest,
    alternative,
    alpha,
    allocation,
    exclusions,
    ...(notBefore !== undefined && { notBefore }),
    registeredAt: isoTime(clock),
  }
  return deepFreeze({ ...body, digest: digestOf(body) })
}

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
  { control, treatment }: PlanData,
  { clock, readout: before }: { readonly clock: Clock; readonly readout?: AbReadout },
): AbReadout {
  if ((plan?.horizon as string) === 'sequential') {
    throw invalid(
      'abtest.not-fixed',
      'this plan may be looked at before its end: use peekPlan of @mlops/abtest/sequential',
      {},
    )
  }
  if (plan?.kind !== 'ab-plan' || typeof control !== 'object' || typeof treatment !== 'object') {
    throw invalid(
      'abtest.not-a-plan',
      'readPlan takes a plan made by registerPlan and the data of both arms',
      {},
    )
  }
  const { digest, ...body } = plan
  if (digestOf(body) !== digest) {
    throw new MlopsError({
      kind: 'conflict',
      code: 'abtest.plan-changed',
      message: `plan '${plan.name}' is not what was registered at ${plan.registeredAt}; a change after the start makes it another experiment, register that`,
      details: { name: plan.name, digest },
    })
  }
  const { metric, alternative, alpha, allocation, design, test } = plan
  const readout =
    design === 'paired'
      ? comparePairs(control as NumericSample, treatment as NumericSample, {
          metric,
          alternative,
          alpha,
          test: test as 'paired-t' | 'mcnemar',
        })
      : compareArms(control, treatment, {
          metric,
          alternative,
          alpha,
          allocation,
          test: test as 'welch' | 'student' | 'two-proportion-z' | 'fisher',
        })
  refuseEarly(plan, readout, clock)
  refuseSecond(plan, readout, before)
  const adjustments = [
    `read at or after the registered horizon of ${plan.sampleSize.control} and ${plan.sampleSize.treatment} units`,
    ...readout.adjustments,
  ]
  const read: AbReadout = {
    ...readout,
    adjustments,
    plan: { name: plan.name, digest, registeredAt: plan.registeredAt },
  }
  return withDisplay(read, () => ({
    title: `Experiment '${plan.name}': ${plan.hypothesis}`,
    verdict: read.verdict,
    lines: read.reasons,
  }))
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

/** A plan is read from files and forms: its parts are there and of their kinds, or it says which is not. */
function checkShape(input: PlanInput): void {
  const text = (value: unknown) => typeof value === 'string' && value !== ''
  const tests = ['welch', 'student', 'two-proportion-z', 'fisher', ...PAIRED_TESTS]
  const parts: [string, boolean][] = [
    ['name', text(input?.name)],
    ['hypothesis', text(input?.hypothesis)],
    ['unit', text(input?.unit)],
    ['metric.name', text(input?.metric?.name)],
    ['metric.better', ['higher', 'lower'].includes(input?.metric?.better)],
    ['design', ['unpaired', 'paired'].includes(input?.design)],
    ['test', tests.includes(input?.test)],
    ['sampleSize', typeof input?.sampleSize === 'object' && input.sampleSize !== null],
  ]
  const wrong = parts.filter(([, fine]) => !fine).map(([part]) => part)
  if (wrong.length > 0) {
    throw bad(`a plan needs ${wrong.join(', ')}: missing, or not of its kind`, { wrong })
  }
}

function bad(message: string, details: object) {
  return invalid('abtest.invalid-plan', message, details)
}

/** Freezes a plan with all of its parts. */
export function deepFreeze<T extends object>(value: T): T {
  for (const member of Object.values(value))
    if (typeof member === 'object' && member !== null) deepFreeze(member)
  return Object.freeze(value)
}
