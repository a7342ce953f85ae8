import { invalid, MlopsError } from '@mlops/core'

/** Names under which a server on one's own machine is reached. */
export const LOCAL_HOSTS = ['localhost', '127.0.0.1', '[::1]'] as const

/**
 * Refuses requests that a foreign page makes a browser send: under a host name that is not ours
 * (DNS rebinding), or from an origin that is not ours.
 *
 * @throws `denied` `registry.foreign-request` from the guard; `invalid` with the given code when made.
 */
export function originGuard(
  hosts: readonly string[],
  origins: readonly string[],
  code: string,
): (request: Request) => void {
  for (const list of [hosts, origins]) {
    if (!Array.isArray(list) || list.some((entry) => typeof entry !== 'string')) {
      throw invalid(code, 'allowedHosts and allowedOrigins are lists of texts', {})
    }
  }
  const known = new Set(hosts.map((host) => host.toLowerCase()))
  const any = known.has('*')
  const allows = (host: string) => {
    const name = host.toLowerCase()
    return any || known.has(name) || known.has(name.replace(/:\d{1,5}$/, ''))
  }
  return (request) => {
    const host = request.headers.get('host') ?? new URL(request.url).host
    if (!allows(host)) {
      throw foreign(`Invalid Host header: ${host.slice(0, 100)} is not among the allowed hosts`)
    }
    const origin = request.headers.get('origin')
    if (origin === null || origins.includes(origin)) return
    const from = /^https?:\/\/([^/]+)$/.exec(origin)?.[1]
    if (from === undefined || any || !allows(from)) {
      throw foreign(`Cross-origin request from ${origin.slice(0, 100)} was refused`)
    }
  }
}

function foreign(message: string): MlopsError {
  return new MlopsError({ kind: 'denied', code: 'registry.foreign-request', message })
}
