import { actorSchema, instantSchema } from '@mlops/core/schema'
import * as z from 'zod'
import type { Assessment } from './assessment.ts'
import { tracedAssessmentSchema } from './assessment.ts'
import { experimentIdSchema } from './experiment.ts'
import { tagsSchema } from './names.ts'

const traceStateSchema = z.enum(['unspecified', 'in-progress', 'ok', 'error'])
export type TraceState = z.infer<typeof traceStateSchema>

/**
 * One request to an application, as its tracing told of it. The spans themselves are a file, which goes
 * where the files of its experiment go.
 */
export interface Trace {
  readonly id: string
  readonly experimentId: string
  /** Where the files of its experiment go, if that was said. */
  readonly artifactLocation?: string
  readonly requestedAt: string
  /** Absent while nobody said that it ended. */
  readonly durationMs?: number
  readonly state: TraceState
  /** The id that the application knows the request by. */
  readonly clientRequestId?: string
  /** How request and response begin. */
  readonly requestPreview?: string
  readonly responsePreview?: string
  /** What was so when it was recorded. */
  readonly metadata: Readonly<Record<string, string>>
  /** What may be said of it later. */
  readonly tags: Readonly<Record<string, string>>
  /** The runs that it belongs to. */
  readonly runs: readonly string[]
  /** Oldest first. */
  readonly assessments: readonly Assessment[]
}

const idSchema = z.string().min(1).max(256)
const previewSchema = z.string().max(10_000)

export const logTraceSchema = z.object({
  id: z.string().regex(/^[a-zA-Z0-9][\w-]{0,255}$/, 'letters, digits, _ or -, 256 at most'),
  experimentId: experimentIdSchema,
  /** @default now */
  requestedAt: instantSchema.exactOptional(),
  durationMs: z.number().int().min(0).max(1e13).exactOptional(),
  state: traceStateSchema.default('unspecified'),
  clientRequestId: z.string().max(250).exactOptional(),
  requestPreview: previewSchema.exactOptional(),
  responsePreview: previewSchema.exactOptional(),
  metadata: tagsSchema.default({}),
  tags: tagsSchema.default({}),
  /** The run that it was made in; it may be one that this registry does not know. */
  run: idSchema.exactOptional(),
  assessments: z.array(tracedAssessmentSchema).max(1000).readonly().default([]),
  by: actorSchema,
})
export type LogTrace = Readonly<z.input<typeof logTraceSchema>>

export const changeTraceSchema = z.object({
  id: idSchema,
  /** Set or replaced, one by one. */
  tags: tagsSchema.exactOptional(),
  /** Taken off. */
  withoutTags: z.array(z.string().max(250)).max(1000).readonly().exactOptional(),
  by: actorSchema,
})
export type ChangeTrace = Readonly<z.input<typeof changeTraceSchema>>

export const linkTracesSchema = z.object({
  run: idSchema,
  traces: z.array(idSchema).max(1000).readonly(),
  by: actorSchema,
})
export type LinkTraces = Readonly<z.input<typeof linkTracesSchema>>

export const removeTracesSchema = z.object({
  experimentId: experimentIdSchema,
  traces: z.array(idSchema).max(1000).readonly(),
  by: actorSchema,
})
export type RemoveTraces = Readonly<z.input<typeof removeTracesSchema>>
