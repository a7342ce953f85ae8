import type { Trace } from '../model/trace.ts'
import { assessmentJson, instantIn, readAssessment, textsIn } from './assessment-json.ts'
import { items, optionalText, text } from './call.ts'
import { mlflowInvalid } from './errors.ts'
import type { Input } from './fields.ts'
import { invalidField, isObject, missingField, readFields } from './fields.ts'
import { cut, TAG_LENGTH } from './names.ts'

/** Where clients put the spans, and look for them: what the server says, never what a client does. */
export const PLACE_TAG = 'mlflow.artifactLocation'
/** Says that the spans are kept in the server's database; here they are files. */
const SPANS_TAG = 'mlflow.trace.spansLocation'
const RUN_KEY = 'mlflow.sourceRun'
const PREVIEW_LENGTH = 10_000

const STATES = {
  STATE_UNSPECIFIED: 'unspecified',
  OK: 'ok',
  ERROR: 'error',
  IN_PROGRESS: 'in-progress',
} as const
type StateName = keyof typeof STATES

/** Tags that only the server sets. */
export const isOwnTag = (key: string): boolean => key === PLACE_TAG || key === SPANS_TAG

/** Which experiment a trace is said to be in; undefined when it is none. */
export function experimentIn(location: unknown): string | undefined {
  const { mlflow_experiment: experiment } = isObject(location) ? location : {}
  const id = isObject(experiment) ? experiment['experiment_id'] : undefined
  return typeof id === 'string' && id !== '' ? id : undefined
}

/** The part of a request that speaks of the trace itself; its spans travel as a file. */
export const traceInfoIn = ({ trace }: Input): Input => {
  const info = isObject(trace) ? trace['trace_info'] : undefined
  return isObject(info) ? info : {}
}

export function readTrace(info: Input) {
  const read = readFields(
    {
      trace_id: { type: 'text', required: true },
      trace_location: { type: 'object', required: true },
      client_request_id: { type: 'text' },
      request_preview: { type: 'text' },
      response_preview: { type: 'text' },
      state: { type: 'enum' },
      assessments: { type: 'items' },
    },
    info,
    '',
  )
  const experimentId = experimentIn(read['trace_location'])
  if (experimentId === undefined) {
    throw mlflowInvalid('A trace is kept in an experiment: trace_location must name one.')
  }
  const tags = textsIn(info, 'tags', TAG_LENGTH)
  const metadata = textsIn(info, 'trace_metadata', TAG_LENGTH)
  const run = Object.hasOwn(metadata, RUN_KEY) ? metadata[RUN_KEY] : undefined
  const requestedAt = instantIn(info, 'request_time')
  const durationMs = durationIn(info)
  const client = optionalText(read, 'client_request_id')
  const request = optionalText(read, 'request_preview')
  const response = optionalText(read, 'response_preview')
  return {
    id: text(read, 'trace_id'),
    experimentId,
    state: readState(read['state']),
    tags: Object.fromEntries(Object.entries(tags).filter(([key]) => !isOwnTag(key))),
    metadata,
    ...(requestedAt !== undefined && { requestedAt }),
    ...(durationMs !== undefined && { durationMs }),
    ...(client !== undefined && { clientRequestId: client }),
    ...(request !== undefined && { requestPreview: cut(request, PREVIEW_LENGTH) }),
    ...(response !== undefined && { responsePreview: cut(response, PREVIEW_LENGTH) }),
    ...(run && { run: run.slice(0, 256) }),
    assessments: items(read, 'assessments').map(readAssessment),
  }
}

function readState(value: unknown) {
  if (value === undefined) return 'unspecified' as const
  const name = Object.keys(STATES)[Number(value)] ?? String(value)
  if (Object.hasOwn(STATES, name)) return STATES[name as StateName]
  throw invalidField('state', value)
}

/** `1.500s`. A clock that was set back meanwhile gives a duration below zero. */
function durationIn({ execution_duration: value }: Input): number | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string' || !/^-?\d{1,9}(?:\.\d{1,9})?s$/.test(value)) {
    throw invalidField('execution_duration', value)
  }
  return Math.max(0, Math.round(Number(value.slice(0, -1)) * 1000))
}

/** Where the spans of a trace go. */
export const tracePlace = ({ id, experimentId, artifactLocation }: Trace): string =>
  `${artifactLocation ?? `mlflow-artifacts:/${experimentId}`}/traces/${id}/artifacts`

export function traceInfoJson(trace: Trace) {
  return {
    trace_id: trace.id,
    ...(trace.clientRequestId !== undefined && { client_request_id: trace.clientRequestId }),
    trace_location: {
      type: 'MLFLOW_EXPERIMENT',
      mlflow_experiment: { experiment_id: trace.experimentId },
    },
    ...(trace.requestPreview !== undefined && { request_preview: trace.requestPreview }),
    ...(trace.responsePreview !== undefined && { response_preview: trace.responsePreview }),
    request_time: trace.requestedAt,
    ...(trace.durationMs !== undefined && { execution_duration: `${trace.durationMs / 1000}s` }),
    state: Object.keys(STATES).find((name) => STATES[name as StateName] === trace.state),
    trace_metadata: trace.metadata,
    assessments: trace.assessments.map(assessmentJson),
    tags: { ...trace.tags, [PLACE_TAG]: tracePlace(trace) },
  }
}

/** Which traces a list of locations speaks of. */
export function experimentsIn(locations: readonly Input[]): readonly string[] {
  if (locations.length === 0) throw missingField('locations')
  return locations.map((location) => {
    const id = experimentIn(location)
    if (id !== undefined) return id
    throw mlflowInvalid('Traces are searched in experiments: each location must name one.')
  })
}
