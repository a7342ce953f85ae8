import type { Digest } from '@mlops/core'
import { MlopsError } from '@mlops/core'
import type { BlobInfo, BlobSource } from '@mlops/store/blobs'
import type { Transaction } from 'kysely'
import type { RegistryTables } from '../sql/tables.ts'
import type { Db, RegistryContext } from './context.ts'

const MAX_PUTS = 5

/**
 * Stores bytes and runs the transaction that refers to them, so that no sweep comes between. Blobs
 * are deleted only inside a transaction that saw no reference; so whoever adds one asks, inside
 * theirs, whether the bytes are still there, and puts them again if not.
 *
 * @throws `unavailable` `registry.blob-swept` when a sweep took the bytes of a stream, which cannot
 *   be read twice; sending it again helps.
 */
export async function putReferenced<Result>(
  context: RegistryContext,
  content: BlobSource,
  put: () => Promise<BlobInfo>,
  refer: (tx: Transaction<RegistryTables>, info: BlobInfo) => Promise<Result>,
): Promise<Result> {
  const repeatable = typeof content === 'string' || content instanceof Uint8Array
  for (let attempt = 1; ; attempt++) {
    const info = await put()
    const done = await context.db.transaction(async (tx) => {
      if (!(await isThere(context, tx, info.digest))) return undefined
      return { result: await refer(tx, info) }
    })
    if (done) return done.result
    if (!repeatable || attempt === MAX_PUTS) {
      throw new MlopsError({
        kind: 'unavailable',
        code: 'registry.blob-swept',
        message: 'the same bytes were swept while they were stored: send them again',
        details: { digest: info.digest },
      })
    }
  }
}

/** Only blobs that a sweep has marked can be missing; others cost no look at the blob store. */
async function isThere(
  { blobs }: RegistryContext,
  tx: Transaction<RegistryTables>,
  digest: Digest,
): Promise<boolean> {
  const marks = tx.selectFrom('registry_blob_marks').select('digest').where('digest', '=', digest)
  if (!(await marks.executeTakeFirst())) return true
  if (!(await blobs.stat(digest))) return false
  await tx.deleteFrom('registry_blob_marks').where('digest', '=', digest).execute()
  return true
}

/** Those of the digests that an artifact or a tracked file refers to. */
export async function referencedAmong(db: Db, digests: readonly string[]): Promise<Set<string>> {
  if (digests.length === 0) return new Set()
  const found = new Set<string>()
  for (const table of ['registry_artifacts', 'registry_files'] as const) {
    const rows = await db
      .selectFrom(table as 'registry_files')
      .select('digest')
      .distinct()
      .where('digest', 'in', digests)
      .execute()
    for (const { digest } of rows) found.add(digest)
  }
  return found
}
