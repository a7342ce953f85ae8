import type { Digest } from '@mlops/core'
import { givenOptions, invalid, isDigest, isMlopsError } from '@mlops/core'
import type { Kysely } from 'kysely'
import type { ChainVerification, Checkpoint, LogEntry } from './chain.ts'
import { genesisHash, verifyEntries } from './chain.ts'
import type { LogTables } from './log-tables.ts'
import { fromUntrustedRow } from './log-tables.ts'

const PAGE = 500

/** See `EventLog.verify`. */
export async function verifyLog(
  query: Kysely<LogTables>,
  name: string,
  options: { readonly checkpoint?: Checkpoint } = {},
): Promise<ChainVerification> {
  const { checkpoint } = givenOptions(options)
  assertCheckpoint(checkpoint)
  let read = 0
  try {
    const { head, lastSeq } = await ends(query, name)
    const counted = (async function* () {
      for await (const entry of untrusted(query, name, head.seq)) {
        yield entry
        read = entry.seq
      }
    })()
    const result = await verifyEntries(name, counted, { head, ...(checkpoint && { checkpoint }) })
    return result.status === 'intact' && lastSeq > head.seq
      ? broken(
          head.seq,
          head.seq + 1,
          'unlinked',
          `entry ${head.seq + 1} lies beyond the recorded head: it was not written by the log`,
        )
      : result
  } catch (error) {
    if (!isMlopsError(error) || !UNREADABLE.has(error.code)) throw error
    return broken(read, read + 1, 'unreadable', `after entry ${read}: ${error.message}`)
  }
}

const UNREADABLE = new Set(['store.corrupt-database', 'store.not-a-database', 'store.io'])

/** In one statement, so that an entry appended meanwhile cannot look like one without a head. */
async function ends(
  query: Kysely<LogTables>,
  name: string,
): Promise<{ readonly head: Checkpoint; readonly lastSeq: number }> {
  const { headSeq, headHash, lastSeq } = await query
    .selectNoFrom((db) => [
      db.selectFrom('mlops_event_heads').select('seq').where('log', '=', name).as('headSeq'),
      db.selectFrom('mlops_event_heads').select('hash').where('log', '=', name).as('headHash'),
      db
        .selectFrom('mlops_events')
        .select(({ fn }) => fn.max('seq').as('seq'))
        .where('log', '=', name)
        .as('lastSeq'),
    ])
    .executeTakeFirstOrThrow()
  const hash = (headHash ?? genesisHash(name)) as Digest
  return { head: { seq: headSeq ?? 0, hash }, lastSeq: lastSeq ?? 0 }
}

async function* untrusted(
  query: Kysely<LogTables>,
  name: string,
  upTo: number,
): AsyncGenerator<LogEntry> {
  for (let after = 0; after < upTo; ) {
    const rows = await query
      .selectFrom('mlops_events')
      .selectAll()
      .where('log', '=', name)
      .where('seq', '>', after)
      .where('seq', '<=', upTo)
      .orderBy('seq')
      .limit(PAGE)
      .execute()
    if (rows.length === 0) return
    for (const row of rows) yield fromUntrustedRow(row)
    after = rows.at(-1)!.seq
  }
}

/** One that is none would witness nothing, and every log would pass. */
function assertCheckpoint(checkpoint: Checkpoint | null | undefined): void {
  if (checkpoint === undefined) return
  if (Number.isSafeInteger(checkpoint?.seq) && isDigest(checkpoint?.hash)) return
  throw invalid(
    'store.invalid-checkpoint',
    'a checkpoint has the seq and the hash that `head` gave: pass it back unchanged',
  )
}

function broken(
  entries: number,
  seq: number,
  problem: 'unlinked' | 'unreadable',
  message: string,
): ChainVerification {
  return { status: 'broken', entries, seq, problem, message }
}
