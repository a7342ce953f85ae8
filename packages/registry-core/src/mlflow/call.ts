import type { Actor, Clock, IdSource, SubjectRef } from '@mlops/core'
import type { Registry } from '../service/registry.ts'
import type { Webhooks } from '../webhooks/webhooks.ts'
import type { Fields, Input } from './fields.ts'
import type { LocalRoot } from './local-root.ts'

/** What the routes of the door share. */
export interface MlflowContext {
  readonly registry: Registry
  readonly clock: Clock
  readonly ids: IdSource
  /** Where the files of new experiments go: `mlflow-artifacts:/` or `file:///directory`. */
  readonly artifactRoot: string
  readonly relativeTo: string | undefined
  /** The directory of a `file://` root, the only one that is ever read or written. */
  readonly localRoot: LocalRoot | undefined
  readonly maxArtifactBytes: number
  readonly webhooks: Webhooks | undefined
  /** The registry's stage of every stage name of MLflow. */
  readonly stages: Readonly<Record<string, string>>
}

/** One request on its way through a route. */
export interface Call extends MlflowContext {
  readonly request: Request
  readonly params: Readonly<Record<string, string>>
  readonly input: Input
  readonly by: Actor
  /** Asks for one more permission than the route's. @throws `denied` `http.forbidden` */
  demand(action: string, resource: SubjectRef): Promise<void>
}

/** What a route asks permission for: something it does, to some things. */
export interface RouteAccess {
  readonly action: string
  readonly resources: (call: Pick<Call, 'input' | 'params'>) => readonly SubjectRef[]
}

/** A route as data: there is none without a decision about access. */
export interface MlflowRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** `:name` is one part, `*` the rest. */
  readonly path: string
  /** Below which prefixes it answers. */
  readonly base: 'api' | 'api-3' | 'root'
  readonly access: 'public' | RouteAccess
  readonly fields?: Fields
  /** Whether the body is the caller's bytes rather than JSON. */
  readonly bytes?: true
  /** A JSON object, or a response of its own. */
  readonly handle: (call: Call) => unknown
}

export const text = (input: Input, name: string): string => input[name] as string
export const optionalText = (input: Input, name: string): string | undefined =>
  input[name] as string | undefined
export const items = (input: Input, name: string): readonly Input[] =>
  (input[name] as readonly Input[] | undefined) ?? []
export const texts = (input: Input, name: string): readonly string[] =>
  (input[name] as readonly string[] | undefined) ?? []

/** Access to the one thing that a field names. */
export function named(action: string, type: string, field: string): RouteAccess {
  return {
    action,
    resources: ({ input, params }) => [
      { type, name: String(input[field] ?? params[field] ?? '*') },
    ],
  }
}

/** Access to each of the things that a list names. */
export function listed(action: string, type: string, field: string): RouteAccess {
  return {
    action,
    resources: ({ input }) => {
      const names = texts(input, field)
      return (names.length > 0 ? names : ['*']).map((name) => ({ type, name }))
    },
  }
}
