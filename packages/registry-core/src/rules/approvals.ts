import type { Actor } from '@mlops/core'
import { MlopsError } from '@mlops/core'
import type { ApprovalNote, ApprovalRequest, ApprovalRule } from '../model/approval.ts'
import type { Missing } from '../model/stage.ts'
import { placesFilled } from './places.ts'

export const DEFAULT_EXPIRY_MS = 30 * 24 * 60 * 60 * 1000

/** What a rule still asks for after these notes. Empty: everything is there. */
export function missingApprovals(rule: ApprovalRule, notes: readonly ApprovalNote[]): Missing[] {
  const approvers = notes.filter(({ kind }) => kind === 'approved').map(({ by }) => by)
  const places = placesOf(rule)
  const filled = placesFilled(
    places,
    approvers.map(({ roles }) => roles ?? []),
  )
  const open = new Map<string, number>()
  for (const [at, role] of places.entries()) {
    if (!filled[at]) open.set(role, (open.get(role) ?? 0) + 1)
  }
  const missing = [...open].map(([role, count]) => ({
    code: 'approval-role',
    message: `${count} more approval${count === 1 ? '' : 's'} in the role ${role}`,
  }))
  const wanted = Math.max(rule.approvals ?? 1, places.length)
  const lacking = wanted - approvers.length
  if (lacking <= 0) return missing
  const message = `${lacking} more approval${lacking === 1 ? '' : 's'} of ${wanted}`
  return [...missing, { code: 'approval-quorum', message }]
}

/** The places that roles must fill, one entry a place. */
function placesOf({ roles = {} }: ApprovalRule): string[] {
  return Object.entries(roles).flatMap(([role, count]) => Array<string>(count).fill(role))
}

/**
 * @throws `denied` `registry.own-approval`, `registry.approver-not-human`, `registry.approver-role`;
 *   `conflict` `registry.already-reviewed`.
 */
export function assertMayReview(
  request: Pick<ApprovalRequest, 'id' | 'proposedBy' | 'notes'>,
  rule: ApprovalRule,
  { by, author }: { by: Actor; author: Actor },
): void {
  const excluded = [request.proposedBy.id]
  if (rule.excluded === 'proposer-and-author') excluded.push(author.id)
  if (excluded.includes(by.id)) {
    throw denied(
      'registry.own-approval',
      `${by.id} has a part in request ${request.id} and cannot review it: ask somebody else`,
      { id: request.id, actor: by.id },
    )
  }
  if ((rule.reviewers ?? 'humans') === 'humans' && by.type !== 'human') {
    throw denied('registry.approver-not-human', `${by.id} is no person: a person must review`, {
      id: request.id,
      actor: by.id,
    })
  }
  const places = placesOf(rule)
  const everyPlaceHasRole = places.length >= (rule.approvals ?? 1)
  if (places.length > 0 && everyPlaceHasRole && !by.roles?.some((role) => places.includes(role))) {
    const roles = [...new Set(places)]
    throw denied(
      'registry.approver-role',
      `${by.id} holds none of the roles that count here: ${roles.join(', ')}`,
      { id: request.id, actor: by.id, roles },
    )
  }
  if (request.notes.some((note) => note.kind !== 'comment' && note.by.id === by.id)) {
    throw new MlopsError({
      kind: 'conflict',
      code: 'registry.already-reviewed',
      message: `${by.id} reviewed request ${request.id} already`,
      details: { id: request.id, actor: by.id },
    })
  }
}

/** @throws `conflict` `registry.approval-closed` unless the request is in one of these states. */
export function assertOpenRequest(
  { id, status }: Pick<ApprovalRequest, 'id' | 'status'>,
  allowed: readonly ApprovalRequest['status'][],
): void {
  if (allowed.includes(status)) return
  throw new MlopsError({
    kind: 'conflict',
    code: status === 'proposed' ? 'registry.approval-missing' : 'registry.approval-closed',
    message:
      status === 'proposed'
        ? `request ${id} is not approved yet`
        : `request ${id} is ${status}: propose the change anew`,
    details: { id, status },
  })
}

/** What was approved must be what is there. @throws `conflict` `registry.approval-stale` */
export function assertSameSubject(
  request: Pick<ApprovalRequest, 'id' | 'versionRevision' | 'manifestDigest' | 'replaces'>,
  now: {
    readonly revision: number
    readonly manifestDigest: string
    readonly replaces: number | null
  },
): void {
  const same =
    request.versionRevision === now.revision &&
    request.manifestDigest === now.manifestDigest &&
    request.replaces === now.replaces
  if (same) return
  throw new MlopsError({
    kind: 'conflict',
    code: 'registry.approval-stale',
    message: `what request ${request.id} speaks of was changed since it was proposed: propose it anew`,
    details: {
      id: request.id,
      proposed: {
        revision: request.versionRevision,
        manifestDigest: request.manifestDigest,
        replaces: request.replaces,
      },
      actual: { ...now },
    },
  })
}

export function denied(code: string, message: string, details: object): MlopsError {
  return new MlopsError({ kind: 'denied', code, message, details })
}
