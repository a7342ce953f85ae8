import type { Actor } from './actor.ts'
import type { Clock } from './clock.ts'
import { isoTime } from './clock.ts'
import type { Digest } from './digest.ts'
import { digestOf } from './digest.ts'
import { invalid } from './errors.ts'
import type { SubjectRef } from './subject.ts'

/** What a check concluded. `inconclusive` is a verdict of its own, never a silent pass. */
export type Verdict = 'pass' | 'warn' | 'fail' | 'inconclusive'

/** A remark on a result: a stable code for programs, a sentence for people. */
export interface Warning {
  readonly code: string
  readonly message: string
}

/**
 * A verdict with everything it rests on, as a plain, JSON-safe, content-addressed document.
 * The packages that produce one and the gates that read one share this type and nothing else.
 */
export interface Evidence<Kind extends string = string, Result = unknown> {
  /** `drift-report`, `ab-readout`, `lineage-manifest`, … */
  readonly kind: Kind
  readonly subject: SubjectRef
  readonly verdict: Verdict
  /** The producing package's own result, complete. */
  readonly result: Result
  /** ISO 8601, from the injected clock. */
  readonly producedAt: string
  readonly producedBy: Actor
  /** ISO 8601; from then on the evidence no longer counts. */
  readonly validUntil?: string
  /** SHA-256 over the canonical JSON of all of the above. */
  readonly digest: Digest
}

export interface EvidenceInput<Kind extends string, Result> {
  readonly kind: Kind
  readonly subject: SubjectRef
  readonly verdict: Verdict
  readonly result: Result
  readonly producedBy: Actor
  readonly validUntil?: string
}

/**
 * Seals a verdict: adds the time and the digest.
 *
 * The result is taken as its JSON form, so that what was hashed is what is kept.
 *
 * @throws `invalid` `core.invalid-evidence` when a part is missing; `core.not-json` when the result
 *   holds what JSON cannot (NaN, Infinity, a cycle).
 * @example
 * ```ts
 * import { createEvidence, manualClock, verifyEvidence } from '@mlops/core'
 *
 * const evidence = createEvidence(
 *   {
 *     kind: 'drift-report',
 *     subject: { type: 'dataset-version', name: 'flights', version: '2026-03' },
 *     verdict: 'pass',
 *     result: { drifted: 0 },
 *     producedBy: { type: 'service', id: 'nightly' },
 *   },
 *   { clock: manualClock('2026-04-01T00:00:00Z') },
 * )
 * console.log(verifyEvidence(evidence)) // true
 * console.log(verifyEvidence({ ...evidence, verdict: 'fail' })) // false
 * ```
 */
export function createEvidence<Kind extends string, Result>(
  input: EvidenceInput<Kind, Result>,
  { clock }: { readonly clock: Clock },
): Evidence<Kind, Result> {
  checkParts(input)
  const body = JSON.parse(
    JSON.stringify({
      kind: input.kind,
      subject: input.subject,
      verdict: input.verdict,
      result: input.result,
      producedAt: isoTime(clock),
      producedBy: input.producedBy,
      validUntil: input.validUntil,
    }),
  )
  // Hashed from the original, so that a NaN is refused and not kept as null.
  const digest = digestOf({ ...body, result: input.result })
  return { ...body, digest }
}

function checkParts({ kind, subject, verdict, producedBy }: EvidenceInput<string, unknown>): void {
  const text = (value: unknown) => typeof value === 'string' && value !== ''
  const parts: [string, boolean][] = [
    ['kind', text(kind)],
    ['subject', text(subject?.type) && text(subject?.name)],
    ['verdict', ['pass', 'warn', 'fail', 'inconclusive'].includes(verdict)],
    ['producedBy', text(producedBy?.id)],
  ]
  const wrong = parts.filter(([, fine]) => !fine).map(([part]) => part)
  if (wrong.length > 0) {
    throw invalid(
      'core.invalid-evidence',
      `evidence needs ${wrong.join(', ')}: missing, or not of its kind`,
      { wrong },
    )
  }
}

/** Whether the digest is the one of the content, that is, whether nothing was changed. */
export function verifyEvidence(evidence: Evidence): boolean {
  const { digest, ...body } = evidence
  return digestOf(body) === digest
}
