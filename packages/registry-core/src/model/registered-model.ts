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

export const renameModelSchema = z.object({
  name: nameSchema,
  newName: nameSchema,
  expectedRevision: revisionSchema.exactOptional(),
  by: actorSchema,
})
export type RenameModel = Readonly<z.input<typeof renameModelSchema>>

/** Tags set one by one, and taken off. */
export const tagChangeSchema = z.object({
  set: tagsSchema.default({}),
  unset: z.array(z.string().max(250)).max(1000).readonly().default([]),
})

export const tagModelSchema = z.object({
  name: nameSchema,
  ...tagChangeSchema.shape,
  by: actorSchema,
})
export type TagModel = Readonly<z.input<typeof tagModelSchema>>

export const removeModelSchema = z.object({ name: nameSchema, by: actorSchema })
export type RemoveModel = Readonly<z.input<typeof removeModelSchema>>
