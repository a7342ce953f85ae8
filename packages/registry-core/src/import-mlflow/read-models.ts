import type { Actor } from '@mlops/core'
import type { IntakeModel } from '../model/intake.ts'
import { aliasSchema } from '../model/names.ts'
import type { StageRules } from '../model/stage.ts'
import type { Tally } from './import-report.ts'
import type { MlflowDatabase, MlflowRow } from './mlflow-database.ts'
import { instantOf, recordOf, textOf } from './mlflow-database.ts'

/** What MLflow calls the stage of a version that was deleted. */
const REMOVED = 'Deleted_Internal'
const UNKNOWN_TIME = new Date(0).toISOString()

export interface ModelReading {
  readonly database: MlflowDatabase
  readonly tally: Tally
  readonly rules: StageRules
  /** The registry's stage of every stage name of MLflow. */
  readonly stages: Readonly<Record<string, string>>
  /** Where something is now that was at this URI. */
  moved(uri: string): string
  readonly by: Actor
}

/** A registered model with its versions and aliases, as the registry takes it in. */
export function readModel(reading: ModelReading, row: MlflowRow): IntakeModel {
  const { database, by } = reading
  const name = textOf(row['name'])
  const versions = onlyOneInProduction(
    reading,
    name,
    database.rows('model_versions', 'name = ?', name).filter(isDefault),
  )
  const createdAt = instantOf(row['creation_time']) ?? UNKNOWN_TIME
  const tags = database.rows('registered_model_tags', 'name = ?', name).filter(isDefault)
  const aliases = database.rows('registered_model_aliases', 'name = ?', name).filter(isDefault)
  return {
    name,
    description: textOf(row['description']),
    tags: recordOf(tags, 'key', 'value'),
    createdAt,
    updatedAt: instantOf(row['last_updated_time']) ?? createdAt,
    versions,
    aliases: aliases.flatMap((one) => readAlias(reading, name, one, versions)),
    by,
  }
}

/** MLflow's workspaces would put two things under one name. */
export const isDefault = (row: MlflowRow): boolean =>
  row['workspace'] === undefined || row['workspace'] === 'default'

type IntakeVersion = NonNullable<IntakeModel['versions']>[number]

/** MLflow lets several versions be in production; here the newest stays. */
function onlyOneInProduction(
  { database, tally, rules, stages, moved }: ModelReading,
  model: string,
  rows: readonly MlflowRow[],
): IntakeVersion[] {
  const versions: IntakeVersion[] = []
  let taken = false
  for (const row of [...rows].sort((a, b) => Number(b['version']) - Number(a['version']))) {
    const version = Number(row['version'])
    const named = textOf(row['current_stage']) || 'None'
    const removed = named === REMOVED
    let stage = removed ? rules.initial : (stages[named] ?? named)
    if (stage === rules.production) {
      if (taken) {
        stage = rules.retired
        tally.note({
          kind: 'versions',
          id: `${model}/${version}`,
          code: 'mlflow.one-production',
          message: `a newer version is in ${rules.production}, so this one came in as ${stage}`,
        })
      }
      taken = true
    }
    const createdAt = instantOf(row['creation_time']) ?? UNKNOWN_TIME
    const tags = database.rows('model_version_tags', 'name = ? and version = ?', model, version)
    versions.push({
      version,
      stage,
      removed,
      description: textOf(row['description']),
      tags: recordOf(tags.filter(isDefault), 'key', 'value'),
      ...(!removed && { source: readSource(row, moved) }),
      createdAt,
      updatedAt: instantOf(row['last_updated_time']) ?? createdAt,
    })
  }
  return versions.reverse()
}

function readSource(row: MlflowRow, moved: ModelReading['moved']) {
  const source = textOf(row['source'])
  const location = moved(textOf(row['storage_location']) || source)
  return {
    source,
    location,
    runId: textOf(row['run_id']),
    runLink: textOf(row['run_link']),
    loggedModel: /^models:\/+(m-[\w-]+)$/.exec(source)?.[1] ?? '',
  }
}

function readAlias(
  { tally }: ModelReading,
  model: string,
  row: MlflowRow,
  versions: readonly IntakeVersion[],
) {
  const alias = textOf(row['alias'])
  const version = Number(row['version'])
  const id = `${model}@${alias}`
  if (!aliasSchema.safeParse(alias).success) {
    const message = 'an alias is a letter, then letters, digits, _ or -, 128 at most'
    tally.leaveOut({ kind: 'aliases', id, code: 'registry.invalid-alias', message })
    return []
  }
  if (versions.some((one) => one.version === version && !one.removed)) return [{ alias, version }]
  const message = `it points to version ${version}, which is not there`
  tally.leaveOut({ kind: 'aliases', id, code: 'registry.no-version', message })
  return []
}
