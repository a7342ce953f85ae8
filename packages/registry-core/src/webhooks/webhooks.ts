import { randomBytes, randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock, IdSource, Logger, Rng } from '@mlops/core'
import {
  canonicalJson,
  createRng,
  givenOptions,
  invalid,
  isoTime,
  pageLimit,
  silentLogger,
  systemClock,
  uuidV7,
} from '@mlops/core'
import { parseWith } from '@mlops/core/schema'
import type { Store } from '@mlops/store'
import { createEventLog, expectRevision } from '@mlops/store'
import { assertPorts } from '../model/arguments.ts'
import { registryMigrations } from '../sql/migrations.ts'
import type { RegistryTables } from '../sql/tables.ts'
import type { Deliveries } from './deliveries.ts'
import { createDeliveries } from './deliveries.ts'
import type { DispatchReport } from './dispatch.ts'
import { queueDeliveries, sendDue } from './dispatch.ts'
import type { DispatchContext } from './dispatch-context.ts'
import type { ResolveHost, WebhookReach } from './guarded-post.ts'
import { assertReach, systemResolve, webhookUrl } from './guarded-post.ts'
import { assertMlflowEvents } from './mlflow-events.ts'
import type { WebhookKeys } from './secret-box.ts'
import { assertKeys, sealSecret } from './secret-box.ts'
import type { CreateWebhook, UpdateWebhook, Webhook, WebhookCommand } from './webhook.ts'
import { createWebhookSchema, updateWebhookSchema, webhookCommandSchema } from './webhook.ts'
import { loadWebhookRow, webhookFromRow } from './webhook-records.ts'

export interface WebhooksOptions {
  readonly store: Store
  /** What the shared secrets are encrypted with in the database. */
  readonly keys: WebhookKeys
  /** @default the public internet, over https */
  readonly reach?: WebhookReach
  /** @default the platform's */
  readonly resolve?: ResolveHost
  /** For one attempt, name and answer included. @default 10 000 */
  readonly timeoutMs?: number
  /** Attempts until a delivery is dead: with 12, after about half an hour. @default 12 */
  readonly maxAttempts?: number
  /** Larger events are sent without their data. @default 1 MiB */
  readonly maxBodyBytes?: number
  /** Certificates to trust instead of the platform's, as PEM. */
  readonly ca?: string
  /** @default systemClock */
  readonly clock?: Clock
  /** @default uuidV7() */
  readonly ids?: IdSource
  /** Spreads the retries. @default seeded by chance */
  readonly rng?: Rng
  readonly logger?: Logger
}

export interface Webhooks extends Deliveries {
  /**
   * From now on the receiver hears of these events. The secret is shown this once.
   *
   * @throws `invalid` `registry.invalid-webhook`, `registry.webhook-url`
   */
  create(command: CreateWebhook): Promise<{ readonly webhook: Webhook; readonly secret: string }>
  /** @throws also `conflict` `store.revision-conflict`, `not-found` `registry.no-webhook` */
  update(command: UpdateWebhook): Promise<Webhook>
  /** Removes it with its deliveries. @throws `not-found` `registry.no-webhook` */
  remove(command: WebhookCommand): Promise<void>
  /** @throws `not-found` `registry.no-webhook` */
  get(id: string): Promise<Webhook>
  /** Oldest first. */
  list(): Promise<readonly Webhook[]>
  /** One round: queues what is new in the log, and sends what is due. @default limit 50 */
  dispatch(options?: { readonly limit?: number }): Promise<DispatchReport>
  /** Rounds until the signal, with a pause when there was nothing to send. @default pollMs 1000 */
  run(options: { readonly signal: AbortSignal; readonly pollMs?: number }): Promise<void>
}

const told = { code: 'registry.invalid-webhook', what: 'the webhook' }

/** MLflow's clients choose their own, of any length. */
function assertSecret(form: string, secret: string | undefined): void {
  if (secret === undefined || secret.length >= 16 || form === 'mlflow') return
  throw invalid('registry.invalid-webhook', 'the secret must have 16 characters or more', {})
}

/**
 * Tells others by HTTP what happened in a registry: after the commit, signed, at least once, in no
 * promised order. Give it the registry's store; several processes may dispatch at the same time.
 *
 * @throws `invalid` `registry.invalid-webhook-key`, `registry.invalid-webhook`; as `store.migrate`.
 * @example
 * ```ts
 * import { createWebhooks } from '@mlops/registry-core/webhooks'
 * import { openStore } from '@mlops/store'
 *
 * const store = await openStore('sqlite::memory:')
 * const key = crypto.getRandomValues(new Uint8Array(32))
 * const webhooks = await createWebhooks({ store, keys: { current: '2026', keys: { 2026: key } } })
 * const by = { type: 'human', id: 'ada' } as const
 * const wish = { url: 'https://169.254.169.254/', actions: ['stage.*'], by }
 * console.log(await webhooks.create(wish).catch((error) => error.code)) // registry.webhook-url
 * await store.close()
 * ```
 */
export async function createWebhooks(options: WebhooksOptions): Promise<Webhooks> {
  const {
    store,
    keys,
    reach = {},
    resolve = systemResolve,
    timeoutMs = 10_000,
    maxAttempts = 12,
    maxBodyBytes = 1024 * 1024,
    ca,
    clock = systemClock,
    ids = uuidV7({ clock }),
    rng = createRng(randomInt(2 ** 47)),
    logger = silentLogger,
  } = options ?? {}
  if (typeof store?.migrate !== 'function') {
    throw invalid('registry.invalid-webhook', 'webhooks need { store, keys }', {})
  }
  assertPorts({ clock, ids }, 'registry.invalid-webhook')
  assertKeys(keys)
  assertReach(reach)
  for (const [name, value] of Object.entries({ timeoutMs, maxAttempts, maxBodyBytes })) {
    if (Number.isSafeInteger(value) && value >= 1) continue
    throw invalid('registry.invalid-webhook', `${name} must be an integer of 1 or more`, { name })
  }
  await store.migrate('registry', registryMigrations)
  const db = store.tables<RegistryTables>()
  const log = createEventLog({ store, name: 'registry', clock })
  const context: DispatchContext = {
    ...{ db, log, clock, ids, rng, keys, reach, resolve },
    ...{ timeoutMs, maxAttempts, maxBodyBytes, ca, logger },
  }
  const subject = (id: string) => ({ type: 'webhook', name: id })

  async function dispatch(options?: { readonly limit?: number }) {
    const { limit = 50 } = options ?? {}
    await queueDeliveries(context)
    return sendDue(context, { limit: pageLimit(limit) })
  }

  return {
    async create(command) {
      const wanted = parseWith(createWebhookSchema, command, told)
      const { name, form, actions, models, description, by } = wanted
      if (form === 'mlflow') assertMlflowEvents(actions)
      assertSecret(form, wanted.secret)
      const url = webhookUrl(wanted.url, reach).href
      const secret = wanted.secret ?? randomBytes(32).toString('base64url')
      const id = ids.next()
      const at = isoTime(clock)
      const row = {
        id,
        name,
        form,
        url,
        actions: canonicalJson(actions),
        models: canonicalJson(models),
        description,
        secret: sealSecret(keys, id, secret),
        status: 'active',
        created_at: at,
        created_by: canonicalJson(by),
        updated_at: at,
        revision: 1,
      }
      return db.transaction(async (tx) => {
        const data = { name, form, url, actions, models }
        const entry = { actor: by, action: 'webhook.created', subject: subject(id), data }
        // It hears of everything after its own making.
        const { seq } = await log.append(tx, entry)
        const made = { ...row, cursor: seq }
        await tx.insertInto('registry_webhooks').values(made).execute()
        return { webhook: webhookFromRow(made), secret }
      })
    },
    async update(command) {
      const wanted = parseWith(updateWebhookSchema, command, told)
      const { id, name, actions, models, description, status, secret, by } = wanted
      const url = wanted.url === undefined ? undefined : webhookUrl(wanted.url, reach).href
      return db.transaction(async (tx) => {
        const row = await loadWebhookRow(tx, id)
        const what = `webhook ${id}`
        expectRevision(what, { expected: wanted.expectedRevision, actual: row.revision })
        if (row.form === 'mlflow' && actions !== undefined) assertMlflowEvents(actions)
        assertSecret(row.form, secret)
        const forgets = row.form === 'mlflow' && row.status === 'paused' && status === 'active'
        const set = {
          ...(name !== undefined && { name }),
          ...(url !== undefined && { url }),
          ...(actions !== undefined && { actions: canonicalJson(actions) }),
          ...(models !== undefined && { models: canonicalJson(models) }),
          ...(description !== undefined && { description }),
          ...(status !== undefined && { status }),
          ...(secret !== undefined && { secret: sealSecret(keys, id, secret) }),
          updated_at: isoTime(clock),
          revision: row.revision + 1,
        }
        const changed = Object.keys(set).filter((key) => !['updated_at', 'revision'].includes(key))
        const data = { changed, ...(url !== undefined && { url }) }
        const entry = { actor: by, action: 'webhook.updated', subject: subject(id), data }
        const { seq } = await log.append(tx, entry)
        const kept = { ...set, ...(forgets && { cursor: seq }) }
        await tx.updateTable('registry_webhooks').set(kept).where('id', '=', id).execute()
        return webhookFromRow({ ...row, ...set })
      })
    },
    async remove(command) {
      const { id, by } = parseWith(webhookCommandSchema, command, told)
      await db.transaction(async (tx) => {
        const { url } = await loadWebhookRow(tx, id)
        await tx.deleteFrom('registry_webhook_deliveries').where('webhook', '=', id).execute()
        await tx.deleteFrom('registry_webhooks').where('id', '=', id).execute()
        const data = { url }
        const entry = { actor: by, action: 'webhook.removed', subject: subject(id), data }
        await log.append(tx, entry)
      })
    },
    get: async (id) =>
      webhookFromRow(
        await loadWebhookRow(db.query, parseWith(webhookCommandSchema.shape.id, id, told)),
      ),
    async list() {
      const rows = await db.query
        .selectFrom('registry_webhooks')
        .selectAll()
        .orderBy('created_at')
        .orderBy('id')
        .execute()
      return rows.map(webhookFromRow)
    },
    ...createDeliveries(context),
    dispatch,
    async run(options) {
      const { signal, pollMs = 1000 } = givenOptions(options, told.code)
      if (typeof signal?.aborted !== 'boolean') {
        throw invalid(told.code, 'run needs the signal of an AbortController, to end by', {})
      }
      while (!signal.aborted) {
        let sent = 0
        try {
          const { delivered, failed, dead } = await dispatch()
          sent = delivered + failed + dead
        } catch (err) {
          // A database that is away for a moment comes back; the rows are still there.
          logger.error({ err }, 'a round of webhooks failed')
        }
        if (sent === 0) await sleep(pollMs, undefined, { signal }).catch(() => {})
      }
    },
  }
}
