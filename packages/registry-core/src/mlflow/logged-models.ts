import type { Call, MlflowRoute } from './call.ts'
import { items, listed, named, optionalText, text, texts } from './call.ts'
import { mlflowInvalid, mlflowMissing } from './errors.ts'
import type { Input } from './fields.ts'
import { loggedModelJson } from './json.ts'
import { nameOfId, PARAM_LENGTH, readPairs, TAG_LENGTH } from './names.ts'
import { nextToken, pageOf } from './pages.ts'

/** Under this tag a logged model lists the versions that were registered from it. */
export const VERSIONS_TAG = 'mlflow.modelVersions'

const read = named('logged-model.read', 'logged-model', 'id')
const write = named('logged-model.write', 'logged-model', 'id')
const tagOptions = { field: 'tags', what: 'tag', length: TAG_LENGTH }
const paramOptions = { field: 'params', what: 'param', length: PARAM_LENGTH }

interface VersionEntry {
  readonly name: string
  readonly version: number
}

/** The tag with more entries, each once: clients add the same one with its version as a text. */
export function versionsTag(known: string | undefined, more: readonly VersionEntry[]): string {
  const entries = [...readEntries(known ?? '[]'), ...more]
  const distinct = new Map(entries.map((entry) => [`${entry.version} ${entry.name}`, entry]))
  // As Python's json writes it, which clients compare as text.
  const written = [...distinct.values()].map(
    ({ name, version }) => `{"name": ${JSON.stringify(name)}, "version": ${version}}`,
  )
  return `[${written.join(', ')}]`
}

function readEntries(value: string): VersionEntry[] {
  try {
    const list = JSON.parse(value) as unknown
    if (!Array.isArray(list)) return []
    return (list as { name?: unknown; version?: unknown }[]).flatMap((entry) =>
      typeof entry?.name === 'string' && /^\d{1,15}$/.test(String(entry.version))
        ? [{ name: entry.name, version: Number(entry.version) }]
        : [],
    )
  } catch {
    return []
  }
}

const STATUS = {
  1: 'pending',
  2: 'ready',
  3: 'failed',
  LOGGED_MODEL_PENDING: 'pending',
  LOGGED_MODEL_READY: 'ready',
  LOGGED_MODEL_UPLOAD_FAILED: 'failed',
} as const

async function shown({ registry }: Call, id: string, deleted = false) {
  return { model: loggedModelJson(await registry.loggedModels.get(id, { deleted })) }
}

async function create(call: Call) {
  const { registry, input, by, ids } = call
  const id = `m-${ids.next().replaceAll('-', '')}`
  const sourceRun = optionalText(input, 'source_run_id')
  const model = await registry.loggedModels.create({
    experimentId: text(input, 'experiment_id'),
    id,
    name: optionalText(input, 'name') || nameOfId(id),
    type: optionalText(input, 'model_type') ?? '',
    ...(sourceRun && { sourceRun }),
    params: readPairs(items(input, 'params'), paramOptions),
    tags: readPairs(items(input, 'tags'), tagOptions),
    by,
  })
  return { model: loggedModelJson(model) }
}

async function finalize(call: Call) {
  const { registry, input, params, by } = call
  const status = STATUS[input['status'] as keyof typeof STATUS]
  if (!status) {
    throw mlflowInvalid(
      `Invalid value ${JSON.stringify(input['status'])} for parameter 'status' supplied.`,
    )
  }
  await registry.loggedModels.change({ id: params['id']!, status, by })
  return shown(call, params['id']!)
}

async function setTags(call: Call) {
  const { registry, input, params, by } = call
  const tags = readPairs(items(input, 'tags'), tagOptions)
  const listing = tags[VERSIONS_TAG]
  await registry.loggedModels.change({
    id: params['id']!,
    tags: { ...tags, ...(listing !== undefined && { [VERSIONS_TAG]: versionsTag(listing, []) }) },
    by,
  })
  return shown(call, params['id']!)
}

const MAX_DATASETS = 100

async function search({ registry, input }: Call) {
  const order = items(input, 'order_by')
  const named = [...items(input, 'datasets'), ...order.filter(({ dataset_name }) => dataset_name)]
  if (named.length > MAX_DATASETS) {
    throw mlflowInvalid(`A search can name at most ${MAX_DATASETS} datasets. Got ${named.length}.`)
  }
  const datasets = named.map(({ dataset_name, dataset_digest }: Input) => ({
    name: String(dataset_name),
    ...(dataset_digest ? { digest: String(dataset_digest) } : {}),
  }))
  const found = await registry.loggedModels.search({
    experimentIds: texts(input, 'experiment_ids'),
    datasets,
    filter: optionalText(input, 'filter') ?? '',
    orderBy: order.map(
      ({ field_name, ascending }) =>
        `${String(field_name)} ${ascending === false ? 'DESC' : 'ASC'}`,
    ),
    ...pageOf(input, 50),
  })
  return {
    models: found.items.map(loggedModelJson),
    ...nextToken(found),
  }
}

export const loggedModelRoutes: readonly MlflowRoute[] = [
  {
    method: 'POST',
    path: '/mlflow/logged-models',
    base: 'api',
    access: named('logged-model.create', 'experiment', 'experiment_id'),
    fields: {
      experiment_id: { type: 'text', required: true },
      name: { type: 'text' },
      model_type: { type: 'text' },
      source_run_id: { type: 'text' },
      params: { type: 'items' },
      tags: { type: 'items' },
    },
    handle: create,
  },
  {
    method: 'POST',
    path: '/mlflow/logged-models/search',
    base: 'api',
    access: listed('logged-model.read', 'experiment', 'experiment_ids'),
    fields: {
      experiment_ids: { type: 'texts', required: true },
      filter: { type: 'text' },
      datasets: { type: 'items' },
      max_results: { type: 'whole', max: 1000 },
      order_by: { type: 'items' },
      page_token: { type: 'text' },
    },
    handle: search,
  },
  {
    method: 'GET',
    path: '/mlflow/logged-models/:id',
    base: 'api',
    access: read,
    fields: { allow_deleted: { type: 'flag' } },
    handle: (call) => shown(call, call.params['id']!, call.input['allow_deleted'] === true),
  },
  {
    method: 'PATCH',
    path: '/mlflow/logged-models/:id',
    base: 'api',
    access: write,
    fields: { status: { type: 'enum', required: true } },
    handle: finalize,
  },
  {
    method: 'DELETE',
    path: '/mlflow/logged-models/:id',
    base: 'api',
    access: named('logged-model.delete', 'logged-model', 'id'),
    async handle({ registry, params, by }) {
      await registry.loggedModels.remove({ id: params['id']!, by })
      return {}
    },
  },
  {
    method: 'PATCH',
    path: '/mlflow/logged-models/:id/tags',
    base: 'api',
    access: write,
    fields: { tags: { type: 'items' } },
    handle: setTags,
  },
  {
    method: 'DELETE',
    path: '/mlflow/logged-models/:id/tags/:key',
    base: 'api',
    access: write,
    async handle({ registry, params, by }) {
      const [id, key] = [params['id']!, params['key']!]
      const { tags } = await registry.loggedModels.get(id)
      if (!Object.hasOwn(tags, key)) {
        throw mlflowMissing(
          `No tag with key ${JSON.stringify(key)} found for model with ID ${JSON.stringify(id)}.`,
        )
      }
      await registry.loggedModels.change({ id, withoutTags: [key], by })
      return {}
    },
  },
  {
    method: 'POST',
    path: '/mlflow/logged-models/:id/params',
    base: 'api',
    access: write,
    fields: { params: { type: 'items' } },
    async handle({ registry, input, params, by }) {
      const added = readPairs(items(input, 'params'), paramOptions)
      await registry.loggedModels.change({ id: params['id']!, params: added, by })
      return {}
    },
  },
]
