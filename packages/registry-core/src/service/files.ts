import type { Actor, Digest } from '@mlops/core'
import { givenOptions, isoTime } from '@mlops/core'
import { actorSchema, parseWith } from '@mlops/core/schema'
import type { BlobSource, GetOptions } from '@mlops/store/blobs'
import * as z from 'zod'
import { filePathSchema } from '../model/names.ts'
import { putReferenced } from './blob-references.ts'
import type { RegistryContext } from './context.ts'
import { conflict, notFound, record } from './context.ts'

/** A file of a run or a logged model. */
export interface TrackedFile {
  readonly path: string
  readonly digest: Digest
  readonly size: number
}

/** What lies directly in a directory. */
export interface FileEntry {
  /** The last part of its path. */
  readonly name: string
  readonly isDirectory: boolean
  /** In bytes; absent for directories. */
  readonly size?: number
}

/**
 * The files of runs and logged models: bytes under their SHA-256, paths as keys of a table. No path
 * ever touches a disk, so there is nothing to climb out of.
 */
export interface Files {
  /**
   * Stores a file, in place of one that was there.
   *
   * @throws `invalid` `registry.invalid-path`, `store.blob-too-large`; `conflict`
   *   `registry.path-taken` when the path is a directory, or leads through a file; `unavailable`
   *   `registry.blob-swept` as `artifacts.put`.
   */
  put(command: {
    readonly path: string
    readonly content: BlobSource
    readonly maxBytes?: number
    readonly by: Actor
  }): Promise<TrackedFile>
  find(path: string): Promise<TrackedFile | undefined>
  /** @throws `not-found` `registry.no-file` */
  open(
    path: string,
    options?: GetOptions,
  ): Promise<{ readonly file: TrackedFile; readonly content: ReadableStream<Uint8Array> }>
  /** By name. A file, or nothing at all, has no entries. */
  list(directory: string): Promise<readonly FileEntry[]>
  /** Removes a file or all of a directory; absent is no error. The bytes stay until swept. */
  remove(command: { readonly path: string; readonly by: Actor }): Promise<number>
}

const told = { code: 'registry.invalid-path', what: 'the path' }
const PAGE = 500

export function createFiles(context: RegistryContext): Files {
  const { db, blobs, clock } = context

  async function find(given: string): Promise<TrackedFile | undefined> {
    const path = parseWith(filePathSchema, given, told)
    const row = await db.query
      .selectFrom('registry_files')
      .selectAll()
      .where('path', '=', path)
      .executeTakeFirst()
    return row && { path, digest: row.digest as Digest, size: row.size }
  }

  return {
    async put(given) {
      const { content, ...command } = givenOptions(given, told.code)
      const { path, maxBytes, by } = parseWith(putSchema, command, told)
      const put = () => blobs.put(content, { ...(maxBytes !== undefined && { maxBytes }) })
      return putReferenced(context, content, put, async (tx, { digest, size }) => {
        const parents = path.split('/').map((_, i, parts) => parts.slice(0, i).join('/'))
        const blocking = await tx
          .selectFrom('registry_files')
          .select('path')
          .where((on) =>
            on.or([
              on('path', 'in', parents),
              on.and([on('path', '>', `${path}/`), on('path', '<', `${path}0`)]),
            ]),
          )
          .limit(1)
          .executeTakeFirst()
        if (blocking) {
          throw conflict(
            'registry.path-taken',
            `${blocking.path} is a file already, so ${path} cannot be one`,
            {
              path,
              file: blocking.path,
            },
          )
        }
        const set = { digest, size, added_at: isoTime(clock) }
        await tx
          .insertInto('registry_files')
          .values({ path, ...set })
          .onConflict((key) => key.column('path').doUpdateSet(set))
          .execute()
        await record(context, tx, by, 'file.put', { type: 'file', name: path }, { digest, size })
        return { path, digest, size }
      })
    },
    find,
    async open(path, options = {}) {
      const file = await find(path)
      if (!file) throw notFound('registry.no-file', `there is no file ${path}`, { path })
      return { file, content: await blobs.get(file.digest, givenOptions(options)) }
    },
    async list(directory) {
      const prefix = directory === '' ? '' : `${parseWith(filePathSchema, directory, told)}/`
      const entries: FileEntry[] = []
      // '0' is the character behind '/': everything in a directory lies between the two.
      let from = prefix
      for (;;) {
        let select = db.query
          .selectFrom('registry_files')
          .select(['path', 'size'])
          .where('path', '>=', from)
        if (prefix !== '') select = select.where('path', '<', `${prefix.slice(0, -1)}0`)
        const rows = await select.orderBy('path').limit(PAGE).execute()
        let last = from
        for (const { path, size } of rows) {
          if (path < last) continue
          const rest = path.slice(prefix.length)
          const slash = rest.indexOf('/')
          if (slash < 0) {
            entries.push({ name: rest, isDirectory: false, size })
            last = `${path} `
          } else {
            entries.push({ name: rest.slice(0, slash), isDirectory: true })
            last = `${prefix}${rest.slice(0, slash)}0`
          }
        }
        if (rows.length < PAGE) return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
        from = last
      }
    },
    async remove(command) {
      const { path, by } = parseWith(commandSchema, command, told)
      return db.transaction(async (tx) => {
        const { numDeletedRows } = await tx
          .deleteFrom('registry_files')
          .where((on) =>
            on.or([
              on('path', '=', path),
              on.and([on('path', '>', `${path}/`), on('path', '<', `${path}0`)]),
            ]),
          )
          .executeTakeFirst()
        const files = Number(numDeletedRows)
        if (files > 0) {
          await record(context, tx, by, 'file.removed', { type: 'file', name: path }, { files })
        }
        return files
      })
    },
  }
}

const commandSchema = z.object({ path: filePathSchema, by: actorSchema })
const putSchema = commandSchema.extend({ maxBytes: z.number().int().min(0).optional() })
