import type { Assessment, AssessmentSource, ChangeAssessment } from '../model/assessment.ts'
import { optionalText, text } from './call.ts'
import { mlflowInvalid } from './errors.ts'
import type { Input } from './fields.ts'
import { invalidField, isObject, isText, jsonOf, missingField, readFields } from './fields.ts'
import { cut, TAG_LENGTH } from './names.ts'

const SOURCES = {
  SOURCE_TYPE_UNSPECIFIED: 'unspecified',
  HUMAN: 'human',
  LLM_JUDGE: 'llm-judge',
  CODE: 'code',
} as const
type SourceName = keyof typeof SOURCES

/** Values that are no plain ones travel as JSON within JSON, under this name. */
const JSON_FORMAT = 'JSON_FORMAT'

const VALUES = ['feedback', 'expectation', 'issue'] as const

/** A map of texts. Keys and values that are too long are cut, as clients do it. */
export function textsIn(input: Input, field: string, length: number): Record<string, string> {
  const map = input[field] ?? {}
  if (!isObject(map)) throw invalidField(field, map)
  return Object.fromEntries(
    Object.entries(map).map(([key, value]) => {
      const written = typeof value === 'string' ? value : jsonOf(value)
      if (key === '' || !isText(key) || !isText(written)) throw invalidField(field, map)
      return [cut(key, 250), cut(written, length)]
    }),
  )
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/

export function instantIn(input: Input, field: string): string | undefined {
  const value = input[field] ?? undefined
  if (value === undefined) return undefined
  const time = typeof value === 'string' && INSTANT.test(value) ? Date.parse(value) : Number.NaN
  if (Number.isNaN(time)) throw invalidField(field, value)
  return new Date(time).toISOString()
}

export function readAssessment(assessment: Input) {
  const read = readFields(
    {
      assessment_id: { type: 'text' },
      assessment_name: { type: 'text', required: true },
      span_id: { type: 'text' },
      source: { type: 'object' },
      rationale: { type: 'text' },
      overrides: { type: 'text' },
    },
    assessment,
    '',
  )
  const [id, span] = [optionalText(read, 'assessment_id'), optionalText(read, 'span_id')]
  const [rationale, overrides] = [optionalText(read, 'rationale'), optionalText(read, 'overrides')]
  const createdAt = instantIn(assessment, 'create_time')
  const updatedAt = instantIn(assessment, 'last_update_time')
  return {
    ...(id && { id }),
    name: text(read, 'assessment_name'),
    ...readValue(assessment),
    source: readSource(read['source'] as Input | undefined),
    ...(span && { span }),
    ...(rationale && { rationale }),
    metadata: textsIn(assessment, 'metadata', TAG_LENGTH),
    ...(overrides && { overrides }),
    ...(createdAt !== undefined && { createdAt }),
    ...(updatedAt !== undefined && { updatedAt }),
  }
}

function readSource(source: Input = {}): AssessmentSource {
  const read = readFields(
    { source_type: { type: 'enum' }, source_id: { type: 'text' } },
    source,
    '',
  )
  const type = read['source_type'] ?? 0
  const name = Object.keys(SOURCES)[Number(type)] ?? String(type)
  if (!Object.hasOwn(SOURCES, name)) throw invalidField('source_type', type)
  return { type: SOURCES[name as SourceName], id: optionalText(read, 'source_id') || 'default' }
}

function readValue(assessment: Input) {
  const [kind, another] = VALUES.filter((name) => isObject(assessment[name]))
  if (kind === undefined || another !== undefined) {
    throw mlflowInvalid('Exactly one of `expectation` and `feedback` should be specified.')
  }
  if (kind === 'issue') throw mlflowInvalid('This server keeps no issues.')
  return { kind, ...(kind === 'feedback' ? readFeedback(assessment) : readExpectation(assessment)) }
}

function readFeedback({ feedback, error: outer }: Input) {
  const { value = null, error = outer } = feedback as Input
  if (!isObject(error)) return { value }
  const read = readFields(
    {
      error_code: { type: 'text' },
      error_message: { type: 'text' },
      stack_trace: { type: 'text' },
    },
    error,
    '',
  )
  const message = optionalText(read, 'error_message')
  const stackTrace = optionalText(read, 'stack_trace')
  const code = optionalText(read, 'error_code') ?? ''
  return { value, error: { code, ...(message && { message }), ...(stackTrace && { stackTrace }) } }
}

function readExpectation({ expectation }: Input) {
  const { value = null, serialized_value: serialized } = expectation as Input
  if (!isObject(serialized)) return { value }
  const { serialization_format: format, value: written } = serialized
  if (format !== JSON_FORMAT) {
    throw mlflowInvalid(`Unknown serialization format: only ${JSON_FORMAT} is supported.`)
  }
  try {
    return { value: JSON.parse(String(written)) as unknown }
  } catch {
    throw mlflowInvalid('The serialized value of the expectation is not valid JSON.')
  }
}

/** What the mask names, in either way of writing, is changed; the rest of the assessment is not read. */
export function readChange(
  assessment: Input,
  mask: string,
): Omit<ChangeAssessment, 'trace' | 'id' | 'by'> {
  const paths = mask
    .split(',')
    .map((path) => path.trim().replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))
  const read = readFields(
    { assessment_name: { type: 'text' }, rationale: { type: 'text' } },
    assessment,
    '',
  )
  const changes: { -readonly [Key in keyof ChangeAssessment]?: ChangeAssessment[Key] } = {}
  for (const path of paths) {
    if (path === 'assessment_name') changes.name = optionalText(read, path) ?? ''
    else if (path === 'rationale') changes.rationale = optionalText(read, path) ?? ''
    else if (path === 'metadata') changes.metadata = textsIn(assessment, path, TAG_LENGTH)
    else if (path === 'feedback' || path === 'expectation') {
      if (!isObject(assessment[path])) throw missingField(`assessment.${path}`)
      changes[path] = path === 'feedback' ? readFeedback(assessment) : readExpectation(assessment)
    } else {
      throw mlflowInvalid(
        `The update mask names '${path.slice(0, 100)}', which cannot be changed: assessment_name, feedback, expectation, rationale and metadata can.`,
      )
    }
  }
  return changes
}

export function assessmentJson(assessment: Assessment) {
  const { source, metadata } = assessment
  return {
    assessment_id: assessment.id,
    assessment_name: assessment.name,
    trace_id: assessment.trace,
    ...(assessment.span !== undefined && { span_id: assessment.span }),
    source: {
      source_type: Object.keys(SOURCES).find((name) => SOURCES[name as SourceName] === source.type),
      source_id: source.id,
    },
    create_time: assessment.createdAt,
    last_update_time: assessment.updatedAt,
    ...valueJson(assessment),
    ...(assessment.rationale !== undefined && { rationale: assessment.rationale }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
    ...(assessment.overrides !== undefined && { overrides: assessment.overrides }),
    valid: assessment.valid,
  }
}

function valueJson({ kind, value, error }: Assessment) {
  if (kind === 'expectation') {
    const plain = typeof value !== 'object'
    const serialized = { serialization_format: JSON_FORMAT, value: jsonOf(value) }
    return { expectation: plain ? { value } : { serialized_value: serialized } }
  }
  return {
    feedback: {
      value,
      ...(error && {
        error: {
          error_code: error.code,
          ...(error.message !== undefined && { error_message: error.message }),
          ...(error.stackTrace !== undefined && { stack_trace: error.stackTrace }),
        },
      }),
    },
  }
}
