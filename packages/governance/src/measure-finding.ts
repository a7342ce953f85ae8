import type { Digest, Evidence } from '@mlops/core'
import { formatSubject, sameSubject, verifyEvidence } from '@mlops/core'
import type { Gate, Measure } from './policy.ts'
import type { GateInput } from './release.ts'
import type { Waiver } from './waiver.ts'
import { faultsOfWaiver } from './waiver.ts'

const DAY_MS = 86_400_000

/** Why a measure is not met. */
export type UnmetReason = 'missing' | 'failed' | 'inconclusive' | 'expired' | 'tampered'

/** One measure and what was found for it. */
export interface MeasureFinding {
  readonly measure: string
  readonly title: string
  /** The role that has to see to it. */
  readonly role: string
  readonly status: 'met' | 'waived' | UnmetReason
  /** Digest of the evidence that decided. */
  readonly evidence?: Digest
  readonly explanation: string
}

/** What was brought for one measure, and whether it is enough. */
export function judgeMeasure(
  measure: Measure,
  gate: Gate,
  { release, evidence, waivers = [] }: GateInput,
  now: number,
): MeasureFinding {
  const about = [release.subject, ...(release.relatedSubjects ?? [])]
  const relevant = evidence
    .filter(
      (one) =>
        one.kind === measure.evidence && about.some((subject) => sameSubject(subject, one.subject)),
    )
    .filter(
      (one) =>
        one.subject.digest === undefined ||
        !sameSubject(one.subject, release.subject) ||
        one.subject.digest === release.digest,
    )
    .sort((a, b) => Date.parse(b.producedAt) - Date.parse(a.producedAt))
  const finding = (
    status: MeasureFinding['status'],
    explanation: string,
    found?: Evidence,
  ): MeasureFinding => ({
    measure: measure.id,
    title: measure.title,
    role: measure.role,
    status,
    ...(found && { evidence: found.digest }),
    explanation,
  })
  const judged = ((): MeasureFinding => {
    const newest = relevant[0]
    if (!newest)
      return finding(
        'missing',
        `no evidence of kind '${measure.evidence}' for ${formatSubject(release.subject)}`,
      )
    const told = `'${newest.kind}' of ${newest.producedAt} by ${newest.producedBy.id}`
    if (!verifyEvidence(newest))
      return finding('tampered', `${told} does not match its digest`, newest)
    const end = endOfEvidence(newest, measure)
    if (end !== undefined && end <= now)
      return finding('expired', `${told} counted until ${new Date(end).toISOString()}`, newest)
    if (measure.accept.includes(newest.verdict))
      return finding('met', `${told} says ${newest.verdict}`, newest)
    const reason = newest.verdict === 'inconclusive' ? 'inconclusive' : 'failed'
    return finding(
      reason,
      `${told} says ${newest.verdict}; needed: ${measure.accept.join(' or ')}`,
      newest,
    )
  })()
  if (judged.status === 'met') return judged
  const waiver = waiverFor(gate, measure.id, waivers, now)
  if (!waiver) return judged
  return {
    ...judged,
    status: 'waived',
    explanation: `waived by ${waiver.by.id} until ${waiver.until}: ${waiver.reason}`,
  }
}

/** The waiver that counts for a measure at this moment. */
export function waiverFor(
  gate: Gate,
  measure: string,
  waivers: readonly Waiver[],
  now: number,
): Waiver | undefined {
  return waivers.find(
    (one) =>
      one.gate === gate.id &&
      one.measure === measure &&
      faultsOfWaiver(one, { role: gate.waiverRole, now }).length === 0,
  )
}

/** When a piece of evidence stops counting for a measure; undefined when it never does. */
export function endOfEvidence(evidence: Evidence, measure: Measure): number | undefined {
  const ends = [
    evidence.validUntil === undefined ? Number.POSITIVE_INFINITY : Date.parse(evidence.validUntil),
    measure.maxAgeDays === undefined
      ? Number.POSITIVE_INFINITY
      : Date.parse(evidence.producedAt) + measure.maxAgeDays * DAY_MS,
  ]
  const end = Math.min(...ends)
  return Number.isFinite(end) ? end : undefined
}
