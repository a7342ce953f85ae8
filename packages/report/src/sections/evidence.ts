import type { Evidence } from '@mlops/core'
import { formatSubject, verifyEvidence } from '@mlops/core'
import type { Section } from '../document.ts'
import { readableTime, shortDigest } from '../readable.ts'

/** The seal of a piece of evidence, put before its result's own section. */
export function sealed(evidence: Evidence, section: Section): Section {
  const intact = verifyEvidence(evidence)
  return {
    ...section,
    verdict: evidence.verdict,
    blocks: [
      {
        type: 'facts',
        items: [
          ['Evidence', evidence.kind],
          ['About', formatSubject(evidence.subject)],
          [
            'Produced',
            `${readableTime(evidence.producedAt)} by ${evidence.producedBy.name ?? evidence.producedBy.id}`,
          ],
          ...(evidence.validUntil === undefined
            ? []
            : [['Valid until', readableTime(evidence.validUntil)] as const]),
          [
            'Digest',
            intact
              ? { verdict: 'pass', text: shortDigest(evidence.digest) }
              : { verdict: 'fail', text: 'does not match the content' },
          ],
        ],
      },
      ...section.blocks,
    ],
  }
}
