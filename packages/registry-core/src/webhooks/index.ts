export type { DispatchReport } from './dispatch.ts'
export type { ResolveHost, WebhookReach } from './guarded-post.ts'
export type { WebhookKeys } from './secret-box.ts'
export type {
  CreateWebhook,
  DeliveryState,
  UpdateWebhook,
  Webhook,
  WebhookCommand,
  WebhookDelivery,
} from './webhook.ts'
export { verifyWebhook, webhookSignature } from './webhook-signature.ts'
export type { Webhooks, WebhooksOptions } from './webhooks.ts'
export { createWebhooks } from './webhooks.ts'
