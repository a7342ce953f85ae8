import type { Actor } from '@mlops/core'
import { actorSchema } from '@mlops/core/schema'
import * as z from 'zod'
import { approvalRuleSchema } from './approval.ts'
import { nameSchema, revisionSchema, versionNumberSchema } from './names.ts'

export const environmentRuleSchema = z.strictObject({
  name: nameSchema,
  /** Stages that a version must be in to serve here. @default any */
  stages: z.array(z.string().min(1)).min(1).readonly().exactOptional(),
  /** What a rollback here must gather first, as a request. @default nothing: it happens at once */
  rollback: approvalRuleSchema.exactOptional(),
})
/** A place where versions serve. */
export type EnvironmentRule = Readonly<z.infer<typeof environmentRuleSchema>>

/** A version and its part of the traffic. */
export interface Share {
  readonly version: number
  /** In (0, 1]. The decimal weights of a deployment sum to exactly 1. */
  readonly weight: number
}

/** What serves: one version, a canary beside a stable one, a standby, or any split. */
export interface Serving {
  /** `none`: taken down. */
  readonly strategy: 'single' | 'canary' | 'blue-green' | 'split' | 'none'
  /** Largest part first; of equal parts the older version. For a canary: the stable version first. */
  readonly shares: readonly Share[]
  /** Blue/green: the version that is up without traffic. */
  readonly standby?: number
}

/** What serves of a model in an environment. */
export interface Deployment extends Serving {
  readonly model: string
  readonly environment: string
  /** Where a rollback would lead; absent when nothing known to be good came before. */
  readonly rollbackTo?: number
  readonly updatedAt: string
  /** Goes up with every change. */
  readonly revision: number
}

export type DeploymentAction =
  | 'deployed'
  | 'canary-set'
  | 'canary-promoted'
  | 'split'
  | 'standby-set'
  | 'switched'
  | 'aborted'
  | 'rolled-back'
  | 'marked-good'
  | 'retired'

/** One change of a deployment, as it was left. */
export interface DeploymentChange extends Serving {
  readonly model: string
  readonly environment: string
  readonly action: DeploymentAction
  readonly reason: string
  readonly by: Actor
  readonly at: string
}

export const deploymentCommandSchema = z.object({
  model: nameSchema,
  environment: nameSchema,
  reason: z.string().max(5000).default(''),
  /** Refuse when the deployment was changed since this revision; 0: when there is one at all. */
  expectedRevision: z.union([z.literal(0), revisionSchema]).exactOptional(),
  by: actorSchema,
})
export type DeploymentCommand = Readonly<z.input<typeof deploymentCommandSchema>>

export const deployVersionSchema = deploymentCommandSchema.extend({ version: versionNumberSchema })
export type DeployVersion = Readonly<z.input<typeof deployVersionSchema>>

const weightSchema = z.number().gt(0).lte(1)

export const canarySchema = deployVersionSchema.extend({
  /** The canary's part, below 1. */
  weight: z.number().gt(0).lt(1),
})
export type SetCanary = Readonly<z.input<typeof canarySchema>>

export const splitSchema = deploymentCommandSchema.extend({
  shares: z
    .array(z.object({ version: versionNumberSchema, weight: weightSchema }))
    .min(1)
    .max(100)
    .readonly(),
})
export type SplitTraffic = Readonly<z.input<typeof splitSchema>>
