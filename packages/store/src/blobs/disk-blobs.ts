import type { FileHandle } from 'node:fs/promises'
import { mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock, Digest, IdSource } from '@mlops/core'
import { isMlopsError, MlopsError, systemClock, uuidV7 } from '@mlops/core'
import type { BlobInfo, BlobStore, GetOptions } from './blob-store.ts'
import { assertDigest, blobMissing, toReadableStream } from './blob-store.ts'
import { checkedChunks, checkRange, verifyChunks, writeChecked } from './checked.ts'

const CHUNK = 256 * 1024
const HEX64 = /^[0-9a-f]{64}$/

export interface DiskBlobOptions {
  /** @default systemClock */
  readonly clock?: Clock
  /** Names for temporary files. @default uuidV7() */
  readonly ids?: IdSource
}

/** A {@link BlobStore} in a directory. */
export interface DiskBlobStore extends BlobStore {
  readonly root: string
  /** Removes what interrupted writes left behind, once it is older than this. Returns how many. */
  removeLeftovers(options?: { readonly olderThanMs?: number }): Promise<number>
}

/**
 * Opens a directory of blobs, and makes it when absent.
 *
 * Layout: `sha256/ab/cd/<64 hex digits>`; writes go to `incoming/`, are flushed to the disk and
 * renamed into place, so that a blob is there completely or not at all. Putting content again
 * repairs a damaged copy.
 *
 * @throws `unavailable` `store.cannot-open` when the directory cannot be made.
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { openDiskBlobs, readBlob } from '@mlops/store/blobs'
 *
 * const blobs = await openDiskBlobs(await mkdtemp(join(tmpdir(), 'blobs-')))
 * const { digest, size } = await blobs.put('hello')
 * console.log(size, new TextDecoder().decode(await readBlob(blobs, digest))) // 5 hello
 * ```
 */
export async function openDiskBlobs(
  root: string,
  { clock = systemClock, ids = uuidV7() }: DiskBlobOptions = {},
): Promise<DiskBlobStore> {
  const incoming = join(root, 'incoming')
  await typed(root, 'store.cannot-open', () => mkdir(incoming, { recursive: true }))

  const directoryOf = (hex: string) => join(root, 'sha256', hex.slice(0, 2), hex.slice(2, 4))
  const pathOf = (digest: Digest) => join(directoryOf(hexOf(digest)), hexOf(digest))

  async function settle(temporary: string, digest: Digest): Promise<void> {
    const directory = directoryOf(hexOf(digest))
    if ((await mkdir(directory, { recursive: true })) !== undefined) {
      await syncDirectory(join(root, 'sha256'))
      await syncDirectory(join(directory, '..'))
    }
    await rename(temporary, pathOf(digest))
    await syncDirectory(directory)
  }

  return {
    root,
    put(source, options = {}) {
      return typed(root, 'store.io', async () => {
        const temporary = join(incoming, ids.next())
        try {
          const file = await open(temporary, 'wx')
          let info: BlobInfo
          try {
            info = await writeChecked(source, options, (chunk) => writeAll(file, chunk))
            await file.sync()
          } finally {
            await file.close()
          }
          await settle(temporary, info.digest)
          return info
        } catch (error) {
          await rm(temporary, { force: true })
          throw error
        }
      })
    },
    async get(digest, options = {}) {
      assertDigest(digest)
      const file = await openBlob(pathOf(digest), digest, root)
      try {
        return await stream(file, digest, options)
      } catch (error) {
        await file.close()
        throw error
      }
    },
    async stat(digest) {
      assertDigest(digest)
      const found = await stat(pathOf(digest)).catch(absent)
      return found && { digest, size: found.size }
    },
    async delete(digest) {
      assertDigest(digest)
      await typed(root, 'store.io', () => rm(pathOf(digest), { force: true }))
    },
    async *list() {
      for (const a of await names(join(root, 'sha256'))) {
        for (const b of await names(join(root, 'sha256', a))) {
          for (const hex of await names(join(root, 'sha256', a, b))) {
            const found = HEX64.test(hex) && (await stat(join(directoryOf(hex), hex)).catch(absent))
            if (found) yield { digest: `sha256:${hex}`, size: found.size }
          }
        }
      }
    },
    async removeLeftovers({ olderThanMs = 24 * 60 * 60 * 1000 } = {}) {
      let removed = 0
      for (const name of await names(incoming)) {
        const path = join(incoming, name)
        const found = await stat(path).catch(absent)
        if (!found || clock.now() - found.mtimeMs < olderThanMs) continue
        await unlink(path).catch(absent)
        removed += 1
      }
      return removed
    },
  }
}

async function stream(file: FileHandle, digest: Digest, { range, verify = 'while' }: GetOptions) {
  if (range) checkRange(range, (await file.stat()).size)
  if (range || verify === 'before') await verifyChunks(chunksOf(file, 0, undefined), digest)
  const chunks = range
    ? chunksOf(file, range.start, range.end)
    : checkedChunks(chunksOf(file, 0, undefined), digest)
  return toReadableStream(chunks, () => file.close())
}

async function* chunksOf(file: FileHandle, start: number, end: number | undefined) {
  for (let at = start; end === undefined || at < end; ) {
    const want = end === undefined ? CHUNK : Math.min(CHUNK, end - at)
    const { bytesRead, buffer } = await file.read(new Uint8Array(want), 0, want, at)
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
    at += bytesRead
  }
}

async function openBlob(path: string, digest: Digest, root: string): Promise<FileHandle> {
  const file = await open(path, 'r').catch(absent)
  if (!file) throw blobMissing(digest)
  const isFile = await typed(root, 'store.io', async () => (await file.stat()).isFile())
  if (isFile) return file
  await file.close()
  throw blobMissing(digest)
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.byteLength; ) {
    const { bytesWritten } = await file.write(chunk, at)
    at += bytesWritten
  }
}

/** Makes a rename durable. Not every platform lets a directory be opened. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r').catch(() => undefined)
  try {
    await directory?.sync()
  } catch {
    // Windows: the rename is durable with the file system's own journal.
  } finally {
    await directory?.close()
  }
}

async function names(directory: string): Promise<string[]> {
  return ((await readdir(directory).catch(absent)) ?? []).sort()
}

function absent(error: unknown): undefined {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
  throw error
}

function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length)
}

async function typed<Result>(
  root: string,
  code: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (cause) {
    const errno = (cause as NodeJS.ErrnoException | null)?.code
    if (isMlopsError(cause) || typeof errno !== 'string' || !/^E[A-Z0-9]+$/.test(errno)) throw cause
    const full = errno === 'ENOSPC' || errno === 'EDQUOT'
    throw new MlopsError({
      kind: 'unavailable',
      code: full ? 'store.disk-full' : code,
      message: full
        ? `no space left for blobs in ${root}: nothing was kept`
        : `the blob directory ${root} cannot be used (${errno}): check that it exists and may be written`,
      details: { root, errno },
      cause,
    })
  }
}
