import type { RunStatus } from '../model/run.ts'
import type { Registry } from '../service/registry.ts'
import type { Call, MlflowRoute } from './call.ts'
import { items, listed, named, optionalText, text, texts } from './call.ts'
import { mlflowInvalid } from './errors.ts'
import type { Fields } from './fields.ts'
import { runInfoJson, runJson } from './json.ts'
import { jsonTextResponse } from './json-response.ts'
import { nameOfId, readPairs, TAG_LENGTH } from './names.ts'
import { nextToken, searchFields, searchOf } from './pages.ts'
import { runsText } from './run-text.ts'
import { readView } from './views.ts'

export const runId = {
  run_id: { type: 'text', required: true, or: 'run_uuid' },
} as const satisfies Fields
export const NAME_TAG = 'mlflow.runName'
const PARENT_TAG = 'mlflow.parentRunId'
const STATUSES = ['', 'RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'] as const

function readStatus(value: unknown): RunStatus | undefined {
  if (value === undefined) return undefined
  const name = STATUSES[Number(value)] ?? String(value)
  const known = name !== '' && (STATUSES as readonly string[]).includes(name)
  if (known) return name.toLowerCase() as RunStatus
  throw mlflowInvalid(`Invalid value ${JSON.stringify(value)} for parameter 'status' supplied.`)
}

export function instant(value: unknown, field: string): string | undefined {
  if (value === undefined) return undefined
  const time = value as number
  if (time >= 0 && time <= 253_402_300_799_999) return new Date(time).toISOString()
  throw mlflowInvalid(
    `Invalid value ${time} for parameter '${field}' supplied: it must be milliseconds from 0 to 253402300799999`,
  )
}

async function create({ registry, input, by, ids, clock }: Call) {
  const tags = readPairs(items(input, 'tags'), { field: 'tags', what: 'tag', length: TAG_LENGTH })
  const id = ids.next().replaceAll('-', '')
  const given = optionalText(input, 'run_name') || undefined
  const tagged = tags[NAME_TAG]
  if (given !== undefined && tagged !== undefined && given !== tagged) {
    throw mlflowInvalid(
      `Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='${given}', mlflow.runName='${tagged}').`,
    )
  }
  const name = given ?? (tagged || nameOfId(id))
  const parent = tags[PARENT_TAG]
  const hasParent = parent !== undefined && (await exists(registry, parent))
  const run = await registry.runs.start({
    experimentId: text(input, 'experiment_id'),
    id,
    name: name.slice(0, 250),
    user: (optionalText(input, 'user_id') ?? '').slice(0, 256),
    ...(hasParent && { parent }),
    startedAt: instant(input['start_time'], 'start_time') ?? new Date(clock.now()).toISOString(),
    tags: { ...tags, [NAME_TAG]: name.slice(0, 250) },
    by,
  })
  return { run: runJson(run) }
}

async function exists(registry: Registry, run: string): Promise<boolean> {
  try {
    await registry.runs.get(run)
    return true
  } catch {
    // The tag may name a run of another server; then it is only a tag.
    return false
  }
}

async function search({ registry, input }: Call) {
  const found = await registry.runs.search({
    experimentIds: texts(input, 'experiment_ids'),
    view: readView(input['run_view_type']),
    ...searchOf(input, 1000),
  })
  const token = JSON.stringify(nextToken(found)).slice(1)
  return jsonTextResponse(`{"runs":${runsText(found.items)}${token === '}' ? '' : ','}${token}`)
}

export const runRoutes: readonly MlflowRoute[] = [
  {
    method: 'POST',
    path: '/mlflow/runs/create',
    base: 'api',
    access: named('run.create', 'experiment', 'experiment_id'),
    fields: {
      experiment_id: { type: 'text', required: true },
      start_time: { type: 'whole' },
      run_name: { type: 'text' },
      user_id: { type: 'text' },
      tags: { type: 'items' },
    },
    handle: create,
  },
  {
    method: 'POST',
    path: '/mlflow/runs/update',
    base: 'api',
    access: named('run.write', 'run', 'run_id'),
    fields: {
      ...runId,
      status: { type: 'enum' },
      end_time: { type: 'whole' },
      run_name: { type: 'text' },
    },
    async handle({ registry, input, by }) {
      const status = readStatus(input['status'])
      const endedAt = instant(input['end_time'], 'end_time')
      const name = optionalText(input, 'run_name')?.slice(0, 250) || undefined
      const run = await registry.runs.update({
        run: text(input, 'run_id'),
        ...(status && { status }),
        ...(endedAt && { endedAt }),
        ...(name && { name, tags: { [NAME_TAG]: name } }),
        by,
      })
      return { run_info: runInfoJson(run) }
    },
  },
  {
    method: 'GET',
    path: '/mlflow/runs/get',
    base: 'api',
    access: named('run.read', 'run', 'run_id'),
    fields: runId,
    async handle({ registry, input }) {
      return { run: runJson(await registry.runs.get(text(input, 'run_id'))) }
    },
  },
  {
    method: 'POST',
    path: '/mlflow/runs/delete',
    base: 'api',
    access: named('run.delete', 'run', 'run_id'),
    fields: runId,
    async handle({ registry, input, by }) {
      await registry.runs.remove({ run: text(input, 'run_id'), by })
      return {}
    },
  },
  {
    method: 'POST',
    path: '/mlflow/runs/restore',
    base: 'api',
    access: named('run.delete', 'run', 'run_id'),
    fields: runId,
    async handle({ registry, input, by }) {
      await registry.runs.restore({ run: text(input, 'run_id'), by })
      return {}
    },
  },
  {
    method: 'POST',
    path: '/mlflow/runs/search',
    base: 'api',
    access: listed('run.read', 'experiment', 'experiment_ids'),
    fields: {
      experiment_ids: { type: 'texts' },
      run_view_type: { type: 'enum' },
      ...searchFields(50_000),
    },
    handle: search,
  },
]
