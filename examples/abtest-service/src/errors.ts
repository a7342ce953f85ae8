import { MlopsError } from '@mlops/core'

/** What does not exist (404). */
export function notFound(code: string, message: string, details: object = {}): MlopsError {
  return new MlopsError({ kind: 'not-found', code, message, details: { ...details } })
}

/** What cannot be done as things stand (409). */
export function conflict(code: string, message: string, details: object = {}): MlopsError {
  return new MlopsError({ kind: 'conflict', code, message, details: { ...details } })
}
