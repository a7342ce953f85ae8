import type { Actor, Digest } from '@mlops/core'
import { actorSchema } from '@mlops/core/schema'
import * as z from 'zod'
import type { ModelVersion } from './model-version.ts'
import { aliasSchema, nameSchema, revisionSchema, versionNumberSchema } from './names.ts'
import type { Missing, StageOutcome } from './stage.ts'

export const approvalRuleSchema = z.strictObject({
  /** How many different reviewers must approve. @default 1 */
  approvals: z.number().int().min(1).max(100).exactOptional(),
  /** How many of them in which role. One reviewer fills one place, whatever roles they hold. */
  roles: z
    .record(z.string().min(1).max(128), z.number().int().min(1).max(100))
    .readonly()
    .exactOptional(),
  /** Who may review. @default 'humans' */
  reviewers: z.enum(['humans', 'anyone']).exactOptional(),
  /** Who may not review: who proposed it, or also who registered the version. @default 'proposer' */
  excluded: z.enum(['proposer', 'proposer-and-author']).exactOptional(),
  /** How long a request may wait until it is committed. @default 30 days */
  expiresAfterMs: z.number().int().min(1).exactOptional(),
})
/** What a change must gather before it may happen. */
export type ApprovalRule = Readonly<z.infer<typeof approvalRuleSchema>>

/** The rules of a registry, by the stage that demands them. */
export type StageApprovals = Readonly<Record<string, ApprovalRule>>

export const approvalTargetSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('stage'), stage: z.string().min(1).max(128) }),
  z.strictObject({ kind: z.literal('alias'), alias: aliasSchema }),
  z.strictObject({ kind: z.literal('alias-removal'), alias: aliasSchema }),
  z.strictObject({ kind: z.literal('rollback'), environment: nameSchema }),
])
/**
 * What is asked for: a stage, an alias pointed to the version, the alias taken from it, or the rollback
 * of an environment to it.
 */
export type ApprovalTarget = Readonly<z.infer<typeof approvalTargetSchema>>
export type AliasTarget = Extract<ApprovalTarget, { readonly alias: string }>

export const approvalStatusSchema = z.enum([
  'proposed',
  'approved',
  'rejected',
  'withdrawn',
  'expired',
  'superseded',
  'committed',
])
/**
 * `proposed` → `approved` → `committed`; or `rejected` by one reviewer, `withdrawn` by its proposer,
 * `expired` by time, `superseded` when the version was changed and the same was proposed anew.
 */
export type ApprovalStatus = z.infer<typeof approvalStatusSchema>

/** What somebody said about a request. Only approvals and rejections are reviews. */
export interface ApprovalNote {
  readonly kind: 'approved' | 'rejected' | 'comment'
  readonly text: string
  readonly by: Actor
  readonly at: string
}

/** A change of a version that was asked for. */
export interface ApprovalRequest {
  readonly id: string
  readonly model: string
  readonly version: number
  readonly target: ApprovalTarget
  readonly status: ApprovalStatus
  readonly reason: string
  /** The version as it was proposed; a later change of it voids the request. */
  readonly versionRevision: number
  readonly manifestDigest: Digest
  /** The version that it would take the place of: in production, under the alias, or where it served most. */
  readonly replaces: number | null
  readonly notes: readonly ApprovalNote[]
  /** Approvals that the rules still ask for; empty once it is no longer open. */
  readonly missing: readonly Missing[]
  readonly proposedBy: Actor
  readonly proposedAt: string
  readonly expiresAt: string
  /** The gate's kept answer to the commit. */
  readonly decision?: string
  /** Goes up with every change of the request. */
  readonly revision: number
}

const reasonSchema = z.string().max(5000)

export const proposeSchema = z.object({
  model: nameSchema,
  version: versionNumberSchema,
  target: approvalTargetSchema,
  reason: reasonSchema.default(''),
  /** Refuse when the version was changed since this revision. */
  expectedRevision: revisionSchema.exactOptional(),
  by: actorSchema,
})
export type Propose = Readonly<z.input<typeof proposeSchema>>

export const approvalsListedSchema = z.object({
  model: z.string().optional(),
  version: versionNumberSchema.optional(),
  status: approvalStatusSchema.optional(),
})

export const approvalCommandSchema = z.object({
  id: z.string().min(1).max(256),
  reason: reasonSchema.default(''),
  /** Refuse when the request was changed since this revision. */
  expectedRevision: revisionSchema.exactOptional(),
  by: actorSchema,
})
/** What is done with a request: approve, reject, withdraw, commit. */
export type ApprovalCommand = Readonly<z.input<typeof approvalCommandSchema>>

export const approvalCommentSchema = z.object({
  id: z.string().min(1).max(256),
  text: z.string().min(1).max(20_000),
  by: actorSchema,
})
export type ApprovalComment = Readonly<z.input<typeof approvalCommentSchema>>

/** What became of a commit: a stage change's outcome, or the version under its alias. */
export type CommitOutcome =
  | StageOutcome
  | { readonly status: 'changed'; readonly version: ModelVersion }
