import type { Clock, Digest, SubjectRef, Summary, Verdict } from '@mlops/core'
import { formatSubject, invalid, isoTime, withDisplay } from '@mlops/core'
import type { MeasureFinding } from './measure-finding.ts'
import { endOfEvidence, judgeMeasure, waiverFor } from './measure-finding.ts'
import type { Gate, Policy } from './policy.ts'
import { policyDigest } from './policy.ts'
import type { GateInput } from './release.ts'
import type { SignOffFinding } from './sign-off-finding.ts'
import { judgeSignOffs, unmetSignOff } from './sign-off-finding.ts'

const DAY_MS = 86_400_000

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
 * {@link judgeSignOff}; a counted rejection closes the gate, and a tier that the gate has no
 * requirements for is rejected.
 *
 * @throws `invalid` `governance.unknown-gate`
 */
export function evaluateGate(
  policy: Policy,
  gateId: string,
  input: GateInput,
  { clock }: { readonly clock: Clock },
): GateDecision {
  const gate = gateOf(policy, gateId)
  const { release } = input
  const served = Object.hasOwn(gate.requirements, release.tier)
  const requirement = served ? gate.requirements[release.tier]! : { measures: [], signOffs: [] }
  const now = clock.now()
  const measures = requirement.measures.map((id) =>
    judgeMeasure(policy.measures.find((m) => m.id === id)!, gate, input, now),
  )
  const signOffs = judgeSignOffs(requirement.signOffs, gate, input)

  const term = termOf(policy, gate, signOffs, measures, input, now)
  const expired = term !== undefined && term <= now
  const unmet = [
    ...(served ? [] : [`no release of tier '${release.tier}' may pass the gate '${gate.id}'`]),
    ...measures
      .filter((m) => m.status !== 'met' && m.status !== 'waived')
      .map((m) => `${m.title}: ${m.explanation}`),
    ...signOffs.flatMap((s) => unmetSignOff(s, policy)),
    ...(expired ? [`the approval ran out on ${new Date(term).toISOString()}; sign off again`] : []),
  ]
  const status =
    !served || signOffs.some((s) => s.rejectedBy.length > 0)
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

function summarise(decision: GateDecision): Summary {
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
