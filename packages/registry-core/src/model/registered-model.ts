import { actorSchema, instantSchema } from '@mlops/core/schema'
import * as z from 'zod'
import { nameSchema, revisionSchema, tagsSchema } from './names.ts'

export const registeredModelSchema = z.object({
  name: nameSchema,
  description: z.string().max(20_000),
  tags: tagsSchema,
  /** The highest version number given out; 0 before the first. Never reused. */
  lastVersion: z.number().int().min(0),
  createdAt: instantSchema,
  createdBy: actorSchema,
  updatedAt: instantSchema,
  /** Goes up with every change of the model itself. */
  revision: revisionSchema,
})
/** A name under which versions of one model are kept. */
export type RegisteredModel = Readonly<z.infer<typeof registeredModelSchema>>

export const createModelSchema = z.object({
  name: nameSchema,
  description: z.string().max(20_000).default(''),
  tags: tagsSchema.default({}),
  by: actorSchema,
})
export type CreateModel = Readonly<z.input<typeof createModelSchema>>

export const updateModelSchema = z.object({
  name: nameSchema,
  description: z.string().max(20_000).exactOptional(),
  /** Replaces all tags. */
  tags: tagsSchema.exactOptional(),
  /** Refuse when the model was changed since this revision. */
  expectedRevision: revisionSchema.exactOptional(),
  by: actorSchema,
})
export type UpdateModel = Readonly<z.input<typeof updateModelSchema>>
