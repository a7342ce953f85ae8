import { actorSchema, instantSchema } from '@mlops/core/schema'
import * as z from 'zod'
import { experimentIdSchema, experimentNameSchema } from './experiment.ts'
import type { Lifecycle } from './filter.ts'
import { tagsSchema } from './names.ts'
import { originFields } from './origin.ts'
import { recordOf } from './record-of.ts'

const keySchema = z.string().min(1).max(250)

export const runStatusSchema = z.enum(['running', 'scheduled', 'finished', 'failed', 'killed'])
export type RunStatus = z.infer<typeof runStatusSchema>

/** NaN and ±Infinity are measurements too. */
export const metricValueSchema = z.union([
  z.number(),
  z.nan(),
  z.literal(Number.POSITIVE_INFINITY),
  z.literal(Number.NEGATIVE_INFINITY),
])

export const metricPointSchema = z.object({
  key: keySchema,
  value: metricValueSchema,
  /** @default 0 */
  step: z.number().int().default(0),
  /** @default now */
  at: instantSchema.exactOptional(),
  /** The logged model that was measured; the point is kept with it, too. */
  model: z.string().max(256).exactOptional(),
  /** The dataset that it was measured on. */
  dataset: z
    .object({ name: z.string().max(500), digest: z.string().max(256) })
    .readonly()
    .exactOptional(),
})
export interface MetricPoint {
  readonly key: string
  readonly value: number
  readonly step: number
  readonly at: string
}

export const datasetInputSchema = z.object({
  name: z.string().min(1).max(500),
  /** Content address or any other fingerprint that the caller uses. */
  digest: z.string().min(1).max(256),
  /** What it was used for: 'training'. */
  context: z.string().max(500).default(''),
  /** What kind of place it came from, and how to find it there. */
  sourceType: z.string().max(36).exactOptional(),
  source: z.string().max(65_535).exactOptional(),
  schema: z.string().max(1_048_575).exactOptional(),
  profile: z.string().max(16_777_215).exactOptional(),
  tags: tagsSchema.exactOptional(),
})
export type DatasetInput = Readonly<z.infer<typeof datasetInputSchema>>

/** A logged model that a run read or made. */
export const runModelSchema = z.object({
  model: z.string().min(1).max(256),
  /** The training step that it belongs to. @default 0 */
  step: z.number().int().default(0),
})
export type RunModel = Readonly<z.infer<typeof runModelSchema>>

/** One execution of training code, and what it recorded. */
export interface Run {
  readonly id: string
  /** The experiment's name. */
  readonly experiment: string
  readonly experimentId: string
  /** Where the files of its experiment go, if that was said. */
  readonly artifactLocation?: string
  readonly name: string
  readonly status: RunStatus
  readonly lifecycle: Lifecycle
  /** Whom the caller named; empty when nobody. */
  readonly user: string
  readonly parent?: string
  readonly params: Readonly<Record<string, string>>
  /** The latest value of each metric: by step, then time, then size. */
  readonly metrics: Readonly<Record<string, number>>
  readonly tags: Readonly<Record<string, string>>
  /** Where the latest values come from. */
  readonly latest: readonly MetricPoint[]
  readonly inputs: readonly DatasetInput[]
  readonly modelInputs: readonly RunModel[]
  readonly modelOutputs: readonly RunModel[]
  readonly startedAt: string
  readonly endedAt?: string
}

export const startRunSchema = z
  .object({
    /** By name; made when it does not exist. */
    experiment: experimentNameSchema.exactOptional(),
    /** By id instead; it must exist and be active. */
    experimentId: experimentIdSchema.exactOptional(),
    /** @default a new one */
    id: z
      .string()
      .regex(/^[a-zA-Z0-9][\w-]{0,255}$/, 'letters, digits, _ or -, 256 at most')
      .exactOptional(),
    /** @default the run's id */
    name: z.string().min(1).max(250).exactOptional(),
    user: z.string().max(256).default(''),
    /** The run that this one is a part of. */
    parent: z.string().max(256).exactOptional(),
    /** @default now */
    startedAt: instantSchema.exactOptional(),
    tags: tagsSchema.default({}),
    /** What makes it repeatable, as `describe` takes it. */
    ...originFields,
    by: actorSchema,
  })
  .refine(
    ({ experiment, experimentId }) => (experiment === undefined) !== (experimentId === undefined),
    'name the experiment by experiment or by experimentId',
  )
export type StartRun = Readonly<z.input<typeof startRunSchema>>

export const updateRunSchema = z.object({
  run: z.string().max(256),
  status: runStatusSchema.exactOptional(),
  endedAt: instantSchema.exactOptional(),
  name: z.string().min(1).max(250).exactOptional(),
  /** Set or replaced, one by one. */
  tags: tagsSchema.default({}),
  by: actorSchema,
})
export type UpdateRun = Readonly<z.input<typeof updateRunSchema>>

export const runTagSchema = z.object({
  run: z.string().max(256),
  key: keySchema,
  by: actorSchema,
})

export const runCommandSchema = z.object({ run: z.string().max(256), by: actorSchema })
/** What is to be done to which run, and by whom. */
export type RunCommand = Readonly<z.input<typeof runCommandSchema>>

export const logRunSchema = z.object({
  run: z.string().max(256),
  /** A new name. */
  name: z.string().min(1).max(250).exactOptional(),
  /** Write-once: the same value again is fine, another one is refused. */
  params: recordOf(keySchema, z.string().max(6000)).readonly().default({}),
  metrics: z.array(metricPointSchema).max(10_000).readonly().default([]),
  /** Set or replaced, one by one. */
  tags: tagsSchema.default({}),
  inputs: z.array(datasetInputSchema).max(1000).readonly().default([]),
  /** Logged models that it read. */
  modelInputs: z.array(runModelSchema).max(1000).readonly().default([]),
  /** Logged models that it made. */
  modelOutputs: z.array(runModelSchema).max(1000).readonly().default([]),
  by: actorSchema,
})
export type LogRun = Readonly<z.input<typeof logRunSchema>>

export const bestRunSchema = z.object({
  experiment: z.string(),
  metric: z.string(),
  goal: z.enum(['max', 'min']),
})

export const endRunSchema = z.object({
  run: z.string().max(256),
  /** @default 'finished' */
  status: z.enum(['finished', 'failed', 'killed']).default('finished'),
  by: actorSchema,
})
