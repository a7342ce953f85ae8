import { writeRunFile } from './artifacts.ts'
import type { Call, MlflowRoute } from './call.ts'
import { items, named, optionalText, text } from './call.ts'
import { mlflowInvalid } from './errors.ts'
import type { Input } from './fields.ts'
import { jsonOf } from './fields.ts'
import { runJson } from './json.ts'
import { checkKey, cut, nameOfId, PARAM_LENGTH, readPairs, TAG_LENGTH } from './names.ts'
import { instant, NAME_TAG } from './runs.ts'

const TABLE = 'eval_results_table.json'
const REQUIRED = [
  'experiment_id',
  'prompt_template',
  'prompt_parameters',
  'model_route',
  'model_input',
  'mlflow_version',
] as const

interface Pair {
  readonly key: string
  readonly value: string
}

/** Values may be numbers as well. */
function pairsIn(input: Input, field: string): readonly Pair[] {
  return items(input, field).map(({ key, value }, i) => {
    if (typeof key !== 'string') throw mlflowInvalid(`${field}[${i}].key must be a text.`)
    return { key: checkKey('param', key), value: String(value ?? '') }
  })
}

/** What was asked and answered, as the table that evaluations are shown in. */
function tableOf(input: Input): string {
  const cells = [
    ...pairsIn(input, 'prompt_parameters'),
    { key: 'prompt', value: text(input, 'model_input') },
    { key: 'output', value: optionalText(input, 'model_output') ?? null },
    ...pairsIn(input, 'model_output_parameters'),
  ]
  return jsonOf({ columns: cells.map(({ key }) => key), data: [cells.map(({ value }) => value)] })
}

/**
 * A prompt that was tried out, as a finished run: its parameters, and a table with the answer. Unlike
 * MLflow's server it leaves no Python model beside the table.
 */
async function createPromptRun(call: Call) {
  const { registry, input, by, ids, clock } = call
  for (const field of REQUIRED) {
    const value = input[field]
    if (value === undefined || value === '' || (Array.isArray(value) && value.length === 0)) {
      throw mlflowInvalid(`CreatePromptlabRun request must specify ${field}.`)
    }
  }
  const table = tableOf(input)
  const asked = Object.fromEntries(
    pairsIn(input, 'model_parameters').map(({ key, value }) => [key, cut(value, PARAM_LENGTH)]),
  )
  const tags = readPairs(items(input, 'tags'), { field: 'tags', what: 'tag', length: TAG_LENGTH })
  const id = ids.next().replaceAll('-', '')
  const name = (optionalText(input, 'run_name') || tags[NAME_TAG] || nameOfId(id)).slice(0, 250)
  await registry.runs.start({
    experimentId: text(input, 'experiment_id'),
    id,
    name,
    user: (optionalText(input, 'user_id') ?? 'unknown').slice(0, 256),
    startedAt: instant(input['start_time'], 'start_time') ?? new Date(clock.now()).toISOString(),
    tags: {
      ...tags,
      [NAME_TAG]: name,
      // As Python's json writes it, which clients compare as text.
      'mlflow.loggedArtifacts': `[{"path": "${TABLE}", "type": "table"}]`,
      'mlflow.runSourceType': 'PROMPT_ENGINEERING',
    },
    by,
  })
  try {
    const params = {
      ...asked,
      model_route: cut(text(input, 'model_route'), PARAM_LENGTH),
      prompt_template: cut(text(input, 'prompt_template'), PARAM_LENGTH),
    }
    await registry.runs.log({ run: id, params, by })
    await writeRunFile(call, id, TABLE, new TextEncoder().encode(table))
  } catch (error) {
    await registry.runs.end({ run: id, status: 'failed', by })
    throw error
  }
  await registry.runs.end({ run: id, status: 'finished', by })
  return { run: runJson(await registry.runs.get(id)) }
}

export const promptRunRoutes: readonly MlflowRoute[] = [
  {
    method: 'POST',
    path: '/mlflow/runs/create-promptlab-run',
    base: 'api',
    access: named('run.create', 'experiment', 'experiment_id'),
    fields: {
      experiment_id: { type: 'text' },
      run_name: { type: 'text' },
      tags: { type: 'items' },
      prompt_template: { type: 'text' },
      prompt_parameters: { type: 'items' },
      model_route: { type: 'text' },
      model_parameters: { type: 'items' },
      model_input: { type: 'text' },
      model_output: { type: 'text' },
      model_output_parameters: { type: 'items' },
      mlflow_version: { type: 'text' },
      user_id: { type: 'text' },
      start_time: { type: 'whole' },
    },
    handle: createPromptRun,
  },
]
