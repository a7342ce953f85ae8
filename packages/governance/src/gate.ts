import type { Clock, Digest, Evidence, SubjectRef, Verdict } from '@mlops/core'
import {
  formatSubject,
  invalid,
  isoTime,
  sameSubject,
  verifyEvidence,
  withDisplay,
} from '@mlops/core'
import type { Gate, Measure, Policy } from './policy.ts'
import { policyDigest } from './policy.ts'
import type { Delegation, SignOff, SignOffRefusal } from './sign-off.ts'
import { judgeSignOff } from './sign-off.ts'
import type { Waiver } from './waiver.ts'
import { faultsOfWaiver } from './waiver.ts'

const DAY_MS = 86_400_000

/** What wants to pass a gate. */
export interface Release {
  readonly subject: SubjectRef
  /** Content address of what would run, for example of the version's manifest. */
  readonly digest: Digest
  /** The use case's tier, from its classification. */
  readonly tier: string
  /** Ids of those who made it. */
  readonly authors: readonly string[]
  /** Other subjects whose evidence counts for it: its datasets, its use case. */
  readonly relatedSubjects?: readonly SubjectRef[]
}

export interface GateInput {
  readonly release: Release
  readonly evidence: readonly Evidence[]
  readonly signOffs: readonly SignOff[]
  readonly waivers?: readonly Waiver[]
  readonly delegations?: readonly Delegation[]
}

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

/** The sign-offs that a role owes and has given. */
export interface SignOffFinding {
  readonly role: string
  readonly required: number
  readonly given: readonly {
    readonly by: string
    readonly onBehalfOf?: string
    readonly at: string
  }[]
  readonly rejectedBy: readonly string[]
  readonly refused: readonly { readonly by: string; readonly reason: SignOffRefusal }[]
}

/** The gate's decision, complete: whoever reads it needs nothing else to follow it. */
export interface GateDecision {
  readonly kind: 'gate-decision'
  readonly gate: string
  readonly subject: SubjectRef
  readonly digest: Digest
  readonly tier: string
  /** `conditional` is an approval that rests on a waiver. */
  readonly status: 'approved' | 'conditional' | 'pending' | 'rejected' | 'expired'
  readonly verdict: Verdict
  readonly measures: readonly MeasureFinding[]
  readonly signOffs: readonly SignOffFinding[]
  /** What is missing, one sentence each; empty when the gate is open. */
  readonly unmet: readonly string[]
  readonly decidedAt: string
  /** ISO 8601; the approval ends then, by the gate's term or by evidence or a waiver running out. */
  readonly validUntil?: string
  readonly policy: { readonly id: string; readonly version: string; readonly digest: Digest }
}

/**
 * Asks a gate: may this release pass, and if not, what is missing?
 *
 * A pure function of the policy, the release, what was brought and the time. The newest evidence of
 * a kind decides, so a later failure undoes an earlier pass; evidence whose digest does not match
 * its content never counts; `inconclusive` is not a pass. Sign-offs are judged by
 * {@link judgeSignOff}; a counted rejection closes the gate.
 *
 * @throws `invalid` `governance.unknown-gate` or `governance.tier-not-served` when the policy has no
 *   such gate, or the gate no requirements for the tier.
 */
export function evaluateGate(
  policy: Policy,
  gateId: string,
  input: GateInput,
  { clock }: { readonly clock: Clock },
): GateDecision {
  const gate = gateOf(policy, gateId)
  const { release } = input
  const requirement = Object.hasOwn(gate.requirements, release.tier)
    ? gate.requirements[release.tier]
    : undefined
  if (!requirement) {
    throw invalid(
      'governance.tier-not-served',
      `gate '${gate.id}' lets no release of tier '${release.tier}' pass; the policy gives it no requirements`,
      {
        gate: gate.id,
        tier: release.tier,
      },
    )
  }
  const now = clock.now()
  const measures = requirement.measures.map((id) =>
    judgeMeasure(policy.measures.find((m) => m.id === id)!, gate, input, now),
  )
  const signOffs = judgeSignOffs(requirement.signOffs, gate, input)

  const term = termOf(policy, gate, signOffs, measures, input, now)
  const expired = term !== undefined && term <= now
  const unmet = [
    ...measures
      .filter((m) => m.status !== 'met' && m.status !== 'waived')
      .map((m) => `${m.title}: ${m.explanation}`),
    ...signOffs.flatMap((s) => unmetSignOff(s, policy)),
    ...(expired ? [`the approval ran out on ${new Date(term).toISOString()}; sign off again`] : []),
  ]
  const status = signOffs.some((s) => s.rejectedBy.length > 0)
    ? 'rejected'
    : expired
      ? 'expired'
      : unmet.length > 0
        ? 'pending'
        : measures.some((m) => m.status === 'waived')
          ? 'conditional'
          : 'approved'
  const decision: GateDecision = {
    kind: 'gate-decision',
    gate: gate.id,
    subject: release.subject,
    digest: release.digest,
    tier: release.tier,
    status,
    verdict: status === 'approved' ? 'pass' : status === 'conditional' ? 'warn' : 'fail',
    measures,
    signOffs,
    unmet,
    decidedAt: isoTime(clock),
    ...(term !== undefined && { validUntil: new Date(term).toISOString() }),
    policy: { id: policy.id, version: policy.version, digest: policyDigest(policy) },
  }
  return withDisplay(decision, summarise)
}

/**
 * The policy's gate of that id.
 *
 * @throws `invalid` `governance.unknown-gate`
 */
export function gateOf(policy: Policy, id: string): Gate {
  const gate = policy.gates.find((one) => one.id === id)
  if (gate) return gate
  const known = policy.gates.map((one) => one.id)
  throw invalid(
    'governance.unknown-gate',
    `policy '${policy.id}' has no gate '${id}'; it has ${known.join(', ')}`,
    { gate: id, known },
  )
}

function judgeMeasure(
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

function waiverFor(
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

function judgeSignOffs(
  required: readonly { role: string; count: number }[],
  gate: Gate,
  input: GateInput,
): SignOffFinding[] {
  const { release, signOffs, delegations = [] } = input
  const signers = new Set<string>()
  const own = signOffs
    .filter((one) => one.gate === gate.id)
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
  return required.map(({ role, count }) => {
    const given: { by: string; onBehalfOf?: string; at: string }[] = []
    const rejectedBy: string[] = []
    const refused: { by: string; reason: SignOffRefusal }[] = []
    for (const one of own.filter((signOff) => signOff.role === role)) {
      const judged = judgeSignOff(one, {
        digest: release.digest,
        authors: release.authors,
        delegations,
        signers,
      })
      if (!judged.counts) {
        refused.push({ by: one.by.id, reason: judged.reason })
        continue
      }
      signers.add(one.by.id)
      if (judged.onBehalfOf !== undefined) signers.add(judged.onBehalfOf)
      if (one.decision === 'reject') rejectedBy.push(one.by.id)
      else
        given.push({
          by: one.by.id,
          at: one.at,
          ...(judged.onBehalfOf !== undefined && { onBehalfOf: judged.onBehalfOf }),
        })
    }
    return { role, required: count, given, rejectedBy, refused }
  })
}

function unmetSignOff(
  { role, required, given, rejectedBy, refused }: SignOffFinding,
  policy: Policy,
): string[] {
  const title = policy.roles.find((one) => one.id === role)?.title ?? role
  if (rejectedBy.length > 0) return [`rejected by ${rejectedBy.join(', ')} as ${title}`]
  if (given.length >= required) return []
  const why = refused.map(({ by, reason }) => ` (${by}'s does not count: ${reason})`).join('')
  return [`${required - given.length} more sign-off by ${title}${why}`]
}

function endOfEvidence(evidence: Evidence, measure: Measure): number | undefined {
  const ends = [
    evidence.validUntil === undefined ? Number.POSITIVE_INFINITY : Date.parse(evidence.validUntil),
    measure.maxAgeDays === undefined
      ? Number.POSITIVE_INFINITY
      : Date.parse(evidence.producedAt) + measure.maxAgeDays * DAY_MS,
  ]
  const end = Math.min(...ends)
  return Number.isFinite(end) ? end : undefined
}

/** When the approval ends: the gate's term after the last sign-off, or the first of its grounds to run out. */
function termOf(
  policy: Policy,
  gate: Gate,
  signOffs: readonly SignOffFinding[],
  measures: readonly MeasureFinding[],
  { evidence, waivers = [] }: GateInput,
  now: number,
): number | undefined {
  const signed = signOffs.flatMap((finding) => finding.given.map((one) => Date.parse(one.at)))
  if (gate.validDays === undefined || signed.length === 0) return undefined
  const grounds = measures.map(({ measure, status, evidence: digest }) => {
    if (status === 'waived') {
      const waiver = waiverFor(gate, measure, waivers, now)
      return waiver && Date.parse(waiver.until)
    }
    const found = status === 'met' ? evidence.find((one) => one.digest === digest) : undefined
    return found && endOfEvidence(found, policy.measures.find((one) => one.id === measure)!)
  })
  const ends = [
    Math.max(...signed) + gate.validDays * DAY_MS,
    ...grounds.filter((end) => end !== undefined),
  ]
  return Math.min(...ends)
}

function summarise(decision: GateDecision) {
  return {
    title: `Gate '${decision.gate}' for ${formatSubject(decision.subject)} (tier ${decision.tier}): ${decision.status}`,
    verdict: decision.verdict,
    lines: decision.unmet.map((sentence) => `missing: ${sentence}`),
    table: {
      columns: ['requirement', 'status', 'why'],
      rows: [
        ...decision.measures.map((m) => [m.title, m.status, m.explanation]),
        ...decision.signOffs.map((s) => [
          `sign-off by ${s.role}`,
          `${s.given.length} of ${s.required}`,
          s.given.map((one) => one.by).join(', '),
        ]),
      ],
    },
  }
}
