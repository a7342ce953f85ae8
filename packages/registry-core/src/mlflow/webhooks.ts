import { decodeCursor, encodeCursor, MlopsError } from '@mlops/core'
import type { Webhook } from '../webhooks/webhook.ts'
import type { Webhooks } from '../webhooks/webhooks.ts'
import type { Call, MlflowRoute } from './call.ts'
import { items, named, optionalText, text } from './call.ts'
import { mlflowInvalid } from './errors.ts'
import type { Fields, Input } from './fields.ts'
import { ms } from './json.ts'
import { pageOf } from './pages.ts'

const ENTITIES = [
  'ENTITY_UNSPECIFIED',
  'REGISTERED_MODEL',
  'MODEL_VERSION',
  'MODEL_VERSION_TAG',
  'MODEL_VERSION_ALIAS',
  'PROMPT',
  'PROMPT_VERSION',
  'PROMPT_TAG',
  'PROMPT_VERSION_TAG',
  'PROMPT_ALIAS',
  'BUDGET_POLICY',
]
const ACTIONS = ['ACTION_UNSPECIFIED', 'CREATED', 'UPDATED', 'DELETED', 'SET', 'EXCEEDED']
const STATUSES = { ACTIVE: 'active', 1: 'active', DISABLED: 'paused', 2: 'paused' } as const
/** As MLflow has them. */
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/
const PAGE = 100

/** What webhooks are kept by. @throws `unsupported` `mlflow.no-webhooks` where there are none. */
function keeper({ webhooks }: Call): Webhooks {
  if (webhooks) return webhooks
  throw new MlopsError({
    kind: 'unsupported',
    code: 'mlflow.no-webhooks',
    message: 'this server was started without webhooks',
  })
}

/** The webhook, if it is one of MLflow's: others are not to be seen or changed from here. */
async function found(call: Call): Promise<Webhook> {
  const webhook = await keeper(call).get(call.params['id']!)
  if (webhook.form === 'mlflow') return webhook
  throw new MlopsError({
    kind: 'not-found',
    code: 'registry.no-webhook',
    message: 'there is no such webhook of MLflow',
    details: { id: webhook.id },
  })
}

function webhookJson({ id, name, url, actions, description, status, ...rest }: Webhook) {
  return {
    webhook_id: id,
    name,
    url,
    events: actions.map((event) => {
      const [entity, action] = event.toUpperCase().split('.')
      return { entity, action }
    }),
    status: status === 'active' ? 'ACTIVE' : 'DISABLED',
    ...(description !== '' && { description }),
    creation_timestamp: ms(rest.createdAt),
    last_updated_timestamp: ms(rest.updatedAt),
  }
}

function eventName({ entity, action }: Input): string {
  const word = (words: readonly string[], value: unknown) =>
    (typeof value === 'number' ? (words[value] ?? value) : value)?.toString().toLowerCase()
  return `${word(ENTITIES, entity)}.${word(ACTIONS, action)}`
}

function assertName(name: string): string {
  if (NAME.test(name)) return name
  throw mlflowInvalid(
    `Webhook name ${JSON.stringify(name.slice(0, 100))} is invalid. It must start and end with a letter or digit, be less than 63 characters long, and contain only letters, digits, dots (.), underscores (_), and hyphens (-).`,
  )
}

/** In the words that clients look for; whether the address may be reached is judged later. */
function assertUrl(url: string): string {
  if (url.trim() === '') {
    throw mlflowInvalid('Webhook URL cannot be empty or just whitespace')
  }
  if (!URL.canParse(url)) throw mlflowInvalid('Invalid webhook URL')
  const scheme = new URL(url).protocol.slice(0, -1)
  if (scheme === 'https' || scheme === 'http') return url
  throw mlflowInvalid(`Invalid webhook URL scheme: '${scheme}'.`)
}

function statusOf(input: Input): Webhook['status'] | undefined {
  const given = input['status'] as keyof typeof STATUSES | undefined
  if (given === undefined) return undefined
  if (Object.hasOwn(STATUSES, given)) return STATUSES[given]
  throw mlflowInvalid(`Invalid value ${JSON.stringify(given)} for parameter 'status' supplied.`)
}

/** What create and update have in common; absent fields stay absent. */
function content(input: Input) {
  const [name, url] = [optionalText(input, 'name'), optionalText(input, 'url')]
  const [description, secret] = [optionalText(input, 'description'), optionalText(input, 'secret')]
  const events = items(input, 'events').map(eventName)
  return {
    ...(name !== undefined && { name: assertName(name) }),
    ...(url !== undefined && { url: assertUrl(url) }),
    ...(events.length > 0 && { actions: [...new Set(events)] }),
    ...(description !== undefined && { description }),
    ...(secret && { secret }),
  }
}

async function create(call: Call) {
  const { input, by } = call
  const webhooks = keeper(call)
  const status = statusOf(input)
  const wanted = content(input)
  if (!wanted.actions) {
    throw mlflowInvalid('Webhook events must be a non-empty list of WebhookEvent objects.')
  }
  const url = assertUrl(text(input, 'url'))
  const { webhook } = await webhooks.create({
    ...wanted,
    form: 'mlflow',
    url,
    actions: wanted.actions,
    by,
  })
  if (status !== 'paused') return { webhook: webhookJson(webhook) }
  return { webhook: webhookJson(await webhooks.update({ id: webhook.id, status, by })) }
}

async function list(call: Call) {
  const { input } = call
  const { limit, cursor } = pageOf(input, PAGE)
  if (limit < 1) throw mlflowInvalid("Invalid value for parameter 'max_results': at least 1.")
  const after = cursor ? readToken(cursor) : undefined
  const all = (await keeper(call).list()).filter(({ form }) => form === 'mlflow')
  const rest = all.filter((webhook) => after === undefined || positionOf(webhook) > after)
  const page = rest.slice(0, limit)
  return {
    webhooks: page.map(webhookJson),
    ...(rest.length > limit && { next_page_token: encodeCursor(positionOf(page.at(-1)!)) }),
  }
}

/** The order of the list, as one text. */
const positionOf = ({ createdAt, id }: Webhook) => `${createdAt} ${id}`

function readToken(token: string): string {
  const position = decodeCursor(token)
  if (typeof position === 'string') return position
  throw mlflowInvalid('Invalid page token')
}

async function update(call: Call) {
  const { id } = await found(call)
  const status = statusOf(call.input)
  const wanted = { ...content(call.input), ...(status !== undefined && { status }) }
  return { webhook: webhookJson(await keeper(call).update({ id, ...wanted, by: call.by })) }
}

/** Of the receiver's answer the caller learns the status alone. */
async function tryOut(call: Call) {
  const { id } = await found(call)
  const given = call.input['event']
  const event = typeof given === 'object' && given !== null ? eventName(given as Input) : undefined
  const came = await keeper(call).test({ id, ...(event !== undefined && { event }), by: call.by })
  return {
    result: {
      success: came.delivered,
      ...(came.status !== undefined && { response_status: came.status }),
      ...(came.error !== undefined && { error_message: `Failed to test webhook: ${came.error}` }),
    },
  }
}

const read = named('webhook.read', 'webhook', 'id')
const manage = named('webhook.manage', 'webhook', 'id')

const fields = {
  name: { type: 'text' },
  description: { type: 'text' },
  url: { type: 'text' },
  events: { type: 'items' },
  secret: { type: 'text' },
  status: { type: 'enum' },
} as const satisfies Fields

export const webhookRoutes: readonly MlflowRoute[] = [
  {
    method: 'POST',
    path: '/mlflow/webhooks',
    base: 'api',
    access: named('webhook.manage', 'webhook', 'name'),
    fields: {
      ...fields,
      name: { type: 'text', required: true },
      url: { type: 'text', required: true },
    },
    handle: create,
  },
  {
    method: 'GET',
    path: '/mlflow/webhooks',
    base: 'api',
    access: read,
    fields: { max_results: { type: 'whole', max: 1000 }, page_token: { type: 'text' } },
    handle: list,
  },
  {
    method: 'GET',
    path: '/mlflow/webhooks/:id',
    base: 'api',
    access: read,
    handle: async (call) => ({ webhook: webhookJson(await found(call)) }),
  },
  {
    method: 'PATCH',
    path: '/mlflow/webhooks/:id',
    base: 'api',
    access: manage,
    fields,
    handle: update,
  },
  {
    method: 'DELETE',
    path: '/mlflow/webhooks/:id',
    base: 'api',
    access: manage,
    async handle(call) {
      const { id } = await found(call)
      await keeper(call).remove({ id, by: call.by })
      return {}
    },
  },
  {
    method: 'POST',
    path: '/mlflow/webhooks/:id/test',
    base: 'api',
    access: manage,
    fields: { event: { type: 'object' } },
    handle: tryOut,
  },
]
