import { invalid, isoTime } from '@mlops/core'
import { parseWith } from '@mlops/core/schema'
import { sendLater } from '@mlops/store'
import type { Transaction } from 'kysely'
import type { CreateVersion, ModelVersion } from '../model/model-version.ts'
import { createVersionSchema } from '../model/model-version.ts'
import { compareSemver, nextSemver, parseSemver } from '../rules/semver.ts'
import { versionToRow } from '../sql/rows.ts'
import type { ModelRow, RegistryTables } from '../sql/tables.ts'
import type { RegistryContext } from './context.ts'
import { conflict, loadVersion, notFound, record, versionSubject } from './context.ts'
import { loadModelRow } from './models.ts'
import { retagLoggedModel } from './tracking/retag-logged-model.ts'
import { insertSource } from './version-sources.ts'

export interface CreateVersionOptions {
  /**
   * Tags for the logged model that `source.loggedModel` names, from those that it has and the new
   * version: set in the same transaction. May be called more than once.
   */
  readonly tagLoggedModel?: (
    tags: Readonly<Record<string, string>>,
    version: ModelVersion,
  ) => Readonly<Record<string, string>>
}

type Tags = Readonly<Record<string, string>>
type Tx = Transaction<RegistryTables>

/** See `Versions.create`. Cost: the same number of statements, however many versions there are. */
export async function createVersion(
  context: RegistryContext,
  command: CreateVersion,
  { tagLoggedModel }: CreateVersionOptions = {},
): Promise<ModelVersion> {
  const { db, clock, stages } = context
  const wanted = parseWith(createVersionSchema, command, {
    code: 'registry.invalid-version',
    what: 'the version',
  })
  if (wanted.semver !== undefined) parseSemver(wanted.semver)
  return db.transaction(async (tx) => {
    const row = await loadModelRow(tx, wanted.model)
    const highest = await highestSemver(tx, row)
    const semver = wanted.semver ?? nextSemver(highest, wanted.bump ?? 'minor')
    if (wanted.semver !== undefined) await assertFree(tx, row.name, semver)
    await assertReferences(tx, wanted)
    const at = isoTime(clock)
    const version: ModelVersion = {
      model: row.name,
      version: row.last_version + 1,
      semver,
      stage: stages.initial,
      aliases: [],
      description: wanted.description ?? '',
      tags: wanted.tags ?? {},
      metadata: wanted.metadata ?? {},
      ...(wanted.signature !== undefined && { signature: wanted.signature }),
      ...(wanted.card !== undefined && { card: wanted.card }),
      ...(wanted.runId !== undefined && { runId: wanted.runId }),
      dependsOn: wanted.dependsOn,
      createdAt: at,
      createdBy: wanted.by,
      updatedAt: at,
      revision: 1,
    }
    await sendLater(
      tx,
      tx
        .updateTable('registry_models')
        .set({
          last_version: version.version,
          highest_semver: highestOf([...highest, semver]),
          updated_at: at,
        })
        .where('name', '=', row.name),
    )
    await sendLater(tx, tx.insertInto('registry_versions').values(versionToRow(version)))
    if (wanted.source) await insertSource(tx, version, wanted.source)
    const subject = versionSubject(row.name, version.version)
    await record(context, tx, wanted.by, 'model-version.created', subject, {
      semver,
      stage: version.stage,
      ...(wanted.runId !== undefined && { runId: wanted.runId }),
      ...(wanted.source !== undefined && { source: wanted.source.source }),
    })
    if (tagLoggedModel && wanted.source?.loggedModel) {
      const retag = (tags: Tags) => tagLoggedModel(tags, version)
      await retagLoggedModel(context, tx, wanted.source.loggedModel, { retag, at, by: wanted.by })
    }
    return version
  })
}

/** As a list of at most one. Models that come from elsewhere do not say which it is. */
async function highestSemver(tx: Tx, model: ModelRow): Promise<readonly string[]> {
  if (model.highest_semver !== null) return [model.highest_semver]
  const rows = await tx
    .selectFrom('registry_versions')
    .select('semver')
    .where('model', '=', model.name)
    .execute()
  return rows.length === 0 ? [] : [highestOf(rows.map(({ semver }) => semver))]
}

function highestOf(semvers: readonly string[]): string {
  return semvers.reduce((a, b) => (compareSemver(a, b) < 0 ? b : a))
}

async function assertFree(tx: Tx, model: string, semver: string): Promise<void> {
  const taken = await tx
    .selectFrom('registry_versions')
    .select('version')
    .where('model', '=', model)
    .where('semver', '=', semver)
    .executeTakeFirst()
  if (!taken) return
  const message = `model ${model} has a version ${semver} already`
  throw conflict('registry.semver-exists', message, { model, semver })
}

async function assertReferences(
  tx: Tx,
  {
    model,
    runId,
    dependsOn,
  }: { model: string; runId?: string; dependsOn: ModelVersion['dependsOn'] },
): Promise<void> {
  for (const dependency of dependsOn) {
    if (dependency.model === model) {
      throw invalid('registry.own-dependency', 'a model cannot depend on itself', { model })
    }
    await loadVersion(tx, dependency.model, dependency.version)
  }
  if (runId === undefined) return
  const run = await tx
    .selectFrom('registry_runs')
    .select('id')
    .where('id', '=', runId)
    .executeTakeFirst()
  if (!run) throw notFound('registry.no-run', `there is no run ${runId}`, { run: runId })
}
