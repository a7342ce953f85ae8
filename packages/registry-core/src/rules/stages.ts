import { invalid, MlopsError } from '@mlops/core'
import type { ModelVersion } from '../model/model-version.ts'
import type { StageRules } from '../model/stage.ts'

/** One recorded stage change of a model, oldest first in lists. */
export interface StageChange {
  readonly version: number
  readonly from: string
  readonly to: string
  readonly kind: 'transition' | 'replaced' | 'rollback'
}

/** @throws `invalid` `registry.invalid-stages` for rules that contradict themselves. */
export function assertStages(stages: StageRules): void {
  const { names, initial, production, retired } = stages ?? {}
  const named = [initial, production, retired]
  if (Array.isArray(names) && new Set(names).size === names.length && new Set(named).size === 3) {
    if (named.every((name) => names.includes(name))) return
  }
  throw invalid(
    'registry.invalid-stages',
    'stages must have different names, and name an initial, a production and a retired one among them',
    {},
  )
}

/** @throws `invalid` `registry.unknown-stage` */
export function assertKnownStage({ names }: StageRules, stage: string): void {
  if (names.includes(stage)) return
  throw invalid(
    'registry.unknown-stage',
    `there is no stage '${stage}'; there are ${names.join(', ')}`,
    { stage, stages: names },
  )
}

/** @throws `invalid` `registry.unknown-stage`, `conflict` `registry.same-stage` */
export function assertTransition(stages: StageRules, version: ModelVersion, to: string): void {
  assertKnownStage(stages, to)
  if (version.stage === to) {
    throw new MlopsError({
      kind: 'conflict',
      code: 'registry.same-stage',
      message: `version ${version.version} of ${version.model} is in ${to} already`,
      details: { model: version.model, version: version.version, stage: to },
    })
  }
}

/** @throws `conflict` `registry.version-locked`: what was looked at by others must not change. */
export function assertOpen(stages: StageRules, version: ModelVersion): void {
  if (version.stage === stages.initial) return
  throw new MlopsError({
    kind: 'conflict',
    code: 'registry.version-locked',
    message: `version ${version.version} of ${version.model} left ${stages.initial}, so its artifacts stay as they are: register a new version`,
    details: { model: version.model, version: version.version, stage: version.stage },
  })
}

/**
 * The version that was in production before the current one, that is, where a rollback leads.
 * Every promotion adds to the line of production versions; a rollback takes the last off again, so
 * a second rollback goes one further back and never to what was just rolled back from.
 */
export function previousProduction(
  changes: readonly StageChange[],
  { production }: StageRules,
): { readonly current: number; readonly previous: number } | undefined {
  const line: number[] = []
  for (const { version, to, kind } of changes) {
    if (to !== production) continue
    if (kind === 'rollback') {
      line.pop()
      if (line.at(-1) !== version) line.push(version)
    } else {
      const earlier = line.indexOf(version)
      if (earlier >= 0) line.splice(earlier, 1)
      line.push(version)
    }
  }
  const [current, previous] = [line.at(-1), line.at(-2)]
  return current === undefined || previous === undefined ? undefined : { current, previous }
}
