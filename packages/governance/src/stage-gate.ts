import type { Actor, Clock, Digest, Evidence } from '@mlops/core'
import { createEvidence, systemClock } from '@mlops/core'
import type { Governance } from './service.ts'

/** What a registry asks before it moves a version: the part of its request that is looked at. */
export interface StageChange {
  readonly version: { readonly model: string; readonly version: number }
  readonly to: string
  readonly by: Actor
  /** All evidence attached to the version. */
  readonly evidence: readonly Evidence[]
  /** Digest of exactly what would be let through. */
  readonly manifestDigest: string
}

/** A gate's answer as a registry understands it. */
export type StageAnswer =
  | { readonly outcome: 'granted'; readonly evidence?: Evidence }
  | {
      readonly outcome: 'refused'
      readonly missing: readonly { readonly code: string; readonly message: string }[]
      readonly evidence: Evidence
    }

/**
 * A gate for `createRegistry` of `@mlops/registry-core`: stage changes into the named stages are
 * granted or refused by governance's gates, on the evidence attached to the version; all others are
 * granted. The decision goes back as evidence and is kept by the registry.
 *
 * The release asked about is `model-version:<model>@<version>` with the manifest's digest; submit
 * and sign it under that name.
 *
 * @throws as `governance.ask`; the registry then changes nothing.
 */
export function stageGate({
  governance,
  gates,
  clock = systemClock,
}: {
  readonly governance: Governance
  /** Which gate guards which stage: `{ production: 'production' }`. */
  readonly gates: Readonly<Record<string, string>>
  /** @default systemClock */
  readonly clock?: Clock
}): (change: StageChange) => Promise<StageAnswer> {
  return async ({ version, to, by, evidence: attached, manifestDigest }) => {
    const gate = Object.hasOwn(gates, to) ? gates[to] : undefined
    if (gate === undefined) return { outcome: 'granted' }
    const subject = { type: 'model-version', name: version.model, version: String(version.version) }
    const decision = await governance.ask({
      gate,
      subject,
      digest: manifestDigest as Digest,
      evidence: attached,
      actor: by,
    })
    const { verdict, unmet } = decision
    const producedBy: Actor = { type: 'service', id: 'governance' }
    const evidence = createEvidence(
      { kind: 'gate-decision', subject, verdict, result: decision, producedBy },
      { clock },
    )
    return verdict === 'fail'
      ? {
          outcome: 'refused',
          missing: unmet.map((message) => ({ code: 'governance.unmet', message })),
          evidence,
        }
      : { outcome: 'granted', evidence }
  }
}
