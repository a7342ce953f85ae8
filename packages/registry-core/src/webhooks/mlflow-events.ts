import { invalid } from '@mlops/core'
import type { LogEntry } from '@mlops/store'

/** The events of MLflow's webhooks that a registry has, as `entity.action`, each with an example of its data. */
export const mlflowExamples: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'registered_model.created': {
    name: 'example_model',
    tags: { example_key: 'example_value' },
    description: 'An example registered model',
  },
  'model_version.created': {
    name: 'example_model',
    version: '1',
    source: 'models:/123',
    run_id: 'abcd1234abcd5678',
    tags: { example_key: 'example_value' },
    description: 'An example model version',
  },
  'model_version_tag.set': {
    name: 'example_model',
    version: '1',
    key: 'example_key',
    value: 'example_value',
  },
  'model_version_tag.deleted': { name: 'example_model', version: '1', key: 'example_key' },
  'model_version_alias.created': { name: 'example_model', alias: 'example_alias', version: '1' },
  'model_version_alias.deleted': { name: 'example_model', alias: 'example_alias' },
  'prompt.created': {
    name: 'example_prompt',
    tags: { example_key: 'example_value' },
    description: 'An example prompt',
  },
  'prompt_version.created': {
    name: 'example_prompt',
    version: '1',
    template: 'Hello {{name}}!',
    tags: { example_key: 'example_value' },
    description: 'An example prompt version',
  },
  'prompt_tag.set': { name: 'example_prompt', key: 'example_key', value: 'example_value' },
  'prompt_tag.deleted': { name: 'example_prompt', key: 'example_key' },
  'prompt_version_tag.set': {
    name: 'example_prompt',
    version: '1',
    key: 'example_key',
    value: 'example_value',
  },
  'prompt_version_tag.deleted': { name: 'example_prompt', version: '1', key: 'example_key' },
  'prompt_alias.created': { name: 'example_prompt', alias: 'example_alias', version: '1' },
  'prompt_alias.deleted': { name: 'example_prompt', alias: 'example_alias' },
}

/** Something that happened, in the words of MLflow's webhooks. */
export interface MlflowEvent {
  readonly name: string
  readonly data: Readonly<Record<string, unknown>>
}

type Texts = Readonly<Record<string, string>>

/** What the log does not say of the subject of an event. */
export interface MlflowFacts {
  /** Tags of the model, as they are now. */
  readonly modelTags: Texts
  /** The version, as it is now; absent once it was taken away. */
  readonly version?: {
    readonly tags: Texts
    readonly description: string
    readonly source: string
    readonly runId: string
  }
}

const IS_PROMPT = 'mlflow.prompt.is_prompt'
const PROMPT_TEXT = 'mlflow.prompt.text'
/** Kept from receivers: how MLflow marks its prompts. */
const INTERNAL = [IS_PROMPT, '_mlflow_prompt_type', PROMPT_TEXT]

/** @throws `invalid` `registry.invalid-webhook` for what is no event of MLflow's that there is here. */
export function assertMlflowEvents(names: readonly string[]): void {
  const strange = names.find((name) => !Object.hasOwn(mlflowExamples, name))
  if (strange === undefined) return
  const events = Object.keys(mlflowExamples)
  throw invalid(
    'registry.invalid-webhook',
    `there is no event '${strange.slice(0, 100)}'; there are ${events.join(', ')}`,
    { events },
  )
}

/** Whether an event of the log may be one of MLflow's. */
export function concernsMlflow({ action }: Pick<LogEntry, 'action'>): boolean {
  return [
    'model.created',
    'model.updated',
    'model-version.created',
    'model-version.updated',
    'alias.moved',
    'alias.removed',
  ].includes(action)
}

/** What MLflow's server would tell of a change: nothing, one event, or one for each tag. */
export function mlflowEventsOf(
  { action, subject, data }: Pick<LogEntry, 'action' | 'subject' | 'data'>,
  { modelTags, version: now }: MlflowFacts,
): readonly MlflowEvent[] {
  const said = (data ?? {}) as Readonly<Record<string, unknown>>
  const { name, version } = subject
  const alias = said['alias']
  const prompt = Object.hasOwn(modelTags, IS_PROMPT)
  switch (action) {
    case 'model.created': {
      const tags = (said['tags'] ?? {}) as Texts
      const isPrompt = Object.hasOwn(tags, IS_PROMPT)
      const description = said['description'] || null
      return [
        {
          name: isPrompt ? 'prompt.created' : 'registered_model.created',
          data: { name, tags: isPrompt ? withoutInternal(tags) : tags, description },
        },
      ]
    }
    case 'model-version.created': {
      const { tags = {}, description = '', source = '', runId = '' } = now ?? {}
      const told = { name, version }
      const about = { description: description || null }
      if (!prompt) {
        const data = { ...told, source, run_id: runId || null, tags, ...about }
        return [{ name: 'model_version.created', data }]
      }
      const template = tags[PROMPT_TEXT] ?? null
      const data = { ...told, template, tags: withoutInternal(tags), ...about }
      return [{ name: 'prompt_version.created', data }]
    }
    case 'model.updated':
      return prompt ? tagEvents('prompt_tag', { name }, said) : []
    case 'model-version.updated':
      return tagEvents(prompt ? 'prompt_version_tag' : 'model_version_tag', { name, version }, said)
    case 'alias.moved':
      return [
        {
          name: prompt ? 'prompt_alias.created' : 'model_version_alias.created',
          data: { name, alias, version },
        },
      ]
    case 'alias.removed':
      return [
        {
          name: prompt ? 'prompt_alias.deleted' : 'model_version_alias.deleted',
          data: { name, alias },
        },
      ]
  }
  return []
}

function tagEvents(
  entity: string,
  subject: object,
  { set, unset }: Readonly<Record<string, unknown>>,
): readonly MlflowEvent[] {
  if (typeof set !== 'object' || set === null || !Array.isArray(unset)) return []
  return [
    ...Object.entries(set).map(([key, value]) => ({
      name: `${entity}.set`,
      data: { ...subject, key, value },
    })),
    ...unset.map((key) => ({ name: `${entity}.deleted`, data: { ...subject, key } })),
  ]
}

function withoutInternal(tags: Texts): Texts {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !INTERNAL.includes(key)))
}
