import type { Actor, Digest, SubjectRef } from '@mlops/core'
import { digestOf, sha256Digest } from '@mlops/core'

/** One recorded change. */
export interface LogEntry<Data = unknown> {
  /** 1, 2, 3, … without gaps within a log. */
  readonly seq: number
  /** ISO 8601, from the log's clock. */
  readonly at: string
  readonly actor: Actor
  /** What was done: `model-version.created`. */
  readonly action: string
  readonly subject: SubjectRef
  readonly data: Data
  /** The hash of the entry before; of the first entry {@link genesisHash}. */
  readonly prev: Digest
  /** SHA-256 over the canonical JSON of all of the above. */
  readonly hash: Digest
}

/** A place in a log that can be kept elsewhere and compared later: nothing before it may change. */
export interface Checkpoint {
  readonly seq: number
  readonly hash: Digest
}

/** What the first entry of a log points to. It binds the chain to the log's name. */
export function genesisHash(log: string): Digest {
  return sha256Digest(`mlops-event-log:${log}`)
}

/**
 * The hash of an entry: SHA-256 over the canonical JSON of its seven other members.
 *
 * Source: RFC 8785, FIPS 180-4.
 */
export function entryHash({
  seq,
  at,
  actor,
  action,
  subject,
  data,
  prev,
}: Omit<LogEntry, 'hash'>): Digest {
  return digestOf({ seq, at, actor, action, subject, data, prev })
}

/** How a chain can be broken. */
export type ChainProblem =
  /** The entry's content does not give its hash. */
  | 'changed'
  /** One or more sequence numbers are not there. */
  | 'missing'
  /** The entry does not continue the one before: history was rewritten up to here. */
  | 'unlinked'
  /** The log ends before the head or checkpoint that was given. */
  | 'truncated'
  /** The entry at the checkpoint is another one than was witnessed. */
  | 'rewritten'
  /** The database could not read it. */
  | 'unreadable'

/** The outcome of a verification. */
export type ChainVerification =
  | {
      readonly status: 'intact'
      /** How many entries were checked. */
      readonly entries: number
      /** Absent when the log is empty. */
      readonly head?: Checkpoint
    }
  | {
      readonly status: 'broken'
      /** How many entries before the bad one were in order. */
      readonly entries: number
      /** The first bad sequence number. */
      readonly seq: number
      readonly problem: ChainProblem
      readonly message: string
    }

/**
 * Verifies entries that arrive in order, for example from an exported log. Constant memory.
 *
 * @example
 * ```ts
 * import { verifyEntries } from '@mlops/store'
 *
 * const verdict = await verifyEntries('audit', [], { head: { seq: 1, hash: `sha256:${'0'.repeat(64)}` } })
 * console.log(verdict.status === 'broken' && verdict.problem) // 'truncated'
 * ```
 */
export async function verifyEntries(
  log: string,
  entries: AsyncIterable<LogEntry> | Iterable<LogEntry>,
  { head, checkpoint }: { readonly head?: Checkpoint; readonly checkpoint?: Checkpoint } = {},
): Promise<ChainVerification> {
  let seq = 0
  let last = genesisHash(log)
  const broken = (at: number, problem: ChainProblem, message: string): ChainVerification => ({
    status: 'broken',
    entries: seq,
    seq: at,
    problem,
    message,
  })

  for await (const entry of entries) {
    const next = seq + 1
    if (entry.seq !== next) {
      return broken(next, 'missing', `entry ${next} is missing: the next one there is ${entry.seq}`)
    }
    if (safeHash(entry) !== entry.hash) {
      return broken(
        next,
        'changed',
        `entry ${next} was changed: its content does not give its hash`,
      )
    }
    if (entry.prev !== last) {
      return broken(
        next,
        'unlinked',
        `entry ${next} does not continue entry ${seq}: one of them was replaced`,
      )
    }
    for (const witness of [checkpoint, head]) {
      if (witness?.seq === next && witness.hash !== entry.hash) {
        return broken(next, 'rewritten', `entry ${next} is not the one that was witnessed`)
      }
    }
    seq = next
    last = entry.hash
  }
  const expected = Math.max(head?.seq ?? 0, checkpoint?.seq ?? 0)
  if (seq < expected) {
    return broken(seq + 1, 'truncated', `the log ends at entry ${seq}; it once had ${expected}`)
  }
  return { status: 'intact', entries: seq, ...(seq > 0 && { head: { seq, hash: last } }) }
}

function safeHash(entry: LogEntry): Digest | undefined {
  try {
    return entryHash(entry)
  } catch {
    return undefined
  }
}
