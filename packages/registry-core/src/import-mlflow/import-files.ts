import { createHash } from 'node:crypto'
import type { Actor } from '@mlops/core'
import type { Registry } from '../service/registry.ts'
import type { ArtifactDirectories, FoundFile } from './artifact-directories.ts'
import type { Tally } from './import-report.ts'
import { isAboutOne } from './import-report.ts'

/**
 * Brings the files below a directory to a place of the registry. Each is hashed on its way in and
 * must have the size that it had when it was listed; one that is there already must be the same.
 */
export async function importFiles(
  { registry, directories, tally, by, dryRun }: FileImport,
  directory: string,
  target: string,
): Promise<void> {
  for await (const file of directories.files(directory)) {
    if ('outside' in file) {
      tally.leaveOut({
        kind: 'files',
        id: `${target}/${file.outside}`,
        code: 'mlflow.file-outside',
        message: 'a symbolic link leads out of the directory of artifacts, or nowhere',
      })
      continue
    }
    const path = `${target}/${file.path}`
    try {
      const known = await registry.files.find(path)
      if (known) {
        if (known.size === file.size && known.digest === (await digestOf(file))) {
          tally.count('files', 'present')
        } else {
          const message = 'another file is under this path already, and stays'
          tally.leaveOut({ kind: 'files', id: path, code: 'mlflow.file-differs', message })
        }
        continue
      }
      if (!dryRun) {
        const { size } = await registry.files.put({ path, content: file.open(), by })
        if (size !== file.size) {
          await registry.files.remove({ path, by })
          const message = `it had ${file.size} bytes, and ${size} once read: import again when nobody writes`
          tally.leaveOut({ kind: 'files', id: path, code: 'mlflow.file-changed', message })
          continue
        }
      }
      tally.count('files', 'added')
    } catch (error) {
      if (!isAboutOne(error)) throw error
      const { code, message } = error
      tally.leaveOut({ kind: 'files', id: path, code, message })
    }
  }
}

export interface FileImport {
  readonly registry: Registry
  readonly directories: ArtifactDirectories
  readonly tally: Tally
  readonly by: Actor
  readonly dryRun: boolean
}

async function digestOf(file: FoundFile): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of file.open()) hash.update(chunk as Uint8Array)
  return `sha256:${hash.digest('hex')}`
}
