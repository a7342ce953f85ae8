import type { Page } from '@mlops/core'
import { sql } from 'kysely'
import { assertTexts } from '../model/arguments.ts'
import type { SearchRequest } from '../model/filter.ts'
import type { ModelVersion } from '../model/model-version.ts'
import type { RegisteredModel } from '../model/registered-model.ts'
import { keyIn } from '../sql/key-in.ts'
import { modelFromRow, versionFromRow } from '../sql/rows.ts'
import { searchKeys } from '../sql/search.ts'
import { modelSearch, versionSearch } from '../sql/searchables.ts'
import type { RegistryContext } from './context.ts'
import { inChunks } from './tracking/keyed-texts.ts'

export async function searchModels(
  { db }: RegistryContext,
  request: SearchRequest,
): Promise<Page<RegisteredModel>> {
  const scope = {
    db: db.query,
    dialect: db.dialect,
    where: [sql`m.deleted_at is null`],
    token: 'models',
  }
  const { keys, nextCursor } = await searchKeys(modelSearch(db.dialect), scope, request)
  const names = keys.map(({ name }) => name as string)
  const rows = await inChunks(names, (some) =>
    db.query.selectFrom('registry_models').selectAll().where('name', 'in', some).execute(),
  )
  const byName = new Map(rows.map((row) => [row.name, modelFromRow(row)]))
  const items = names.map((name) => byName.get(name)!)
  return { items, ...(nextCursor !== undefined && { nextCursor }) }
}

export async function searchVersions(
  { db }: RegistryContext,
  request: SearchRequest,
): Promise<Page<ModelVersion>> {
  const scope = {
    db: db.query,
    dialect: db.dialect,
    where: [sql`v.deleted_at is null`],
    token: 'versions',
    maxLimit: 200_000,
  }
  const { keys, nextCursor } = await searchKeys(versionSearch(db.dialect), scope, request)
  const items = await versionsByKey(
    db.query,
    keys.map(({ model, version }) => [model as string, version as number]),
  )
  return { items, ...(nextCursor !== undefined && { nextCursor }) }
}

export async function latestVersions(
  { db }: RegistryContext,
  models: readonly string[],
): Promise<ModelVersion[]> {
  assertTexts(models, 'models')
  const rows = await inChunks(models, (some) =>
    db.query
      .selectFrom('registry_versions')
      .select(({ fn }) => ['model', 'stage', fn.max('version').as('version')])
      .where('model', 'in', some)
      .where('deleted_at', 'is', null)
      .groupBy(['model', 'stage'])
      .orderBy('model')
      .execute(),
  )
  return versionsByKey(
    db.query,
    rows.map(({ model, version }) => [model, Number(version)]),
  )
}

async function versionsByKey(
  query: RegistryContext['db']['query'],
  keys: readonly (readonly [model: string, version: number])[],
): Promise<ModelVersion[]> {
  const pair = (model: string, version: number) => `${version} ${model}`
  const names = [...new Set(keys.map(([model]) => model))]
  const aliasRows = await inChunks(names, (some) =>
    query
      .selectFrom('registry_aliases')
      .select(['model', 'version', 'alias'])
      .where('model', 'in', some)
      .orderBy('alias')
      .execute(),
  )
  const aliases = new Map<string, string[]>()
  for (const { model, version, alias } of aliasRows) {
    const key = pair(model, version)
    aliases.set(key, [...(aliases.get(key) ?? []), alias])
  }
  const rows = await inChunks(keys, (some) =>
    query
      .selectFrom('registry_versions')
      .selectAll()
      .where(keyIn(['model', 'version'], some))
      .execute(),
  )
  const byKey = new Map(rows.map((row) => [pair(row.model, row.version), row]))
  return keys.map(([model, version]) => {
    const key = pair(model, version)
    return versionFromRow(byKey.get(key)!, aliases.get(key) ?? [])
  })
}
