import type { Digest } from '@mlops/core'
import { digestOf, givenOptions, isoTime } from '@mlops/core'
import { parseWith } from '@mlops/core/schema'
import type { BlobSource, GetOptions } from '@mlops/store/blobs'
import type { z } from 'zod'
import { assertText } from '../model/arguments.ts'
import type { Artifact } from '../model/model-version.ts'
import { putArtifactSchema } from '../model/model-version.ts'
import { assertOpen } from '../rules/stages.ts'
import { artifactFromRow } from '../sql/rows.ts'
import { putReferenced } from './blob-references.ts'
import type { Db, RegistryContext } from './context.ts'
import { conflict, loadVersion, notFound, record, touchVersion, versionSubject } from './context.ts'

export type PutArtifact = Readonly<z.input<typeof putArtifactSchema>> & {
  readonly content: BlobSource
}

/** The files of a version, and the one digest that stands for all of them. */
export interface Manifest {
  readonly artifacts: readonly Artifact[]
  /** SHA-256 over the canonical JSON of `[{ path, digest, size }, …]` in order of path. */
  readonly digest: Digest
}

export interface Artifacts {
  /**
   * Stores a file's bytes and attaches them. The same bytes under the same path again change nothing.
   *
   * @throws `conflict` `registry.artifact-exists` for other bytes under the path, or
   *   `registry.version-locked` once the version left its initial stage; `invalid`
   *   `store.blob-mismatch` or `store.blob-too-large`; `unavailable` `registry.blob-swept` when a
   *   sweep took the same bytes of a stream meanwhile: send it again.
   */
  put(command: PutArtifact): Promise<Artifact>
  manifest(model: string, version: number): Promise<Manifest>
  /**
   * A file as a stream, checked against its digest while it is read.
   *
   * @throws `not-found` `registry.no-artifact`; `internal` `store.blob-damaged` from the stream.
   */
  open(
    model: string,
    version: number,
    path: string,
    options?: GetOptions,
  ): Promise<{ readonly artifact: Artifact; readonly content: ReadableStream<Uint8Array> }>
}

export function createArtifacts(context: RegistryContext): Artifacts {
  const { db, blobs, clock, stages } = context

  return {
    async put(given) {
      const { content, ...command } = givenOptions(given, 'registry.invalid-artifact')
      const {
        model,
        version: number,
        path,
        mediaType,
        by,
        expected,
        maxBytes,
      } = parseWith(putArtifactSchema, command, {
        code: 'registry.invalid-artifact',
        what: 'the artifact',
      })
      // Refused before a byte is stored; the transaction below decides.
      assertOpen(stages, await loadVersion(db.query, model, number))
      const put = () =>
        blobs.put(content, {
          ...(expected !== undefined && { expected }),
          ...(maxBytes !== undefined && { maxBytes }),
        })
      return putReferenced(context, content, put, async (tx, { digest, size }) => {
        const version = await loadVersion(tx, model, number)
        const known = await findArtifact(tx, model, number, path)
        if (known?.digest === digest) return known
        if (known) {
          throw conflict(
            'registry.artifact-exists',
            `version ${number} of ${model} has other bytes at ${path}: register a new version`,
            { model, version: number, path, digest: known.digest },
          )
        }
        assertOpen(stages, version)
        const at = isoTime(clock)
        const row = {
          model,
          version: number,
          path,
          digest,
          size,
          media_type: mediaType,
          added_at: at,
        }
        await tx.insertInto('registry_artifacts').values(row).execute()
        await touchVersion(tx, version, at)
        const subject = versionSubject(model, number)
        await record(context, tx, by, 'artifact.added', subject, { path, digest, size })
        return artifactFromRow(row)
      })
    },
    async manifest(model, version) {
      await loadVersion(db.query, model, version)
      return manifestOf(db.query, model, version)
    },
    async open(model, version, path, options = {}) {
      await loadVersion(db.query, model, version)
      assertText(path, 'path')
      const artifact = await findArtifact(db.query, model, version, path)
      if (!artifact) {
        throw notFound(
          'registry.no-artifact',
          `version ${version} of ${model} has nothing at ${path}`,
          {
            model,
            version,
            path,
          },
        )
      }
      return {
        artifact,
        content: await blobs.get(artifact.digest as Digest, givenOptions(options)),
      }
    },
  }
}

export async function manifestOf(db: Db, model: string, version: number): Promise<Manifest> {
  const rows = await db
    .selectFrom('registry_artifacts')
    .selectAll()
    .where('model', '=', model)
    .where('version', '=', version)
    .orderBy('path')
    .execute()
  const artifacts = rows.map(artifactFromRow)
  return {
    artifacts,
    digest: digestOf(artifacts.map(({ path, digest, size }) => ({ path, digest, size }))),
  }
}

async function findArtifact(db: Db, model: string, version: number, path: string) {
  const row = await db
    .selectFrom('registry_artifacts')
    .selectAll()
    .where('model', '=', model)
    .where('version', '=', version)
    .where('path', '=', path)
    .executeTakeFirst()
  return row && artifactFromRow(row)
}
