import type { Actor } from '@mlops/core'
import { actorSchema } from '@mlops/core/schema'
import * as z from 'zod'
import { namePatternSchema, revisionSchema } from '../model/names.ts'

const idSchema = z.string().min(1).max(256)
const secretSchema = z.string().min(16).max(256)

const content = {
  url: z.string().min(1).max(2048),
  /** Actions of the log, as patterns: `stage.changed`, `alias.*`. */
  actions: z.array(namePatternSchema).min(1).max(100).readonly(),
  /** Models, as patterns. What is about no model comes only with `*`. */
  models: z.array(namePatternSchema).min(1).max(1000).readonly(),
  description: z.string().max(5000),
}

export const createWebhookSchema = z.object({
  url: content.url,
  actions: content.actions,
  /** @default ['*'] */
  models: content.models.default(['*']),
  description: content.description.default(''),
  /** Shared with the receiver. @default a new one */
  secret: secretSchema.exactOptional(),
  by: actorSchema,
})
export type CreateWebhook = Readonly<z.input<typeof createWebhookSchema>>

export const updateWebhookSchema = z.object({
  id: idSchema,
  url: content.url.exactOptional(),
  actions: content.actions.exactOptional(),
  models: content.models.exactOptional(),
  description: content.description.exactOptional(),
  /** While paused nothing is sent; it is when the webhook becomes active again. */
  status: z.enum(['active', 'paused']).exactOptional(),
  secret: secretSchema.exactOptional(),
  /** Refuse when the webhook was changed since this revision. */
  expectedRevision: revisionSchema.exactOptional(),
  by: actorSchema,
})
export type UpdateWebhook = Readonly<z.input<typeof updateWebhookSchema>>

export const webhookCommandSchema = z.object({ id: idSchema, by: actorSchema })
export type WebhookCommand = Readonly<z.input<typeof webhookCommandSchema>>

/** Who is told of what. Its secret is never shown again. */
export interface Webhook {
  readonly id: string
  readonly url: string
  readonly actions: readonly string[]
  readonly models: readonly string[]
  readonly description: string
  readonly status: 'active' | 'paused'
  readonly createdAt: string
  readonly createdBy: Actor
  readonly updatedAt: string
  readonly revision: number
}

/** `pending` until it was `delivered`, or `dead` after the last attempt. */
export type DeliveryState = 'pending' | 'delivered' | 'dead'

/** One event on its way to one webhook. */
export interface WebhookDelivery {
  readonly id: string
  readonly webhook: string
  /** The event's place in the log. */
  readonly seq: number
  readonly state: DeliveryState
  readonly attempts: number
  /** When it is tried next; of interest while pending. */
  readonly dueAt: string
  /** The receiver's last HTTP status. */
  readonly lastStatus?: number
  /** Why the last attempt failed: an error's code. */
  readonly lastError?: string
  readonly deliveredAt?: string
}
