import { canonicalJson, invalid } from '@mlops/core'
import type { Transaction } from 'kysely'
import type { ReadIntakeModel } from '../model/intake.ts'
import { nextSemver } from '../rules/semver.ts'
import { assertKnownStage } from '../rules/stages.ts'
import { versionToRow } from '../sql/rows.ts'
import type { RegistryTables } from '../sql/tables.ts'
import type { RegistryContext } from './context.ts'
import { conflict, modelSubject, record, versionSubject } from './context.ts'
import { insertSources } from './version-sources.ts'

/** A registered model with its versions, stages and aliases; semantic versions count minor ones up. */
export async function takeInModel(
  context: RegistryContext,
  tx: Transaction<RegistryTables>,
  wanted: ReadIntakeModel,
): Promise<'added' | 'present'> {
  const { name, description, tags, versions, aliases, by } = wanted
  const known = await tx
    .selectFrom('registry_models')
    .select(['name', 'deleted_at'])
    .where('name', '=', name)
    .executeTakeFirst()
  if (known?.deleted_at === null) return 'present'
  if (known) {
    throw conflict(
      'registry.model-exists',
      `the name ${name} belonged to a model that was removed: its numbers are not given out again`,
      { name },
    )
  }
  for (const { stage } of versions) assertKnownStage(context.stages, stage)
  const live = versions.filter(({ removed }) => !removed)
  if (live.filter(({ stage }) => stage === context.stages.production).length > 1) {
    throw invalid(
      'registry.invalid-intake',
      `${name} has several versions in ${context.stages.production}: send all but one to ${context.stages.retired}`,
      { name },
    )
  }
  await tx
    .insertInto('registry_models')
    .values({
      name,
      description,
      tags: canonicalJson(tags),
      last_version: versions.reduce((last, { version }) => Math.max(last, version), 0),
      highest_semver: null,
      created_at: wanted.createdAt,
      created_by: canonicalJson(by),
      updated_at: wanted.updatedAt,
      revision: 1,
      deleted_at: null,
    })
    .execute()
  const facts = { versions: versions.length, aliases: aliases.map(({ alias }) => alias) }
  await record(context, tx, by, 'model.imported', modelSubject(name), facts)
  let semver: string | undefined
  for (const version of versions) {
    semver = nextSemver(semver === undefined ? [] : [semver], 'minor')
    await takeInVersion(context, tx, { model: name, semver, by, version })
  }
  for (const { alias, version } of aliases) {
    const row = { model: name, alias, version, moved_at: wanted.updatedAt }
    await tx.insertInto('registry_aliases').values(row).execute()
  }
  return 'added'
}

async function takeInVersion(
  context: RegistryContext,
  tx: Transaction<RegistryTables>,
  {
    model,
    semver,
    by,
    version: wanted,
  }: {
    model: string
    semver: string
    by: ReadIntakeModel['by']
    version: ReadIntakeModel['versions'][number]
  },
): Promise<void> {
  const { version, stage, removed, description, tags, source } = wanted
  const row = versionToRow({
    model,
    version,
    semver,
    stage,
    aliases: [],
    description,
    tags,
    metadata: {},
    dependsOn: [],
    createdAt: wanted.createdAt,
    createdBy: by,
    updatedAt: wanted.updatedAt,
    revision: 1,
  })
  const deletedAt = removed ? wanted.updatedAt : null
  await tx
    .insertInto('registry_versions')
    .values({ ...row, deleted_at: deletedAt })
    .execute()
  if (source) await insertSources(tx, [{ version: { model, version }, source }])
  const subject = versionSubject(model, version)
  const facts = { semver, stage, ...(removed && { removed }) }
  const { seq } = await record(context, tx, by, 'model-version.imported', subject, facts)
  if (stage === context.stages.initial) return
  // So that a rollback knows what was in production.
  await tx
    .insertInto('registry_stage_changes')
    .values({
      event_seq: seq,
      model,
      version,
      from_stage: context.stages.initial,
      to_stage: stage,
      kind: 'transition',
    })
    .execute()
}
