import type { Actor } from '@mlops/core'

/** A measure set aside for a time, by someone who may answer for it. */
export interface Waiver {
  readonly gate: string
  readonly measure: string
  readonly by: Actor
  readonly reason: string
  /** What is done instead. */
  readonly compensation?: string
  /** ISO 8601; the waiver no longer counts from then on. */
  readonly until: string
  /** ISO 8601 */
  readonly at: string
}

export type WaiverFault = 'role' | 'reason' | 'expiry'

/** What is wrong with a waiver: nothing, when it counts. */
export function faultsOfWaiver(
  waiver: Pick<Waiver, 'by' | 'reason'> & { readonly until?: string | null },
  { role, now }: { readonly role: string | undefined; readonly now: number },
): WaiverFault[] {
  const faults: WaiverFault[] = []
  if (role === undefined || waiver.by.type !== 'human' || !waiver.by.roles?.includes(role))
    faults.push('role')
  if (waiver.reason.trim() === '') faults.push('reason')
  const until = waiver.until ? Date.parse(waiver.until) : Number.NaN
  if (!(until > now)) faults.push('expiry')
  return faults
}
