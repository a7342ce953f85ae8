import type { Actor, Evidence } from '@mlops/core'
import { actorSchema } from '@mlops/core/schema'
import * as z from 'zod'
import type { Artifact, ModelVersion } from './model-version.ts'
import { nameSchema, revisionSchema, versionNumberSchema } from './names.ts'

/** The stages of a registry, in the order in which a version usually passes them. */
export interface StageRules {
  readonly names: readonly string[]
  /** Where a new version begins. Only here may its artifacts change. */
  readonly initial: string
  /** Holds at most one version of a model; entering it sends the one before to `retired`. */
  readonly production: string
  readonly retired: string
}

/** Development, staging, production and archived, in this order. */
export const defaultStages: StageRules = {
  names: ['development', 'staging', 'production', 'archived'],
  initial: 'development',
  production: 'production',
  retired: 'archived',
}

/** What a gate is asked. */
export interface StageRequest {
  readonly version: ModelVersion
  readonly from: string
  readonly to: string
  readonly reason: string
  readonly by: Actor
  /** All evidence attached to the version. */
  readonly evidence: readonly Evidence[]
  readonly artifacts: readonly Artifact[]
  /** Digest of the artifacts' manifest: what exactly would be let through. */
  readonly manifestDigest: string
}

/** One thing that stands in the way. */
export interface Missing {
  readonly code: string
  readonly message: string
}

/** What a gate answers. Its evidence is kept with the decision. */
export type GateAnswer =
  | { readonly outcome: 'granted'; readonly evidence?: Evidence }
  | {
      readonly outcome: 'refused'
      readonly missing: readonly Missing[]
      readonly evidence?: Evidence
    }

/** Decides on stage changes. It may read anything, and must change nothing. */
export type StageGate = (request: StageRequest) => GateAnswer | Promise<GateAnswer>

/** A gate's answer as it was kept. */
export interface StageDecision {
  readonly id: string
  readonly model: string
  readonly version: number
  readonly from: string
  readonly to: string
  readonly outcome: 'granted' | 'refused'
  readonly missing: readonly Missing[]
  readonly evidence?: Evidence
  readonly at: string
  readonly by: Actor
}

/** What became of a requested stage change. */
export type StageOutcome =
  | {
      readonly status: 'changed'
      readonly version: ModelVersion
      /** The version that had to leave production for it. */
      readonly replaced?: number
      readonly decision: StageDecision
    }
  | {
      readonly status: 'refused'
      readonly missing: readonly Missing[]
      readonly decision: StageDecision
    }

export const transitionSchema = z.object({
  model: nameSchema,
  version: versionNumberSchema,
  to: z.string(),
  reason: z.string().max(5000).default(''),
  expectedRevision: revisionSchema.exactOptional(),
  by: actorSchema,
})
export type Transition = Readonly<z.input<typeof transitionSchema>>

export const rollbackSchema = z.object({
  model: nameSchema,
  reason: z.string().max(5000).default(''),
  by: actorSchema,
})
export type Rollback = Readonly<z.input<typeof rollbackSchema>>

const answerSchema = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('granted') }),
  z.object({
    outcome: z.literal('refused'),
    missing: z.array(z.object({ code: z.string(), message: z.string() })).readonly(),
  }),
])
/** Whether a gate of the host's answered in the agreed form; anything else is no grant. */
export function isGateAnswer(answer: unknown): answer is GateAnswer {
  return answerSchema.safeParse(answer).success
}
