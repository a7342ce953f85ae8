import { invalid, MlopsError } from '@mlops/core'
import type { ApprovalRule } from '../model/approval.ts'
import type { EnvironmentRule, Serving, Share } from '../model/deployment.ts'
import type { ModelVersion } from '../model/model-version.ts'
import { restOf, sumsToOne } from './weights.ts'

/** A version that was seen to work where it served. */
export interface KnownGood {
  readonly version: number
  readonly revoked: boolean
}

export const NOTHING: Serving = { strategy: 'none', shares: [] }

export function single(version: number): Serving {
  return { strategy: 'single', shares: [{ version, weight: 1 }] }
}

/** A canary beside what serves alone, or another weight for the one that is there. */
export function withCanary(serving: Serving, version: number, weight: number): Serving {
  const stable = serving.shares[0]?.version
  const current = serving.shares[1]?.version
  const fits =
    serving.strategy === 'single' || (serving.strategy === 'canary' && current === version)
  if (!fits || stable === undefined || stable === version) {
    throw refused(serving, `a canary needs one other version that serves alone`)
  }
  const rest = restOf(weight)
  if (!sumsToOne([rest, weight])) {
    throw invalid(
      'registry.invalid-weights',
      `a weight of ${weight} leaves no exact decimal for the stable version: use fewer digits`,
      { weight },
    )
  }
  return {
    strategy: 'canary',
    shares: [
      { version: stable, weight: rest },
      { version, weight },
    ],
  }
}

export function promotedCanary(serving: Serving): Serving {
  const canary = serving.shares[1]
  if (serving.strategy !== 'canary' || !canary) throw refused(serving, 'there is no canary')
  return single(canary.version)
}

/** @throws `invalid` `registry.invalid-weights` unless they name versions once and sum to 1. */
export function splitOf(shares: readonly Share[]): Serving {
  const versions = new Set(shares.map(({ version }) => version))
  const weights = shares.map(({ weight }) => weight)
  if (versions.size !== shares.length || !sumsToOne(weights)) {
    throw invalid(
      'registry.invalid-weights',
      `each version has one share, and the shares must sum to exactly 1; got ${weights.join(' + ')}`,
      { shares },
    )
  }
  if (shares.length === 1) return single(shares[0]!.version)
  const sorted = [...shares].sort((a, b) => b.weight - a.weight || a.version - b.version)
  return { strategy: 'split', shares: sorted }
}

/** Another version up without traffic, beside the one that serves. */
export function withStandby(serving: Serving, version: number): Serving {
  const active = serving.shares[0]
  const fits = serving.strategy === 'single' || serving.strategy === 'blue-green'
  if (!fits || !active || active.version === version) {
    throw refused(serving, 'a standby needs one other version that serves alone')
  }
  return { strategy: 'blue-green', shares: serving.shares, standby: version }
}

/** All traffic to the standby; what served stands by. */
export function switched(serving: Serving): Serving {
  const { standby, shares } = serving
  if (standby === undefined) throw refused(serving, 'nothing stands by')
  return {
    strategy: 'blue-green',
    shares: [{ version: standby, weight: 1 }],
    standby: shares[0]!.version,
  }
}

/** Back to the stable version alone, without the canary or the standby. */
export function aborted(serving: Serving): Serving {
  if (serving.strategy === 'canary' || serving.strategy === 'blue-green') {
    return single(serving.shares[0]!.version)
  }
  throw refused(serving, 'there is neither a canary nor a standby')
}

/**
 * Where a rollback leads: the version last marked good that is no suspect. Suspects are those that
 * serve without being marked good, or, when all are marked, all that serve. Marks oldest first.
 */
export function rollbackOf(
  serving: Serving,
  marks: readonly KnownGood[],
): { readonly to: number; readonly suspects: readonly number[] } | undefined {
  const standing = marks.filter(({ revoked }) => !revoked).map(({ version }) => version)
  const serves = serving.shares.map(({ version }) => version)
  const unmarked = serves.filter((version) => !standing.includes(version))
  const suspects = unmarked.length > 0 ? unmarked : serves
  const to = standing.findLast((version) => !suspects.includes(version))
  return to === undefined ? undefined : { to, suspects }
}

/** @throws `invalid` `registry.unknown-environment`; `conflict` `registry.stage-not-deployable` */
export function assertDeployable(
  environments: readonly EnvironmentRule[] | undefined,
  environment: string,
  version: ModelVersion,
): void {
  if (environments === undefined) return
  const rule = environments.find(({ name }) => name === environment)
  if (!rule) {
    const names = environments.map(({ name }) => name)
    throw invalid(
      'registry.unknown-environment',
      `there is no environment '${environment}'; there are ${names.join(', ')}`,
      { environment, environments: names },
    )
  }
  if (rule.stages === undefined || rule.stages.includes(version.stage)) return
  throw new MlopsError({
    kind: 'conflict',
    code: 'registry.stage-not-deployable',
    message: `version ${version.version} of ${version.model} is in ${version.stage}; ${environment} takes versions in ${rule.stages.join(', ')}: move it there first`,
    details: { version: version.version, stage: version.stage, stages: rule.stages },
  })
}

/** What a rollback of an environment must gather first; undefined: nothing. */
export function rollbackRule(
  environments: readonly EnvironmentRule[] | undefined,
  environment: string,
): ApprovalRule | undefined {
  return environments?.find(({ name }) => name === environment)?.rollback
}

function refused(serving: Serving, message: string): MlopsError {
  return new MlopsError({
    kind: 'conflict',
    code: 'registry.deployment-state',
    message: `${message}; what serves now is ${serving.strategy}`,
    details: { strategy: serving.strategy, shares: serving.shares },
  })
}
