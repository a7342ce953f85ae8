import * as z from 'zod'
import { invalid } from '../errors.ts'

/** See {@link Actor} of the main door. */
export const actorSchema = z.object({
  type: z.enum(['human', 'service']),
  id: z.string().min(1).max(256),
  name: z.string().max(256).exactOptional(),
  roles: z.array(z.string().min(1).max(128)).max(100).readonly().exactOptional(),
})

/** See {@link SubjectRef} of the main door. */
export const subjectRefSchema = z.object({
  type: z.string().min(1).max(64),
  name: z.string().min(1).max(512),
  version: z.string().min(1).max(256).exactOptional(),
  digest: z.string().max(256).exactOptional(),
})

/** `sha256:` and 64 lower-case hexadecimal digits. */
export const digestSchema = z.templateLiteral(['sha256:', z.string().regex(/^[0-9a-f]{64}$/)])

/** ISO 8601 in UTC or with an offset. */
export const instantSchema = z.iso.datetime({ offset: true })

/** See {@link Verdict} of the main door. */
export const verdictSchema = z.enum(['pass', 'warn', 'fail', 'inconclusive'])

/** See {@link Evidence} of the main door. The result's own shape is its producer's affair. */
export const evidenceSchema = z.object({
  kind: z.string().min(1).max(128),
  subject: subjectRefSchema,
  verdict: verdictSchema,
  result: z.unknown(),
  producedAt: instantSchema,
  producedBy: actorSchema,
  validUntil: instantSchema.exactOptional(),
  digest: digestSchema,
})

/** See {@link PageRequest} of the main door. */
export const pageRequestSchema = z.object({
  limit: z.number().int().min(1).exactOptional(),
  cursor: z.string().max(4096).exactOptional(),
})

/**
 * Parses a value, or says in one typed error everything that is wrong with it.
 *
 * @throws `invalid` with the given code; `details.issues` lists path and message of each fault.
 * @example
 * ```ts
 * import { actorSchema, parseWith } from '@mlops/core/schema'
 *
 * console.log(parseWith(actorSchema, { type: 'human', id: 'ada' }, { code: 'demo.actor', what: 'actor' }).id) // 'ada'
 * ```
 */
export function parseWith<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  { code, what }: { readonly code: string; readonly what: string },
): z.output<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map((issue) => ({
    path: issue.path.map(String).join('.'),
    message: issue.message,
  }))
  const told = issues
    .map(({ path, message }) => (path ? `${path}: ${message}` : message))
    .join('; ')
  throw invalid(code, `${what} is not valid: ${told}`, { issues })
}
