import type { Clock, Digest } from '@mlops/core'
import { invalid, isoTime, MlopsError } from '@mlops/core'
import type { PlanInput } from './plan-input.ts'
import { planBody } from './plan-input.ts'
import type { Amendment, AmendmentReason } from './plan-seal.ts'
import { amendmentOf, checkSeal, requireClock, sealPlan } from './plan-seal.ts'
import type { AbReadout } from './readout.ts'

/** Parts that stay out of a plan that does not give them. */
type OptionalPart = 'notBefore' | 'population' | 'power' | 'minimumEffect'

/** A registered plan with a fixed horizon: read once, at the end. Plain JSON. */
export interface FixedHorizonPlan
  extends Required<Omit<PlanInput, OptionalPart>>,
    Pick<PlanInput, OptionalPart> {
  readonly kind: 'ab-plan'
  readonly horizon: 'fixed'
  readonly registeredAt: string
  readonly amends?: Amendment
  /** SHA-256 over the canonical JSON of all of the above. */
  readonly digest: Digest
}

/**
 * Registers a plan: fixes it, dates it and seals it with a digest. Keep it, as evidence for example,
 * before the first outcome is seen; `readPlan` refuses one that was changed.
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
  options: { readonly clock: Clock },
): FixedHorizonPlan {
  const body = planBody(input)
  return sealPlan({ ...body, registeredAt: isoTime(requireClock(options)) })
}

/**
 * Replaces a plan after its start, on the record: the new plan names the digest of the old one, the reason, how many
 * looks at the outcomes were taken, and what was changed. The old plan is refused no more than before: keep both.
 *
 * A change after a look is a choice that the outcomes may have made, so its readout carries the warning
 * `abtest.amended-after-look`. A plan that was read is not amended: its result stands.
 *
 * @throws `invalid`: `abtest.invalid-plan`, also when nothing is changed, `abtest.not-a-plan`, `abtest.not-fixed`;
 *   `conflict`: `abtest.plan-changed`, `abtest.already-read`.
 * @example
 * ```ts
 * import { systemClock } from '@mlops/core'
 * import { amendFixedPlan, registerPlan } from '@mlops/abtest'
 *
 * const input = {
 *   name: 'green-button',
 *   hypothesis: 'a green button sells more',
 *   metric: { name: 'conversion', better: 'higher' },
 *   unit: 'user',
 *   design: 'unpaired',
 *   test: 'two-proportion-z',
 *   sampleSize: { control: 8158, treatment: 8158 },
 * } as const
 * const plan = registerPlan(input, { clock: systemClock })
 * const amended = amendFixedPlan(
 *   plan,
 *   { ...input, exclusions: ['staff'] },
 *   { clock: systemClock, reason: 'staff clicked to test', looks: 0 },
 * )
 * console.log(amended.amends?.changed, amended.amends?.digest === plan.digest) // [ 'exclusions' ] true
 * ```
 */
export function amendFixedPlan(
  plan: FixedHorizonPlan,
  input: PlanInput,
  options: AmendmentReason & {
    readonly clock: Clock
    /** The readout of the plan, if there is one: it makes an amendment too late. */
    readonly readout?: AbReadout
  },
): FixedHorizonPlan {
  checkFixed(plan, 'amendPlan of @mlops/abtest/sequential')
  checkSeal(plan, 'amendFixedPlan')
  const clock = requireClock(options)
  const { readout } = options
  if (readout?.plan?.digest === plan.digest) {
    throw new MlopsError({
      kind: 'conflict',
      code: 'abtest.already-read',
      message: `experiment '${plan.name}' was read; its result stands, and another question makes another experiment`,
      details: { digest: plan.digest },
    })
  }
  const body = planBody(input)
  const amends = amendmentOf(plan, body, options)
  return sealPlan({ ...body, registeredAt: isoTime(clock), amends })
}

/** @throws `invalid`: `abtest.not-fixed`, `abtest.not-a-plan`. */
export function checkFixed(plan: FixedHorizonPlan, instead: string): void {
  if ((plan?.horizon as string) === 'sequential') {
    throw invalid(
      'abtest.not-fixed',
      `this plan may be looked at before its end: use ${instead}`,
      {},
    )
  }
  if (plan?.kind !== 'ab-plan') throw notAPlan()
}

/** The error of something else than a plan. */
export function notAPlan() {
  return invalid(
    'abtest.not-a-plan',
    'give a plan made by registerPlan, and the data of both arms to read it',
    {},
  )
}
