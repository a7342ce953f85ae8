import { createHash } from 'node:crypto'
import type { Digest } from '@mlops/core'
import { invalid } from '@mlops/core'
import type { BlobInfo, BlobSource, PutOptions } from './blob-store.ts'
import { blobDamaged, streamChunks, tooLarge } from './blob-store.ts'

/** Passes a source's pieces to `write` while counting and hashing them. */
export async function writeChecked(
  source: BlobSource,
  { expected, maxBytes }: PutOptions,
  write: (chunk: Uint8Array) => Promise<void>,
): Promise<BlobInfo> {
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of streamChunks(source)) {
    size += chunk.byteLength
    if (maxBytes !== undefined && size > maxBytes) throw tooLarge(maxBytes)
    hash.update(chunk)
    await write(chunk)
  }
  const digest: Digest = `sha256:${hash.digest('hex')}`
  if (expected !== undefined && expected !== digest) {
    throw invalid(
      'store.blob-mismatch',
      `the content has digest ${digest}, not ${expected}: it was changed on the way`,
      { expected, actual: digest, size },
    )
  }
  return { digest, size }
}

/**
 * The pieces unchanged, but the last one only once the whole has the digest; otherwise an error in
 * its place, so that a reader never sees the regular end of damaged content.
 */
export async function* checkedChunks(
  chunks: AsyncIterable<Uint8Array>,
  digest: Digest,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  let size = 0
  let held: Uint8Array | undefined
  for await (const chunk of chunks) {
    if (held) yield held
    hash.update(chunk)
    size += chunk.byteLength
    held = chunk
  }
  const actual: Digest = `sha256:${hash.digest('hex')}`
  if (actual !== digest) throw blobDamaged(digest, actual, size)
  if (held) yield held
}

/** Reads everything, hands out nothing. */
export async function verifyChunks(chunks: AsyncIterable<Uint8Array>, digest: Digest) {
  for await (const chunk of checkedChunks(chunks, digest)) void chunk
}

/** @throws `invalid` `store.invalid-range` */
export function checkRange({ start, end }: { start: number; end: number }, size: number): void {
  if (
    Number.isInteger(start) &&
    Number.isInteger(end) &&
    0 <= start &&
    start < end &&
    end <= size
  ) {
    return
  }
  const [from, to] = [start, end].map((place) =>
    typeof place === 'number' ? place : `a value of type ${typeof place}`,
  )
  throw invalid('store.invalid-range', `bytes ${from} to ${to} do not lie within 0 to ${size}`, {
    start,
    end,
    size,
  })
}
