import { invalid, isMlopsError, MlopsError } from '@mlops/core'

/** Error codes of the protocol and their statuses. No user error is 429 or 5xx: clients retry those for minutes. */
const STATUS = {
  INVALID_PARAMETER_VALUE: 400,
  RESOURCE_ALREADY_EXISTS: 400,
  BAD_REQUEST: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  RESOURCE_DOES_NOT_EXIST: 404,
  ENDPOINT_NOT_FOUND: 404,
  RESOURCE_CONFLICT: 409,
  INTERNAL_ERROR: 500,
  NOT_IMPLEMENTED: 501,
  TEMPORARILY_UNAVAILABLE: 503,
} as const
export type MlflowErrorCode = keyof typeof STATUS

const BY_KIND = {
  invalid: 'INVALID_PARAMETER_VALUE',
  'not-found': 'RESOURCE_DOES_NOT_EXIST',
  conflict: 'RESOURCE_CONFLICT',
  denied: 'PERMISSION_DENIED',
  unavailable: 'TEMPORARILY_UNAVAILABLE',
  unsupported: 'NOT_IMPLEMENTED',
  internal: 'INTERNAL_ERROR',
} as const satisfies Record<MlopsError['kind'], MlflowErrorCode>

type Facts = Readonly<Record<string, unknown>>

/** Where clients, or tests of theirs, look for another code or for MLflow's own words. */
const BY_CODE: Readonly<
  Record<string, readonly [code: MlflowErrorCode, message?: (facts: Facts) => string]>
> = {
  'http.unauthenticated': ['UNAUTHENTICATED'],
  'http.body-too-large': ['INVALID_PARAMETER_VALUE'],
  'http.unsupported-media-type': ['INVALID_PARAMETER_VALUE'],
  'mlflow.no-endpoint': ['ENDPOINT_NOT_FOUND'],
  'mlflow.invalid-remote-uri': ['INTERNAL_ERROR'],
  'registry.alias-moved': ['RESOURCE_CONFLICT'],
  'registry.assessment-kind': ['INVALID_PARAMETER_VALUE'],
  'registry.experiment-deleted': ['INVALID_PARAMETER_VALUE'],
  'registry.experiment-exists': [
    'RESOURCE_ALREADY_EXISTS',
    ({ name }) => `Experiment '${name}' already exists.`,
  ],
  'registry.model-exists': [
    'RESOURCE_ALREADY_EXISTS',
    ({ name }) => `Registered Model (name=${name}) already exists.`,
  ],
  'registry.no-alias': [
    'INVALID_PARAMETER_VALUE',
    ({ alias }) => `Registered model alias ${alias} not found.`,
  ],
  'registry.no-assessment': [
    'RESOURCE_DOES_NOT_EXIST',
    ({ id, trace }) => `Assessment with ID '${id}' not found for trace '${trace}'`,
  ],
  'registry.no-evaluation-dataset': [
    'RESOURCE_DOES_NOT_EXIST',
    ({ id }) => `Dataset '${id}' not found`,
  ],
  'registry.no-experiment': [
    'RESOURCE_DOES_NOT_EXIST',
    ({ id }) => `No Experiment with id=${id} exists`,
  ],
  'registry.no-logged-model': [
    'RESOURCE_DOES_NOT_EXIST',
    ({ id }) => `Logged model with ID '${id}' not found.`,
  ],
  'registry.no-model': [
    'RESOURCE_DOES_NOT_EXIST',
    ({ name }) => `Registered Model with name=${name} not found`,
  ],
  'registry.no-run': ['RESOURCE_DOES_NOT_EXIST', ({ run }) => `Run with id=${run} not found`],
  'registry.no-trace': ['RESOURCE_DOES_NOT_EXIST', ({ id }) => `Trace with ID '${id}' not found.`],
  'registry.no-version': [
    'RESOURCE_DOES_NOT_EXIST',
    ({ model, version }) => `Model Version (name=${model}, version=${version}) not found`,
  ],
  'registry.no-webhook': [
    'RESOURCE_DOES_NOT_EXIST',
    ({ id }) => `Webhook with ID ${id} not found.`,
  ],
  'registry.param-exists': [
    'INVALID_PARAMETER_VALUE',
    ({ key, value, refused }) =>
      `Changing param values is not allowed. Param with key='${key}' was already logged with value='${value}'. Attempted logging new value '${refused}'.`,
  ],
  'registry.path-taken': ['INVALID_PARAMETER_VALUE'],
  'registry.run-deleted': [
    'INVALID_PARAMETER_VALUE',
    ({ run }) => `The run ${run} must be in the 'active' state. Current state is deleted.`,
  ],
  'registry.run-exists': ['RESOURCE_ALREADY_EXISTS'],
  'registry.same-stage': ['INVALID_PARAMETER_VALUE'],
  'registry.trace-exists': ['RESOURCE_ALREADY_EXISTS'],
  'registry.unknown-stage': ['INVALID_PARAMETER_VALUE'],
}

export interface MlflowError {
  readonly status: number
  readonly error_code: MlflowErrorCode
  readonly message: string
}

/** What a client is told. Of failures of the server itself it learns nothing: no SQL, no path. */
export function mlflowErrorOf(error: unknown): MlflowError {
  if (!isMlopsError(error)) return failure('INTERNAL_ERROR')
  const known = Object.hasOwn(BY_CODE, error.code) ? BY_CODE[error.code] : undefined
  const code = known?.[0] ?? BY_KIND[error.kind]
  const status = STATUS[code]
  if ((status === 500 || status === 503) && error.code !== 'mlflow.invalid-remote-uri') {
    return failure(code)
  }
  const facts = (error.details ?? {}) as Facts
  return { status, error_code: code, message: known?.[1]?.(facts) ?? error.message }
}

function failure(code: MlflowErrorCode): MlflowError {
  const message =
    code === 'TEMPORARILY_UNAVAILABLE'
      ? 'the service cannot answer at the moment; try again later'
      : 'the server failed; its log says more'
  return { status: STATUS[code], error_code: code, message }
}

export function mlflowInvalid(message: string) {
  return invalid('mlflow.invalid-parameter', message, {})
}

export function mlflowMissing(message: string) {
  return new MlopsError({ kind: 'not-found', code: 'mlflow.not-found', message })
}

export function mlflowDenied(message: string, details: object = {}) {
  return new MlopsError({ kind: 'denied', code: 'mlflow.denied', message, details })
}
