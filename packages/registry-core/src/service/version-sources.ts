import { givenOptions } from '@mlops/core'
import { planOnce, sendLater } from '@mlops/store'
import type { Transaction } from 'kysely'
import { assertList, assertText, assertVersion } from '../model/arguments.ts'
import type { ModelVersion, VersionSource } from '../model/model-version.ts'
import { keyIn } from '../sql/key-in.ts'
import type { RegistryTables, VersionSourceRow } from '../sql/tables.ts'
import type { Db } from './context.ts'
import { inChunks } from './tracking/keyed-texts.ts'

interface Sourced {
  readonly version: Pick<ModelVersion, 'model' | 'version'>
  readonly source: VersionSource
}

export async function insertSources(
  tx: Transaction<RegistryTables>,
  sourced: readonly Sourced[],
): Promise<void> {
  if (sourced.length === 0) return
  const rows = sourced.map(
    ({
      version: { model, version },
      source: { source, location, runId, runLink, loggedModel },
    }) => ({
      model,
      version,
      source,
      location,
      run_id: runId,
      run_link: runLink,
      logged_model: loggedModel,
    }),
  )
  await sendLater(tx, tx.insertInto('registry_version_sources').values(rows))
}

export async function findSources(
  db: Db,
  versions: readonly Pick<ModelVersion, 'model' | 'version'>[],
): Promise<(VersionSource | undefined)[]> {
  assertList(versions, 'versions')
  for (const one of versions) {
    const { model, version } = givenOptions(one, 'registry.invalid-argument')
    assertText(model, 'model')
    assertVersion(version)
  }
  const pair = (model: string, version: number) => `${version} ${model}`
  const rows = await inChunks(versions, async (some) => {
    const keys = some.map(({ model, version }) => [model, version] as const)
    const query = db
      .selectFrom('registry_version_sources')
      .selectAll()
      .where(keyIn(['model', 'version'], keys))
      .compile()
    return (await db.executeQuery(some.length === 1 ? planOnce(query) : query)).rows
  })
  const found = new Map(rows.map((row) => [pair(row.model, row.version), sourceFromRow(row)]))
  return versions.map(({ model, version }) => found.get(pair(model, version)))
}

function sourceFromRow(row: VersionSourceRow): VersionSource {
  return {
    source: row.source,
    location: row.location,
    runId: row.run_id,
    runLink: row.run_link,
    loggedModel: row.logged_model,
  }
}
