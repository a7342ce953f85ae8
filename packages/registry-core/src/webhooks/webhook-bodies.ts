import type { Actor } from '@mlops/core'
import { isoTime } from '@mlops/core'
import type { LogEntry } from '@mlops/store'
import type { Db } from '../service/context.ts'
import type { DispatchContext } from './dispatch-context.ts'
import type { MlflowEvent, MlflowFacts } from './mlflow-events.ts'
import { concernsMlflow, mlflowEventsOf, mlflowExamples } from './mlflow-events.ts'
import type { Webhook } from './webhook.ts'
import { matchesAction, matchesModel } from './webhook-records.ts'

/** Whether a webhook wants to hear of an event. */
export async function wants(
  context: DispatchContext,
  webhook: Webhook,
  entry: LogEntry,
): Promise<boolean> {
  if (webhook.form === 'registry') {
    return matchesAction(webhook, entry.action) && matchesModel(webhook, entry.subject)
  }
  return (await mlflowEvents(context.db.query, webhook, entry)).length > 0
}

/** What is posted of an event: one body, or in MLflow's form one for each of its events. */
export async function bodiesOf(
  context: DispatchContext,
  webhook: Webhook,
  { delivery, entry }: { readonly delivery: string; readonly entry: LogEntry },
): Promise<readonly string[]> {
  if (webhook.form === 'mlflow') {
    const events = await mlflowEvents(context.db.query, webhook, entry)
    return events.map((event) => {
      const body = mlflowBody(event, entry.at)
      return limited(context, body, { ...body, data: null })
    })
  }
  const { seq, at, action, actor, subject, data } = entry
  const event = { seq, at, action, actor, subject, data }
  const body = { delivery, webhook: webhook.id, event }
  return [limited(context, body, { ...body, event: { ...event, data: null } })]
}

/** A body to try a webhook with. */
export function testBody(
  { clock }: DispatchContext,
  webhook: Webhook,
  { delivery, event, by }: { delivery: string; event: string | undefined; by: Actor },
): string {
  const at = isoTime(clock)
  if (webhook.form === 'mlflow') {
    const name = event ?? webhook.actions[0]!
    return JSON.stringify(mlflowBody({ name, data: mlflowExamples[name]! }, at))
  }
  const subject = { type: 'webhook', name: webhook.id }
  const tested = { at, action: 'webhook.tested', actor: by, subject, data: {} }
  return JSON.stringify({ delivery, webhook: webhook.id, event: tested })
}

function mlflowBody({ name, data }: MlflowEvent, timestamp: string) {
  const [entity, action] = name.split('.')
  return { entity, action, timestamp, data }
}

async function mlflowEvents(
  db: Db,
  webhook: Webhook,
  entry: LogEntry,
): Promise<readonly MlflowEvent[]> {
  if (!concernsMlflow(entry) || !matchesModel(webhook, entry.subject)) return []
  const events = mlflowEventsOf(entry, await factsOf(db, entry))
  return events.filter(({ name }) => matchesAction(webhook, name))
}

async function factsOf(db: Db, { action, subject }: LogEntry): Promise<MlflowFacts> {
  const model = await db
    .selectFrom('registry_models')
    .select('tags')
    .where('name', '=', subject.name)
    .executeTakeFirst()
  const modelTags = model ? JSON.parse(model.tags) : {}
  if (action !== 'model-version.created') return { modelTags }
  const row = await db
    .selectFrom('registry_versions as v')
    .leftJoin('registry_version_sources as s', (on) =>
      on.onRef('s.model', '=', 'v.model').onRef('s.version', '=', 'v.version'),
    )
    .select(['v.tags', 'v.description', 'v.run_id as own_run', 's.source', 's.run_id'])
    .where('v.model', '=', subject.name)
    .where('v.version', '=', Number(subject.version))
    .executeTakeFirst()
  if (!row) return { modelTags }
  const { tags, description, source, run_id, own_run } = row
  const version = {
    tags: JSON.parse(tags),
    description,
    source: source ?? '',
    runId: run_id || own_run || '',
  }
  return { modelTags, version }
}

/** The body; without the event's data when it would be too large to send. */
function limited({ maxBodyBytes }: DispatchContext, body: object, without: object): string {
  const whole = JSON.stringify(body)
  return Buffer.byteLength(whole) <= maxBodyBytes
    ? whole
    : JSON.stringify({ ...without, dataLeftOut: true })
}
