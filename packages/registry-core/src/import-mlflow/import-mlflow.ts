import type { Actor } from '@mlops/core'
import { invalid } from '@mlops/core'
import { actorSchema, parseWith } from '@mlops/core/schema'
import type * as z from 'zod'
import { readPlace } from '../mlflow/places.ts'
import { stageTable } from '../mlflow/stages.ts'
import {
  intakeExperimentSchema,
  intakeLoggedModelSchema,
  intakeModelSchema,
  intakeRunSchema,
} from '../model/intake.ts'
import type { IntakeStatus } from '../service/intake.ts'
import type { Registry } from '../service/registry.ts'
import type { ArtifactDirectories, ArtifactDirectory } from './artifact-directories.ts'
import { artifactDirectories } from './artifact-directories.ts'
import { importFiles } from './import-files.ts'
import type { ImportKind, MlflowImportReport, Tally } from './import-report.ts'
import { createTally, isAboutOne } from './import-report.ts'
import type { MlflowDatabase, MlflowRow } from './mlflow-database.ts'
import { instantOf, openMlflowDatabase, recordOf, textOf } from './mlflow-database.ts'
import { isDefault, readModel } from './read-models.ts'
import { readLoggedModel, readMetrics, readRun } from './read-runs.ts'

export type { ImportCounts, LeftOut, MlflowImportReport } from './import-report.ts'

export interface MlflowImportOptions {
  readonly registry: Registry
  /** The SQLite file of MLflow's `--backend-store-uri`. It is only read. */
  readonly database: string
  /** Where the files lie that the database names. @default none: they stay where they are */
  readonly artifacts?: readonly ArtifactDirectory[]
  /** Other stages for MLflow's `None`, `Staging`, `Production` and `Archived`. */
  readonly stages?: Readonly<Record<string, string>>
  /** Reads and checks everything, and writes nothing. @default false */
  readonly dryRun?: boolean
  /** Who takes it in; the log says so. */
  readonly by: Actor
}

/** Tables of what this registry has no place for. */
const NOT_IMPORTED = [
  'trace_info',
  'assessments',
  'evaluation_datasets',
  'scorers',
  'webhooks',
  'endpoints',
  'jobs',
] as const

interface Import {
  readonly registry: Registry
  readonly database: MlflowDatabase
  readonly directories: ArtifactDirectories
  readonly tally: Tally
  readonly by: Actor
  readonly dryRun: boolean
  /** By MLflow's id: where its runs go here. */
  readonly experiments: Map<string, ImportedExperiment>
}

interface ImportedExperiment {
  readonly id: string
  /** What MLflow calls its place, and where that is now. */
  readonly from: string
  readonly to: string
  readonly deletedAt: number | undefined
}

/**
 * Brings an MLflow database over: experiments, runs with every point of their metrics, inputs and
 * life cycle, logged models, registered models with versions, stages and aliases, and the files.
 * Ids, names, numbers and times stay.
 *
 * Each entity comes in whole or not at all, after its files; what is there already stays as it is,
 * so an import that was cut off is run again, and running it twice adds nothing. The database is
 * read as it is at the start; stop MLflow's server first, so that nothing is written later.
 * Cost: O(rows + bytes) time; memory for one entity, of metrics 5000 points at a time.
 *
 * @throws `invalid` `mlflow.invalid-import`, `mlflow.invalid-database`, `mlflow.invalid-stages`;
 *   `not-found` `mlflow.no-database`; `unavailable` as the registry's stores.
 * @example
 * ```ts
 * import { createRegistry } from '@mlops/registry-core'
 * import { importMlflow } from '@mlops/registry-core/import-mlflow'
 * import { openStore } from '@mlops/store'
 * import { memoryBlobs } from '@mlops/store/blobs'
 *
 * const store = await openStore('sqlite::memory:')
 * const registry = await createRegistry({ store, blobs: memoryBlobs() })
 * const by = { type: 'human', id: 'ada' } as const
 * const missing = importMlflow({ registry, database: './no-such.db', by })
 * console.log(await missing.catch((error) => error.code)) // mlflow.no-database
 * await store.close()
 * ```
 * Source: the tables of MLflow 3.11; older ones as far as they have them.
 * Differs from: MLflow, which keeps ±Infinity as ±1.8e308 (here ±Infinity again), and several
 * versions in Production (here the newest).
 */
export async function importMlflow(options: MlflowImportOptions): Promise<MlflowImportReport> {
  const { registry, database: path, artifacts, stages, dryRun, by } = readOptions(options)
  const directories = artifactDirectories(artifacts)
  const table = stageTable(registry.stageRules, stages)
  const database = await openMlflowDatabase(path)
  try {
    const tally = createTally()
    const experiments = new Map<string, ImportedExperiment>()
    const all: Import = { registry, database, directories, tally, by, dryRun, experiments }
    await importExperiments(all)
    await importLoggedModels(all)
    await importRuns(all)
    await importModels(all, table)
    const counts = NOT_IMPORTED.map((name) => [name, database.count(name)] as const)
    const notImported = Object.fromEntries(counts.filter(([, count]) => count > 0))
    return tally.report(dryRun ? 'dry-run' : 'imported', notImported)
  } finally {
    database.close()
  }
}

function readOptions(options: MlflowImportOptions) {
  const { registry, database, artifacts, stages, dryRun, by } = options ?? {}
  if (typeof registry?.intake?.run !== 'function' || typeof database !== 'string') {
    throw invalid(
      'mlflow.invalid-import',
      'importMlflow needs a registry, the path of a database and by: who takes it in',
      {},
    )
  }
  if (artifacts !== undefined && artifacts !== null && !Array.isArray(artifacts)) {
    throw invalid('mlflow.invalid-import', 'artifacts is a list of { uri, directory }', {})
  }
  return {
    registry,
    database,
    artifacts: artifacts ?? [],
    stages: stages ?? undefined,
    dryRun: dryRun === true,
    by: parseWith(actorSchema, by, { code: 'mlflow.invalid-import', what: 'by' }) as Actor,
  }
}

async function importExperiments(all: Import): Promise<void> {
  const { registry, database, directories, tally, experiments, by } = all
  for (const row of database.rows('experiments')) {
    const id = textOf(row['experiment_id'])
    const from = textOf(row['artifact_location']).replace(/\/+$/, '')
    const isHere = directories.find(from) !== undefined
    const deleted = row['lifecycle_stage'] === 'deleted'
    const createdAt = instantOf(row['creation_time']) ?? new Date(0).toISOString()
    const command = {
      ...(/^\d{1,15}$/.test(id) && { id }),
      name: textOf(row['name']),
      ...(from !== '' && { artifactLocation: isHere ? 'mlflow-artifacts:/{id}' : from }),
      lifecycle: deleted ? ('deleted' as const) : ('active' as const),
      tags: recordOf(
        database.rows('experiment_tags', 'experiment_id = ?', row['experiment_id']),
        'key',
        'value',
      ),
      createdAt,
      updatedAt: instantOf(row['last_update_time']) ?? createdAt,
      by,
    }
    await one(all, 'experiments', { id, row }, async () => {
      const known = await registry.experiments.findByName(command.name)
      check(all, intakeExperimentSchema, command)
      const { status, experiment } = known
        ? { status: 'present' as const, experiment: known }
        : all.dryRun
          ? {
              status: 'added' as const,
              experiment: { id, artifactLocation: `mlflow-artifacts:/${id}` },
            }
          : await registry.intake.experiment(command)
      const to = isHere
        ? (experiment.artifactLocation ?? `mlflow-artifacts:/${experiment.id}`)
        : from
      const deletedAt = deleted ? Number(row['last_update_time'] ?? 0) : undefined
      experiments.set(id, { id: experiment.id, from, to, deletedAt })
      if (
        !isHere &&
        database.rows('runs', 'experiment_id = ? limit 1', row['experiment_id']).length > 0
      ) {
        tally.note({
          kind: 'files',
          id: from,
          code: 'mlflow.files-elsewhere',
          message: `the files of experiment ${command.name} stay there: no entry of artifacts holds them`,
        })
      }
      return status
    })
  }
}

async function importRuns(all: Import): Promise<void> {
  const { registry, database, tally, by } = all
  for (const row of database.pages('runs', '1 = 1')) {
    const id = textOf(row['run_uuid'])
    const experiment = all.experiments.get(textOf(row['experiment_id']))
    if (!experiment) {
      leaveOutOrphan(all, 'runs', id)
      continue
    }
    let points = 0
    let refused = 0
    function* metrics() {
      points = 0
      refused = 0
      for (const point of readMetrics(database, id, () => {
        refused += 1
      })) {
        points += 1
        yield point
      }
    }
    await one(all, 'runs', { id, row }, async () => {
      const command = readRun(database, row, experiment, by)
      check(all, intakeRunSchema, command)
      const known = await isThere(() => registry.runs.get(id))
      if (known || all.dryRun) for (const _ of metrics());
      if (!known) await filesOf(all, experiment, textOf(row['artifact_uri']), `${id}/artifacts`)
      const status = known
        ? 'present'
        : all.dryRun
          ? 'added'
          : await registry.intake.run(command, metrics)
      tally.count('metricPoints', status, points)
      if (refused > 0) {
        const message = `${refused} points have no time that can be`
        tally.leaveOut({ kind: 'metricPoints', id, code: 'mlflow.invalid-time', message }, refused)
      }
      if (row['start_time'] === null) {
        const message = 'it had no start, and got that of its end or 1970'
        tally.note({ kind: 'runs', id, code: 'mlflow.no-start-time', message })
      }
      return status
    })
  }
}

async function importLoggedModels(all: Import): Promise<void> {
  const { registry, database, by } = all
  for (const row of database.pages('logged_models', '1 = 1')) {
    const id = textOf(row['model_id'])
    const experiment = all.experiments.get(textOf(row['experiment_id']))
    if (!experiment) {
      leaveOutOrphan(all, 'loggedModels', id)
      continue
    }
    await one(all, 'loggedModels', { id, row }, async () => {
      const uri = textOf(row['artifact_location'])
      const place = { experimentId: experiment.id, artifactLocation: movedUri([experiment], uri) }
      const command = readLoggedModel(database, row, place, by)
      check(all, intakeLoggedModelSchema, command)
      if (await isThere(() => registry.loggedModels.get(id, { deleted: true }))) return 'present'
      await filesOf(all, experiment, uri, `models/${id}/artifacts`)
      return all.dryRun ? 'added' : registry.intake.loggedModel(command)
    })
  }
}

async function importModels(all: Import, stages: Readonly<Record<string, string>>): Promise<void> {
  const { registry, database, tally, by } = all
  const rules = registry.stageRules
  const moved = (uri: string) => movedUri([...all.experiments.values()], uri)
  for (const row of database.rows('registered_models')) {
    const id = textOf(row['name'])
    await one(all, 'models', { id, row }, async () => {
      const command = readModel({ database, tally, rules, stages, moved, by }, row)
      const { versions = [], aliases = [] } = command
      check(all, intakeModelSchema, command)
      const known = await registry.models.find(id)
      const last = versions.at(-1)?.version ?? 0
      if (known && known.lastVersion < last) {
        const message = `the registry has ${known.lastVersion} versions of it, MLflow ${last}: they are not mixed`
        tally.note({ kind: 'models', id, code: 'mlflow.model-grown', message })
      }
      const status = known ? 'present' : all.dryRun ? 'added' : await registry.intake.model(command)
      tally.count('versions', status, versions.length)
      tally.count('aliases', status, aliases.length)
      return status
    })
  }
}

/** One entity: counted, or left out with the reason. What stops everything goes on up. */
async function one(
  { tally }: Import,
  kind: ImportKind,
  { id, row }: { id: string; row: MlflowRow },
  work: () => Promise<IntakeStatus>,
): Promise<void> {
  if (!isDefault(row)) {
    const message = `it belongs to the workspace ${textOf(row['workspace'])}; only the default one is imported`
    tally.leaveOut({ kind, id, code: 'mlflow.workspace', message })
    return
  }
  try {
    tally.count(kind, await work())
  } catch (error) {
    if (!isAboutOne(error)) throw error
    tally.leaveOut({ kind, id, code: error.code, message: error.message })
  }
}

function leaveOutOrphan({ tally }: Import, kind: ImportKind, id: string): void {
  const message = 'its experiment was left out'
  tally.leaveOut({ kind, id, code: 'registry.no-experiment', message })
}

async function filesOf(
  all: Import,
  { to }: ImportedExperiment,
  uri: string,
  below: string,
): Promise<void> {
  const place = readPlace(to)
  const directory = all.directories.find(uri)
  if (place?.kind !== 'proxied') return
  if (directory !== undefined) return importFiles(all, directory, `${place.path}/${below}`)
  const message = `no entry of artifacts holds ${uri}`
  all.tally.note({ kind: 'files', id: uri, code: 'mlflow.files-elsewhere', message })
}

/** Where something is now that was below the place of an experiment. */
function movedUri(experiments: readonly ImportedExperiment[], uri: string): string {
  const held = experiments.find(({ from }) => uri === from || uri.startsWith(`${from}/`))
  return held ? `${held.to}${uri.slice(held.from.length)}` : uri
}

/** In a dry run nothing else looks at it. */
function check<Schema extends z.ZodType>(_: Import, schema: Schema, command: unknown): void {
  parseWith(schema, command, { code: 'registry.invalid-intake', what: 'what is to be taken in' })
}

async function isThere(get: () => Promise<unknown>): Promise<boolean> {
  try {
    await get()
    return true
  } catch (error) {
    if (isAboutOne(error)) return false
    throw error
  }
}
