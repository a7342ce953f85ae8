import { lookup } from 'node:dns/promises'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP } from 'node:net'
import { invalid, MlopsError } from '@mlops/core'
import { inRanges, isPublicAddress, rangeOf } from './ip-address.ts'

/** What webhooks may reach beyond the public internet over https. */
export interface WebhookReach {
  /** Plain http as well. @default false */
  readonly http?: boolean
  /** Further ranges: `10.1.0.0/16`, `fd00::/8`, `127.0.0.1`. @default none */
  readonly addresses?: readonly string[]
}

/** All addresses of a host's name. */
export type ResolveHost = (hostname: string) => Promise<readonly string[]>

export const systemResolve: ResolveHost = async (hostname) =>
  (await lookup(hostname, { all: true, verbatim: true })).map(({ address }) => address)

interface Post {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly reach: WebhookReach
  readonly resolve: ResolveHost
  readonly timeoutMs: number
  /** Certificates to trust beside the platform's, as PEM. */
  readonly ca?: string
}

/** @throws `invalid` `registry.invalid-webhook` for a reach that is none */
export function assertReach(reach: WebhookReach): void {
  const { http = false, addresses = [] } = reach ?? {}
  const fine =
    reach !== null &&
    typeof http === 'boolean' &&
    Array.isArray(addresses) &&
    addresses.every((range) => typeof range === 'string' && rangeOf(range) !== undefined)
  if (fine) return
  throw invalid(
    'registry.invalid-webhook',
    'what webhooks may reach is { http, addresses }, the addresses as 10.1.0.0/16 or fd00::/8',
    { http, addresses },
  )
}

/**
 * A webhook's URL, as far as it can be judged without asking for its addresses.
 *
 * @throws `invalid` `registry.webhook-url`
 */
export function webhookUrl(text: string, reach: WebhookReach): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const protocols = reach.http ? ['https:', 'http:'] : ['https:']
  if (!url || !protocols.includes(url.protocol)) {
    throw refusedUrl(`a webhook's URL must begin with ${protocols.join('// or ')}//`)
  }
  if (url.username !== '' || url.password !== '' || url.hash !== '') {
    throw refusedUrl("a webhook's URL carries no user, password or fragment")
  }
  const host = hostOf(url)
  // The parser has turned decimal, octal and hexadecimal forms into plain addresses by now.
  if (isIP(host) && !mayReach(host, reach)) {
    throw refusedUrl('the address is not one that webhooks may reach')
  }
  return url
}

/**
 * Posts once to an address that was looked at: the name is resolved once, every address that it has
 * must be one that may be reached, and the connection goes to that address and nowhere else.
 * Redirects are answers like any other. Of the answer only the status is read.
 *
 * @throws `invalid` `registry.webhook-url`; `denied` `registry.webhook-address`; `unavailable`
 *   `registry.webhook-timeout`, `registry.webhook-failed`. None of them tells an address.
 */
export async function guardedPost(post: Post): Promise<{ readonly status: number }> {
  const url = webhookUrl(post.url, post.reach)
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(), post.timeoutMs)
  try {
    const address = await Promise.race([vettedAddress(url, post), aborted(deadline.signal)])
    return await send(url, address, post, deadline.signal)
  } catch (cause) {
    if (cause instanceof MlopsError) throw cause
    const late = deadline.signal.aborted
    throw new MlopsError({
      kind: 'unavailable',
      code: late ? 'registry.webhook-timeout' : 'registry.webhook-failed',
      message: late
        ? `the webhook's receiver did not answer within ${post.timeoutMs} ms`
        : "the webhook's receiver could not be reached",
      cause,
    })
  } finally {
    clearTimeout(timer)
  }
}

async function vettedAddress(url: URL, { reach, resolve }: Post): Promise<string> {
  const host = hostOf(url)
  const addresses = isIP(host) ? [host] : await resolve(host)
  const [first] = addresses
  // One bad address among good ones is how a name is made to lead elsewhere the next time.
  if (first !== undefined && addresses.every((address) => mayReach(address, reach))) return first
  throw new MlopsError({
    kind: 'denied',
    code: 'registry.webhook-address',
    message: 'the name leads to an address that webhooks may not reach',
  })
}

function send(
  url: URL,
  address: string,
  { headers, body, ca }: Post,
  signal: AbortSignal,
): Promise<{ readonly status: number }> {
  const secure = url.protocol === 'https:'
  const host = hostOf(url)
  return new Promise((resolve, reject) => {
    const request = (secure ? requestHttps : requestHttp)({
      method: 'POST',
      host: address,
      port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
      path: `${url.pathname}${url.search}`,
      headers: { ...headers, host: url.host, 'content-length': String(Buffer.byteLength(body)) },
      agent: false,
      maxHeaderSize: 16 * 1024,
      signal,
      ...(secure && !isIP(host) && { servername: host }),
      ...(secure && ca !== undefined && { ca }),
    })
    request.on('error', reject)
    request.on('response', (response) => {
      resolve({ status: response.statusCode ?? 0 })
      response.destroy()
    })
    request.end(body)
  })
}

function mayReach(address: string, { addresses = [] }: WebhookReach): boolean {
  return isPublicAddress(address) || inRanges(address, addresses)
}

function hostOf({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('timed out')), { once: true })
  })
}

function refusedUrl(message: string): MlopsError {
  return invalid('registry.webhook-url', message, {})
}
