import { encodeCursor, isoTime } from '@mlops/core'
import type { EventLog, LogEntry } from '@mlops/store'
import type { WebhookDeliveryRow, WebhookRow } from '../sql/lifecycle-tables.ts'
import type { DispatchContext } from './dispatch-context.ts'
import type { Sent } from './signed-post.ts'
import { failed, signedPost } from './signed-post.ts'
import { bodiesOf, wants } from './webhook-bodies.ts'
import { webhookFromRow } from './webhook-records.ts'

/** What a round of deliveries came to. */
export interface DispatchReport {
  readonly delivered: number
  /** To be tried again. */
  readonly failed: number
  readonly dead: number
}

const PAGE = 500
const FIRST_RETRY_MS = 1000
const LONGEST_RETRY_MS = 60 * 60 * 1000

/**
 * Turns new events of the log into deliveries. The log is the outbox: an event is in it if, and only
 * if, its change was committed, and a webhook's place in it moves in the transaction that queues.
 */
export async function queueDeliveries(context: DispatchContext): Promise<void> {
  const { db, log, ids, clock } = context
  const rows = await db.query
    .selectFrom('registry_webhooks')
    .selectAll()
    .where('status', '=', 'active')
    .orderBy('id')
    .execute()
  const head = (await log.head())?.seq ?? 0
  for (const row of rows) {
    for (let from = row.cursor; from < head; ) {
      const entries = await entriesAfter(log, from, PAGE)
      const last = entries.at(-1)?.seq
      if (last === undefined) break
      const webhook = webhookFromRow(row)
      const wanted: LogEntry[] = []
      for (const entry of entries) if (await wants(context, webhook, entry)) wanted.push(entry)
      const moved = await db.transaction(async (tx) => {
        const { numUpdatedRows } = await tx
          .updateTable('registry_webhooks')
          .set({ cursor: last })
          .where('id', '=', row.id)
          .where('cursor', '=', from)
          .where('revision', '=', row.revision)
          .executeTakeFirst()
        if (numUpdatedRows === 0n) return false
        for (const { seq } of wanted) {
          await tx
            .insertInto('registry_webhook_deliveries')
            .values({
              id: ids.next(),
              webhook: row.id,
              event_seq: seq,
              state: 'pending',
              attempts: 0,
              due_at: isoTime(clock),
              last_status: null,
              last_error: null,
              delivered_at: null,
            })
            .execute()
        }
        return true
      })
      // Another process was faster, or the webhook was changed: the next round sees what is left.
      if (!moved) break
      from = last
    }
  }
}

/**
 * Sends what is due, `limit` at a time. Each is claimed first, for long enough to send it; so
 * several processes may do this at once, and what a dying process had claimed is sent again.
 */
export async function sendDue(
  context: DispatchContext,
  { limit }: { readonly limit: number },
): Promise<DispatchReport> {
  const claimed = await claim(context, limit)
  const outcomes = await Promise.all(claimed.map((delivery) => sendOne(context, delivery)))
  const count = (outcome: string) => outcomes.filter((one) => one === outcome).length
  return { delivered: count('delivered'), failed: count('failed'), dead: count('dead') }
}

interface Claimed {
  readonly delivery: WebhookDeliveryRow
  readonly webhook: WebhookRow
}

async function claim(
  { db, clock, timeoutMs }: DispatchContext,
  limit: number,
): Promise<readonly Claimed[]> {
  return db.transaction(async (tx) => {
    const rows = await tx
      .selectFrom('registry_webhook_deliveries as d')
      .innerJoin('registry_webhooks as w', 'w.id', 'd.webhook')
      .selectAll('d')
      .where('d.state', '=', 'pending')
      .where('d.due_at', '<=', isoTime(clock))
      .where('w.status', '=', 'active')
      .orderBy('d.due_at')
      .orderBy('d.event_seq')
      .limit(limit)
      .execute()
    const claimed: Claimed[] = []
    for (const row of rows) {
      const set = {
        attempts: row.attempts + 1,
        due_at: new Date(clock.now() + 2 * timeoutMs + 10_000).toISOString(),
      }
      await tx
        .updateTable('registry_webhook_deliveries')
        .set(set)
        .where('id', '=', row.id)
        .execute()
      const webhook = await tx
        .selectFrom('registry_webhooks')
        .selectAll()
        .where('id', '=', row.webhook)
        .executeTakeFirstOrThrow()
      claimed.push({ delivery: { ...row, ...set }, webhook })
    }
    return claimed
  })
}

async function sendOne(
  context: DispatchContext,
  { delivery, webhook }: Claimed,
): Promise<'delivered' | 'failed' | 'dead' | 'overtaken'> {
  const { db, clock, logger, maxAttempts } = context
  const { status, error } = await attempt(context, delivery, webhook)
  const delivered = error === undefined
  const state = delivered ? 'delivered' : delivery.attempts >= maxAttempts ? 'dead' : 'pending'
  const at = isoTime(clock)
  const { numUpdatedRows } = await db.transaction((tx) =>
    tx
      .updateTable('registry_webhook_deliveries')
      .set({
        state,
        last_status: status ?? null,
        last_error: error ?? null,
        delivered_at: delivered ? at : null,
        due_at: state === 'pending' ? retryAt(context, delivery.attempts) : at,
      })
      .where('id', '=', delivery.id)
      .where('attempts', '=', delivery.attempts)
      .where('state', '=', 'pending')
      .executeTakeFirst(),
  )
  if (numUpdatedRows === 0n) return 'overtaken'
  if (state === 'delivered') return 'delivered'
  const facts = { webhook: webhook.id, delivery: delivery.id, error, attempts: delivery.attempts }
  logger.warn(facts, state === 'dead' ? 'a webhook was given up' : 'a webhook failed')
  return state === 'dead' ? 'dead' : 'failed'
}

/** Posts what there is to say of the event, in order, until something fails. */
async function attempt(
  context: DispatchContext,
  { id, event_seq }: WebhookDeliveryRow,
  row: WebhookRow,
): Promise<Sent> {
  const { log, clock, timeoutMs } = context
  const deadline = clock.now() + timeoutMs
  try {
    const [entry] = await entriesAfter(log, event_seq - 1, 1)
    if (entry?.seq !== event_seq) return { error: 'registry.no-event' }
    const bodies = await bodiesOf(context, webhookFromRow(row), { delivery: id, entry })
    let sent: Sent = {}
    for (const [i, body] of bodies.entries()) {
      const withinMs = Math.max(1, deadline - clock.now())
      sent = await signedPost(context, row, { id: i === 0 ? id : `${id}.${i}`, body, withinMs })
      if (sent.error !== undefined) break
    }
    return sent
  } catch (error) {
    return failed(error)
  }
}

/** Doubling waits, each by chance between half and the whole, so that receivers are not hit at once. */
function retryAt({ clock, rng }: DispatchContext, attempts: number): string {
  const wait = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempts - 1))
  return new Date(clock.now() + Math.ceil(wait * (0.5 + rng.next() / 2))).toISOString()
}

async function entriesAfter(
  log: EventLog,
  seq: number,
  limit: number,
): Promise<readonly LogEntry[]> {
  const { items } = await log.read({ limit, ...(seq > 0 && { cursor: encodeCursor({ seq }) }) })
  return items
}
