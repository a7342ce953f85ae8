import type { Digest } from '@mlops/core'
import { invalid, isDigest, MlopsError } from '@mlops/core'

/** Bytes to be stored. Streams are read once, chunk by chunk. */
export type BlobSource =
  | Uint8Array
  | string
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | Iterable<Uint8Array>

/** What a blob store knows of a blob. */
export interface BlobInfo {
  readonly digest: Digest
  /** In bytes. */
  readonly size: number
}

export interface PutOptions {
  /** Refuse the content unless it has this digest. */
  readonly expected?: Digest
  /** Refuse more than this. @default no limit */
  readonly maxBytes?: number
}

export interface GetOptions {
  /**
   * `'while'`: check as it streams, and keep the last piece back until the whole is known to be good.
   * `'before'`: read it through once first; nothing unchecked is ever handed out. Always so for a
   * range. @default 'while'
   */
  readonly verify?: 'while' | 'before'
  /** Bytes `start` (inclusive) to `end` (exclusive). */
  readonly range?: { readonly start: number; readonly end: number }
}

/**
 * Bytes under their SHA-256. The port that every adapter implements; `blobStoreContract` is its suite.
 * Content is immutable, so there is nothing to update; equal content is kept once.
 */
export interface BlobStore {
  /**
   * Keeps the bytes and returns their address once they are durable. Nothing is visible before.
   *
   * @throws `invalid` `store.blob-mismatch` or `store.blob-too-large`; `unavailable`
   *   `store.disk-full` or `store.io`. Then nothing is kept.
   */
  put(source: BlobSource, options?: PutOptions): Promise<BlobInfo>
  /**
   * The bytes as a stream, checked against the address. Constant memory.
   *
   * @throws `not-found` `store.blob-missing` at once; `internal` `store.blob-damaged` from the
   *   stream, before its end, when bytes were changed, cut off or added.
   */
  get(digest: Digest, options?: GetOptions): Promise<ReadableStream<Uint8Array>>
  /** Size without reading the content; undefined when absent. */
  stat(digest: Digest): Promise<BlobInfo | undefined>
  /** Removes it; absent is no error. The caller makes sure that nothing refers to it. */
  delete(digest: Digest): Promise<void>
  /** Every blob, in order of digest. */
  list(): AsyncIterable<BlobInfo>
}

/**
 * Reads a blob whole, verified, into memory.
 *
 * @throws as {@link BlobStore.get}; `invalid` `store.blob-too-large` over `maxBytes`.
 */
export async function readBlob(
  blobs: Pick<BlobStore, 'get' | 'stat'>,
  digest: Digest,
  { maxBytes = 64 * 1024 * 1024 }: { readonly maxBytes?: number } = {},
): Promise<Uint8Array> {
  const info = await blobs.stat(digest)
  if (info && info.size > maxBytes) throw tooLarge(maxBytes)
  const chunks: Uint8Array[] = []
  for await (const chunk of streamChunks(await blobs.get(digest))) chunks.push(chunk)
  return new Uint8Array(Buffer.concat(chunks))
}

/** The pieces of any source, as bytes. */
export async function* streamChunks(source: BlobSource): AsyncGenerator<Uint8Array> {
  if (typeof source === 'string') {
    if (!source.isWellFormed())
      throw notBytes('a text with half a character, which no bytes stand for')
    yield new TextEncoder().encode(source)
  } else if (source instanceof Uint8Array) {
    yield source
  } else if (typeof source !== 'object' || source === null) {
    throw notBytes(source === null ? 'null' : `a value of type ${typeof source}`)
  } else if ('getReader' in source) {
    const reader = source.getReader()
    let finished = false
    try {
      for (;;) {
        const { done, value } = await reader.read()
        if (done) break
        yield bytes(value)
      }
      finished = true
    } finally {
      if (!finished) await reader.cancel().catch(() => {})
      reader.releaseLock()
    }
  } else if (Symbol.asyncIterator in source || Symbol.iterator in source) {
    for await (const chunk of source) yield bytes(chunk)
  } else {
    throw notBytes('an object that is neither a stream nor iterable')
  }
}

function bytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk
  throw invalid('store.blob-not-bytes', `a blob's pieces must be Uint8Array, got ${typeof chunk}`)
}

function notBytes(got: string) {
  return invalid(
    'store.blob-not-bytes',
    `a blob's content must be a text, a Uint8Array or a stream of them, got ${got}`,
  )
}

/** A stream that pulls from a generator; `close` is called once, however it ends. */
export function toReadableStream(
  chunks: AsyncGenerator<Uint8Array>,
  close: () => Promise<void> = async () => {},
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await chunks.next()
          if (!done) return controller.enqueue(value)
        } catch (error) {
          await close()
          throw error
        }
        await close()
        controller.close()
      },
      async cancel() {
        // A generator that has not started would not run its own clean-up.
        await close()
      },
    },
    { highWaterMark: 0 },
  )
}

export function assertDigest(digest: unknown): asserts digest is Digest {
  if (isDigest(digest)) return
  throw invalid(
    'store.invalid-digest',
    `a blob's address is sha256: and 64 lower-case hexadecimal digits, got '${String(digest)}'`,
    { digest: String(digest) },
  )
}

export function blobMissing(digest: Digest) {
  return new MlopsError({
    kind: 'not-found',
    code: 'store.blob-missing',
    message: `there is no blob ${digest}`,
    details: { digest },
  })
}

export function blobDamaged(digest: Digest, actual: Digest, size: number) {
  return new MlopsError({
    kind: 'internal',
    code: 'store.blob-damaged',
    message: `blob ${digest} was damaged: its ${size} bytes have digest ${actual}; put the original again`,
    details: { digest, actual, size },
  })
}

export function tooLarge(maxBytes: number) {
  return invalid('store.blob-too-large', `the content has more than ${maxBytes} bytes`, {
    maxBytes,
  })
}
