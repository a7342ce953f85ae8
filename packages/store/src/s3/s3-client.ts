import { isMlopsError, MlopsError } from '@mlops/core'

/** Who calls. Temporary credentials have a session token. */
export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export interface S3ClientOptions {
  /** Where the service answers: `https://s3.eu-central-1.amazonaws.com`, `http://localhost:9000`. */
  readonly endpoint: string
  readonly bucket: string
  /** @default 'us-east-1' */
  readonly region?: string
  /** The credentials, or where to get the current ones before each request. */
  readonly credentials: S3Credentials | (() => S3Credentials | Promise<S3Credentials>)
  /** @default globalThis.fetch */
  readonly fetch?: typeof fetch
  /** How often a request is tried again that the network or the service failed. @default 4 */
  readonly retries?: number
  /** Waits before the next try. @default setTimeout */
  readonly wait?: (ms: number) => Promise<void>
}

export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  /** Below the bucket. */
  readonly key?: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** SHA-256 of the body, in hexadecimal: the service refuses a body that was changed on its way. */
  readonly bodySha256?: string
  /** Statuses that are answers, not failures. */
  readonly accept?: readonly number[]
}

const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

/** Sends signed requests (SigV4, path-style addresses) and tries again what may succeed later. */
export function createS3Client({
  endpoint,
  bucket,
  region = 'us-east-1',
  credentials,
  fetch = globalThis.fetch,
  retries = 4,
  wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
}: S3ClientOptions) {
  const base = `${endpoint.replace(/\/+$/, '')}/${encodeURIComponent(bucket)}`

  async function once(request: S3Request): Promise<Response> {
    const { method, key, query = {}, headers = {}, body, bodySha256 } = request
    const url = new URL(key === undefined ? base : `${base}/${key}`)
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
    const { accessKeyId, secretAccessKey, sessionToken } =
      typeof credentials === 'function' ? await credentials() : credentials
    const { AwsV4Signer } = await loadSigner()
    const signed = await new AwsV4Signer({
      method,
      url: url.href,
      headers: {
        ...headers,
        'x-amz-content-sha256': bodySha256 ?? (body ? 'UNSIGNED-PAYLOAD' : EMPTY_SHA256),
      },
      ...(body && { body: body as Uint8Array<ArrayBuffer> }),
      accessKeyId,
      secretAccessKey,
      ...(sessionToken !== undefined && { sessionToken }),
      service: 's3',
      region,
    }).sign()
    return await fetch(signed.url, {
      method,
      headers: signed.headers,
      // A redirect would carry the signature elsewhere.
      redirect: 'error',
      ...(body && { body: body as Uint8Array<ArrayBuffer> }),
    })
  }

  /**
   * @throws `unavailable` `store.io` (or `store.disk-full`), with the service's code and status, when the
   *   answer is a failure after all tries.
   */
  return async function send(request: S3Request): Promise<Response> {
    for (let attempt = 0; ; attempt++) {
      let response: Response
      try {
        response = await once(request)
      } catch (cause) {
        if (isMlopsError(cause)) throw cause
        if (attempt >= retries) throw unreachable(endpoint, cause)
        await wait(delayOf(attempt))
        continue
      }
      if (response.ok || request.accept?.includes(response.status)) return response
      const again = response.status === 429 || response.status >= 500
      if (!again || attempt >= retries) throw await refusal(request, response)
      await response.body?.cancel()
      await wait(delayOf(attempt))
    }
  }
}

export type S3Send = ReturnType<typeof createS3Client>

async function loadSigner(): Promise<Pick<typeof import('aws4fetch'), 'AwsV4Signer'>> {
  try {
    return await import('aws4fetch')
  } catch (cause) {
    throw new MlopsError({
      kind: 'unsupported',
      code: 'store.no-aws4fetch',
      message: 'S3 requests are signed by the aws4fetch package: run `npm install aws4fetch`',
      cause,
    })
  }
}

/** 0.1, 0.2, 0.4, 0.8 … seconds. */
function delayOf(attempt: number): number {
  return 100 * 2 ** attempt
}

/** The text of an element in an S3 answer. They are flat enough to be read without an XML parser. */
export function elementOf(xml: string, name: string): string | undefined {
  const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)
  return found?.[1] === undefined ? undefined : unescapeXml(found[1])
}

export function unescapeXml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    amp: '&',
    lt: '<',
    gt: '>',
    quot: '"',
    apos: "'",
  }
  return text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (whole, decimal, hex, name) => {
    if (decimal) return String.fromCodePoint(Number(decimal))
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16))
    return entities[name] ?? whole
  })
}

async function refusal({ method, key }: S3Request, response: Response): Promise<MlopsError> {
  const text = await response.text().catch(() => '')
  return s3Failure(method, key, response.status, text)
}

/** The typed error of an answer that is one. */
export function s3Failure(
  method: string,
  key: string | undefined,
  status: number,
  xml: string,
): MlopsError {
  const s3Code = elementOf(xml, 'Code')
  const full = status === 507 || s3Code === 'QuotaExceeded' || s3Code === 'InsufficientStorage'
  const said = s3Code === undefined ? `status ${status}` : `${s3Code} (status ${status})`
  return new MlopsError({
    kind: 'unavailable',
    code: full ? 'store.disk-full' : 'store.io',
    message: `the object store refused ${method} ${key ?? 'of the bucket'}: ${said}; ${adviceFor(status)}`,
    details: { method, key: key ?? null, status, s3Code: s3Code ?? null },
  })
}

function adviceFor(status: number): string {
  if (status === 403 || status === 401) return 'check the credentials and the policy of the bucket'
  if (status === 404) return 'check the name of the bucket and the endpoint'
  return 'nothing was kept; try again later'
}

function unreachable(endpoint: string, cause: unknown): MlopsError {
  return new MlopsError({
    kind: 'unavailable',
    code: 'store.io',
    message: `the object store at ${endpoint} could not be reached; check the endpoint and the network`,
    details: { endpoint },
    cause,
  })
}
