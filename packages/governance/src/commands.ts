import {
  actorSchema,
  digestSchema,
  evidenceSchema,
  instantSchema,
  subjectRefSchema,
} from '@mlops/core/schema'
import * as z from 'zod'

const name = z.string().min(1).max(256)
const answer = z.union([z.string(), z.number(), z.boolean(), z.array(z.string()).readonly()])

/** Classify a use case, anew or for the first time. */
export const classifyCommand = z.strictObject({
  useCase: name,
  answers: z.record(z.string(), answer),
  actor: actorSchema,
  /** The revision that the caller looked at; refused when it is no longer the current one. */
  expectedRevision: z.number().int().min(0).exactOptional(),
})

/** Put a release forward, so that it can be signed and ask for gates. */
export const submitCommand = z.strictObject({
  useCase: name,
  subject: subjectRefSchema,
  digest: digestSchema,
  authors: z.array(z.string().min(1).max(256)).min(1),
  relatedSubjects: z.array(subjectRefSchema).max(100).default([]),
  actor: actorSchema,
})

/** Keep a piece of evidence. */
export const attachCommand = z.strictObject({ evidence: evidenceSchema, actor: actorSchema })

/** Give one's word on a release at a gate. */
export const signCommand = z.strictObject({
  gate: name,
  subject: subjectRefSchema,
  digest: digestSchema,
  role: name,
  decision: z.enum(['approve', 'reject']).default('approve'),
  comment: z.string().max(4000).exactOptional(),
  actor: actorSchema,
})

/** Set a measure aside for a time. */
export const waiveCommand = z.strictObject({
  gate: name,
  subject: subjectRefSchema,
  digest: digestSchema,
  measure: name,
  reason: z.string().max(4000),
  compensation: z.string().max(4000).exactOptional(),
  until: instantSchema,
  actor: actorSchema,
})

/** Lend a role that one holds. */
export const delegateCommand = z.strictObject({
  role: name,
  to: name,
  until: instantSchema,
  actor: actorSchema,
})

/** Ask a gate about a release, on the evidence kept here and whatever is brought along. */
export const askCommand = z.strictObject({
  gate: name,
  subject: subjectRefSchema,
  digest: digestSchema,
  evidence: z.array(evidenceSchema).max(1000).readonly().default([]),
  actor: actorSchema,
})
