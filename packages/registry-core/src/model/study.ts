import type { Actor } from '@mlops/core'
import { actorSchema } from '@mlops/core/schema'
import * as z from 'zod'
import { experimentIdSchema, experimentNameSchema } from './experiment.ts'
import { revisionSchema } from './names.ts'
import { recordOf } from './record-of.ts'
import { metricValueSchema } from './run.ts'

const MAX_PARAMS = 1000
const MAX_CHOICES = 10_000

const paramSchema = z.string().min(1).max(500)
const textSchema = z.string().max(500)
const choiceSchema = z.union([textSchema, z.number(), z.boolean()])

interface Range {
  readonly low: number
  readonly high: number
  readonly log?: boolean
  readonly step?: number
}
const isOrdered = ({ low, high }: Range) => low <= high
const ordered = 'low is at most high'
const hasLogarithm = ({ low, log }: Range) => !log || low > 0
const positive = 'low is above 0 where log is set'
const isOneScale = ({ log, step }: Range) => !log || step === undefined
const oneScale = 'log or step, not both'

const floatSchema = z
  .strictObject({
    type: z.literal('float'),
    low: z.number(),
    high: z.number(),
    /** Searched by its logarithm. @default false */
    log: z.boolean().exactOptional(),
    /** Only low, low + step, low + 2 step … @default any number between */
    step: z.number().gt(0).exactOptional(),
  })
  .refine(isOrdered, ordered)
  .refine(hasLogarithm, positive)
  .refine(isOneScale, oneScale)

const intSchema = z
  .strictObject({
    type: z.literal('int'),
    low: z.number().int(),
    high: z.number().int(),
    log: z.boolean().exactOptional(),
    /** @default 1 */
    step: z.number().int().min(1).exactOptional(),
  })
  .refine(isOrdered, ordered)
  .refine(hasLogarithm, positive)
  .refine(isOneScale, oneScale)

const categoricalSchema = z.strictObject({
  type: z.literal('categorical'),
  choices: z
    .array(choiceSchema)
    .min(1)
    .max(1000)
    .refine((choices) => new Set(choices).size === choices.length, 'each choice once')
    .readonly(),
})

export const searchSpaceSchema = recordOf(
  paramSchema,
  z.discriminatedUnion('type', [floatSchema, intSchema, categoricalSchema]),
)
  .refine((space) => {
    const { length } = Object.keys(space)
    return length >= 1 && length <= MAX_PARAMS
  }, `1 to ${MAX_PARAMS} params`)
  .refine(
    (space) =>
      Object.values(space).reduce(
        (sum, one) => sum + (one.type === 'categorical' ? one.choices.length : 0),
        0,
      ) <= MAX_CHOICES,
    `${MAX_CHOICES} choices in all at most`,
  )
  .readonly()
/** The params that a search varies, and what each may be. */
export type SearchSpace = z.infer<typeof searchSpaceSchema>
/** What one param may be: both ends of a range belong to it. */
export type SearchDimension = SearchSpace[string]

const objectiveSchema = z.object({
  metric: z.string().min(1).max(250),
  goal: z.enum(['min', 'max']),
})
/** A metric, and whether less or more of it is better. */
export type Objective = Readonly<z.infer<typeof objectiveSchema>>

const budgetSchema = z.strictObject({
  /** Trials that may be started. @default any number */
  trials: z.number().int().min(1).exactOptional(),
  /** Time since the study was created, within which trials may be started. @default any */
  ms: z.number().int().min(1).exactOptional(),
})
/** How far a search may go. */
export type StudyBudget = Readonly<z.infer<typeof budgetSchema>>

/** The record of one search for hyperparameters. */
export interface Study {
  readonly id: string
  readonly experimentId: string
  /** Unique within its experiment. */
  readonly name: string
  /** How its trials are chosen, in the caller's words: `grid`, `random`, `bayesian`, … */
  readonly strategy: string
  readonly space: SearchSpace
  readonly objectives: readonly Objective[]
  readonly budget: StudyBudget
  /** What the caller seeds its choices with. */
  readonly seed?: number
  readonly status: 'open' | 'closed'
  /** How many trials were started. */
  readonly trials: number
  readonly createdAt: string
  readonly createdBy: Actor
  readonly closedAt?: string
  /** Why it was closed; empty when nobody said. */
  readonly reason: string
  /** Goes up with every change of it and of its trials. */
  readonly revision: number
}

export const trialStatusSchema = z.enum(['running', 'complete', 'failed', 'pruned'])
/** `pruned`: stopped early, because it promised too little. */
export type TrialStatus = z.infer<typeof trialStatusSchema>

/** One choice of params, and what came of it. */
export interface Trial {
  readonly study: string
  /** From 1, in the order of their starts, without gaps. */
  readonly number: number
  readonly params: Readonly<Record<string, string | number | boolean>>
  /** The run that carries it out. */
  readonly run?: string
  readonly status: TrialStatus
  /** Of objectives: of all once it is complete, else of those that were told. */
  readonly values: Readonly<Record<string, number>>
  /** Why it ended so; empty when nobody said. */
  readonly reason: string
  readonly startedAt: string
  readonly endedAt?: string
}

export const createStudySchema = z.object({
  experimentId: experimentIdSchema,
  name: experimentNameSchema,
  strategy: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[^\p{Cc}]+$/u, 'no control characters'),
  space: searchSpaceSchema,
  objectives: z
    .array(objectiveSchema)
    .min(1)
    .max(10)
    .refine(
      (objectives) => new Set(objectives.map(({ metric }) => metric)).size === objectives.length,
      'each metric once',
    )
    .readonly(),
  budget: budgetSchema.default({}),
  seed: z.number().int().exactOptional(),
  by: actorSchema,
})
export type CreateStudy = Readonly<z.input<typeof createStudySchema>>

const studyIdSchema = z.string().max(256)

export const startTrialSchema = z.object({
  study: studyIdSchema,
  params: recordOf(paramSchema, z.union([textSchema, metricValueSchema, z.boolean()]))
    .refine((params) => Object.keys(params).length <= MAX_PARAMS, `${MAX_PARAMS} params at most`)
    .readonly(),
  run: z.string().max(256).exactOptional(),
  by: actorSchema,
})
export type StartTrial = Readonly<z.input<typeof startTrialSchema>>

export const endTrialSchema = z.object({
  study: studyIdSchema,
  /** Its number. */
  trial: z.number().int().min(1),
  status: trialStatusSchema.exclude(['running']),
  /** By objective. For a complete trial, those left out are the latest of its run. */
  values: recordOf(z.string(), metricValueSchema).readonly().default({}),
  reason: textSchema.default(''),
  by: actorSchema,
})
export type EndTrial = Readonly<z.input<typeof endTrialSchema>>
/** What {@link EndTrial} is after reading. */
export type ReadEndTrial = z.infer<typeof endTrialSchema>

export const listStudiesSchema = z.object({ experimentId: z.string().max(256) })

export const listTrialsSchema = z.object({
  study: studyIdSchema,
  /** @default any */
  status: trialStatusSchema.exactOptional(),
})

export const closeStudySchema = z.object({
  study: studyIdSchema,
  reason: textSchema.default(''),
  /** Refuse when the study or its trials were changed since this revision. */
  expectedRevision: revisionSchema.exactOptional(),
  by: actorSchema,
})
export type CloseStudy = Readonly<z.input<typeof closeStudySchema>>
