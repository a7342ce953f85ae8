/** The nouns a statement can speak of. Open: a package may add its own. */
export type SubjectType =
  | 'model'
  | 'model-version'
  | 'dataset'
  | 'dataset-version'
  | 'run'
  | 'deployment'
  | 'experiment'
  | 'use-case'
  | (string & {})

/** What a statement speaks of, named the way its owner names it. */
export interface SubjectRef {
  readonly type: SubjectType
  readonly name: string
  readonly version?: string
  /** Content address of exactly what was looked at, where it has one. */
  readonly digest?: string
}

/**
 * The subject on one line.
 *
 * @example
 * ```ts
 * import { formatSubject } from '@mlops/core'
 *
 * console.log(formatSubject({ type: 'model-version', name: 'flight-delay', version: '2' })) // 'model-version:flight-delay@2'
 * ```
 */
export function formatSubject({ type, name, version }: SubjectRef): string {
  return version === undefined ? `${type}:${name}` : `${type}:${name}@${version}`
}

/** Whether both speak of the same thing: equal type, name and version (digests are compared apart). */
export function sameSubject(a: SubjectRef, b: SubjectRef): boolean {
  return a.type === b.type && a.name === b.name && a.version === b.version
}
