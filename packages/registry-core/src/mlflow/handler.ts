import type { Actor } from '@mlops/core'
import { MlopsError } from '@mlops/core'
import type { AuthPort } from '@mlops/http'
import { readBytes } from '@mlops/http'
import type { Call, MlflowContext, MlflowRoute } from './call.ts'
import { mlflowErrorOf, mlflowInvalid } from './errors.ts'
import type { Input } from './fields.ts'
import { readFields } from './fields.ts'
import type { MlflowHandlerOptions } from './handler-options.ts'
import { readOptions } from './handler-options.ts'
import { jsonResponse } from './json-response.ts'
import { createRouter, pathsOf } from './router.ts'
import { routes } from './routes.ts'

/** What one route of the door is, for enumeration. */
export interface MlflowEndpoint {
  readonly method: MlflowRoute['method']
  readonly paths: readonly string[]
  /** What permission is asked for; `'public'` asks for none. */
  readonly action: string
}

/** Every route that the handler answers to. */
export const mlflowEndpoints: readonly MlflowEndpoint[] = routes.map((route) => ({
  method: route.method,
  paths: pathsOf(route),
  action: route.access === 'public' ? 'public' : route.access.action,
}))

/**
 * Lets everybody do everything, as one actor: for a service that only trusted callers reach.
 *
 * @example
 * ```ts
 * import { openAccess } from '@mlops/registry-core/mlflow'
 *
 * const auth = openAccess({ type: 'service', id: 'training' })
 * console.log(await auth.authorize({ type: 'human', id: 'ada' }, 'run.read', { type: 'run', name: 'r' })) // true
 * ```
 */
export function openAccess(actor: Actor): AuthPort {
  return { authenticate: () => actor, authorize: () => true }
}

/**
 * A fetch-standard handler that speaks MLflow's REST protocol over a registry, so that MLflow's
 * Python client works with it unchanged: experiments, runs, logged models, registered models and
 * their versions, searches, and the artifact proxy.
 *
 * Every route passes `auth` (else 401 or 403); what the registry's gate refuses is 403 with what is
 * missing. Errors are `{ error_code, message }`; failures of the server tell nothing about it.
 * Cost: JSON bodies are read whole, up to `maxBodyBytes`; files are streamed in constant memory.
 *
 * @throws `invalid` `mlflow.invalid-options`, `mlflow.invalid-stages`, `mlflow.invalid-root`,
 *   `mlflow.invalid-hosts`.
 * @example
 * ```ts
 * import { createRegistry } from '@mlops/registry-core'
 * import { createMlflowHandler, openAccess } from '@mlops/registry-core/mlflow'
 * import { openStore } from '@mlops/store'
 * import { memoryBlobs } from '@mlops/store/blobs'
 *
 * const store = await openStore('sqlite::memory:')
 * const registry = await createRegistry({ store, blobs: memoryBlobs() })
 * const auth = openAccess({ type: 'service', id: 'training' })
 * const handler = createMlflowHandler({ registry, auth })
 * const url = 'http://localhost/api/2.0/mlflow/experiments/get?experiment_id=0'
 * const response = await handler(new Request(url))
 * const { experiment } = (await response.json()) as { experiment: { name: string } }
 * console.log(experiment.name) // Default
 * await store.close()
 * ```
 * Source: MLflow's REST API, version 3.11.
 * Differs from: MLflow's server, which keeps several versions in Production at a time, tells SQL in
 * errors, and reads files that clients name.
 */
export function createMlflowHandler(
  options: MlflowHandlerOptions,
): (request: Request) => Promise<Response> {
  const settings = readOptions(options)
  const { context, auth, guard, maxBodyBytes, logger } = settings
  const match = createRouter(routes)
  let ready: Promise<void> | undefined

  async function answer(request: Request): Promise<Response> {
    const url = new URL(request.url)
    const { route, params } = match(request.method, url.pathname)
    if (route.access === 'public' && route.base === 'root') {
      return (await route.handle({
        ...context,
        request,
        params,
        input: {},
        by: NOBODY,
        demand: async () => {
          throw unauthenticated()
        },
      })) as Response
    }
    guard(request)
    const actor = (await auth.authenticate(request)) ?? undefined
    if (actor === undefined && route.access !== 'public') throw unauthenticated()
    const input = await readInput(route, request, url, maxBodyBytes)
    const by = actor ?? NOBODY
    const demand: Call['demand'] = async (action, resource) => {
      // Only a plain true opens: a forgotten await or an odd value stays closed.
      if ((await auth.authorize(by, action, resource)) !== true) throw forbidden(by, action)
    }
    if (route.access !== 'public') {
      const { action, resources } = route.access
      for (const resource of resources({ input, params })) await demand(action, resource)
    }
    ready ??= ensureDefault(context).catch((error) => {
      ready = undefined
      throw error
    })
    await ready
    const result = await route.handle({ ...context, request, params, input, by, demand })
    return result instanceof Response ? result : jsonResponse(result)
  }

  return async (request) => {
    try {
      return await answer(request)
    } catch (error) {
      const { status, error_code, message } = mlflowErrorOf(error)
      const facts = { err: error, code: error_code, method: request.method }
      if (status >= 500) logger.error(facts, 'request failed')
      else logger.debug(facts, 'request refused')
      return jsonResponse({ error_code, message }, status)
    }
  }
}

const NOBODY: Actor = { type: 'service', id: 'anonymous' }

/** Experiment 0 is there from the start: clients log into it without asking. */
async function ensureDefault({ registry, artifactRoot }: MlflowContext): Promise<void> {
  await registry.experiments.ensureDefault({
    artifactLocation: `${artifactRoot.replace(/\/+$/, '')}/{id}`,
    by: { type: 'service', id: 'mlflow' },
  })
}

async function readInput(
  route: MlflowRoute,
  request: Request,
  url: URL,
  maxBytes: number,
): Promise<Input> {
  const fields = route.fields ?? {}
  if (request.method === 'GET' || route.bytes) {
    const query: Record<string, unknown> = {}
    for (const name of new Set(url.searchParams.keys())) {
      const values = url.searchParams.getAll(name)
      query[name] = values.length === 1 ? values[0] : values
    }
    return readFields(fields, query, '')
  }
  const bytes = await readBytes(request, { maxBytes })
  const type = (request.headers.get('content-type') ?? '').split(';')[0]!.trim().toLowerCase()
  if (bytes.byteLength > 0 && type !== 'application/json') {
    throw mlflowInvalid(`Bad Request. Content-Type must be application/json, got '${type}'.`)
  }
  const raw = new TextDecoder().decode(bytes)
  return readFields(fields, parseBody(raw), raw)
}

/** What is no JSON object counts as an empty one; old clients send JSON within JSON. */
function parseBody(raw: string): Input {
  let value: unknown = raw
  for (let i = 0; i < 2 && typeof value === 'string'; i++) {
    try {
      value = JSON.parse(value)
    } catch {
      return {}
    }
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Input)
    : {}
}

function unauthenticated() {
  return new MlopsError({
    kind: 'denied',
    code: 'http.unauthenticated',
    message: 'this needs a signed-in caller: send credentials',
  })
}

function forbidden(actor: Actor, action: string) {
  return new MlopsError({
    kind: 'denied',
    code: 'http.forbidden',
    message: `${actor.id} may not ${action}`,
    details: { action },
  })
}
