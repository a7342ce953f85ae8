import { invalid, MlopsError } from '@mlops/core'

export interface BodyLimit {
  /** @default 1 MiB */
  readonly maxBytes?: number
}

const MIB = 1024 * 1024

/**
 * The request's JSON body. The limit is enforced while the body arrives, so that an endless one
 * costs no memory.
 *
 * @throws `unsupported` `http.unsupported-media-type` (415) for another content type or an encoded
 *   body; `invalid` `http.body-too-large` (413) or `http.invalid-json` (400).
 * @example
 * ```ts
 * import { readJson } from '@mlops/http'
 *
 * const request = new Request('http://localhost/', {
 *   method: 'POST',
 *   headers: { 'content-type': 'application/json' },
 *   body: '{"n":1}',
 * })
 * console.log(await readJson(request)) // { n: 1 }
 * ```
 */
export async function readJson(
  request: Request,
  { maxBytes = MIB }: BodyLimit = {},
): Promise<unknown> {
  const type = mediaType(request)
  if (type !== 'application/json' && !/^application\/[\w.-]+\+json$/.test(type)) {
    throw mediaTypeRefused(
      `the body must be application/json, got ${type || 'no content type'}`,
      type,
    )
  }
  const bytes = await readBytes(request, { maxBytes })
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw invalid('http.invalid-json', 'the body is not UTF-8 text', {})
  }
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    throw invalid('http.invalid-json', `the body is not JSON: ${(cause as Error).message}`, {})
  }
}

/** The request's body whole, in memory. @throws as {@link limitedBody} */
export async function readBytes(
  request: Request,
  { maxBytes = MIB }: BodyLimit = {},
): Promise<Uint8Array> {
  assertReadable(request, maxBytes)
  // A server holds a body to the length that was announced, and a whole body needs no stream.
  if (request.headers.get('content-length') !== null) {
    const bytes = new Uint8Array(await request.arrayBuffer())
    if (bytes.byteLength > maxBytes) throw tooLarge(maxBytes)
    return bytes
  }
  const reader = limitedBody(request, { maxBytes }).getReader()
  const chunks: Uint8Array[] = []
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    chunks.push(value)
    size += value.byteLength
  }
  const whole = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.byteLength
  }
  return whole
}

/**
 * The request's body as a stream that ends in an error once it exceeds the limit.
 *
 * @throws `invalid` `http.body-too-large`, at once when the announced length is over the limit;
 *   `unsupported` `http.unsupported-media-type` for a compressed body, which could be far larger
 *   than it seems.
 */
export function limitedBody(
  request: Request,
  { maxBytes = MIB }: BodyLimit = {},
): ReadableStream<Uint8Array> {
  assertReadable(request, maxBytes)
  if (request.body === null) return new Blob([]).stream() as ReadableStream<Uint8Array>
  let size = 0
  return (request.body as ReadableStream<Uint8Array>).pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        size += chunk.byteLength
        if (size > maxBytes) controller.error(tooLarge(maxBytes))
        else controller.enqueue(chunk)
      },
    }),
  )
}

function assertReadable(request: Request, maxBytes: number): void {
  const encoding = request.headers.get('content-encoding')
  if (encoding !== null && encoding.toLowerCase() !== 'identity') {
    throw mediaTypeRefused(`send the body without content-encoding, got ${encoding}`, encoding)
  }
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge(maxBytes)
}

function mediaType(request: Request): string {
  return (request.headers.get('content-type') ?? '').split(';')[0]!.trim().toLowerCase()
}

function tooLarge(maxBytes: number) {
  return invalid('http.body-too-large', `the body has more than ${maxBytes} bytes`, { maxBytes })
}

function mediaTypeRefused(message: string, received: string) {
  return new MlopsError({
    kind: 'unsupported',
    code: 'http.unsupported-media-type',
    message,
    details: { received },
  })
}
