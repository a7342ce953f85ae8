import type { Clock, Digest } from '@mlops/core'
import { invalid } from '@mlops/core'
import type { Alternative } from '@mlops/stats'
import { registerPlan } from '../plan.ts'
import type { PlanInput } from '../plan-input.ts'
import type { Amendment, AmendmentReason } from '../plan-seal.ts'
import { amendmentOf, checkSeal, requireClock, sealPlan } from '../plan-seal.ts'
import type { SpendingFunction } from './spending.ts'
import { checkSpending } from './spending.ts'

/** How a plan may be looked at more than once. */
export type SequentialMethod =
  | {
      readonly kind: 'group-sequential'
      /** Units of both arms at which the level is spent. */
      readonly maxUnits: number
      readonly spending: SpendingFunction
    }
  | {
      readonly kind: 'asymptotic-sequence'
      /** Units of both arms at which it is tightest. */
      readonly tightestAt: number
    }
  | {
      readonly kind: 'mixture-sprt'
      /** Standard deviation of the effects that are mixed over. */
      readonly effectSd: number
    }

export interface SequentialPlanInput
  extends Omit<PlanInput, 'design' | 'test' | 'sampleSize' | 'notBefore'> {
  readonly method: SequentialMethod
  /** Units per arm before the first look: below, the normal approximation is rough. @default 100 */
  readonly minUnits?: number
}

/** A registered plan that may be looked at before its end. Plain JSON. */
export interface SequentialPlan {
  readonly kind: 'ab-plan'
  readonly horizon: 'sequential'
  readonly name: string
  readonly hypothesis: string
  readonly metric: PlanInput['metric']
  readonly unit: string
  readonly population?: string
  readonly power?: number
  readonly minimumEffect?: number
  readonly alternative: Alternative
  readonly alpha: number
  readonly allocation: readonly [number, number]
  readonly exclusions: readonly string[]
  readonly method: SequentialMethod
  readonly minUnits: number
  readonly registeredAt: string
  readonly amends?: Amendment
  /** SHA-256 over the canonical JSON of all of the above. */
  readonly digest: Digest
}

/**
 * Registers a plan that is made to be looked at: how, is fixed before the first outcome is seen.
 *
 * @throws `invalid`: `abtest.invalid-plan`, `abtest.invalid-option`.
 * @example
 * ```ts
 * import { systemClock } from '@mlops/core'
 * import { registerSequentialPlan } from '@mlops/abtest/sequential'
 *
 * const plan = registerSequentialPlan(
 *   {
 *     name: 'ranker-2',
 *     hypothesis: 'the new ranker sells more',
 *     metric: { name: 'conversion', better: 'higher' },
 *     unit: 'user',
 *     method: { kind: 'asymptotic-sequence', tightestAt: 5000 },
 *   },
 *   { clock: systemClock },
 * )
 * console.log(plan.horizon, plan.alpha, plan.minUnits) // sequential 0.05 100
 * ```
 */
export function registerSequentialPlan(
  input: SequentialPlanInput,
  options: { readonly clock: Clock },
): SequentialPlan {
  return sealPlan(planBody(input, requireClock(options)))
}

/**
 * Replaces a plan after its start, on the record: the new plan names the digest of the old one, the reason,
 * how many looks were taken, and what was changed. Its level counts afresh, so an experiment whose outcomes were seen should
 * start afresh as well; {@link peekPlan} refuses looks of the old plan.
 *
 * @throws `invalid`: `abtest.invalid-plan`, `abtest.invalid-option`; `conflict` `abtest.plan-changed`.
 */
export function amendPlan(
  plan: SequentialPlan,
  input: SequentialPlanInput,
  options: AmendmentReason & { readonly clock: Clock },
): SequentialPlan {
  checkSealed(plan)
  const body = planBody(input, requireClock(options))
  return sealPlan({ ...body, amends: amendmentOf(plan, body, options) })
}

/** @throws `invalid` `abtest.not-sequential`; `conflict` `abtest.plan-changed`. */
export function checkSealed(plan: SequentialPlan): void {
  if (plan?.kind !== 'ab-plan' || plan.horizon !== 'sequential') {
    throw invalid(
      'abtest.not-sequential',
      'only a plan made by registerSequentialPlan may be looked at before its end; a plan with a fixed horizon is read once, by readPlan',
      {},
    )
  }
  checkSeal(plan, 'amendPlan')
}

function planBody(input: SequentialPlanInput, clock: Clock): Omit<SequentialPlan, 'digest'> {
  const { method, minUnits = 100, ...rest } = input ?? {}
  checkMethod(method)
  const {
    name,
    hypothesis,
    metric,
    unit,
    population,
    power,
    minimumEffect,
    alternative,
    alpha,
    allocation,
    exclusions,
    registeredAt,
  } = registerPlan(
    {
      ...rest,
      design: 'unpaired',
      test: 'welch',
      sampleSize: { control: minUnits, treatment: minUnits },
    },
    { clock },
  )
  const body = {
    kind: 'ab-plan' as const,
    horizon: 'sequential' as const,
    name,
    hypothesis,
    metric,
    unit,
    ...(population !== undefined && { population }),
    ...(power !== undefined && { power }),
    ...(minimumEffect !== undefined && { minimumEffect }),
    alternative,
    alpha,
    allocation,
    exclusions,
    method,
    minUnits,
    registeredAt,
  }
  if (method.kind === 'mixture-sprt' && alternative !== 'two-sided')
    throw bad(`the mixture SPRT is two-sided, got '${alternative}'`, { alternative })
  return body
}

function checkMethod(method: SequentialMethod): void {
  const over = (value: number, least: number) => value > least && value < Number.POSITIVE_INFINITY
  if (method?.kind === 'group-sequential') {
    if (!Number.isInteger(method.maxUnits) || method.maxUnits < 4)
      throw bad(`maxUnits must be an integer >= 4, got ${method.maxUnits}`, { method })
    checkSpending(method.spending)
    return
  }
  if (method?.kind === 'asymptotic-sequence' && over(method.tightestAt, 0)) return
  if (method?.kind === 'mixture-sprt' && over(method.effectSd, 0)) return
  throw bad(
    `method must be group-sequential, asymptotic-sequence with tightestAt > 0 or mixture-sprt with effectSd > 0, got ${JSON.stringify(method)}`,
    { method },
  )
}

function bad(message: string, details: object) {
  return invalid('abtest.invalid-plan', message, details)
}
