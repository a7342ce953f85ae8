import type { Transaction } from 'kysely'
import type { ModelVersion, VersionSource } from '../model/model-version.ts'
import type { RegistryTables, VersionSourceRow } from '../sql/tables.ts'
import type { Db } from './context.ts'

export async function insertSource(
  tx: Transaction<RegistryTables>,
  { model, version }: Pick<ModelVersion, 'model' | 'version'>,
  { source, location, runId, runLink, loggedModel }: VersionSource,
): Promise<void> {
  await tx
    .insertInto('registry_version_sources')
    .values({
      model,
      version,
      source,
      location,
      run_id: runId,
      run_link: runLink,
      logged_model: loggedModel,
    })
    .execute()
}

export async function findSource(
  db: Db,
  model: string,
  version: number,
): Promise<VersionSource | undefined> {
  const row = await db
    .selectFrom('registry_version_sources')
    .selectAll()
    .where('model', '=', model)
    .where('version', '=', version)
    .executeTakeFirst()
  return row && sourceFromRow(row)
}

export function sourceFromRow(row: VersionSourceRow): VersionSource {
  return {
    source: row.source,
    location: row.location,
    runId: row.run_id,
    runLink: row.run_link,
    loggedModel: row.logged_model,
  }
}
