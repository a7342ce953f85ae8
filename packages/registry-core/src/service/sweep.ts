import type { Actor, Digest } from '@mlops/core'
import { isoTime } from '@mlops/core'
import type { BlobInfo } from '@mlops/store/blobs'
import type { SweepReport } from '../model/retention.ts'
import { manifestOf } from './artifacts.ts'
import { referencedAmong } from './blob-references.ts'
import type { RegistryContext } from './context.ts'
import { record, versionSubject } from './context.ts'
import { holdsOn } from './uses.ts'

const BATCH = 200
/** A trace of a sweep is kept longer than any upload takes. */
const FORGET_AFTER_MS = 30 * 24 * 60 * 60 * 1000

interface SweepOptions {
  readonly graceMs: number
  readonly mode: 'sweep' | 'dry-run'
  readonly by: Actor
}

/** See `Retention.sweep`. */
export async function sweepRegistry(
  context: RegistryContext,
  options: SweepOptions,
): Promise<SweepReport> {
  const { collected, held } = await collectVersions(context, options)
  const blobs = await sweepBlobs(context, options)
  if (options.mode === 'sweep') {
    const before = new Date(context.clock.now() - FORGET_AFTER_MS).toISOString()
    await context.db.transaction((tx) =>
      tx.deleteFrom('registry_blob_marks').where('swept_at', '<', before).execute(),
    )
  }
  return { mode: options.mode, collected, held, ...blobs }
}

/** Lets go of the files of versions that were removed long enough ago. */
async function collectVersions(context: RegistryContext, { graceMs, mode, by }: SweepOptions) {
  const { db, clock } = context
  const before = new Date(clock.now() - graceMs).toISOString()
  const due = await db.query
    .selectFrom('registry_versions as v')
    .leftJoin('registry_collected as c', (on) =>
      on.onRef('c.model', '=', 'v.model').onRef('c.version', '=', 'v.version'),
    )
    .select(['v.model', 'v.version'])
    .where('v.deleted_at', '<=', before)
    .where('c.collected_at', 'is', null)
    .orderBy('v.model')
    .orderBy('v.version')
    .execute()
  const collected: { model: string; version: number }[] = []
  const held: { model: string; version: number }[] = []
  for (const key of due) {
    const outcome = await db.transaction(async (tx) => {
      const row = await tx
        .selectFrom('registry_versions')
        .select('deleted_at')
        .where('model', '=', key.model)
        .where('version', '=', key.version)
        .executeTakeFirst()
      if (!row?.deleted_at || row.deleted_at > before) return 'restored'
      if ((await holdsOn(context, tx, key)).length > 0) return 'held'
      if (mode === 'dry-run') return 'collected'
      const { digest: manifest, artifacts } = await manifestOf(tx, key.model, key.version)
      await tx
        .deleteFrom('registry_artifacts')
        .where('model', '=', key.model)
        .where('version', '=', key.version)
        .execute()
      await tx
        .insertInto('registry_collected')
        .values({ ...key, manifest, collected_at: isoTime(clock) })
        .execute()
      const subject = versionSubject(key.model, key.version)
      const facts = { manifest, artifacts: artifacts.length }
      await record(context, tx, by, 'model-version.collected', subject, facts)
      return 'collected'
    })
    if (outcome === 'collected') collected.push(key)
    if (outcome === 'held') held.push(key)
  }
  return { collected, held }
}

/** Mark and sweep: what nothing refers to is marked first, and goes once its mark is old enough. */
async function sweepBlobs(context: RegistryContext, options: SweepOptions) {
  const swept: BlobInfo[] = []
  const seen = { waiting: 0, referenced: 0 }
  let batch: BlobInfo[] = []
  const flush = async () => {
    const judged = await judgeBatch(context, options, batch)
    batch = []
    seen.referenced += judged.referenced
    for (const blob of judged.due) {
      if (options.mode === 'dry-run' || (await sweepOne(context, options, blob))) swept.push(blob)
      else seen.waiting += 1
    }
    seen.waiting += judged.waiting
  }
  for await (const blob of context.blobs.list()) {
    batch.push(blob)
    if (batch.length === BATCH) await flush()
  }
  await flush()
  return { swept, sweptBytes: swept.reduce((sum, { size }) => sum + size, 0), ...seen }
}

async function judgeBatch(
  { db, clock }: RegistryContext,
  { graceMs, mode }: SweepOptions,
  batch: readonly BlobInfo[],
): Promise<{ due: BlobInfo[]; waiting: number; referenced: number }> {
  if (batch.length === 0) return { due: [], waiting: 0, referenced: 0 }
  const digests = batch.map(({ digest }) => digest)
  const seenAt = isoTime(clock)
  const before = new Date(clock.now() - graceMs).toISOString()
  return db.transaction(async (tx) => {
    const referenced = await referencedAmong(tx, digests)
    const rows = await tx
      .selectFrom('registry_blob_marks')
      .selectAll()
      .where('digest', 'in', digests)
      .execute()
    const marks = new Map(rows.map((row) => [row.digest, row]))
    const free = batch.filter(({ digest }) => !referenced.has(digest))
    const markOf = (digest: Digest) => {
      const mark = marks.get(digest)
      return mark && mark.swept_at === null ? mark : undefined
    }
    if (mode === 'sweep') {
      const fresh = free.filter(({ digest }) => !markOf(digest))
      for (const { digest } of fresh) {
        await tx
          .insertInto('registry_blob_marks')
          .values({ digest, seen_at: seenAt, swept_at: null })
          .onConflict((on) => on.column('digest').doUpdateSet({ seen_at: seenAt, swept_at: null }))
          .execute()
      }
      const stale = rows.map(({ digest }) => digest).filter((digest) => referenced.has(digest))
      if (stale.length > 0) {
        await tx.deleteFrom('registry_blob_marks').where('digest', 'in', stale).execute()
      }
    }
    const due = free.filter(({ digest }) => (markOf(digest)?.seen_at ?? seenAt) <= before)
    return { due, waiting: free.length - due.length, referenced: batch.length - free.length }
  })
}

/**
 * Deletes one blob inside a transaction, so that nobody can refer to it meanwhile. If the process
 * dies between deletion and commit, the mark stays and tells the next writer to look.
 */
async function sweepOne(
  context: RegistryContext,
  { graceMs, by }: SweepOptions,
  { digest, size }: BlobInfo,
): Promise<boolean> {
  const { db, blobs, clock } = context
  const before = new Date(clock.now() - graceMs).toISOString()
  return db.transaction(async (tx) => {
    const mark = await tx
      .selectFrom('registry_blob_marks')
      .selectAll()
      .where('digest', '=', digest)
      .executeTakeFirst()
    if (!mark || mark.swept_at !== null || mark.seen_at > before) return false
    if ((await referencedAmong(tx, [digest])).size > 0) return false
    await tx
      .updateTable('registry_blob_marks')
      .set({ swept_at: isoTime(clock) })
      .where('digest', '=', digest)
      .execute()
    await record(context, tx, by, 'blob.swept', { type: 'blob', name: digest }, { size })
    await blobs.delete(digest)
    return true
  })
}
