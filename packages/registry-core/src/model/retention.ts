import type { Actor, Digest } from '@mlops/core'
import { actorSchema, instantSchema } from '@mlops/core/schema'
import * as z from 'zod'
import { namePatternSchema, nameSchema, versionNumberSchema } from './names.ts'

export const retentionPolicySchema = z.strictObject({
  /** Appears in the plan and in the log. */
  name: z.string().min(1).max(128),
  /** Versions in one of these stages. */
  stages: z.array(z.string().min(1)).min(1).readonly(),
  /** Versions at least this old. */
  olderThanMs: z.number().min(0),
  /** From when their age counts. @default 'changed' */
  since: z.enum(['changed', 'created']).exactOptional(),
  /** The newest versions of a model in these stages that stay all the same. @default 0 */
  keepLast: z.number().int().min(0).exactOptional(),
  /** Models that it is for, as a pattern. @default '*' */
  models: namePatternSchema.exactOptional(),
})
/** Which versions may go. */
export type RetentionPolicy = Readonly<z.infer<typeof retentionPolicySchema>>

export const policiesSchema = z.array(retentionPolicySchema).min(1).max(1000).readonly()

/** One thing that keeps a version. */
export interface Use {
  readonly code:
    | 'production'
    | 'alias'
    | 'deployment'
    | 'rollback-target'
    | 'hold'
    | 'dependency'
    | 'approval'
    | 'keep-last'
  readonly message: string
}

/** A version that a policy speaks of. */
export interface RetentionItem {
  readonly model: string
  readonly version: number
  readonly semver: string
  readonly stage: string
  readonly policy: string
  readonly ageMs: number
  /** Empty: it goes. */
  readonly keptBy: readonly Use[]
}

export interface RetentionPlan {
  readonly remove: readonly RetentionItem[]
  readonly keep: readonly RetentionItem[]
}

export const applySchema = z.object({ policies: policiesSchema, by: actorSchema })
export interface ApplyRetention {
  readonly policies: readonly RetentionPolicy[]
  readonly by: Actor
}

export const holdSchema = z.object({
  model: nameSchema,
  /** Without it the whole model. */
  version: versionNumberSchema.exactOptional(),
  reason: z.string().min(1).max(5000),
  /** From then on it holds no longer. @default until it is released */
  until: instantSchema.exactOptional(),
  by: actorSchema,
})
export type PlaceHold = Readonly<z.input<typeof holdSchema>>

/** Keeps a version, or a model with all its versions. */
export interface Hold {
  readonly id: string
  readonly model: string
  readonly version?: number
  readonly reason: string
  readonly until?: string
  readonly placedAt: string
  readonly placedBy: Actor
}

/** Three hundred years: what is further back is no date that the databases sort. */
const MAX_GRACE_MS = 1e13

export const sweepSchema = z.object({
  /** How long what was removed, and bytes that nothing refers to, stay. */
  graceMs: z
    .number()
    .min(0)
    .max(MAX_GRACE_MS)
    .default(7 * 24 * 60 * 60 * 1000),
  mode: z.enum(['sweep', 'dry-run']).default('sweep'),
  by: actorSchema,
})
export type Sweep = Readonly<z.input<typeof sweepSchema>>

export interface SweepReport {
  readonly mode: 'sweep' | 'dry-run'
  /** Removed versions whose files are let go. */
  readonly collected: readonly { readonly model: string; readonly version: number }[]
  /** Removed versions past the grace period that a hold keeps. */
  readonly held: readonly { readonly model: string; readonly version: number }[]
  /** Blobs that went. */
  readonly swept: readonly { readonly digest: Digest; readonly size: number }[]
  readonly sweptBytes: number
  /** Blobs that nothing refers to and whose grace period runs. */
  readonly waiting: number
  /** Blobs that something refers to. */
  readonly referenced: number
}

/** What is left of a removed version. */
export interface Tombstone {
  readonly model: string
  readonly version: number
  readonly semver: string
  readonly stage: string
  readonly removedAt: string
  /** Digest over its files, as `artifacts.manifest` gives it. */
  readonly manifestDigest: Digest
  /** When its files were let go; until then it can be restored. */
  readonly collectedAt?: string
}

export const restoreSchema = z.object({
  model: nameSchema,
  version: versionNumberSchema,
  by: actorSchema,
})
export type RestoreVersion = Readonly<z.input<typeof restoreSchema>>
