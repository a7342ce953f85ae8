import { actorSchema } from '@mlops/core/schema'
import * as z from 'zod'
import type { Lifecycle } from './filter.ts'
import { tagsSchema } from './names.ts'

/** An experiment's name: 500 printable characters at most. */
export const experimentNameSchema = z
  .string()
  .min(1)
  .max(500)
  .regex(/^[^\p{Cc}]*\P{Z}[^\p{Cc}]*$/u, 'printable, and not only blanks')

export const experimentIdSchema = z
  .string()
  .regex(/^(?:0|[1-9]\d{0,14})$/, 'the decimal number that the experiment was given')

/** Runs that belong together, under a name that may change and an id that does not. */
export interface Experiment {
  readonly id: string
  readonly name: string
  /** Where the files of its runs go, as the caller said it; absent when nowhere in particular. */
  readonly artifactLocation?: string
  readonly lifecycle: Lifecycle
  readonly tags: Readonly<Record<string, string>>
  readonly createdAt: string
  readonly updatedAt: string
}

export const createExperimentSchema = z.object({
  name: experimentNameSchema,
  /** `{id}` in it stands for the experiment's id. */
  artifactLocation: z.string().max(2048).exactOptional(),
  tags: tagsSchema.default({}),
  by: actorSchema,
})
export type CreateExperiment = Readonly<z.input<typeof createExperimentSchema>>

export const changeExperimentSchema = z.object({
  id: experimentIdSchema,
  /** A new name. */
  name: experimentNameSchema.exactOptional(),
  /** Set or replaced, one by one. */
  tags: tagsSchema.exactOptional(),
  /** Taken off. */
  withoutTags: z.array(z.string().max(250)).max(1000).readonly().exactOptional(),
  by: actorSchema,
})
export type ChangeExperiment = Readonly<z.input<typeof changeExperimentSchema>>

export const experimentCommandSchema = z.object({ id: experimentIdSchema, by: actorSchema })
export type ExperimentCommand = Readonly<z.input<typeof experimentCommandSchema>>
