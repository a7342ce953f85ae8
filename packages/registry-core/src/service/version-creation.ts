import { givenOptions, invalid, isoTime } from '@mlops/core'
import { parseWith } from '@mlops/core/schema'
import { readLater, sendLater } from '@mlops/store'
import type { Transaction } from 'kysely'
import type * as z from 'zod'
import { assertFunction } from '../model/arguments.ts'
import type { CreateVersion, ModelVersion } from '../model/model-version.ts'
import { createVersionSchema } from '../model/model-version.ts'
import { compareSemver, nextSemver, parseSemver } from '../rules/semver.ts'
import { versionToRow } from '../sql/rows.ts'
import type { ModelRow, RegistryTables } from '../sql/tables.ts'
import type { RegistryContext } from './context.ts'
import { conflict, loadVersion, versionSubject } from './context.ts'
import { findModelRow, noModel } from './models.ts'
import type { Outcome } from './together.ts'
import { together } from './together.ts'
import { retagLoggedModel } from './tracking/retag-logged-model.ts'
import { noRun, selectRunIds } from './tracking/run-records.ts'
import { insertSources } from './version-sources.ts'

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
type NewVersion = z.infer<typeof createVersionSchema>

/** Versions that are created together, at most. */
const MOST = 50

/**
 * See `Versions.create`. Plain ones of a model that wait for the database at the same time are created in
 * one transaction. Cost: the same number of statements, however many versions there are.
 */
export function createVersionCreation(context: RegistryContext) {
  const { db } = context
  const createPlain = together<NewVersion, ModelVersion>(
    context,
    (tx, wanted) => createAll(context, tx, wanted),
    { most: MOST },
  )
  return async (
    command: CreateVersion,
    options: CreateVersionOptions = {},
  ): Promise<ModelVersion> => {
    const wanted = parseWith(createVersionSchema, command, {
      code: 'registry.invalid-version',
      what: 'the version',
    })
    if (wanted.semver !== undefined) parseSemver(wanted.semver)
    const { tagLoggedModel } = givenOptions(options)
    if (tagLoggedModel !== undefined) assertFunction(tagLoggedModel, 'tagLoggedModel')
    const loggedModel = tagLoggedModel && wanted.source?.loggedModel
    const plain = !loggedModel && wanted.semver === undefined && wanted.dependsOn.length === 0
    if (plain) return createPlain(wanted.model, wanted)
    return db.transaction(async (tx) => {
      const [outcome] = await createAll(context, tx, [wanted])
      if ('error' in outcome!) throw outcome.error
      const version = outcome!.result
      if (loggedModel) {
        const retag = (tags: Tags) => tagLoggedModel!(tags, version)
        const change = { retag, at: version.createdAt, by: wanted.by }
        await retagLoggedModel(context, tx, loggedModel, change)
      }
      return version
    })
  }
}

/** Creates the next versions of one model. */
async function createAll(
  context: RegistryContext,
  tx: Tx,
  wanted: readonly NewVersion[],
): Promise<readonly Outcome<ModelVersion>[]> {
  const [{ model }] = wanted as [NewVersion]
  const runs = new Set<string>()
  const runIds = wanted.flatMap(({ runId }) => runId ?? [])
  if (runIds.length > 0) {
    await readLater(tx, selectRunIds(tx, runIds), (rows) => {
      for (const { id } of rows) runs.add(id)
    })
  }
  const row = await findModelRow(tx, model)
  if (!row) return wanted.map(() => ({ error: noModel(model) }))
  let highest = await highestSemver(tx, row)
  let last = row.last_version
  const made: { readonly version: ModelVersion; readonly command: NewVersion }[] = []
  const outcomes: Outcome<ModelVersion>[] = []
  for (const command of wanted) {
    const semver = command.semver ?? nextSemver(highest, command.bump ?? 'minor')
    if (command.semver !== undefined) await assertFree(tx, row.name, semver)
    await assertReferences(tx, command)
    if (command.runId !== undefined && !runs.has(command.runId)) {
      outcomes.push({ error: noRun(command.runId) })
      continue
    }
    const version = versionOf(context, command, { model: row.name, number: ++last, semver })
    highest = [highestOf([...highest, semver])]
    made.push({ version, command })
    outcomes.push({ result: version })
  }
  if (made.length === 0) return outcomes
  await sendLater(
    tx,
    tx
      .updateTable('registry_models')
      .set({
        last_version: last,
        highest_semver: highest[0]!,
        updated_at: made.at(-1)!.version.createdAt,
      })
      .where('name', '=', row.name),
  )
  const rows = made.map(({ version }) => versionToRow(version))
  await sendLater(tx, tx.insertInto('registry_versions').values(rows))
  await insertSources(
    tx,
    made.flatMap(({ version, command: { source } }) => (source ? [{ version, source }] : [])),
  )
  await context.log.append(
    tx,
    made.map(({ version, command: { by, runId, source } }) => ({
      actor: by,
      action: 'model-version.created',
      subject: versionSubject(version.model, version.version),
      data: {
        semver: version.semver,
        stage: version.stage,
        ...(runId !== undefined && { runId }),
        ...(source !== undefined && { source: source.source }),
      },
    })),
  )
  return outcomes
}

function versionOf(
  { clock, stages }: RegistryContext,
  wanted: NewVersion,
  { model, number, semver }: { model: string; number: number; semver: string },
): ModelVersion {
  const at = isoTime(clock)
  return {
    model,
    version: number,
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
  { model, dependsOn }: Pick<ModelVersion, 'model' | 'dependsOn'>,
): Promise<void> {
  for (const dependency of dependsOn) {
    if (dependency.model === model) {
      throw invalid('registry.own-dependency', 'a model cannot depend on itself', { model })
    }
    await loadVersion(tx, dependency.model, dependency.version)
  }
}
