import type { ErrorKind } from '@mlops/core'
import { isMlopsError, MlopsError } from '@mlops/core'

const BY_KIND: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  denied: 403,
  'not-found': 404,
  conflict: 409,
  internal: 500,
  unsupported: 501,
  unavailable: 503,
}

/** Where HTTP itself knows better than the kind. */
const BY_CODE: Readonly<Record<string, number>> = {
  'http.unauthenticated': 401,
  'http.method-not-allowed': 405,
  'http.body-too-large': 413,
  'http.unsupported-media-type': 415,
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
}

/** A problem document. `code` is the error's, stable; `details` are its facts. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly details?: unknown
}

/**
 * The HTTP status of an error: the one table of all `@mlops` services.
 *
 * @example
 * ```ts
 * import { invalid } from '@mlops/core'
 * import { statusOf } from '@mlops/http'
 *
 * console.log(statusOf(invalid('demo.n', 'n must be >= 0')), statusOf(new Error('boom'))) // 400 500
 * ```
 */
export function statusOf(error: unknown): number {
  if (!isMlopsError(error)) return 500
  return BY_CODE[error.code] ?? BY_KIND[error.kind] ?? 500
}

/**
 * The problem document of an error. What a server knows about itself (paths, hosts, SQL, foreign
 * error texts) stays inside: 500 and 503 carry the code and a sentence, nothing else.
 *
 * Source: RFC 9457.
 */
export function problemOf(error: unknown): Problem {
  const status = statusOf(error)
  const known = isMlopsError(error)
  const open = known && status !== 500 && status !== 503
  const code = known ? error.code : 'http.internal'
  return {
    type: `urn:mlops:problem:${code}`,
    title: TITLES[status] ?? 'Error',
    status,
    detail: open ? error.message : HIDDEN[status === 503 ? 503 : 500],
    code,
    ...(open && !isEmpty(error.details) && { details: error.details }),
  }
}

const HIDDEN = {
  500: 'the server failed; its log says more',
  503: 'the service cannot answer at the moment; try again later',
} as const

/** {@link problemOf} as a response. */
export function problemResponse(error: unknown): Response {
  const problem = problemOf(error)
  const headers = new Headers({
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  if (problem.status === 401) headers.set('www-authenticate', 'Bearer')
  if (problem.status === 503) headers.set('retry-after', '1')
  if (problem.status === 405 && isMlopsError(error)) {
    headers.set('allow', (error.details as { allow: readonly string[] }).allow.join(', '))
  }
  return new Response(JSON.stringify(problem), { status: problem.status, headers })
}

export function unauthenticated(): MlopsError {
  return new MlopsError({
    kind: 'denied',
    code: 'http.unauthenticated',
    message: 'this needs a signed-in caller: send credentials',
  })
}

function isEmpty(details: unknown): boolean {
  return typeof details !== 'object' || details === null || Object.keys(details).length === 0
}
