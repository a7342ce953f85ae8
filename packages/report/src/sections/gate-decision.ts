import { formatSubject } from '@mlops/core'
import type { GateDecision } from '@mlops/governance'
import type { Section } from '../document.ts'
import { readableTime } from '../readable.ts'

/** A gate's decision: what is missing, then every requirement with what was found for it. */
export function gateSection(decision: GateDecision): Section {
  const { gate, status, measures, signOffs, unmet, policy } = decision
  return {
    title: `Gate '${gate}': ${status}`,
    verdict: decision.verdict,
    blocks: [
      {
        type: 'facts',
        items: [
          ['Release', formatSubject(decision.subject)],
          ['Risk tier', decision.tier],
          ['Decided', readableTime(decision.decidedAt)],
          ...(decision.validUntil === undefined
            ? []
            : [['Valid until', readableTime(decision.validUntil)] as const]),
          ['Policy', `${policy.id} ${policy.version}`],
        ],
      },
      ...(unmet.length > 0
        ? ([
            { type: 'paragraph', text: 'Missing:' },
            { type: 'list', items: unmet },
          ] as const)
        : []),
      {
        type: 'grid',
        columns: ['Requirement', 'Status', 'Responsible', 'Why'],
        rows: [
          ...measures.map(({ title, status: found, role, explanation }) => [
            title,
            {
              verdict: found === 'met' ? 'pass' : found === 'waived' ? 'warn' : 'fail',
              text: found,
            } as const,
            role,
            explanation,
          ]),
          ...signOffs.map(({ role, required, given, rejectedBy, refused }) => [
            `Sign-off by ${role}`,
            {
              verdict: rejectedBy.length === 0 && given.length >= required ? 'pass' : 'fail',
              text: `${given.length} of ${required}`,
            } as const,
            role,
            [
              ...given.map(
                ({ by, onBehalfOf, at }) =>
                  `${by}${onBehalfOf === undefined ? '' : ` for ${onBehalfOf}`}, ${readableTime(at)}`,
              ),
              ...rejectedBy.map((by) => `rejected by ${by}`),
              ...refused.map(({ by, reason }) => `${by}: ${reason}`),
            ].join('; '),
          ]),
        ],
      },
    ],
  }
}
