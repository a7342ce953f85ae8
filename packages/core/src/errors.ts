/**
 * What went wrong, in seven kinds. The list is closed: doors map it to HTTP statuses, exit codes
 * and retries without knowing the packages behind.
 */
export type ErrorKind =
  | 'invalid'
  | 'not-found'
  | 'conflict'
  | 'denied'
  | 'unavailable'
  | 'unsupported'
  | 'internal'

const BRAND = Symbol.for('@mlops/MlopsError')

/** What an {@link MlopsError} is made of. */
export interface MlopsErrorInit<Code extends string = string, Details = unknown> {
  readonly kind: ErrorKind
  /** `<package>.<what>`, for example `registry.version-exists`. Stable: tests and callers match it. */
  readonly code: Code
  /** What was wrong, naming the offending value and its bound, and what to do about it. */
  readonly message: string
  /** JSON-safe facts of the case, so that callers need not parse the message. */
  readonly details?: Details
  /** The error that led here. */
  readonly cause?: unknown
}

/**
 * The one error class of all `@mlops` packages.
 *
 * A caller's mistake and a failing infrastructure are thrown; a domain outcome ("too little data")
 * is returned as a status instead. Recognise it with {@link isMlopsError}, which also holds when two
 * copies of this package are loaded; `instanceof` does not.
 *
 * @example
 * ```ts
 * import { isMlopsError, MlopsError } from '@mlops/core'
 *
 * try {
 *   throw new MlopsError({ kind: 'invalid', code: 'demo.negative', message: 'n must be >= 0, got -1', details: { n: -1 } })
 * } catch (error) {
 *   console.log(isMlopsError(error) && error.code) // 'demo.negative'
 * }
 * ```
 */
export class MlopsError<Code extends string = string, Details = unknown> extends Error {
  readonly kind: ErrorKind
  readonly code: Code
  readonly details: Details

  constructor(init: MlopsErrorInit<Code, Details>) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause })
    this.name = 'MlopsError'
    this.kind = init.kind
    this.code = init.code
    this.details = (init.details ?? {}) as Details
    Object.defineProperty(this, BRAND, { value: true })
  }

  /** Kind, code, message and details: what may cross a process border. The cause and stack stay. */
  toJSON(): { kind: ErrorKind; code: Code; message: string; details: Details } {
    return { kind: this.kind, code: this.code, message: this.message, details: this.details }
  }
}

/** Whether `error` is an {@link MlopsError}, of this or another copy of the package. */
export function isMlopsError(error: unknown): error is MlopsError {
  return (
    typeof error === 'object' &&
    error !== null &&
    (error as Record<symbol, unknown>)[BRAND] === true
  )
}

/** An `invalid` error: the caller passed something that cannot be right. */
export function invalid<Details>(code: string, message: string, details?: Details): MlopsError {
  return new MlopsError({ kind: 'invalid', code, message, details })
}
