import type { Digest } from '@mlops/core'
import type { RunCode, RunEnvironment, RunOrigin } from '../../model/origin.ts'
import type { ComparedRow } from './run-search.ts'
import { comparedRows } from './run-search.ts'

/** How the origins of several runs differ, side by side. */
export interface OriginComparison {
  /** A row for each of `commit`, `repository`, `branch`, `dirty` and `path` that a run has. */
  readonly code: readonly ComparedRow<string | boolean>[]
  readonly environment: {
    /** In the order of the runs; null where none was described. */
    readonly digests: readonly (Digest | null)[]
    readonly differs: boolean
    /** Runtime, os, image and hardware that are not the same wherever they were described. */
    readonly platform: readonly ComparedRow<string>[]
    /** Packages whose versions are not the same wherever an environment was described. */
    readonly packages: readonly ComparedRow<string>[]
  }
  readonly seeds: readonly ComparedRow<number | string>[]
}

/** Puts origins next to each other. Cost: O(runs × keys). */
export function compareOrigins(origins: readonly RunOrigin[]): OriginComparison {
  const digests = origins.map(({ environment }) => environment?.digest ?? null)
  const described = origins.map(({ environment }) => environment)
  return {
    code: comparedRows(origins.map(({ code }) => codeFacts(code))),
    environment: {
      digests,
      differs: digests.some((digest) => digest !== digests[0]),
      platform: differing(described, platformFacts),
      packages: differing(described, ({ packages }) => packages),
    },
    seeds: comparedRows(origins.map(({ seeds = {} }) => seeds)),
  }
}

function codeFacts(code: (RunCode & { readonly from?: string }) | undefined) {
  const { from: _, ...facts } = code ?? {}
  return facts as Readonly<Record<string, string | boolean>>
}

function platformFacts({ runtime, os, image, hardware = {} }: RunEnvironment) {
  return {
    ...(runtime && { runtime: `${runtime.name} ${runtime.version}` }),
    ...(os !== undefined && { os }),
    ...(image !== undefined && { image }),
    ...Object.fromEntries(Object.entries(hardware).map(([name, is]) => [`hardware.${name}`, is])),
  }
}

/** Rows in which environments differ; a run without one has no say. */
function differing(
  environments: readonly (RunEnvironment | undefined)[],
  factsOf: (environment: RunEnvironment) => Readonly<Record<string, string>>,
): readonly ComparedRow<string>[] {
  const facts = environments.map((environment) => environment && factsOf(environment))
  return comparedRows(facts.map((some) => some ?? {})).filter(({ values }) => {
    const said = values.filter((_, i) => facts[i])
    return said.some((value) => value !== said[0])
  })
}
