import type { Actor, Digest, SubjectRef } from '@mlops/core'
import { canonicalJson } from '@mlops/core'
import type { LogEntry } from './chain.ts'

/** The log's tables, as the queries see them. */
export interface LogTables {
  mlops_events: EventRow
  mlops_event_heads: { log: string; seq: number; hash: string }
}

export interface EventRow {
  log: string
  seq: number
  at: string
  action: string
  actor_id: string
  subject_type: string
  subject_name: string
  /** Empty where the subject has no version. */
  subject_version: string
  actor: string
  subject: string
  data: string
  prev: string
  hash: string
}

export function toRow(log: string, entry: LogEntry): EventRow {
  return {
    log,
    seq: entry.seq,
    at: entry.at,
    action: entry.action,
    actor_id: entry.actor.id,
    subject_type: entry.subject.type,
    subject_name: entry.subject.name,
    subject_version: entry.subject.version ?? '',
    actor: canonicalJson(entry.actor),
    subject: canonicalJson(entry.subject),
    data: canonicalJson(entry.data),
    prev: entry.prev,
    hash: entry.hash,
  }
}

export function fromRow(row: EventRow): LogEntry {
  return {
    seq: row.seq,
    at: row.at,
    actor: JSON.parse(row.actor) as Actor,
    action: row.action,
    subject: JSON.parse(row.subject) as SubjectRef,
    data: JSON.parse(row.data) as unknown,
    prev: row.prev as Digest,
    hash: row.hash as Digest,
  }
}

/**
 * The entry for verification. A row that is not what {@link toRow} writes, down to the columns that
 * only serve the filters, comes out with a content that cannot give its hash.
 */
export function fromUntrustedRow(row: EventRow): LogEntry {
  try {
    const entry = fromRow(row)
    const written = toRow(row.log, entry)
    const same = (Object.keys(written) as (keyof EventRow)[]).every(
      (name) => written[name] === row[name],
    )
    if (same) return entry
  } catch {
    // Not JSON any more: told as a changed entry below.
  }
  const unreadable = { type: 'service', id: '' } as const
  return {
    seq: row.seq,
    at: '',
    actor: unreadable,
    action: '',
    subject: { type: '', name: '' },
    data: null,
    prev: row.prev as Digest,
    hash: row.hash as Digest,
  }
}
