import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { MlopsError } from '@mlops/core'

export interface ServeOptions {
  /** 0 picks a free one. */
  readonly port: number
  /** @default '127.0.0.1', so that nobody else can reach it until that is asked for */
  readonly host?: string
  /** How long a connection may take to send its headers. @default 20 000 */
  readonly headersTimeoutMs?: number
  /**
   * How long it may take to send a whole request, body and all; then it is answered 408 and closed.
   * Raise it where large files come over slow lines. @default 300 000
   */
  readonly requestTimeoutMs?: number
  /**
   * Puts lighter classes in the place of this process's global `Request` and `Response`: a short answer
   * takes about half the time. For a program that owns its process. @default false
   */
  readonly replaceGlobals?: boolean
}

/** A server that listens. */
export interface RunningServer {
  readonly host: string
  readonly port: number
  readonly url: string
  /**
   * Takes no new connections, waits for the requests under way, then cuts what is left.
   * Calling it again waits for the same end.
   */
  close(options?: { readonly drainMs?: number }): Promise<void>
}

/**
 * Serves a fetch-standard handler with Node's own HTTP server.
 *
 * @throws `unavailable` `http.port-in-use`, `http.port-forbidden` or `http.cannot-listen`.
 * @example
 * ```ts
 * import { createService, json } from '@mlops/http'
 * import { serve } from '@mlops/http/node'
 *
 * const service = createService({
 *   routes: [{ method: 'GET', path: '/health', access: 'public', handle: () => json({ ok: true }) }],
 * })
 * const server = await serve(service, { port: 0 })
 * console.log(await (await fetch(`${server.url}/health`)).json()) // { ok: true }
 * await server.close()
 * ```
 */
export async function serve(
  handler: { fetch(request: Request): Response | Promise<Response> },
  {
    port,
    host = '127.0.0.1',
    headersTimeoutMs = 20_000,
    requestTimeoutMs = 300_000,
    replaceGlobals = false,
  }: ServeOptions,
): Promise<RunningServer> {
  const server = createAdaptorServer({
    fetch: (request: Request) => handler.fetch(request),
    overrideGlobalObjects: replaceGlobals,
    serverOptions: {
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      // Node looks for late ones every 30 seconds unless told; a limit of 2 s would mean 32 s.
      connectionsCheckingInterval: Math.max(
        50,
        Math.min(headersTimeoutMs, requestTimeoutMs, 30_000) / 4,
      ),
    },
  }) as Server
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(cannotListen(error, host, port)))
    server.listen(port, host, resolve)
  })
  const bound = server.address() as AddressInfo
  let closing: Promise<void> | undefined
  return {
    host: bound.address,
    port: bound.port,
    url: `http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`,
    close({ drainMs = 10_000 } = {}) {
      closing ??= drain(server, drainMs)
      return closing
    },
  }
}

async function drain(server: Server, drainMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const timer = setTimeout(() => server.closeAllConnections(), drainMs)
  await closed
  clearTimeout(timer)
}

function cannotListen(cause: NodeJS.ErrnoException, host: string, port: number) {
  const told = TOLD[cause.code ?? ''] ?? [
    'http.cannot-listen',
    `cannot listen on ${host}:${port} (${cause.code ?? cause.message}): check the host name and port`,
  ]
  return new MlopsError({
    kind: 'unavailable',
    code: told[0],
    message: told[1].replace('{at}', `${host}:${port}`),
    details: { host, port },
    cause,
  })
}

const TOLD: Readonly<Record<string, readonly [code: string, message: string]>> = {
  EADDRINUSE: [
    'http.port-in-use',
    'another program listens on {at}: stop it, or choose another port (0 picks a free one)',
  ],
  EACCES: ['http.port-forbidden', 'this user may not listen on {at}: choose a port from 1024 on'],
}
