import type { Page, PageRequest } from '@mlops/core'
import { decodeCursor, encodeCursor, isoTime, MlopsError, pageLimit } from '@mlops/core'
import { parseWith } from '@mlops/core/schema'
import type { DispatchContext } from './dispatch.ts'
import type { DeliveryState, WebhookCommand, WebhookDelivery } from './webhook.ts'
import { webhookCommandSchema } from './webhook.ts'
import { deliveryFromRow } from './webhook-records.ts'

export interface Deliveries {
  /** Newest first. */
  deliveries(
    options?: PageRequest & { readonly webhook?: string; readonly state?: DeliveryState },
  ): Promise<Page<WebhookDelivery>>
  /** Tries a dead or delivered one anew. @throws `not-found` `registry.no-delivery` */
  redeliver(command: WebhookCommand): Promise<WebhookDelivery>
}

const told = { code: 'registry.invalid-webhook', what: 'the delivery' }

/** See `Webhooks`. */
export function createDeliveries({ db, log, clock }: DispatchContext): Deliveries {
  return {
    async deliveries(options) {
      const { limit: wantedLimit, cursor, webhook, state } = options ?? {}
      const limit = pageLimit(wantedLimit)
      let select = db.query.selectFrom('registry_webhook_deliveries').selectAll()
      if (webhook !== undefined) select = select.where('webhook', '=', webhook)
      if (state !== undefined) select = select.where('state', '=', state)
      if (cursor !== undefined) select = select.where('id', '<', String(decodeCursor(cursor)))
      const rows = await select
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute()
      const items = rows.slice(0, limit).map(deliveryFromRow)
      return rows.length > limit ? { items, nextCursor: encodeCursor(items.at(-1)!.id) } : { items }
    },
    async redeliver(command) {
      const { id, by } = parseWith(webhookCommandSchema, command, told)
      return db.transaction(async (tx) => {
        const row = await tx
          .selectFrom('registry_webhook_deliveries')
          .selectAll()
          .where('id', '=', id)
          .executeTakeFirst()
        if (!row) {
          throw new MlopsError({
            kind: 'not-found',
            code: 'registry.no-delivery',
            message: `there is no delivery ${id}`,
            details: { id },
          })
        }
        const set = { state: 'pending', attempts: 0, due_at: isoTime(clock), delivered_at: null }
        await tx.updateTable('registry_webhook_deliveries').set(set).where('id', '=', id).execute()
        const data = { delivery: id }
        const redelivered = { actor: by, action: 'webhook.redelivered', data }
        await log.append(tx, { ...redelivered, subject: { type: 'webhook', name: row.webhook } })
        return deliveryFromRow({ ...row, ...set })
      })
    },
  }
}
