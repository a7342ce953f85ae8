import type { Call, MlflowRoute } from './call.ts'
import { items, named, optionalText, text } from './call.ts'
import { mlflowInvalid, mlflowMissing } from './errors.ts'
import type { Input } from './fields.ts'
import { invalidField, jsonOf, missingField, readNumber } from './fields.ts'
import { CONTEXT_TAG } from './json.ts'
import { checkKey, cut, PARAM_LENGTH, readPairs, TAG_LENGTH } from './names.ts'
import { instant, NAME_TAG, runId } from './runs.ts'

const write = named('run.write', 'run', 'run_id')
const LIMITS = { metrics: 1000, params: 100, tags: 100, together: 1000 }

/** Keys and times of a batch repeat: each is read once. */
interface ReadBefore {
  readonly keys: Set<string>
  readonly times: Map<number, string>
}

const REQUIRED = ['key', 'value', 'timestamp'] as const

function readMetric(
  metric: Input,
  at: (field: string) => string,
  { keys, times }: ReadBefore = { keys: new Set(), times: new Map() },
) {
  const { key, value, timestamp, step, model_id, dataset_name, dataset_digest } = metric
  for (const field of REQUIRED) {
    if (metric[field] === undefined || metric[field] === null || metric[field] === '') {
      throw missingField(at(field))
    }
  }
  if (typeof key !== 'string') throw invalidField(at('key'), key)
  const number = readNumber(value)
  if (number === undefined) throw invalidField(at('value'), value)
  const [time, whole] = [readNumber(timestamp), readNumber(step ?? 0)]
  if (time === undefined || !Number.isInteger(time)) throw invalidField(at('timestamp'), timestamp)
  if (whole === undefined || !Number.isSafeInteger(whole)) throw invalidField(at('step'), step)
  if (!keys.has(key)) keys.add(checkKey('metric', key))
  const when = times.get(time) ?? instant(time, at('timestamp'))!
  times.set(time, when)
  return {
    key,
    value: number,
    step: whole,
    at: when,
    ...(typeof model_id === 'string' && model_id !== '' && { model: model_id }),
    ...(typeof dataset_name === 'string' &&
      dataset_name !== '' && {
        dataset: { name: dataset_name, digest: String(dataset_digest ?? '') },
      }),
  }
}

/** The name of a run is also a tag: whoever sets the tag renames the run. */
function nameIn(tags: Readonly<Record<string, string>>) {
  const name = tags[NAME_TAG]?.slice(0, 250)
  return name ? { name } : {}
}

async function logBatch({ registry, input, by }: Call) {
  const [metrics, params, tags] = [
    items(input, 'metrics'),
    items(input, 'params'),
    items(input, 'tags'),
  ]
  for (const [what, list] of Object.entries({ metrics, params, tags })) {
    const limit = LIMITS[what as 'metrics']
    if (list.length > limit) {
      throw mlflowInvalid(
        `A batch logging request can contain at most ${limit} ${what}. Got ${list.length} ${what}. Please split up ${what} across multiple requests and try again.`,
      )
    }
  }
  const total = metrics.length + params.length + tags.length
  if (total > LIMITS.together) {
    throw mlflowInvalid(
      `A batch logging request can contain at most 1000 metrics, params and tags. Got ${total}.`,
    )
  }
  const before = { keys: new Set<string>(), times: new Map<number, string>() }
  const read = {
    run: text(input, 'run_id'),
    metrics: metrics.map((metric, i) =>
      readMetric(metric, (field) => `metrics[${i}].${field}`, before),
    ),
    params: readPairs(params, { field: 'params', what: 'param', length: PARAM_LENGTH }),
    tags: readPairs(tags, { field: 'tags', what: 'tag', length: TAG_LENGTH }),
  }
  await registry.runs.log({ ...read, ...nameIn(read.tags), by })
  return {}
}

async function logInputs({ registry, input, by }: Call) {
  const inputs = items(input, 'datasets').map(({ tags, dataset }, i) => {
    const set = (dataset ?? {}) as Input
    for (const field of ['name', 'digest']) {
      if (typeof set[field] !== 'string' || set[field] === '') {
        throw missingField(`datasets[${i}].dataset.${field}`)
      }
    }
    const pairs = readPairs((tags ?? []) as Input[], { field: 'tags', what: 'tag', length: 500 })
    const { [CONTEXT_TAG]: context = '', ...others } = pairs
    const said = (field: string) => (set[field] ? String(set[field]) : undefined)
    return {
      name: String(set['name']),
      digest: String(set['digest']),
      context,
      ...(said('source_type') && { sourceType: said('source_type')! }),
      ...(said('source') && { source: said('source')! }),
      ...(said('schema') && { schema: said('schema')! }),
      ...(said('profile') && { profile: said('profile')! }),
      tags: others,
    }
  })
  const modelInputs = items(input, 'models').map(({ model_id }) => ({ model: String(model_id) }))
  await registry.runs.log({ run: text(input, 'run_id'), inputs, modelInputs, by })
  return {}
}

const HISTORY_TAG = 'mlflow.log-model.history'

async function logModel({ registry, input, by }: Call) {
  let model: unknown
  try {
    model = JSON.parse(text(input, 'model_json'))
  } catch {
    throw mlflowInvalid(
      `Malformed model info. \n ${cut(text(input, 'model_json'), 200)} \n is not valid JSON.`,
    )
  }
  await registry.runs.retag({ run: text(input, 'run_id'), by }, (tags) => ({
    [HISTORY_TAG]: jsonOf([...readHistory(tags[HISTORY_TAG]), model]),
  }))
  return {}
}

function readHistory(known: string | undefined): readonly unknown[] {
  if (known === undefined) return []
  try {
    const history = JSON.parse(known) as unknown
    if (Array.isArray(history)) return history
  } catch {
    // Told below, as for what is JSON and no list.
  }
  throw mlflowInvalid(`The tag ${HISTORY_TAG} holds no list: delete it first.`)
}

const key = { type: 'text', required: true } as const

export const runDataRoutes: readonly MlflowRoute[] = [
  {
    method: 'POST',
    path: '/mlflow/runs/log-metric',
    base: 'api',
    access: write,
    fields: {
      ...runId,
      key,
      value: { type: 'number', required: true },
      timestamp: { type: 'whole', required: true },
      step: { type: 'whole' },
      model_id: { type: 'text' },
      dataset_name: { type: 'text' },
      dataset_digest: { type: 'text' },
    },
    async handle({ registry, input, by }) {
      const metrics = [readMetric(input, (field) => field)]
      await registry.runs.log({ run: text(input, 'run_id'), metrics, by })
      return {}
    },
  },
  {
    method: 'POST',
    path: '/mlflow/runs/log-parameter',
    base: 'api',
    access: write,
    fields: { ...runId, key, value: { type: 'text' } },
    async handle({ registry, input, by }) {
      const name = checkKey('param', text(input, 'key'))
      const params = { [name]: cut(optionalText(input, 'value') ?? '', PARAM_LENGTH) }
      await registry.runs.log({ run: text(input, 'run_id'), params, by })
      return {}
    },
  },
  {
    method: 'POST',
    path: '/mlflow/runs/set-tag',
    base: 'api',
    access: write,
    fields: { ...runId, key, value: { type: 'text' } },
    async handle({ registry, input, by }) {
      const name = checkKey('tag', text(input, 'key'))
      const tags = { [name]: cut(optionalText(input, 'value') ?? '', TAG_LENGTH) }
      await registry.runs.log({ run: text(input, 'run_id'), tags, ...nameIn(tags), by })
      return {}
    },
  },
  {
    method: 'POST',
    path: '/mlflow/runs/delete-tag',
    base: 'api',
    access: write,
    fields: { ...runId, key },
    async handle({ registry, input, by }) {
      const [run, name] = [text(input, 'run_id'), text(input, 'key')]
      const { tags, lifecycle } = await registry.runs.get(run)
      if (lifecycle === 'active' && !Object.hasOwn(tags, name)) {
        throw mlflowMissing(`No tag with name: ${name} in run with id ${run}`)
      }
      await registry.runs.deleteTag({ run, key: name, by })
      return {}
    },
  },
  {
    method: 'POST',
    path: '/mlflow/runs/log-batch',
    base: 'api',
    access: write,
    fields: {
      ...runId,
      metrics: { type: 'items' },
      params: { type: 'items' },
      tags: { type: 'items' },
    },
    handle: logBatch,
  },
  {
    method: 'POST',
    path: '/mlflow/runs/log-inputs',
    base: 'api',
    access: write,
    fields: { ...runId, datasets: { type: 'items' }, models: { type: 'items' } },
    handle: logInputs,
  },
  {
    method: 'POST',
    path: '/mlflow/runs/outputs',
    base: 'api',
    access: write,
    fields: { ...runId, models: { type: 'items' } },
    async handle({ registry, input, by }) {
      const modelOutputs = items(input, 'models').map(({ model_id, step }) => ({
        model: String(model_id),
        step: readNumber(step ?? 0) ?? 0,
      }))
      await registry.runs.log({ run: text(input, 'run_id'), modelOutputs, by })
      return {}
    },
  },
  {
    method: 'POST',
    path: '/mlflow/runs/log-model',
    base: 'api',
    access: write,
    fields: { ...runId, model_json: { type: 'text', required: true } },
    handle: logModel,
  },
]
