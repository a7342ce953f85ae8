import { actorSchema, instantSchema } from '@mlops/core/schema'
import * as z from 'zod'
import { experimentIdSchema, experimentNameSchema } from './experiment.ts'
import { loggedModelStatusSchema } from './logged-model.ts'
import { versionSourceSchema } from './model-version.ts'
import { nameSchema, tagsSchema, versionNumberSchema } from './names.ts'
import { recordOf } from './record-of.ts'
import { datasetInputSchema, runModelSchema, runStatusSchema } from './run.ts'

/** Other registries kept longer values than this one takes from clients; none is cut. */
const paramsSchema = recordOf(z.string().min(1).max(255), z.string().max(100_000)).readonly()
/** One spelling of an instant, so that texts sort by time. */
const timeSchema = instantSchema.transform((text) => new Date(text).toISOString())
const idSchema = z
  .string()
  .regex(/^[a-zA-Z0-9][\w-]{0,255}$/, 'letters, digits, _ or -, 256 at most')

export const intakeExperimentSchema = z.object({
  /** The id that it had; another one is given when that is taken. */
  id: experimentIdSchema.exactOptional(),
  name: experimentNameSchema,
  /** `{id}` in it stands for the experiment's id. */
  artifactLocation: z.string().max(2048).exactOptional(),
  lifecycle: z.enum(['active', 'deleted']).default('active'),
  tags: tagsSchema.default({}),
  createdAt: timeSchema,
  updatedAt: timeSchema,
  by: actorSchema,
})
export type IntakeExperiment = Readonly<z.input<typeof intakeExperimentSchema>>

export const intakeRunSchema = z.object({
  id: idSchema,
  experimentId: experimentIdSchema,
  name: z.string().min(1).max(250),
  status: runStatusSchema,
  /** `deleted-with-experiment` comes back when the experiment is restored. */
  lifecycle: z.enum(['active', 'deleted', 'deleted-with-experiment']).default('active'),
  user: z.string().max(256).default(''),
  parent: z.string().max(256).exactOptional(),
  startedAt: timeSchema,
  endedAt: timeSchema.exactOptional(),
  params: paramsSchema.default({}),
  tags: tagsSchema.default({}),
  inputs: z.array(datasetInputSchema).max(10_000).readonly().default([]),
  modelInputs: z.array(runModelSchema).max(10_000).readonly().default([]),
  modelOutputs: z.array(runModelSchema).max(10_000).readonly().default([]),
  by: actorSchema,
})
export type IntakeRun = Readonly<z.input<typeof intakeRunSchema>>

export const intakeLoggedModelSchema = z.object({
  id: idSchema,
  experimentId: experimentIdSchema,
  name: z.string().min(1).max(500),
  type: z.string().max(500).default(''),
  sourceRun: z.string().max(256).exactOptional(),
  status: loggedModelStatusSchema,
  lifecycle: z.enum(['active', 'deleted']).default('active'),
  artifactLocation: z.string().max(2048),
  params: paramsSchema.default({}),
  tags: tagsSchema.default({}),
  metrics: z
    .array(
      z.object({
        key: z.string().min(1).max(500),
        value: z.custom<number>((value) => typeof value === 'number', 'a number'),
        step: z.number().int().default(0),
        at: timeSchema,
        run: z.string().max(256),
        dataset: z
          .object({ name: z.string().max(500), digest: z.string().max(256) })
          .readonly()
          .exactOptional(),
      }),
    )
    .readonly()
    .default([]),
  createdAt: timeSchema,
  updatedAt: timeSchema,
  by: actorSchema,
})
export type IntakeLoggedModel = Readonly<z.input<typeof intakeLoggedModelSchema>>

const intakeVersionSchema = z.object({
  version: versionNumberSchema,
  /** One of the registry's stages. */
  stage: z.string(),
  /** Its number stays taken, and nothing else of it is shown. */
  removed: z.boolean().default(false),
  description: z.string().max(20_000).default(''),
  tags: tagsSchema.default({}),
  source: versionSourceSchema.exactOptional(),
  createdAt: timeSchema,
  updatedAt: timeSchema,
})

export const intakeModelSchema = z.object({
  name: nameSchema,
  description: z.string().max(20_000).default(''),
  tags: tagsSchema.default({}),
  createdAt: timeSchema,
  updatedAt: timeSchema,
  /** In order of their numbers. */
  versions: z.array(intakeVersionSchema).max(200_000).readonly().default([]),
  aliases: z
    .array(z.object({ alias: z.string().min(1).max(255), version: versionNumberSchema }))
    .readonly()
    .default([]),
  by: actorSchema,
})
export type IntakeModel = Readonly<z.input<typeof intakeModelSchema>>
/** What {@link IntakeModel} is after reading. */
export type ReadIntakeModel = z.infer<typeof intakeModelSchema>
