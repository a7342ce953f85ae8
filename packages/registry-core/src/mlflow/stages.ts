import { invalid } from '@mlops/core'
import type { ModelVersion } from '../model/model-version.ts'
import type { StageRules } from '../model/stage.ts'
import type { Call, MlflowContext } from './call.ts'
import { mlflowDenied, mlflowInvalid } from './errors.ts'

/** MLflow's stage names, which know no other. */
export const STAGE_NAMES = ['None', 'Staging', 'Production', 'Archived'] as const

/**
 * MLflow's names for the registry's stages. Staging is the stage of that name, or else the first one
 * that has no other meaning. @throws `invalid` `mlflow.invalid-stages`
 */
export function stageTable(
  { names, initial, production, retired }: StageRules,
  given: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> {
  const special = [initial, production, retired]
  const between = names.includes('staging')
    ? 'staging'
    : names.find((stage) => !special.includes(stage))
  const table = {
    None: initial,
    ...(between !== undefined && { Staging: between }),
    Production: production,
    Archived: retired,
    ...given,
  }
  for (const [name, stage] of Object.entries(table)) {
    if (!(STAGE_NAMES as readonly string[]).includes(name) || !names.includes(stage)) {
      throw invalid(
        'mlflow.invalid-stages',
        `stages maps ${STAGE_NAMES.join(', ')} to stages of the registry (${names.join(', ')}); it says ${name}: ${typeof stage === 'string' ? stage : typeof stage}`,
        { name },
      )
    }
  }
  return table
}

/** The registry's stage; names are read in any case. */
export function readStage({ stages }: Pick<MlflowContext, 'stages'>, name: string): string {
  const known = Object.keys(stages).find((stage) => stage.toLowerCase() === name.toLowerCase())
  if (known !== undefined) return stages[known]!
  throw mlflowInvalid(
    `Invalid Model Version stage: ${name}. Value must be one of ${Object.keys(stages).join(', ')}.`,
  )
}

/** MLflow's name of a stage; one that it has no name for goes under its own. */
export function stageName({ stages }: Pick<MlflowContext, 'stages'>, stage: string): string {
  return Object.keys(stages).find((name) => stages[name] === stage) ?? stage
}

/**
 * Moves a version through the registry's gate. Being there already is fine.
 *
 * @throws `denied` `mlflow.denied` with what the gate found missing.
 */
export async function moveTo(
  { registry, by }: Pick<Call, 'registry' | 'by'>,
  version: Pick<ModelVersion, 'model' | 'version' | 'stage'>,
  to: string,
): Promise<void> {
  if (version.stage === to) return
  const { model, version: number } = version
  const outcome = await registry.stages.transition({ model, version: number, to, by })
  if (outcome.status === 'changed') return
  const missing = outcome.missing.map(({ code, message }) => `${message} (${code})`)
  throw mlflowDenied(
    `Model Version (name=${model}, version=${number}) may not move to stage ${to}: ${missing.join('; ') || 'the gate refused'}`,
    { missing: outcome.missing },
  )
}
