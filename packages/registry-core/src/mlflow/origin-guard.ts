import { invalid } from '@mlops/core'
import { mlflowDenied } from './errors.ts'

/** Names under which a server on one's own machine is reached. */
export const LOCAL_HOSTS = ['localhost', '127.0.0.1', '[::1]'] as const

/**
 * Refuses requests that a foreign page makes a browser send: under a host name that is not ours
 * (DNS rebinding), or from an origin that is not ours.
 *
 * @throws `denied` `mlflow.denied` from the guard; `invalid` `mlflow.invalid-hosts` when made.
 */
export function originGuard(
  hosts: readonly string[],
  origins: readonly string[],
): (request: Request) => void {
  for (const list of [hosts, origins]) {
    if (!Array.isArray(list) || list.some((entry) => typeof entry !== 'string')) {
      throw invalid(
        'mlflow.invalid-hosts',
        'allowedHosts and allowedOrigins are lists of texts',
        {},
      )
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
      throw mlflowDenied(
        `Invalid Host header: ${host.slice(0, 100)} is not among the allowed hosts`,
      )
    }
    const origin = request.headers.get('origin')
    if (origin === null || origins.includes(origin)) return
    const from = /^https?:\/\/([^/]+)$/.exec(origin)?.[1]
    if (from === undefined || any || !allows(from)) {
      throw mlflowDenied(`Cross-origin request from ${origin.slice(0, 100)} was refused`)
    }
  }
}
