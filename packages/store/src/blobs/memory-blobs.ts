import type { Digest } from '@mlops/core'
import type { BlobStore } from './blob-store.ts'
import { assertDigest, blobMissing, toReadableStream } from './blob-store.ts'
import { checkedChunks, checkRange, verifyChunks, writeChecked } from './checked.ts'

/**
 * A {@link BlobStore} that forgets: for tests, and beside a `:memory:` database.
 *
 * @example
 * ```ts
 * import { memoryBlobs, readBlob } from '@mlops/store/blobs'
 *
 * const blobs = memoryBlobs()
 * const { digest } = await blobs.put('hello')
 * console.log((await readBlob(blobs, digest)).length) // 5
 * ```
 */
export function memoryBlobs(): BlobStore {
  const kept = new Map<Digest, Uint8Array>()

  async function* piece(bytes: Uint8Array) {
    if (bytes.byteLength > 0) yield bytes.slice()
  }

  return {
    async put(source, options = {}) {
      const chunks: Uint8Array[] = []
      const info = await writeChecked(source, options, async (chunk) => {
        chunks.push(chunk.slice())
      })
      kept.set(info.digest, new Uint8Array(Buffer.concat(chunks)))
      return info
    },
    async get(digest, { range, verify = 'while' } = {}) {
      assertDigest(digest)
      const bytes = kept.get(digest)
      if (!bytes) throw blobMissing(digest)
      if (range) checkRange(range, bytes.byteLength)
      if (range || verify === 'before') await verifyChunks(piece(bytes), digest)
      return toReadableStream(
        range ? piece(bytes.subarray(range.start, range.end)) : checkedChunks(piece(bytes), digest),
      )
    },
    async stat(digest) {
      assertDigest(digest)
      const bytes = kept.get(digest)
      return bytes && { digest, size: bytes.byteLength }
    },
    async delete(digest) {
      assertDigest(digest)
      kept.delete(digest)
    },
    async *list() {
      for (const digest of [...kept.keys()].sort()) {
        yield { digest, size: kept.get(digest)!.byteLength }
      }
    },
  }
}
