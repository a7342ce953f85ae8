import { actorSchema, instantSchema } from '@mlops/core/schema'
import * as z from 'zod'
import { nameSchema, tagsSchema } from './names.ts'

const keySchema = z.string().min(1).max(250)

export const runStatusSchema = z.enum(['running', 'finished', 'failed', 'killed'])
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
  context: z.string().max(128).default(''),
})
export type DatasetInput = Readonly<z.infer<typeof datasetInputSchema>>

export interface Experiment {
  readonly name: string
  readonly tags: Readonly<Record<string, string>>
  readonly createdAt: string
}

/** One execution of training code, and what it recorded. */
export interface Run {
  readonly id: string
  readonly experiment: string
  readonly name: string
  readonly status: RunStatus
  readonly parent?: string
  readonly params: Readonly<Record<string, string>>
  /** The latest value of each metric: by step, then time, then size. */
  readonly metrics: Readonly<Record<string, number>>
  readonly tags: Readonly<Record<string, string>>
  readonly inputs: readonly DatasetInput[]
  readonly startedAt: string
  readonly endedAt?: string
}

export const createExperimentSchema = z.object({
  name: nameSchema,
  tags: tagsSchema.default({}),
  by: actorSchema,
})

export const startRunSchema = z.object({
  /** Made when it does not exist. */
  experiment: nameSchema,
  /** @default the run's id */
  name: z.string().min(1).max(250).exactOptional(),
  /** The run that this one is a part of. */
  parent: z.string().max(256).exactOptional(),
  tags: tagsSchema.default({}),
  by: actorSchema,
})
export type StartRun = Readonly<z.input<typeof startRunSchema>>

export const logRunSchema = z.object({
  run: z.string().max(256),
  /** Write-once: the same value again is fine, another one is refused. */
  params: z.record(keySchema, z.string().max(6000)).readonly().default({}),
  metrics: z.array(metricPointSchema).max(10_000).readonly().default([]),
  /** Set or replaced, one by one. */
  tags: tagsSchema.default({}),
  inputs: z.array(datasetInputSchema).max(1000).readonly().default([]),
  by: actorSchema,
})
export type LogRun = Readonly<z.input<typeof logRunSchema>>

export const endRunSchema = z.object({
  run: z.string().max(256),
  /** @default 'finished' */
  status: z.enum(['finished', 'failed', 'killed']).default('finished'),
  by: actorSchema,
})
