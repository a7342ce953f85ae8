import type { Digest, IdSource } from '@mlops/core'
import { invalid, isMlopsError, MlopsError, uuidV7 } from '@mlops/core'
import type { BlobInfo, BlobStore, GetOptions } from '../blobs/blob-store.ts'
import { assertDigest, blobMissing, streamChunks, toReadableStream } from '../blobs/blob-store.ts'
import { checkedChunks, checkRange, verifyChunks } from '../blobs/checked.ts'
import { createS3Client, elementOf, type S3ClientOptions } from './s3-client.ts'
import { DEFAULT_PART_BYTES, upload } from './upload.ts'

export interface S3BlobOptions extends S3ClientOptions {
  /** In front of every key, ending in `/` or empty. @default '' */
  readonly prefix?: string
  /** Where content waits that is larger than a part. @default the system's */
  readonly temporaryDirectory?: string
  /** Bytes of a part of a large upload, at least 5 MiB as S3 demands. @default 8 MiB */
  readonly partBytes?: number
  /** Names for temporary files. @default uuidV7() */
  readonly ids?: IdSource
}

const LEAST_PART_BYTES = 5 * 1024 * 1024
const KEY = /<Contents>(.*?)<\/Contents>/gs

/**
 * Opens a bucket of an S3-compatible service as a {@link BlobStore}.
 *
 * Layout: `<prefix>sha256/<64 hex digits>`. The digest of what is sent is signed with it, so the service
 * refuses bytes that were changed on the way; what comes back is checked as from any blob store. Content
 * above `partBytes` is uploaded in parts, and waits in a temporary file until its digest is known.
 *
 * Input: endpoint (addressed path-style), bucket and credentials that may read, write, delete and list.
 * Cost: a request per operation, two for a range or `verify: 'before'`; memory of about one part.
 *
 * @throws `unavailable`: `store.cannot-open` when the bucket cannot be listed; `unsupported` `store.no-aws4fetch`; `invalid`
 *   `store.invalid-option`.
 *
 * Example, not executed for want of a bucket:
 *
 *     const blobs = await openS3Blobs({
 *       endpoint: 'https://s3.eu-central-1.amazonaws.com',
 *       region: 'eu-central-1',
 *       bucket: 'models',
 *       credentials: { accessKeyId, secretAccessKey },
 *     })
 *     const { digest } = await blobs.put('hello')
 *
 * Source: Amazon S3 API reference; signature version 4.
 */
export async function openS3Blobs(options: S3BlobOptions): Promise<BlobStore> {
  const { prefix = '', partBytes = DEFAULT_PART_BYTES, ids = uuidV7() } = options
  if (!(Number.isInteger(partBytes) && partBytes >= LEAST_PART_BYTES)) {
    throw invalid(
      'store.invalid-option',
      `partBytes must be a whole number of at least ${LEAST_PART_BYTES} bytes, got ${partBytes}`,
      { partBytes },
    )
  }
  if (!/^([\w!.*'()-]+\/)*$/.test(prefix) || prefix.split('/').includes('..')) {
    throw invalid(
      'store.invalid-option',
      `prefix must be empty or plain names that each end in '/', got '${prefix}'`,
      { prefix },
    )
  }
  const send = createS3Client(options)
  const folder = `${prefix}sha256/`
  const keyOf = (digest: Digest) => folder + digest.slice('sha256:'.length)
  try {
    await page(undefined, 1)
  } catch (cause) {
    if (isMlopsError(cause) && cause.kind === 'unsupported') throw cause
    throw cannotOpen(options, cause)
  }

  async function page(token: string | undefined, most?: number) {
    const response = await send({
      method: 'GET',
      query: {
        'list-type': '2',
        prefix: folder,
        ...(most !== undefined && { 'max-keys': String(most) }),
        ...(token !== undefined && { 'continuation-token': token }),
      },
    })
    return await response.text()
  }

  async function fetchBlob(digest: Digest, headers: Readonly<Record<string, string>> = {}) {
    const response = await send({ method: 'GET', key: keyOf(digest), headers, accept: [404] })
    if (response.status === 404) {
      await response.body?.cancel()
      throw blobMissing(digest)
    }
    return response
  }

  async function stat(digest: Digest): Promise<BlobInfo | undefined> {
    assertDigest(digest)
    const response = await send({ method: 'HEAD', key: keyOf(digest), accept: [404] })
    await response.body?.cancel()
    if (response.status === 404) return undefined
    return { digest, size: Number(response.headers.get('content-length')) }
  }

  const bodyOf = (response: Response) =>
    streamChunks((response.body ?? []) as ReadableStream<Uint8Array>)

  return {
    put(source, putOptions = {}) {
      const { temporaryDirectory } = options
      return upload(source, putOptions, { send, keyOf, ids, partBytes, temporaryDirectory })
    },

    async get(digest, { range, verify = 'while' }: GetOptions = {}) {
      assertDigest(digest)
      if (range) {
        const info = await stat(digest)
        if (!info) throw blobMissing(digest)
        checkRange(range, info.size)
      }
      const whole = await fetchBlob(digest)
      if (!range && verify === 'while') {
        const chunks = bodyOf(whole)
        return toReadableStream(checkedChunks(chunks, digest), async () => {
          await chunks.return(undefined)
        })
      }
      await verifyChunks(bodyOf(whole), digest)
      // The second reading must be of the object that was verified.
      const tag = whole.headers.get('etag')
      const again = await fetchBlob(digest, {
        ...(tag !== null && { 'if-match': tag }),
        ...(range && { range: `bytes=${range.start}-${range.end - 1}` }),
      })
      const chunks = bodyOf(again)
      const checked = range ? chunks : checkedChunks(chunks, digest)
      return toReadableStream(checked, async () => {
        await chunks.return(undefined)
      })
    },

    stat,

    async delete(digest) {
      assertDigest(digest)
      const response = await send({ method: 'DELETE', key: keyOf(digest), accept: [404] })
      await response.body?.cancel()
    },

    async *list() {
      let token: string | undefined
      do {
        const xml = await page(token)
        yield* blobsIn(xml, folder)
        token = elementOf(xml, 'NextContinuationToken')
      } while (token !== undefined)
    },
  }
}

/** The blobs named in an answer to ListObjectsV2, which is in order of key. Other keys are not ours. */
function* blobsIn(xml: string, folder: string): Generator<BlobInfo> {
  for (const [, contents] of xml.matchAll(KEY)) {
    const key = elementOf(contents!, 'Key')
    const hex = key?.startsWith(folder) ? key.slice(folder.length) : ''
    if (!/^[0-9a-f]{64}$/.test(hex)) continue
    yield { digest: `sha256:${hex}`, size: Number(elementOf(contents!, 'Size')) }
  }
}

function cannotOpen({ endpoint, bucket }: S3BlobOptions, cause: unknown): MlopsError {
  return new MlopsError({
    kind: 'unavailable',
    code: 'store.cannot-open',
    message: `the bucket ${bucket} at ${endpoint} cannot be listed: ${cause instanceof Error ? cause.message : String(cause)}`,
    details: { endpoint, bucket },
    cause,
  })
}
