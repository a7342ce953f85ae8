import { formatSubject } from '@mlops/core'
import type { ChainVerification, LogEntry } from '@mlops/store'
import type { Section } from '../document.ts'
import { readableTime } from '../readable.ts'

/** An audit trail as a section: whether it is as it was written, and its entries. */
export function auditSection({
  verification,
  entries = [],
  title = 'Audit trail',
}: {
  readonly verification: ChainVerification
  readonly entries?: readonly LogEntry[]
  readonly title?: string
}): Section {
  const intact = verification.status === 'intact'
  return {
    title,
    verdict: intact ? 'pass' : 'fail',
    blocks: [
      {
        type: 'paragraph',
        text: intact
          ? `All ${verification.entries} entries are as they were written.`
          : `Broken at entry ${verification.seq} (${verification.problem}): ${verification.message}`,
      },
      ...(entries.length > 0
        ? [
            {
              type: 'grid',
              columns: ['No.', 'When', 'Who', 'What', 'About', 'Hash'],
              rows: entries.map(({ seq, at, actor, action, subject, hash }) => [
                seq,
                readableTime(at),
                actor.name ?? actor.id,
                action,
                formatSubject(subject),
                hash.slice('sha256:'.length, 'sha256:'.length + 12),
              ]),
            } as const,
          ]
        : []),
    ],
  }
}
