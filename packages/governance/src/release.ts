import type { Digest, Evidence, SubjectRef } from '@mlops/core'
import type { Delegation, SignOff } from './sign-off.ts'
import type { Waiver } from './waiver.ts'

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
