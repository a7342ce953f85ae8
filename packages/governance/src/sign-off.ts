import type { Actor, Digest } from '@mlops/core'

/** A person's word on exactly one release: who, in which role, on what, when. */
export interface SignOff {
  readonly gate: string
  readonly role: string
  readonly by: Actor
  /** Who lent the role, where it was lent. */
  readonly onBehalfOf?: string
  /** Digest of the release that was looked at; another release voids the sign-off. */
  readonly digest: Digest
  readonly decision: 'approve' | 'reject'
  readonly comment?: string
  /** ISO 8601 */
  readonly at: string
}

/** A role lent by one person to another for a time. Cannot be lent on. */
export interface Delegation {
  readonly role: string
  /** The one who holds the role. */
  readonly from: string
  /** The one who may act instead. */
  readonly to: string
  /** ISO 8601; from then on. */
  readonly since: string
  /** ISO 8601; no longer from then on. */
  readonly until: string
}

/** Why a sign-off does not count. */
export type SignOffRefusal =
  | 'stale-digest'
  | 'not-human'
  | 'self-approval'
  | 'role-not-held'
  | 'delegation-expired'
  | 'delegation-chain'
  | 'duplicate-signer'

/** Whether a sign-off counts, and in whose name. */
export type SignOffJudgement =
  | { readonly counts: true; readonly onBehalfOf?: string }
  | { readonly counts: false; readonly reason: SignOffRefusal }

export interface SignOffContext {
  readonly digest: Digest
  /** Ids of those who made the release: they may not approve it, nor may whoever acts for them. */
  readonly authors: readonly string[]
  readonly delegations: readonly Delegation[]
  /** Ids that already signed at this gate, in their own or another's name. */
  readonly signers: ReadonlySet<string>
}

/**
 * Judges one sign-off: it must be of this very release, by a person who is not an author, who holds
 * the role or was lent it for that moment by someone who does, and who has not signed yet.
 */
export function judgeSignOff(
  signOff: SignOff,
  { digest, authors, delegations, signers }: SignOffContext,
): SignOffJudgement {
  const { by, role, at } = signOff
  if (signOff.digest !== digest) return { counts: false, reason: 'stale-digest' }
  if (by.type !== 'human') return { counts: false, reason: 'not-human' }
  if (authors.includes(by.id)) return { counts: false, reason: 'self-approval' }
  if (signers.has(by.id)) return { counts: false, reason: 'duplicate-signer' }
  if (by.roles?.includes(role)) return { counts: true }

  const lent = delegations.filter(
    (delegation) => delegation.to === by.id && delegation.role === role,
  )
  if (lent.length === 0) return { counts: false, reason: 'role-not-held' }
  const now = Date.parse(at)
  const current = lent.filter(
    ({ since, until }) => Date.parse(since) <= now && now < Date.parse(until),
  )
  const lender = current[0]
  if (!lender) return { counts: false, reason: 'delegation-expired' }
  // Whoever only borrowed the role cannot lend it.
  if (delegations.some((other) => other.to === lender.from && other.role === role)) {
    return { counts: false, reason: 'delegation-chain' }
  }
  if (authors.includes(lender.from)) return { counts: false, reason: 'self-approval' }
  if (signers.has(lender.from)) return { counts: false, reason: 'duplicate-signer' }
  return { counts: true, onBehalfOf: lender.from }
}
