import type { Actor, Logger, SubjectRef } from '@mlops/core'
import { MlopsError, silentLogger } from '@mlops/core'
import { Hono } from 'hono'
import type { AuthPort } from './auth.ts'
import { denyAll } from './auth.ts'
import { problemOf, problemResponse, unauthenticated } from './problem.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** What a handler gets. */
export interface RouteContext {
  readonly request: Request
  /** The path's `:names`, decoded once. */
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** Who calls; on a public route whoever `authenticate` finds, else undefined. */
  readonly actor: Actor | undefined
}

/** One route. There is none without a decision about access. */
export interface Route {
  readonly method: Method
  /** Hono's patterns: `/models/:name`, `/artifacts/*`. */
  readonly path: string
  readonly access:
    | 'public'
    | {
        readonly action: string
        readonly subject: (context: Omit<RouteContext, 'actor'>) => SubjectRef
      }
  readonly handle: (context: RouteContext) => Response | Promise<Response>
}

export interface ServiceOptions {
  readonly routes: readonly Route[]
  /** @default denyAll: only public routes answer */
  readonly auth?: AuthPort
  readonly logger?: Logger
  /** Prefix of every path, `/api/v1`. @default '' */
  readonly basePath?: string
}

/** A fetch-standard handler, to be mounted in any server that has `Request` and `Response`. */
export interface Service {
  fetch(request: Request): Promise<Response>
  /** What it answers to, so that a test can walk over it. */
  readonly routes: readonly Pick<Route, 'method' | 'path' | 'access'>[]
}

/**
 * Makes a handler of routes. Denied by default: a route that is not public needs an actor that
 * `auth` knows (else 401) and allows (else 403). Every error leaves as a problem document.
 *
 * @example
 * ```ts
 * import { createService, json } from '@mlops/http'
 *
 * const service = createService({
 *   routes: [{ method: 'GET', path: '/health', access: 'public', handle: () => json({ ok: true }) }],
 * })
 * console.log((await service.fetch(new Request('http://localhost/health'))).status) // 200
 * console.log((await service.fetch(new Request('http://localhost/other'))).status) // 404
 * ```
 */
export function createService({
  routes,
  auth = denyAll,
  logger = silentLogger,
  basePath = '',
}: ServiceOptions): Service {
  const app = new Hono()
  const methods = [...new Set(routes.map(({ method }) => method))]

  for (const { method, path, access, handle } of routes) {
    app.on(method, `${basePath}${path}`, async (c) => {
      const context = {
        request: c.req.raw,
        params: c.req.param() as Record<string, string>,
        query: new URL(c.req.url).searchParams,
      }
      const actor = (await auth.authenticate(context.request)) ?? undefined
      if (access !== 'public') {
        if (actor === undefined) throw unauthenticated()
        const subject = access.subject(context)
        // Only a plain true opens: a forgotten await or an odd value stays closed.
        if ((await auth.authorize(actor, access.action, subject)) !== true) {
          throw forbidden(actor, access.action, subject)
        }
      }
      return handle({ ...context, actor })
    })
  }

  app.notFound((c) => {
    const allow = methods.filter((method) => app.router.match(method, c.req.path)[0].length > 0)
    return problemResponse(
      allow.length > 0 ? methodNotAllowed(c.req.method, allow) : noRoute(c.req.path),
    )
  })
  app.onError((error, c) => {
    const { status, code } = problemOf(error)
    const facts = { err: error, code, method: c.req.method, path: c.req.path }
    if (status >= 500) logger.error(facts, 'request failed')
    else logger.debug(facts, 'request refused')
    return problemResponse(error)
  })

  return {
    fetch: async (request) => app.fetch(request),
    routes: routes.map(({ method, path, access }) => ({
      method,
      path: `${basePath}${path}`,
      access,
    })),
  }
}

/** A JSON response. */
export function json(
  value: unknown,
  { status = 200 }: { readonly status?: number } = {},
): Response {
  return new Response(JSON.stringify(value), {
    status,
    headers: { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' },
  })
}

function forbidden(actor: Actor, action: string, subject: SubjectRef) {
  return new MlopsError({
    kind: 'denied',
    code: 'http.forbidden',
    message: `${actor.id} may not ${action}`,
    details: { action, subject },
  })
}

function noRoute(path: string) {
  return new MlopsError({
    kind: 'not-found',
    code: 'http.no-route',
    message: `nothing answers at ${path}`,
    details: { path },
  })
}

function methodNotAllowed(method: string, allow: readonly string[]) {
  return new MlopsError({
    kind: 'unsupported',
    code: 'http.method-not-allowed',
    message: `${method} is not possible here; ${allow.join(', ')} would be`,
    details: { allow },
  })
}
