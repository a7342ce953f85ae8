export type { DispatchReport } from './dispatch.ts'
export type { ResolveHost, WebhookReach } from './guarded-post.ts'
export type { WebhookKeys } from './secret-box.ts'
export type {
  CreateWebhook,
  DeliveryState,
  TestWebhook,
  UpdateWebhook,
  Webhook,
  WebhookCommand,
  WebhookDelivery,
  WebhookTest,
} from './webhook.ts'
export { verifyWebhook, webhookSignature } from './webhook-signature.ts'
export type { Webhooks, WebhooksOptions } from './webhooks.ts'
export { createWebhooks } from './webhooks.ts'
