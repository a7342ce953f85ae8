import { MlopsError } from '@mlops/core'
import type { Filter } from '../model/filter.ts'
import type { Call, MlflowRoute } from './call.ts'
import { items, named, optionalText, text, texts } from './call.ts'
import { mlflowInvalid } from './errors.ts'
import { checkKey, cut, TAG_LENGTH } from './names.ts'
import { nextToken, searchFields, searchOf } from './pages.ts'
import { readPlace } from './places.ts'
import {
  experimentIn,
  experimentsIn,
  isOwnTag,
  readTrace,
  traceInfoIn,
  traceInfoJson,
  tracePlace,
} from './trace-json.ts'

const write = named('trace.write', 'trace', 'id')
/** How many are removed at a time. */
const BATCH = 500
const MAX_LINKS = 100

/** Some of these routes are asked for under either version of the protocol. */
const both = (route: Omit<MlflowRoute, 'base'>): readonly MlflowRoute[] =>
  (['api', 'api-3'] as const).map((base) => ({ ...route, base }))

async function search({ registry, input }: Call) {
  const found = await registry.traces.search({
    experimentIds: experimentsIn(items(input, 'locations')),
    ...searchOf(input, 100),
  })
  return { traces: found.items.map(traceInfoJson), ...nextToken(found) }
}

async function remove(call: Call) {
  const { input } = call
  const ids = texts(input, 'request_ids')
  const until = input['max_timestamp_millis'] as number | undefined
  const most = input['max_traces'] as number | undefined
  if ((until === undefined) === (ids.length === 0)) {
    throw mlflowInvalid(
      'Exactly one of `max_timestamp_millis` and `request_ids` must be specified.',
    )
  }
  if (ids.length > 0) {
    if (most !== undefined) {
      throw mlflowInvalid("`max_traces` can't be specified if `request_ids` is specified.")
    }
    let removed = 0
    for (let i = 0; i < ids.length; i += BATCH) {
      const some = ids.slice(i, i + BATCH)
      const filter: Filter = [{ key: 'trace_id', operator: 'IN', value: some }]
      removed += (await removeSome(call, filter, BATCH)).removed
    }
    return { traces_deleted: removed }
  }
  if (most !== undefined && most <= 0) {
    throw mlflowInvalid(`\`max_traces\` must be a positive integer, received ${most}.`)
  }
  const filter: Filter = [{ key: 'timestamp', operator: '<=', value: until! }]
  let removed = 0
  for (;;) {
    const limit = Math.min(BATCH, (most ?? Number.POSITIVE_INFINITY) - removed)
    if (limit === 0) break
    const batch = await removeSome(call, filter, limit)
    removed += batch.removed
    if (batch.found < limit) break
  }
  return { traces_deleted: removed }
}

/** The oldest first. Their files go before them: what is cut off in between is found again. */
async function removeSome(call: Call, filter: Filter, limit: number) {
  const { registry, input, by } = call
  const experimentId = text(input, 'experiment_id')
  const request = { experimentIds: [experimentId], filter, orderBy: ['timestamp'], limit }
  const { items: traces } = await registry.traces.search(request)
  for (const trace of traces) await removeFiles(call, tracePlace(trace))
  const ids = traces.map(({ id }) => id)
  const removed = await registry.traces.remove({ experimentId, traces: ids, by })
  return { found: ids.length, removed: removed.length }
}

/** Whoever made the experiment chose where its files are: they are asked for by their own name. */
async function removeFiles({ registry, by, demand }: Call, uri: string): Promise<void> {
  const place = readPlace(uri)
  if (place?.kind !== 'proxied') return
  const { path } = place
  if ((await registry.files.list(path)).length === 0) return
  await demand('artifact.delete', { type: 'artifact', name: path })
  await registry.files.remove({ path, by })
}

const deletion: Omit<MlflowRoute, 'base'> = {
  method: 'POST',
  path: '/mlflow/traces/delete-traces',
  access: named('trace.delete', 'experiment', 'experiment_id'),
  fields: {
    experiment_id: { type: 'text', required: true },
    max_timestamp_millis: { type: 'whole' },
    max_traces: { type: 'whole' },
    request_ids: { type: 'texts' },
  },
  handle: remove,
}

const setTag: Omit<MlflowRoute, 'base'> = {
  method: 'PATCH',
  path: '/mlflow/traces/:id/tags',
  access: write,
  fields: { key: { type: 'text', required: true }, value: { type: 'text' } },
  async handle({ registry, input, params, by }) {
    const key = checkKey('tag', text(input, 'key'))
    if (isOwnTag(key)) throw mlflowInvalid(`The tag '${key}' is set by the server only.`)
    const tags = { [key]: cut(optionalText(input, 'value') ?? '', TAG_LENGTH) }
    await registry.traces.change({ id: params['id']!, tags, by })
    return {}
  },
}

const deleteTag: Omit<MlflowRoute, 'base'> = {
  method: 'DELETE',
  path: '/mlflow/traces/:id/tags',
  access: write,
  fields: { key: { type: 'text', required: true } },
  async handle({ registry, input, params, by }) {
    const withoutTags = [text(input, 'key')]
    await registry.traces.change({ id: params['id']!, withoutTags, by })
    return {}
  },
}

export const traceRoutes: readonly MlflowRoute[] = [
  {
    method: 'POST',
    path: '/mlflow/traces',
    base: 'api-3',
    access: {
      action: 'trace.create',
      resources: ({ input }) => [
        {
          type: 'experiment',
          name: experimentIn(traceInfoIn(input)['trace_location']) ?? '*',
        },
      ],
    },
    fields: { trace: { type: 'object', required: true } },
    async handle({ registry, input, by }) {
      const trace = await registry.traces.log({ ...readTrace(traceInfoIn(input)), by })
      return { trace: { trace_info: traceInfoJson(trace) } }
    },
  },
  {
    method: 'GET',
    path: '/mlflow/traces/:id',
    base: 'api-3',
    access: named('trace.read', 'trace', 'id'),
    async handle({ registry, params }) {
      return { trace: { trace_info: traceInfoJson(await registry.traces.get(params['id']!)) } }
    },
  },
  {
    method: 'POST',
    path: '/mlflow/traces/search',
    base: 'api-3',
    access: {
      action: 'trace.read',
      resources: ({ input }) => {
        const names = items(input, 'locations').map((location) => experimentIn(location) ?? '*')
        return (names.length > 0 ? names : ['*']).map((name) => ({ type: 'experiment', name }))
      },
    },
    fields: { locations: { type: 'items', required: true }, ...searchFields(500) },
    handle: search,
  },
  ...both(deletion),
  ...both(setTag),
  ...both(deleteTag),
  {
    method: 'POST',
    path: '/mlflow/traces/link-to-run',
    base: 'api',
    access: {
      action: 'trace.write',
      resources: ({ input }) => [
        { type: 'run', name: String(input['run_id']) },
        ...texts(input, 'trace_ids').map((name) => ({ type: 'trace', name })),
      ],
    },
    fields: {
      trace_ids: { type: 'texts', required: true },
      run_id: { type: 'text', required: true },
    },
    async handle({ registry, input, by }) {
      const traces = texts(input, 'trace_ids')
      if (traces.length > MAX_LINKS) {
        throw mlflowInvalid(
          `Cannot link more than ${MAX_LINKS} traces to a run in a single request. Provided ${traces.length} traces.`,
        )
      }
      await registry.traces.link({ run: text(input, 'run_id'), traces, by })
      return {}
    },
  },
  {
    method: 'POST',
    path: '/v1/traces',
    base: 'root',
    access: { action: 'trace.create', resources: () => [{ type: 'experiment', name: '*' }] },
    bytes: true,
    handle() {
      // Clients look for these words, and send no more single spans, but all of a trace as a file.
      throw new MlopsError({
        kind: 'unsupported',
        code: 'mlflow.no-spans',
        message: 'REST OTLP span logging is not supported by this server: spans are kept as files',
      })
    },
  },
]
