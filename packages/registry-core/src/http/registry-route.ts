import type { PageRequest } from '@mlops/core'
import { invalid } from '@mlops/core'
import type { Method } from '@mlops/http'
import type { Registry } from '../service/registry.ts'

/** One request on its way through a route. */
export interface RegistryCall {
  /** The registry as the caller may use it; there is no other. */
  readonly registry: Registry
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly page: PageRequest
  /** The JSON object of a POST; the path's names and numbers and the caller's are put into it. */
  readonly command: Command
}

/** Judged by the schema of the method that it is handed to. */
// biome-ignore lint/suspicious/noExplicitAny: what came over the wire
export type Command = any

/** A route as data. What the caller may do, the guarded registry asks. */
export interface RegistryRoute {
  readonly method: Method
  readonly path: string
  /** The registry's method behind it, whose access rule is asked. */
  readonly calls: string
  readonly status?: 201 | 204
  readonly handle: (call: RegistryCall) => Promise<unknown>
}

/** A whole number of a path or query; anything else is refused by name. @throws `invalid` `registry.invalid-number` */
export function whole(name: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw invalid('registry.invalid-number', `${name} must be a whole number`, { name })
}
