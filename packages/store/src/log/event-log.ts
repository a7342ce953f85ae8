import type { Actor, Clock, Digest, Page, PageRequest, SubjectRef } from '@mlops/core'
import {
  decodeCursor,
  encodeCursor,
  givenOptions,
  invalid,
  isoTime,
  pageLimit,
  systemClock,
} from '@mlops/core'
import type { Kysely, Transaction } from 'kysely'
import { readLater, sendLater } from '../send-later.ts'
import type { Store } from '../store.ts'
import { memoryOf } from '../transaction-memory.ts'
import type { ChainVerification, Checkpoint, LogEntry } from './chain.ts'
import { entryHash, genesisHash } from './chain.ts'
import type { LogTables } from './log-tables.ts'
import { fromRow, toRow } from './log-tables.ts'
import { verifyLog } from './verify-log.ts'

// biome-ignore lint/suspicious/noExplicitAny: a log is written in the transaction of any package
export type AnyTransaction = Transaction<any>

/** A change to be recorded. */
export interface NewLogEntry {
  readonly actor: Actor
  readonly action: string
  readonly subject: SubjectRef
  /** JSON; `undefined` is kept as `null`. */
  readonly data?: unknown
}

/** A subject to look for. Without a version: the subject in all its versions. */
export interface LogSubject {
  readonly type: string
  readonly name: string
  readonly version?: string
}

/** Which entries to read. All conditions hold together. */
export interface LogQuery extends PageRequest {
  /** Entries about this type, name and (where given) version; or about one of several. */
  readonly subject?: LogSubject | readonly LogSubject[]
  readonly action?: string
  readonly actorId?: string
  /** ISO 8601, inclusive. */
  readonly from?: string
  /** ISO 8601, exclusive. */
  readonly until?: string
  /** @default 'oldest-first' */
  readonly order?: 'oldest-first' | 'newest-first'
}

/** An append-only, hash-chained record of changes. */
export interface EventLog {
  readonly name: string
  /**
   * Records a change in the transaction that makes it.
   *
   * @throws `invalid` `core.not-json` when the data have no JSON form; `store.invalid-entry` for what is no
   *   entry, or no transaction.
   */
  append(tx: AnyTransaction, entry: NewLogEntry): Promise<LogEntry>
  /** Records several changes, in order. */
  append(tx: AnyTransaction, entries: readonly NewLogEntry[]): Promise<readonly LogEntry[]>
  /** Lets the first append of a transaction find the log's head without a journey of its own. */
  expectAppend(tx: AnyTransaction): Promise<void>
  /** @throws `invalid` `store.invalid-query`, `store.invalid-instant`, `core.invalid-limit`, `core.invalid-cursor` */
  read(query?: LogQuery): Promise<Page<LogEntry>>
  /** The newest entry's place, to be kept outside as a witness; undefined when the log is empty. */
  head(): Promise<Checkpoint | undefined>
  /**
   * Reads the whole log and finds the first entry that is not as it was written. A checkpoint kept
   * outside the database also finds a history that was rewritten or cut as a whole.
   * Cost: O(entries) time, constant memory.
   *
   * @throws `invalid` `store.invalid-checkpoint` for a checkpoint that is none.
   */
  verify(options?: { readonly checkpoint?: Checkpoint }): Promise<ChainVerification>
}

/**
 * The event log of a name within a store. Several logs share the store, each with its own chain.
 *
 * @example
 * ```ts
 * import { createEventLog, openStore } from '@mlops/store'
 *
 * const store = await openStore('sqlite::memory:')
 * const log = createEventLog({ store, name: 'audit' })
 * await store.transaction((tx) =>
 *   log.append(tx, {
 *     actor: { type: 'human', id: 'ada' },
 *     action: 'model.created',
 *     subject: { type: 'model', name: 'flight-delay' },
 *   }),
 * )
 * console.log((await log.verify()).status) // 'intact'
 * await store.close()
 * ```
 */
export function createEventLog({
  store,
  name,
  clock = systemClock,
}: {
  readonly store: Store
  readonly name: string
  readonly clock?: Clock
}): EventLog {
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(name)) {
    throw invalid(
      'store.invalid-log-name',
      `a log's name is lower-case letters, digits and dashes, got '${name}'`,
      { name },
    )
  }
  const { query } = store.tables<LogTables>()

  const key = `log ${name}`

  async function expectAppend(untyped: AnyTransaction): Promise<void> {
    assertTransaction(untyped)
    const tx = untyped as Transaction<LogTables>
    const memory = memoryOf(tx)
    if (memory === undefined || memory.get(key) !== undefined) return
    await readLater(tx, selectHead(tx, name), ([row]) => {
      memory.set(key, row ? headFrom(row) : emptyHead(name))
    })
  }

  async function append(
    untyped: AnyTransaction,
    input: NewLogEntry | readonly NewLogEntry[],
  ): Promise<LogEntry & readonly LogEntry[]> {
    assertTransaction(untyped)
    const tx = untyped as Transaction<LogTables>
    const wanted = Array.isArray(input) ? (input as readonly NewLogEntry[]) : [input as NewLogEntry]
    wanted.forEach(assertEntry)
    const memory = memoryOf(tx)
    const known = memory?.get(key) as Checkpoint | undefined
    let { seq, hash } = known ?? (await headOf(tx, name)) ?? emptyHead(name)
    const at = isoTime(clock)
    const entries = wanted.map(({ actor, action, subject, data = null }) => {
      const body = { seq: seq + 1, at, actor, action, subject, data, prev: hash }
      const entry: LogEntry = { ...body, hash: entryHash(body) }
      seq = entry.seq
      hash = entry.hash
      return entry
    })
    for (let i = 0; i < entries.length; i += 50) {
      const rows = entries.slice(i, i + 50).map((entry) => toRow(name, entry))
      await sendLater(tx, tx.insertInto('mlops_events').values(rows))
    }
    if (entries.length > 0) {
      const move = () => moveHead(tx, name, { seq, hash })
      // Only this transaction can move the head until it ends: it is read once and written once.
      memory?.set(key, { seq, hash })
      if (memory) memory.atEnd(key, move)
      else await move()
    }
    return (Array.isArray(input) ? entries : entries[0]) as LogEntry & readonly LogEntry[]
  }

  async function read(given: LogQuery = {}): Promise<Page<LogEntry>> {
    const wanted = givenOptions(given, 'store.invalid-query')
    assertQuery(wanted)
    const limit = pageLimit(wanted.limit)
    const newestFirst = wanted.order === 'newest-first'
    let select = query.selectFrom('mlops_events').selectAll().where('log', '=', name)
    if (wanted.subject !== undefined) {
      const subjects = [wanted.subject].flat() as LogSubject[]
      select = select.where((db) =>
        db.or(
          subjects.map(({ type, name: subjectName, version }) =>
            db.and({
              subject_type: type,
              subject_name: subjectName,
              ...(version !== undefined && { subject_version: version }),
            }),
          ),
        ),
      )
    }
    if (wanted.action !== undefined) select = select.where('action', '=', wanted.action)
    if (wanted.actorId !== undefined) select = select.where('actor_id', '=', wanted.actorId)
    if (wanted.from !== undefined) select = select.where('at', '>=', instant(wanted.from))
    if (wanted.until !== undefined) select = select.where('at', '<', instant(wanted.until))
    if (wanted.cursor !== undefined) {
      select = select.where('seq', newestFirst ? '<' : '>', cursorSeq(wanted.cursor))
    }
    const rows = await select
      .orderBy('seq', newestFirst ? 'desc' : 'asc')
      .limit(limit + 1)
      .execute()
    const items = rows.slice(0, limit).map(fromRow)
    return rows.length > limit
      ? { items, nextCursor: encodeCursor({ seq: items.at(-1)!.seq }) }
      : { items }
  }

  return {
    name,
    append: append as EventLog['append'],
    expectAppend,
    read,
    head: () => headOf(query, name),
    verify: (options) => verifyLog(query, name, options),
  }
}

async function moveHead(
  tx: Transaction<LogTables>,
  log: string,
  { seq, hash }: Checkpoint,
): Promise<void> {
  await sendLater(
    tx,
    tx
      .insertInto('mlops_event_heads')
      .values({ log, seq, hash })
      .onConflict((at) => at.column('log').doUpdateSet({ seq, hash })),
  )
}

async function headOf(
  db: Kysely<LogTables> | Transaction<LogTables>,
  name: string,
): Promise<Checkpoint | undefined> {
  const row = await selectHead(db, name).executeTakeFirst()
  return row && headFrom(row)
}

function selectHead(db: Kysely<LogTables> | Transaction<LogTables>, name: string) {
  return db.selectFrom('mlops_event_heads').select(['seq', 'hash']).where('log', '=', name)
}

function headFrom({ seq, hash }: { readonly seq: number; readonly hash: string }): Checkpoint {
  return { seq, hash: hash as Digest }
}

function emptyHead(name: string): Checkpoint {
  return { seq: 0, hash: genesisHash(name) }
}

function assertTransaction(tx: AnyTransaction | null | undefined): void {
  if (typeof tx?.insertInto === 'function') return
  throw invalid(
    'store.invalid-entry',
    'an entry is appended in the transaction of its change: the first argument is a `tx`',
  )
}

function assertEntry(entry: NewLogEntry | null | undefined): void {
  const { actor, action, subject } = entry ?? {}
  const texts = [actor?.id, action, subject?.type, subject?.name, subject?.version ?? '']
  if (texts.every(isText)) return
  throw invalid(
    'store.invalid-entry',
    'an entry needs an actor with an id, an action, and a subject with type and name',
  )
}

function assertQuery({ subject = [], action, actorId, from, until }: LogQuery): void {
  const subjects = [subject].flat() as readonly (LogSubject | null | undefined)[]
  const texts = [
    ...[action, actorId, from, until].filter((text) => text !== undefined),
    ...subjects.flatMap((one) => [one?.type, one?.name, one?.version ?? '']),
  ]
  if (texts.every(isText)) return
  throw invalid(
    'store.invalid-query',
    'subjects have the texts type, name and perhaps version; action, actorId, from and until are texts',
  )
}

const isText = (value: unknown) => typeof value === 'string'

function instant(text: string): string {
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) {
    throw invalid('store.invalid-instant', `'${text}' is not an ISO 8601 time`, { text })
  }
  return new Date(ms).toISOString()
}

function cursorSeq(cursor: string): number {
  const position = decodeCursor(cursor) as { seq?: unknown } | null
  if (!Number.isSafeInteger(position?.seq)) {
    throw invalid('core.invalid-cursor', 'the cursor is not one that this log gave out', {})
  }
  return position!.seq as number
}
