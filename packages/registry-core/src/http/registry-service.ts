import type { Actor, Logger } from '@mlops/core'
import { invalid } from '@mlops/core'
import type { AuthPort, Route, RouteContext, Service } from '@mlops/http'
import { createService, json, problemResponse, readJson, readPage } from '@mlops/http'
import type { Store } from '@mlops/store'
import { withAccess } from '../access/with-access.ts'
import type { AccessPort } from '../model/access.ts'
import type { Registry } from '../service/registry.ts'
import { approvalRoutes } from './approval-routes.ts'
import { deploymentRoutes } from './deployment-routes.ts'
import { historyRoutes } from './history-routes.ts'
import { LOCAL_HOSTS, originGuard } from './origin-guard.ts'
import type { Command, RegistryRoute } from './registry-route.ts'
import { whole } from './registry-route.ts'
import { retentionRoutes } from './retention-routes.ts'

export interface RegistryServiceOptions {
  readonly registry: Registry
  /** The registry's; refused changes are kept in its log. */
  readonly store: Store
  /** Who is calling; null: nobody that is known. */
  readonly authenticate: AuthPort['authenticate']
  /** What they may do: `createRoleAccess`, or one of your own. */
  readonly port: AccessPort
  /** Prefix of every path. @default '/api/registry/v1' */
  readonly basePath?: string
  /** Names under which the server may be reached, with or without a port; `*` is any. @default this machine's own */
  readonly allowedHosts?: readonly string[]
  /** Pages of other origins that may call. @default none */
  readonly allowedOrigins?: readonly string[]
  /** The largest JSON body. @default 1 MiB */
  readonly maxBodyBytes?: number
  readonly logger?: Logger
}

const routes: readonly RegistryRoute[] = [
  ...approvalRoutes,
  ...deploymentRoutes,
  ...retentionRoutes,
  ...historyRoutes,
]

/**
 * A fetch-standard handler for what MLflow's protocol does not carry: approvals, deployments,
 * retention and the history of models, as JSON over HTTP.
 *
 * Closed by default: a caller that `authenticate` does not know gets 401; each route works on the
 * registry as `withAccess` gives it to the caller, so that what `port` does not allow is 403, and kept
 * in the log if it would have changed something. Lists leave out what may not be read. Errors are
 * problem documents (RFC 9457) under their own codes. What a gate refuses is an answer of 200 with
 * `status: 'refused'`, as it is from the registry. Cost: the registry's, and a JSON body in memory.
 *
 * @throws `invalid` `registry.invalid-service`, `registry.invalid-hosts`.
 * @example
 * ```ts
 * import { createRegistry, createRoleAccess } from '@mlops/registry-core'
 * import { createRegistryService } from '@mlops/registry-core/http'
 * import { openStore } from '@mlops/store'
 * import { memoryBlobs } from '@mlops/store/blobs'
 *
 * const store = await openStore('sqlite::memory:')
 * const registry = await createRegistry({ store, blobs: memoryBlobs() })
 * const port = await createRoleAccess({ store, administrators: ['root'] })
 * const authenticate = (request: Request) => {
 *   const id = request.headers.get('x-user') // in earnest: a token that you have checked
 *   return id === null ? null : ({ type: 'human', id } as const)
 * }
 * const service = createRegistryService({ registry, store, port, authenticate })
 * const ask = (headers: Record<string, string>) =>
 *   service.fetch(new Request('http://localhost/api/registry/v1/models/m/history', { headers }))
 * const statuses = [await ask({}), await ask({ 'x-user': 'eve' }), await ask({ 'x-user': 'root' })]
 * console.log(statuses.map(({ status }) => status)) // [ 401, 403, 200 ]
 * await store.close()
 * ```
 */
export function createRegistryService(options: RegistryServiceOptions): Service {
  const {
    registry,
    store,
    authenticate,
    port,
    basePath = '/api/registry/v1',
    allowedHosts = LOCAL_HOSTS,
    allowedOrigins = [],
    maxBodyBytes = 1024 * 1024,
    logger,
  } = options ?? {}
  const isNamed = typeof basePath === 'string'
  if (
    !isNamed ||
    typeof authenticate !== 'function' ||
    typeof registry?.approvals?.list !== 'function'
  ) {
    throw invalid(
      'registry.invalid-service',
      'the service needs { registry, store, authenticate, port }: the registry, and a function that says who calls',
      {},
    )
  }
  // Now rather than at the first request.
  withAccess(registry, { port, store, actor: { type: 'service', id: 'probe' } })
  const guard = originGuard(allowedHosts, allowedOrigins, 'registry.invalid-hosts')

  const served = routes.map(
    ({ method, path, calls, status = 200, handle }): Route => ({
      method,
      path,
      access: {
        action: calls,
        subject: ({ params }) => ({ type: 'model', name: params['model'] ?? '*' }),
      },
      async handle(context) {
        const actor = context.actor as Actor
        const guarded = withAccess(registry, { port, store, actor })
        const { params } = context
        const query = Object.fromEntries(context.query)
        const page = readPage(context.query)
        const command = await commandOf(context, actor, maxBodyBytes)
        const result = await handle({ registry: guarded, params, query, page, command })
        return status === 204 ? new Response(null, { status }) : json(result, { status })
      },
    }),
  )
  const service = createService({
    routes: served,
    basePath,
    // Known callers pass here; the guarded registry asks the port, with subjects that only it can find.
    auth: { authenticate, authorize: () => true },
    ...(logger && { logger }),
  })
  return {
    routes: service.routes,
    async fetch(request) {
      try {
        guard(request)
      } catch (error) {
        return problemResponse(error)
      }
      return service.fetch(request)
    },
  }
}

/** The body with what the path names, in the caller's name. */
async function commandOf(
  { request, params }: RouteContext,
  by: Actor,
  maxBytes: number,
): Promise<Command> {
  const { version, ...names } = params
  const own = { ...names, ...(version !== undefined && { version: whole('version', version) }), by }
  if (request.method !== 'POST') return own
  const body = await readJson(request, { maxBytes })
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalid(
      'registry.invalid-body',
      'the body must be a JSON object: {} if there is nothing to say',
      {},
    )
  }
  return { ...body, ...own }
}
