import type { Actor, SubjectRef } from '@mlops/core'
import { actorSchema } from '@mlops/core/schema'
import * as z from 'zod'

/** Each allows what the ones before it allow: look, load, change, decide. */
export const permissions = ['read', 'use', 'edit', 'manage'] as const
export type Permission = (typeof permissions)[number]

/**
 * Says whether somebody may do something. The subject is a `model`, `experiment`, `run`,
 * `logged-model`, `trace`, `study` or `file`, or the `registry` as a whole.
 */
export interface AccessPort {
  allows(actor: Actor, permission: Permission, subject: SubjectRef): boolean | Promise<boolean>
}

const granteeSchema = z.strictObject({
  /** An actor by id, or everybody whom the host gives a role. */
  type: z.enum(['actor', 'role']),
  id: z.string().min(1).max(256),
})

/** What a grant is about: a model, an experiment by its id, or everything. */
const scopeSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('model'), name: z.string().min(1).max(256) }),
  z.strictObject({ type: z.literal('experiment'), name: z.string().min(1).max(64) }),
  z.strictObject({ type: z.literal('registry') }),
])
export type GrantScope = Readonly<z.infer<typeof scopeSchema>>

export const revokeAccessSchema = z.object({
  grantee: granteeSchema,
  scope: scopeSchema,
  by: actorSchema,
})
export type RevokeAccess = Readonly<z.input<typeof revokeAccessSchema>>

export const grantAccessSchema = revokeAccessSchema.extend({ role: z.enum(permissions) })
export type GrantAccess = Readonly<z.input<typeof grantAccessSchema>>

export interface Grant {
  readonly grantee: { readonly type: 'actor' | 'role'; readonly id: string }
  readonly scope: GrantScope
  readonly role: Permission
  readonly grantedBy: Actor
  readonly grantedAt: string
}
