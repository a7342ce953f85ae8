import type { Clock, Digest } from '@mlops/core'
import { canonicalJson, digestOf, invalid, MlopsError } from '@mlops/core'

/** What every registered plan has. */
interface SealedPlan {
  readonly name: string
  readonly registeredAt: string
  readonly amends?: Amendment
  readonly digest: Digest
}

/** The plan that an amended one replaces, and why; amendments form a chain of digests. */
export interface Amendment {
  readonly digest: Digest
  readonly reason: string
  /** Looks at outcomes that were taken before the change. */
  readonly looks: number
  /** Parts of the plan that the change touched. */
  readonly changed: readonly string[]
}

/** Why a plan is amended. */
export interface AmendmentReason {
  readonly reason: string
  /** Looks at outcomes, by whatever way, before the change: 0 while nobody has seen any. */
  readonly looks: number
}

/** @throws `conflict` `abtest.plan-changed` */
export function checkSeal(plan: SealedPlan, remedy: string): void {
  const { digest, ...body } = plan
  if (digestOf(body) === digest) return
  throw new MlopsError({
    kind: 'conflict',
    code: 'abtest.plan-changed',
    message: `plan '${plan.name}' is not what was registered at ${plan.registeredAt}; record a change with ${remedy}`,
    details: { name: plan.name, digest },
  })
}

/** Freezes, and seals with a digest. */
export function sealPlan<T extends object>(body: T): T & { readonly digest: Digest } {
  return deepFreeze({ ...body, digest: digestOf(body) })
}

/**
 * The record of a change from one plan to the next.
 *
 * @throws `invalid` `abtest.invalid-plan`: no reason, no count of looks, or no change.
 */
export function amendmentOf(before: SealedPlan, after: object, why: AmendmentReason): Amendment {
  const { reason, looks } = why ?? {}
  if (typeof reason !== 'string' || reason.trim() === '')
    throw bad('an amendment needs a reason in words', {})
  if (!Number.isInteger(looks) || looks < 0)
    throw bad(`an amendment says how many looks were taken, got ${looks}`, { looks })
  const [old, next] = [before, after] as Record<string, unknown>[]
  const parts = [...new Set([...Object.keys(old!), ...Object.keys(next!)])]
  const changed = parts.filter(
    (part) =>
      !['digest', 'amends', 'registeredAt'].includes(part) &&
      canonicalJson([old![part] ?? null]) !== canonicalJson([next![part] ?? null]),
  )
  if (changed.length === 0)
    throw bad(`nothing of plan '${before.name}' is changed; an amendment records a change`, {})
  return { digest: before.digest, reason, looks, changed: changed.sort() }
}

/** @throws `invalid` `abtest.invalid-option` without a clock. */
export function requireClock(options: { readonly clock: Clock } | undefined | null): Clock {
  const clock = options?.clock
  if (typeof clock?.now === 'function') return clock
  throw invalid('abtest.invalid-option', 'give a clock: { clock: systemClock } of @mlops/core', {})
}

/** In words, for the result of an amended plan. */
export function amendmentNote({ reason, looks, changed }: Amendment): string {
  const seen =
    looks === 0 ? 'before any look at the outcomes' : `after ${looks} looks at the outcomes`
  return `amended ${seen}: ${changed.join(', ')} (${reason})`
}

/** Freezes a plan with all of its parts. */
function deepFreeze<T extends object>(value: T): T {
  for (const member of Object.values(value))
    if (typeof member === 'object' && member !== null) deepFreeze(member)
  return Object.freeze(value)
}

function bad(message: string, details: object) {
  return invalid('abtest.invalid-plan', message, details)
}
