import type { Page, PageRequest } from '@mlops/core'
import { decodeCursor, givenOptions, isoTime, MlopsError, pageLimit } from '@mlops/core'
import { parseWith } from '@mlops/core/schema'
import { assertText } from '../model/arguments.ts'
import { nextCursor } from '../service/cursors.ts'
import type { DispatchContext } from './dispatch-context.ts'
import { assertMlflowEvents } from './mlflow-events.ts'
import { signedPost } from './signed-post.ts'
import type {
  DeliveryState,
  TestWebhook,
  WebhookCommand,
  WebhookDelivery,
  WebhookTest,
} from './webhook.ts'
import { testWebhookSchema, webhookCommandSchema } from './webhook.ts'
import { testBody } from './webhook-bodies.ts'
import { deliveryFromRow, loadWebhookRow, webhookFromRow } from './webhook-records.ts'

export interface Deliveries {
  /** Newest first. */
  deliveries(
    options?: PageRequest & { readonly webhook?: string; readonly state?: DeliveryState },
  ): Promise<Page<WebhookDelivery>>
  /** Tries a dead or delivered one anew. @throws `not-found` `registry.no-delivery` */
  redeliver(command: WebhookCommand): Promise<WebhookDelivery>
  /**
   * Posts an example once, and says what came of it; of the answer only the status.
   *
   * @throws `not-found` `registry.no-webhook`; `invalid` `registry.invalid-webhook`
   */
  test(command: TestWebhook): Promise<WebhookTest>
}

const told = { code: 'registry.invalid-webhook', what: 'the delivery' }

/** See `Webhooks`. */
export function createDeliveries(context: DispatchContext): Deliveries {
  const { db, log, clock, ids } = context
  return {
    async deliveries(options) {
      const { limit: wantedLimit, cursor, webhook, state } = givenOptions(options ?? {})
      if (webhook !== undefined) assertText(webhook, 'webhook')
      if (state !== undefined) assertText(state, 'state')
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
      return { items, ...nextCursor(rows, limit, ({ id }) => id) }
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
    async test(command) {
      const { id, event, by } = parseWith(testWebhookSchema, command, told)
      const row = await loadWebhookRow(db.query, id)
      const webhook = webhookFromRow(row)
      if (event !== undefined && webhook.form === 'mlflow') assertMlflowEvents([event])
      const delivery = ids.next()
      const body = testBody(context, webhook, { delivery, event, by })
      const { status, error } = await signedPost(context, row, { id: delivery, body })
      const came = {
        delivered: error === undefined,
        ...(status !== undefined && { status }),
        ...(error !== undefined && { error }),
      }
      const subject = { type: 'webhook', name: id }
      const entry = { actor: by, action: 'webhook.tested', subject, data: { delivery, ...came } }
      await db.transaction((tx) => log.append(tx, entry))
      return came
    },
  }
}
