import { canonicalJson, isMlopsError } from '@mlops/core'
import { actorSchema } from '@mlops/core/schema'
import * as z from 'zod'
import { experimentIdSchema } from './experiment.ts'
import { tagsSchema } from './names.ts'
import { recordOf } from './record-of.ts'

/** What kind of value a field was first seen with. */
export type FieldType = 'null' | 'boolean' | 'integer' | 'float' | 'string' | 'array' | 'object'

/** The fields that the records of a dataset have had so far. */
export interface EvaluationSchema {
  readonly inputs: Readonly<Record<string, FieldType>>
  /** Of outputs that are no objects, the type alone. */
  readonly outputs: Readonly<Record<string, FieldType>> | FieldType
  readonly expectations: Readonly<Record<string, FieldType>>
}

/** Examples that models are judged by: inputs, and what is expected of them. */
export interface EvaluationDataset {
  readonly id: string
  readonly name: string
  /** SHA-256 over the digests of its records: the same records give the same digest. */
  readonly digest: string
  readonly experimentIds: readonly string[]
  readonly tags: Readonly<Record<string, string>>
  /** Absent before the first record. */
  readonly schema?: EvaluationSchema
  /** How many records it has. */
  readonly records: number
  readonly createdAt: string
  readonly updatedAt: string
  /** Whom the caller named; empty when nobody. The log knows who it really was. */
  readonly createdBy: string
  readonly updatedBy: string
}

/** Any JSON, at a depth that no stack minds; what comes out is a copy. */
const jsonSchema = z.custom<z.core.util.JSONType>().transform((value, { addIssue }) => {
  try {
    return JSON.parse(canonicalJson(value)) as z.core.util.JSONType
  } catch (error) {
    if (!isMlopsError(error)) throw error
    addIssue({ code: 'custom', message: error.message })
    return z.NEVER
  }
})
const jsonObject = recordOf(z.string(), jsonSchema).readonly()
const userSchema = z.string().max(256)

const sourceSchema = z.object({
  type: z.enum(['trace', 'human', 'document', 'code']),
  data: jsonObject.default({}),
})

export const evaluationRecordSchema = z.object({
  inputs: jsonObject,
  outputs: jsonSchema.exactOptional(),
  expectations: jsonObject.exactOptional(),
  tags: tagsSchema.exactOptional(),
  source: sourceSchema.exactOptional(),
  /** Who wrote it. */
  user: userSchema.exactOptional(),
})
export type WriteEvaluationRecord = Readonly<z.input<typeof evaluationRecordSchema>>

export interface EvaluationRecord {
  readonly id: string
  readonly inputs: Readonly<Record<string, unknown>>
  readonly outputs?: unknown
  readonly expectations?: Readonly<Record<string, unknown>>
  readonly tags: Readonly<Record<string, string>>
  readonly source?: {
    readonly type: 'trace' | 'human' | 'document' | 'code'
    readonly data: Readonly<Record<string, unknown>>
  }
  readonly createdAt: string
  readonly updatedAt: string
  readonly createdBy: string
  readonly updatedBy: string
}

const experimentsSchema = z.array(experimentIdSchema).max(1000).readonly()
const idSchema = z.string().max(256)

export const createEvaluationDatasetSchema = z.object({
  name: z
    .string()
    .min(1)
    .max(255)
    .regex(/^[^\p{Cc}]*\P{Z}[^\p{Cc}]*$/u, 'printable, and not only blanks'),
  experimentIds: experimentsSchema.default([]),
  tags: tagsSchema.default({}),
  user: userSchema.default(''),
  by: actorSchema,
})
export type CreateEvaluationDataset = Readonly<z.input<typeof createEvaluationDatasetSchema>>

export const changeEvaluationDatasetSchema = z.object({
  id: idSchema,
  tags: tagsSchema.exactOptional(),
  /** Taken off; those that are not there are passed over. */
  withoutTags: z.array(z.string().max(250)).max(1000).readonly().exactOptional(),
  addExperiments: experimentsSchema.exactOptional(),
  removeExperiments: experimentsSchema.exactOptional(),
  by: actorSchema,
})
export type ChangeEvaluationDataset = Readonly<z.input<typeof changeEvaluationDatasetSchema>>

export const evaluationDatasetCommandSchema = z.object({ id: idSchema, by: actorSchema })

export const putEvaluationRecordsSchema = z.object({
  id: idSchema,
  records: z.array(evaluationRecordSchema).max(10_000).readonly(),
  by: actorSchema,
})
export type PutEvaluationRecords = Readonly<z.input<typeof putEvaluationRecordsSchema>>

export const removeEvaluationRecordsSchema = z.object({
  id: idSchema,
  records: z.array(idSchema).max(10_000).readonly(),
  by: actorSchema,
})
export type RemoveEvaluationRecords = Readonly<z.input<typeof removeEvaluationRecordsSchema>>
