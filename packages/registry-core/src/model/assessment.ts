import { canonicalJson, isMlopsError } from '@mlops/core'
import { actorSchema, instantSchema } from '@mlops/core/schema'
import * as z from 'zod'
import { tagsSchema } from './names.ts'

/** What was found about a trace, or what should have come out of it. */
export type AssessmentKind = 'feedback' | 'expectation'

export interface AssessmentSource {
  readonly type: 'human' | 'llm-judge' | 'code' | 'unspecified'
  /** The person, judge or script. */
  readonly id: string
}

/** Why there is no feedback, or none to rely on. */
export interface AssessmentError {
  readonly code: string
  readonly message?: string
  readonly stackTrace?: string
}

/** A judgement on a trace or on one of its spans. */
export interface Assessment {
  readonly id: string
  readonly trace: string
  readonly span?: string
  readonly name: string
  readonly kind: AssessmentKind
  /** Any JSON; null for feedback that is only an error. */
  readonly value: unknown
  readonly error?: AssessmentError
  readonly source: AssessmentSource
  readonly rationale?: string
  readonly metadata: Readonly<Record<string, string>>
  /** The assessment that this one stands in for. */
  readonly overrides?: string
  /** Whether no other assessment stands in for it. */
  readonly valid: boolean
  readonly createdAt: string
  readonly updatedAt: string
}

const MAX_VALUE = 1_000_000
const idSchema = z.string().min(1).max(256)
const nameSchema = z.string().min(1).max(250)
const rationaleSchema = z.string().max(100_000)

/** Any JSON, kept in its canonical text, which also ends at a depth that no stack minds. */
const valueSchema = z.unknown().transform((value, { addIssue }): string => {
  try {
    const text = canonicalJson(value)
    if (text.length <= MAX_VALUE) return text
    addIssue({ code: 'custom', message: `longer than ${MAX_VALUE} characters of JSON` })
  } catch (error) {
    if (!isMlopsError(error)) throw error
    addIssue({ code: 'custom', message: error.message })
  }
  return z.NEVER
})

const errorSchema = z
  .object({
    code: z.string().max(250),
    message: z.string().max(100_000).exactOptional(),
    stackTrace: z.string().max(100_000).exactOptional(),
  })
  .readonly()

const given = z.object({
  name: nameSchema,
  kind: z.enum(['feedback', 'expectation']),
  value: valueSchema,
  error: errorSchema.exactOptional(),
  source: z
    .object({
      type: z.enum(['human', 'llm-judge', 'code', 'unspecified']),
      id: z.string().max(250).default('default'),
    })
    .readonly(),
  span: z.string().min(1).max(256).exactOptional(),
  rationale: rationaleSchema.exactOptional(),
  metadata: tagsSchema.default({}),
  /** The id of an assessment of the same trace, which is not valid from then on. */
  overrides: idSchema.exactOptional(),
  /** @default now */
  createdAt: instantSchema.exactOptional(),
  /** @default createdAt */
  updatedAt: instantSchema.exactOptional(),
})

interface GivenValue {
  readonly kind: AssessmentKind
  readonly value: string
  readonly error?: AssessmentError | undefined
}
const says = [
  ({ kind, value, error }: GivenValue) =>
    value !== 'null' || (kind === 'feedback' && error !== undefined),
  'an assessment says something: a value, or for feedback an error',
] as const
const errs = [
  ({ kind, error }: GivenValue) => kind === 'feedback' || error === undefined,
  'an expectation has no error',
] as const

/** An assessment that comes with its trace, perhaps more than once. */
export const tracedAssessmentSchema = given
  .extend({
    /** @default one that follows from what it says */
    id: z
      .string()
      .regex(/^[a-zA-Z0-9][\w-]{0,255}$/, 'letters, digits, _ or -, 256 at most')
      .exactOptional(),
  })
  .refine(...says)
  .refine(...errs)
/** What {@link tracedAssessmentSchema} gives. */
export type ReadAssessment = z.infer<typeof tracedAssessmentSchema>
export type TracedAssessment = Readonly<z.input<typeof tracedAssessmentSchema>>

export const createAssessmentSchema = given
  .extend({ trace: idSchema, by: actorSchema })
  .refine(...says)
  .refine(...errs)
export type CreateAssessment = Readonly<z.input<typeof createAssessmentSchema>>

export const changeAssessmentSchema = z.object({
  trace: idSchema,
  id: idSchema,
  name: nameSchema.exactOptional(),
  /** A new value of the kind that it has; of feedback value and error are one. */
  feedback: z
    .object({ value: valueSchema, error: errorSchema.exactOptional() })
    .refine(({ value, error }) => value !== 'null' || error !== undefined, says[1])
    .exactOptional(),
  expectation: z
    .object({ value: valueSchema })
    .refine(({ value }) => value !== 'null', says[1])
    .exactOptional(),
  rationale: rationaleSchema.exactOptional(),
  /** Set or replaced, one by one. */
  metadata: tagsSchema.exactOptional(),
  by: actorSchema,
})
export type ChangeAssessment = Readonly<z.input<typeof changeAssessmentSchema>>

export const assessmentCommandSchema = z.object({ trace: idSchema, id: idSchema, by: actorSchema })
export type AssessmentCommand = Readonly<z.input<typeof assessmentCommandSchema>>
