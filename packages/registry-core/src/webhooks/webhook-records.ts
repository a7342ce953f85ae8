import type { Actor } from '@mlops/core'
import { MlopsError } from '@mlops/core'
import type { LogEntry } from '@mlops/store'
import type { Kysely, Transaction } from 'kysely'
import { matchesPattern } from '../rules/patterns.ts'
import type { WebhookDeliveryRow, WebhookRow } from '../sql/lifecycle-tables.ts'
import type { RegistryTables } from '../sql/tables.ts'
import type { DeliveryState, Webhook, WebhookDelivery } from './webhook.ts'

/** @throws `not-found` `registry.no-webhook` */
export async function loadWebhookRow(
  db: Kysely<RegistryTables> | Transaction<RegistryTables>,
  id: string,
): Promise<WebhookRow> {
  const row = await db
    .selectFrom('registry_webhooks')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  if (row) return row
  throw new MlopsError({
    kind: 'not-found',
    code: 'registry.no-webhook',
    message: `there is no webhook ${id}`,
    details: { id },
  })
}

export function webhookFromRow(row: WebhookRow): Webhook {
  return {
    id: row.id,
    name: row.name,
    form: row.form as Webhook['form'],
    url: row.url,
    actions: JSON.parse(row.actions) as string[],
    models: JSON.parse(row.models) as string[],
    description: row.description,
    status: row.status as Webhook['status'],
    createdAt: row.created_at,
    createdBy: JSON.parse(row.created_by) as Actor,
    updatedAt: row.updated_at,
    revision: row.revision,
  }
}

export function deliveryFromRow(row: WebhookDeliveryRow): WebhookDelivery {
  return {
    id: row.id,
    webhook: row.webhook,
    seq: row.event_seq,
    state: row.state as DeliveryState,
    attempts: row.attempts,
    dueAt: row.due_at,
    ...(row.last_status !== null && { lastStatus: row.last_status }),
    ...(row.last_error !== null && { lastError: row.last_error }),
    ...(row.delivered_at !== null && { deliveredAt: row.delivered_at }),
  }
}

export function matchesAction({ actions }: Pick<Webhook, 'actions'>, action: string): boolean {
  return actions.some((pattern) => matchesPattern(pattern, action))
}

/** What is about no model comes only with `*`. */
export function matchesModel(
  { models }: Pick<Webhook, 'models'>,
  subject: LogEntry['subject'],
): boolean {
  const ofModel = ['model', 'model-version', 'deployment'].includes(subject.type)
  return models.some((pattern) =>
    ofModel ? matchesPattern(pattern, subject.name) : pattern === '*',
  )
}
