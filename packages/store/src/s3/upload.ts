import { createHash } from 'node:crypto'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Digest, IdSource } from '@mlops/core'
import type { BlobInfo, BlobSource, PutOptions } from '../blobs/blob-store.ts'
import { writeChecked } from '../blobs/checked.ts'
import { elementOf, type S3Send, s3Failure } from './s3-client.ts'

const MIB = 1024 * 1024
/** S3 takes at most 10 000 parts of an object. */
const MOST_PARTS = 10_000

export interface UploadOptions {
  readonly send: S3Send
  readonly keyOf: (digest: Digest) => string
  readonly ids: IdSource
  /** Bytes held in memory, and of an uploaded part. */
  readonly partBytes: number
  readonly temporaryDirectory?: string | undefined
}

/**
 * Puts content under its digest. The digest is known only at the end, so what does not fit into one part
 * waits in a temporary file; memory stays at about one part. The object appears whole or not at all.
 */
export async function upload(
  source: BlobSource,
  options: PutOptions,
  to: UploadOptions,
): Promise<BlobInfo> {
  const spool = createSpool(to)
  try {
    const info = await writeChecked(source, options, spool.write)
    const key = to.keyOf(info.digest)
    const small = spool.inMemory()
    if (small) await putObject(to.send, key, small)
    else await putParts(to, key, info.size, await spool.reader())
    return info
  } finally {
    await spool.remove()
  }
}

async function putObject(send: S3Send, key: string, body: Uint8Array): Promise<void> {
  const response = await send({ method: 'PUT', key, body, bodySha256: sha256Hex(body) })
  await response.body?.cancel()
}

async function putParts(
  { send, partBytes }: UploadOptions,
  key: string,
  size: number,
  read: (at: number, length: number) => Promise<Uint8Array>,
): Promise<void> {
  const started = await send({ method: 'POST', key, query: { uploads: '' } })
  const uploadId = elementOf(await started.text(), 'UploadId')
  if (uploadId === undefined) throw s3Failure('POST', key, started.status, '')
  try {
    const step = Math.max(partBytes, Math.ceil(size / MOST_PARTS))
    const tags: string[] = []
    for (let at = 0; at < size; at += step) {
      const body = await read(at, Math.min(step, size - at))
      const response = await send({
        method: 'PUT',
        key,
        query: { partNumber: String(tags.length + 1), uploadId },
        body,
        bodySha256: sha256Hex(body),
      })
      tags.push(response.headers.get('etag') ?? '')
      await response.body?.cancel()
    }
    const parts = tags.map(
      (tag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${escapeXml(tag)}</ETag></Part>`,
    )
    const body = new TextEncoder().encode(
      `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`,
    )
    const done = await send({
      method: 'POST',
      key,
      query: { uploadId },
      headers: { 'content-type': 'application/xml' },
      body,
      bodySha256: sha256Hex(body),
    })
    // The status is sent before the parts are joined: a failure then comes with status 200.
    const text = await done.text()
    if (elementOf(text, 'Code') !== undefined) throw s3Failure('POST', key, done.status, text)
  } catch (error) {
    await send({ method: 'DELETE', key, query: { uploadId }, accept: [404] }).catch(() => {})
    throw error
  }
}

/** Keeps up to a part in memory, and everything in a file once there is more. */
function createSpool({ ids, partBytes, temporaryDirectory = tmpdir() }: UploadOptions) {
  const path = join(temporaryDirectory, `mlops-blob-${ids.next()}`)
  let pieces: Uint8Array[] = []
  let held = 0
  let file: FileHandle | undefined

  return {
    async write(chunk: Uint8Array): Promise<void> {
      // A copy: the source may use its buffer again.
      pieces.push(chunk.slice())
      held += chunk.byteLength
      if (held <= partBytes) return
      file ??= await open(path, 'wx+', 0o600)
      await writeAll(file, pieces)
      pieces = []
      held = 0
    },
    inMemory: (): Uint8Array | undefined => (file ? undefined : joined(pieces)),
    async reader() {
      await writeAll(file!, pieces)
      pieces = []
      return async (at: number, length: number): Promise<Uint8Array> => {
        const buffer = new Uint8Array(length)
        for (let filled = 0; filled < length; ) {
          const { bytesRead } = await file!.read(buffer, filled, length - filled, at + filled)
          if (bytesRead === 0) throw new Error(`${path} was cut off while it was uploaded`)
          filled += bytesRead
        }
        return buffer
      }
    },
    async remove(): Promise<void> {
      await file?.close()
      if (file) await rm(path, { force: true })
    },
  }
}

async function writeAll(file: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  for (const piece of pieces) {
    for (let at = 0; at < piece.byteLength; ) {
      const { bytesWritten } = await file.write(piece, at)
      at += bytesWritten
    }
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return pieces.length === 1 ? pieces[0]! : new Uint8Array(Buffer.concat(pieces))
}

function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

export const DEFAULT_PART_BYTES = 8 * MIB
