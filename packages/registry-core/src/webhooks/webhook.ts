import type { Actor } from '@mlops/core'
import { actorSchema } from '@mlops/core/schema'
import * as z from 'zod'
import { namePatternSchema, revisionSchema } from '../model/names.ts'

const idSchema = z.string().min(1).max(256)
const secretSchema = z.string().min(1).max(256)

const content = {
  name: z.string().max(256),
  url: z.string().min(1).max(2048),
  /** Actions of the log, as patterns: `stage.changed`, `alias.*`; or events of MLflow, by name. */
  actions: z.array(namePatternSchema).min(1).max(100).readonly(),
  /** Models, as patterns. What is about no model comes only with `*`. */
  models: z.array(namePatternSchema).min(1).max(1000).readonly(),
  description: z.string().max(5000),
}

export const createWebhookSchema = z.object({
  /** For people; need not be unique. */
  name: content.name.default(''),
  /**
   * `registry`: the events of the log, as they are in it. `mlflow`: those events that MLflow's webhooks
   * have, under its names (`model_version.created`) and with its bodies.
   */
  form: z.enum(['registry', 'mlflow']).default('registry'),
  url: content.url,
  actions: content.actions,
  /** @default ['*'] */
  models: content.models.default(['*']),
  description: content.description.default(''),
  /** Shared with the receiver: 16 characters or more, but for MLflow's form. @default a new one */
  secret: secretSchema.exactOptional(),
  by: actorSchema,
})
export type CreateWebhook = Readonly<z.input<typeof createWebhookSchema>>

export const updateWebhookSchema = z.object({
  id: idSchema,
  name: content.name.exactOptional(),
  url: content.url.exactOptional(),
  actions: content.actions.exactOptional(),
  models: content.models.exactOptional(),
  description: content.description.exactOptional(),
  /** While paused nothing is sent; it is when the webhook becomes active again, but not in MLflow's form. */
  status: z.enum(['active', 'paused']).exactOptional(),
  secret: secretSchema.exactOptional(),
  /** Refuse when the webhook was changed since this revision. */
  expectedRevision: revisionSchema.exactOptional(),
  by: actorSchema,
})
export type UpdateWebhook = Readonly<z.input<typeof updateWebhookSchema>>

export const webhookCommandSchema = z.object({ id: idSchema, by: actorSchema })
export type WebhookCommand = Readonly<z.input<typeof webhookCommandSchema>>

export const testWebhookSchema = webhookCommandSchema.extend({
  /** In MLflow's form: the event to try. @default the first that it is for */
  event: z.string().max(256).exactOptional(),
})
export type TestWebhook = Readonly<z.input<typeof testWebhookSchema>>

/** What came of trying a webhook. */
export interface WebhookTest {
  readonly delivered: boolean
  /** The receiver's HTTP status, if there was one. */
  readonly status?: number
  /** Why it was not delivered: an error's code. */
  readonly error?: string
}

/** Who is told of what. Its secret is never shown again. */
export interface Webhook {
  readonly id: string
  readonly name: string
  readonly form: 'registry' | 'mlflow'
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
