import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { invalid, MlopsError } from '@mlops/core'
import type { FileEntry } from '../service/files.ts'

/**
 * The directory behind a `file://` artifact root, which Python clients on the same machine write to
 * themselves. What resolves to a place outside, through a symbolic link, is as if it were not there.
 */
export interface LocalRoot {
  /** Whether an absolute path lies below the root. */
  holds(path: string): boolean
  list(path: string): Promise<readonly FileEntry[]>
  open(
    path: string,
  ): Promise<{ readonly size: number; readonly content: ReadableStream<Uint8Array> }>
  write(path: string, content: Uint8Array): Promise<void>
}

/** @throws `invalid` `mlflow.invalid-root` */
export function localRoot(uri: string, temporaryName: () => string): LocalRoot {
  let root: string
  try {
    root = resolve(fileURLToPath(uri))
  } catch {
    throw invalid(
      'mlflow.invalid-root',
      `the artifact root ${uri} is not a file URL of this machine`,
      { uri },
    )
  }

  /** The real place of a path, if that is inside. */
  async function inside(path: string): Promise<string | undefined> {
    if (!holds(path)) return undefined
    const real = await realpath(path).catch(() => undefined)
    const top = await realpath(root).catch(() => undefined)
    if (real === undefined || top === undefined) return undefined
    return real === top || real.startsWith(top + sep) ? real : undefined
  }

  const holds = (path: string) => path === root || path.startsWith(root + sep)

  return {
    holds,
    async list(path) {
      const directory = await inside(path)
      if (directory === undefined || !(await stat(directory)).isDirectory()) return []
      const entries: FileEntry[] = []
      for (const name of (await readdir(directory)).sort()) {
        const real = await inside(join(path, name))
        const found = real === undefined ? real : await stat(real).catch(() => undefined)
        if (found?.isDirectory()) entries.push({ name, isDirectory: true })
        else if (found?.isFile()) entries.push({ name, isDirectory: false, size: found.size })
      }
      return entries
    },
    async open(path) {
      const real = await inside(path)
      const found = real === undefined ? real : await stat(real)
      if (real === undefined || !found?.isFile()) {
        throw new MlopsError({
          kind: 'not-found',
          code: 'mlflow.not-found',
          message: 'no such artifact',
        })
      }
      const content = Readable.toWeb(createReadStream(real)) as ReadableStream<Uint8Array>
      return { size: found.size, content }
    },
    async write(path, content) {
      const directory = dirname(path)
      // Links are looked for before anything is made behind one.
      let known = directory
      while (holds(known) && (await stat(known).catch(() => undefined)) === undefined) {
        known = dirname(known)
      }
      await mkdir(root, { recursive: true })
      const top = known === dirname(root) || (await inside(known)) !== undefined
      if (!holds(path) || !top) throw invalid('registry.invalid-path', 'Invalid path', {})
      await mkdir(directory, { recursive: true })
      if ((await inside(directory)) === undefined) {
        throw invalid('registry.invalid-path', 'Invalid path', {})
      }
      const temporary = join(directory, `.${temporaryName()}`)
      try {
        const file = await open(temporary, 'wx')
        try {
          await file.writeFile(content)
          await file.sync()
        } finally {
          await file.close()
        }
        await rename(temporary, path)
      } catch (error) {
        await rm(temporary, { force: true })
        throw error
      }
    },
  }
}
