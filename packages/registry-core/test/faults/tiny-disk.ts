import { execFile } from 'node:child_process'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A file system of a few megabytes. */
export interface TinyDisk {
  readonly path: string
  /** Takes all the room that is left. */
  fill(): Promise<void>
  /** Gives it back. */
  free(): Promise<void>
  remove(): Promise<void>
}

/** Mounts one. Throws where this process may not mount. */
export async function tinyDisk(megabytes: number): Promise<TinyDisk> {
  const path = await mkdtemp(join(tmpdir(), 'mlops-tiny-'))
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0777`, 'tmpfs', path])
  } catch (error) {
    await rm(path, { recursive: true })
    throw error
  }
  const filler = join(path, 'filler')
  return {
    path,
    async fill() {
      const file = await open(filler, 'a')
      try {
        for (const size of [1 << 20, 1 << 12]) {
          const piece = new Uint8Array(size)
          while ((await written(file.write(piece))) > 0);
        }
      } finally {
        await file.close()
      }
    },
    free: () => rm(filler),
    async remove() {
      await run('umount', ['-l', path])
      await rm(path, { recursive: true })
    },
  }
}

async function written(write: Promise<{ bytesWritten: number }>): Promise<number> {
  try {
    return (await write).bytesWritten
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return 0
    throw error
  }
}

/** Whether this process may mount at all. */
export async function mayMount(): Promise<boolean> {
  try {
    await (await tinyDisk(1)).remove()
    return true
  } catch {
    return false
  }
}
