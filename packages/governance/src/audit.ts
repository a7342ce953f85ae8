import type { Digest, Page } from '@mlops/core'
import type { ChainVerification, Checkpoint, EventLog, LogEntry, LogQuery } from '@mlops/store'
import type { TreeHash } from './merkle.ts'
import {
  consistencyProof,
  inclusionProof,
  leafHash,
  merkleRoot,
  verifyConsistency,
  verifyInclusion,
} from './merkle.ts'

/** The whole trail at a moment in one line. Keep it where the database's keeper cannot reach it. */
export interface AuditCheckpoint extends Checkpoint {
  /** Merkle tree root over the hashes of entries 1 to `seq`, hexadecimal. */
  readonly root: string
}

/** Shows one entry to belong to a checkpoint, without the rest of the trail. */
export interface AuditProof {
  readonly entry: LogEntry
  readonly path: readonly string[]
}

/** The record of everything that governance did. */
export interface AuditTrail {
  read(query?: LogQuery): Promise<Page<LogEntry>>
  /**
   * Checks every entry against its hash and its predecessor; against a checkpoint kept elsewhere,
   * also that nothing up to it was rewritten or cut off.
   */
  verify(options?: { readonly checkpoint?: Checkpoint }): Promise<ChainVerification>
  /** `undefined` while the trail is empty. Cost: O(entries). */
  checkpoint(): Promise<AuditCheckpoint | undefined>
  /** The proof that entry `seq` is part of the trail up to the checkpoint. Cost: O(entries). */
  prove(seq: number, checkpoint: Checkpoint): Promise<AuditProof>
  /** The proof that a later checkpoint continues an earlier one. Cost: O(entries). */
  proveGrowth(earlier: Checkpoint, later: Checkpoint): Promise<readonly string[]>
}

/** The audit trail over an event log. */
export function auditTrail(log: EventLog): AuditTrail {
  async function leaves(upTo: number): Promise<{ hashes: TreeHash[]; entries: LogEntry[] }> {
    const entries: LogEntry[] = []
    let cursor: string | undefined
    do {
      const page = await log.read({ limit: 1000, ...(cursor !== undefined && { cursor }) })
      entries.push(...page.items.filter((entry) => entry.seq <= upTo))
      cursor = entries.length < upTo ? page.nextCursor : undefined
    } while (cursor !== undefined)
    return { entries, hashes: entries.map((entry) => leafHash(bytesOf(entry.hash))) }
  }
  return {
    read: (query) => log.read(query),
    verify: (options) => log.verify(options),
    async checkpoint() {
      const head = await log.head()
      if (!head) return undefined
      const { hashes } = await leaves(head.seq)
      return { ...head, root: hex(merkleRoot(hashes)) }
    },
    async prove(seq, checkpoint) {
      const { hashes, entries } = await leaves(checkpoint.seq)
      const path = inclusionProof(hashes, seq - 1).map(hex)
      return { entry: entries[seq - 1]!, path }
    },
    async proveGrowth(earlier, later) {
      const { hashes } = await leaves(later.seq)
      return consistencyProof(hashes, earlier.seq).map(hex)
    },
  }
}

/** Whether a proof shows its entry to be in the trail that the checkpoint was taken of. Needs no database. */
export function verifyAuditProof(
  { entry, path }: AuditProof,
  checkpoint: AuditCheckpoint,
): boolean {
  const leaf = leafHash(bytesOf(entry.hash))
  return verifyInclusion(
    leaf,
    entry.seq - 1,
    checkpoint.seq,
    path.map(fromHex),
    fromHex(checkpoint.root),
  )
}

/** Whether the later checkpoint's trail contains the earlier one's unchanged. Needs no database. */
export function verifyAuditGrowth(
  earlier: AuditCheckpoint,
  later: AuditCheckpoint,
  path: readonly string[],
): boolean {
  return verifyConsistency(
    { size: earlier.seq, root: fromHex(earlier.root) },
    { size: later.seq, root: fromHex(later.root) },
    path.map(fromHex),
  )
}

function bytesOf(digest: Digest): Uint8Array {
  return fromHex(digest.slice('sha256:'.length))
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
