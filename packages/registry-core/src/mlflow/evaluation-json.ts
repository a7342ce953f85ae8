import type { EvaluationDataset, EvaluationRecord } from '../model/evaluation-dataset.ts'
import { optionalText } from './call.ts'
import { mlflowInvalid } from './errors.ts'
import type { Input } from './fields.ts'
import { isObject, isText, jsonOf } from './fields.ts'
import { ms } from './json.ts'
import { TAG_LENGTH } from './names.ts'

/** Clients name their user in a tag. */
export const USER_TAG = 'mlflow.user'

/** Objects travel as JSON in texts. */
export function parsed(input: Input, field: string): unknown {
  const value = optionalText(input, field)
  if (value === undefined || value === '') return undefined
  try {
    return JSON.parse(value)
  } catch {
    throw mlflowInvalid(`The parameter '${field}' is not valid JSON.`)
  }
}

/** Tags by their keys; a null takes nothing away and says nothing. */
export function tagsIn(value: unknown, field: string): Record<string, string> {
  if (value === undefined || value === null) return {}
  if (!isObject(value)) throw mlflowInvalid(`The parameter '${field}' must be an object of texts.`)
  const given = Object.entries(value).filter(([, tag]) => tag !== null)
  return Object.fromEntries(
    given.map(([key, tag]) => {
      const written = typeof tag === 'string' ? tag : jsonOf(tag)
      if (key === '' || key.length > 250 || !isText(key) || !isText(written)) {
        throw mlflowInvalid(`Invalid tag ${JSON.stringify(key.slice(0, 250))} in '${field}'.`)
      }
      if (written.length > TAG_LENGTH) {
        throw mlflowInvalid(`The tag '${key}' exceeds the length limit of ${TAG_LENGTH}.`)
      }
      return [key, written]
    }),
  )
}

const SOURCES = {
  TRACE: 'trace',
  HUMAN: 'human',
  DOCUMENT: 'document',
  CODE: 'code',
} as const

export function readRecord(value: unknown, i: number) {
  const at = `records[${i}]`
  if (!isObject(value)) throw mlflowInvalid(`${at} must be an object.`)
  const { inputs = {}, outputs, expectations, tags, source } = value
  if (!isObject(inputs)) throw mlflowInvalid(`${at}.inputs must be an object.`)
  if (expectations !== undefined && expectations !== null && !isObject(expectations)) {
    throw mlflowInvalid(`${at}.expectations must be an object.`)
  }
  const labels = tagsIn(tags, `${at}.tags`)
  const user = labels[USER_TAG]
  return {
    inputs,
    ...(outputs !== undefined && { outputs }),
    ...(expectations && { expectations }),
    tags: labels,
    ...(source !== undefined && source !== null && { source: readSource(source, at) }),
    ...(user !== undefined && { user: user.slice(0, 256) }),
  }
}

function readSource(source: unknown, at: string) {
  const { source_type, source_data = {} } = isObject(source) ? source : {}
  const name = String(source_type).toUpperCase()
  const type = Object.hasOwn(SOURCES, name) ? SOURCES[name as keyof typeof SOURCES] : undefined
  if (!type || !isObject(source_data)) {
    throw mlflowInvalid(
      `${at}.source needs a source_type of ${Object.keys(SOURCES).join(', ')}, and source_data that is an object.`,
    )
  }
  return { type, data: source_data }
}

export function datasetJson(dataset: EvaluationDataset) {
  return {
    dataset_id: dataset.id,
    name: dataset.name,
    digest: dataset.digest,
    tags: jsonOf(dataset.tags),
    ...(dataset.schema && { schema: jsonOf({ ...dataset.schema, version: '1.0' }) }),
    ...(dataset.records > 0 && { profile: jsonOf({ num_records: dataset.records }) }),
    created_time: ms(dataset.createdAt),
    last_update_time: ms(dataset.updatedAt),
    ...(dataset.createdBy !== '' && { created_by: dataset.createdBy }),
    ...(dataset.updatedBy !== '' && { last_updated_by: dataset.updatedBy }),
    experiment_ids: dataset.experimentIds,
  }
}

export function recordJson(dataset: string, record: EvaluationRecord) {
  const { source } = record
  const id = source?.data[source.type === 'trace' ? 'trace_id' : 'source_id']
  return {
    dataset_record_id: record.id,
    dataset_id: dataset,
    inputs: record.inputs,
    ...(record.outputs !== undefined && { outputs: record.outputs }),
    ...(record.expectations && { expectations: record.expectations }),
    tags: record.tags,
    ...(source && {
      source: { source_type: source.type.toUpperCase(), source_data: source.data },
      source_type: source.type.toUpperCase(),
    }),
    ...(typeof id === 'string' && { source_id: id }),
    created_time: ms(record.createdAt),
    last_update_time: ms(record.updatedAt),
    ...(record.createdBy !== '' && { created_by: record.createdBy }),
    ...(record.updatedBy !== '' && { last_updated_by: record.updatedBy }),
  }
}
