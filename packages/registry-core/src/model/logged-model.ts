import { actorSchema } from '@mlops/core/schema'
import * as z from 'zod'
import { experimentIdSchema } from './experiment.ts'
import type { Lifecycle } from './filter.ts'
import { tagsSchema } from './names.ts'
import { recordOf } from './record-of.ts'

export const loggedModelStatusSchema = z.enum(['pending', 'ready', 'failed'])
export type LoggedModelStatus = z.infer<typeof loggedModelStatusSchema>

const paramsSchema = recordOf(z.string().min(1).max(250), z.string().max(6000)).readonly()
const idSchema = z.string().max(256)

/** A metric of a logged model: measured by a run, perhaps on a named dataset. */
export interface LoggedModelMetric {
  readonly key: string
  readonly value: number
  readonly step: number
  readonly at: string
  readonly run: string
  readonly dataset?: { readonly name: string; readonly digest: string }
}

/** A trained model as a run left it, before or without being registered. */
export interface LoggedModel {
  readonly id: string
  readonly experimentId: string
  readonly name: string
  /** What made it, `sklearn`; empty when unsaid. */
  readonly type: string
  readonly sourceRun?: string
  readonly status: LoggedModelStatus
  readonly lifecycle: Lifecycle
  readonly artifactLocation: string
  readonly params: Readonly<Record<string, string>>
  readonly tags: Readonly<Record<string, string>>
  /** The latest point of each metric, run and dataset. */
  readonly metrics: readonly LoggedModelMetric[]
  readonly createdAt: string
  readonly updatedAt: string
}

export const createLoggedModelSchema = z.object({
  experimentId: experimentIdSchema,
  /** @default a new one */
  id: z
    .string()
    .regex(/^[a-zA-Z0-9][\w-]{0,255}$/, 'letters, digits, _ or -, 256 at most')
    .exactOptional(),
  name: z
    .string()
    .min(1)
    .max(500)
    .regex(/^[^/:.%"'\p{Cc}]+$/u, 'none of / : . % " \''),
  type: z.string().max(500).default(''),
  sourceRun: z.string().max(256).exactOptional(),
  params: paramsSchema.default({}),
  tags: tagsSchema.default({}),
  by: actorSchema,
})
export type CreateLoggedModel = Readonly<z.input<typeof createLoggedModelSchema>>

export const changeLoggedModelSchema = z.object({
  id: idSchema,
  status: loggedModelStatusSchema.exactOptional(),
  /** Write-once, as those of runs. */
  params: paramsSchema.exactOptional(),
  tags: tagsSchema.exactOptional(),
  withoutTags: z.array(z.string().max(250)).max(1000).readonly().exactOptional(),
  by: actorSchema,
})
export type ChangeLoggedModel = Readonly<z.input<typeof changeLoggedModelSchema>>

/** Datasets that models were measured on; without a digest in any of its states. */
export const datasetRefsSchema = z
  .array(z.object({ name: z.string().max(500), digest: z.string().max(256).exactOptional() }))
  .max(1000)
  .readonly()

export const loggedModelCommandSchema = z.object({ id: idSchema, by: actorSchema })
