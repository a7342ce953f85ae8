import { canonicalJson } from '@mlops/core'
import type { Transaction } from 'kysely'
import type { ModelRow, RegistryTables } from '../sql/tables.ts'
import { conflict } from './context.ts'

/** Everything that names a version, and so must follow it to a new name. */
const OF_VERSIONS = [
  'registry_aliases',
  'registry_artifacts',
  'registry_evidence',
  'registry_decisions',
  'registry_stage_changes',
  'registry_version_sources',
  'registry_approvals',
  'registry_known_good',
  'registry_collected',
  'registry_version_signatures',
] as const

/** The same, of models as a whole. */
const OF_MODELS = ['registry_deployments', 'registry_deployment_changes', 'registry_holds'] as const

type Tx = Transaction<RegistryTables>

/** A removed model's row comes back with its counter. */
export async function insertModel(tx: Tx, row: ModelRow): Promise<void> {
  const removed = await rowOf(tx, row.name)
  if (!removed) {
    await tx.insertInto('registry_models').values(row).execute()
    return
  }
  const { name, last_version: _, ...fresh } = row
  await tx
    .updateTable('registry_models')
    .set({ ...fresh, revision: removed.revision + 1 })
    .where('name', '=', name)
    .execute()
  row.revision = removed.revision + 1
  row.last_version = removed.last_version
}

/**
 * Names are keys that others refer to, so the rows are copied under the new name, what refers to
 * them is moved, and the old rows go. Cost: O(versions and what belongs to them).
 */
export async function renameModel(tx: Tx, from: string, to: string, at: string): Promise<void> {
  if (await rowOf(tx, to)) {
    throw conflict(
      'registry.model-exists',
      `the name ${to} is taken, perhaps by a model that was removed: choose another`,
      { name: to },
    )
  }
  const model = (await rowOf(tx, from))!
  await tx
    .insertInto('registry_models')
    .values({ ...model, name: to, updated_at: at, revision: model.revision + 1 })
    .execute()
  const versions = await tx
    .selectFrom('registry_versions')
    .selectAll()
    .where('model', '=', from)
    .execute()
  for (const version of versions) {
    await tx
      .insertInto('registry_versions')
      .values({ ...version, model: to })
      .execute()
  }
  for (const table of OF_VERSIONS) {
    await tx
      .updateTable(table as 'registry_aliases')
      .set({ model: to })
      .where('model', '=', from)
      .execute()
  }
  for (const table of OF_MODELS) {
    await tx
      .updateTable(table as 'registry_holds')
      .set({ model: to })
      .where('model', '=', from)
      .execute()
  }
  await tx
    .updateTable('registry_grants')
    .set({ subject: to })
    .where('subject_type', '=', 'model')
    .where('subject', '=', from)
    .execute()
  await tx.deleteFrom('registry_versions').where('model', '=', from).execute()
  await tx.deleteFrom('registry_models').where('name', '=', from).execute()
  await renameDependencies(tx, from, to)
}

export async function removeVersion(
  tx: Tx,
  model: string,
  version: number,
  at: string,
): Promise<void> {
  await tx
    .deleteFrom('registry_aliases')
    .where('model', '=', model)
    .where('version', '=', version)
    .execute()
  await tx
    .updateTable('registry_versions')
    .set({ deleted_at: at })
    .where('model', '=', model)
    .where('version', '=', version)
    .execute()
}

export async function removeModel(tx: Tx, name: string, at: string): Promise<void> {
  await tx.deleteFrom('registry_aliases').where('model', '=', name).execute()
  // Who makes a model of this name again is not bound by who could use this one.
  await tx
    .deleteFrom('registry_grants')
    .where('subject_type', '=', 'model')
    .where('subject', '=', name)
    .execute()
  await tx
    .updateTable('registry_versions')
    .set({ deleted_at: at })
    .where('model', '=', name)
    .where('deleted_at', 'is', null)
    .execute()
  await tx.updateTable('registry_models').set({ deleted_at: at }).where('name', '=', name).execute()
}

async function rowOf(tx: Tx, name: string): Promise<ModelRow | undefined> {
  return tx.selectFrom('registry_models').selectAll().where('name', '=', name).executeTakeFirst()
}

async function renameDependencies(tx: Tx, from: string, to: string): Promise<void> {
  const rows = await tx
    .selectFrom('registry_versions')
    .select(['model', 'version', 'depends_on'])
    .where('depends_on', '<>', '[]')
    .execute()
  for (const { model, version, depends_on } of rows) {
    const dependencies = JSON.parse(depends_on) as { model: string; version: number }[]
    if (!dependencies.some((dependency) => dependency.model === from)) continue
    const renamed = dependencies.map((dependency) =>
      dependency.model === from ? { ...dependency, model: to } : dependency,
    )
    await tx
      .updateTable('registry_versions')
      .set({ depends_on: canonicalJson(renamed) })
      .where('model', '=', model)
      .where('version', '=', version)
      .execute()
  }
}
