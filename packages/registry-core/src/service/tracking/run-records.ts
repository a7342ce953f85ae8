import { assertText } from '../../model/arguments.ts'
import type { Run, RunStatus } from '../../model/run.ts'
import type { RunParts } from '../../sql/run-parts.ts'
import { runParts, TOGETHER } from '../../sql/run-parts.ts'
import type { ExperimentRow, RunRow } from '../../sql/tables.ts'
import type { Db } from '../context.ts'
import { conflict, notFound } from '../context.ts'
import { byKey, inChunks } from './keyed-texts.ts'
import { modelsAt, pointsAt, textsAt } from './run-columns.ts'
import { inputsOf } from './run-inputs.ts'

/** @throws `not-found` `registry.no-run` */
export async function loadRow(db: Db, run: string): Promise<RunRow> {
  assertText(run, 'run')
  const row = await db
    .selectFrom('registry_runs')
    .selectAll()
    .where('id', '=', run)
    .executeTakeFirst()
  if (!row) throw noRun(run)
  return row
}

export function noRun(run: string) {
  return notFound('registry.no-run', `there is no run ${run}`, { run })
}

/** @throws also `conflict` `registry.run-deleted` */
export async function loadActiveRow(db: Db, run: string): Promise<RunRow> {
  const row = await loadRow(db, run)
  if (row.lifecycle === 'active') return row
  throw conflict('registry.run-deleted', `run ${run} is deleted: restore it first`, { run })
}

/** Those of the ids that are runs'. */
export async function knownRuns(db: Db, ids: readonly string[]): Promise<Set<string>> {
  const rows = await inChunks(ids, (some) => selectRunIds(db, some).execute())
  return new Set(rows.map(({ id }) => id))
}

/** Those of the ids that are runs. */
export function selectRunIds(db: Db, ids: readonly string[]) {
  return db.selectFrom('registry_runs').select('id').where('id', 'in', ids)
}

/** Runs with all that belongs to them: a statement or two, however many they are. */
export async function assembleRuns(
  { query, dialect }: RunSource,
  rows: readonly RunRow[],
): Promise<Run[]> {
  const runs: Run[] = []
  for (let i = 0; i < rows.length; i += TOGETHER) {
    const some = rows.slice(i, i + TOGETHER)
    const ids = some.map(({ id }) => id)
    const experiments = [...new Set(some.map(({ experiment }) => experiment))]
    const parts = await runParts(query, dialect, ids, experiments)
    runs.push(...(await assembleFrom(query, some, parts)))
  }
  return runs
}

/** A store, or a transaction and whose. */
export interface RunSource {
  readonly query: Db
  readonly dialect: 'sqlite' | 'postgres'
}

/** The same of what was read. */
export async function assembleFrom(
  db: Db,
  rows: readonly RunRow[],
  parts: RunParts,
): Promise<Run[]> {
  const params = textsAt(rows.length, parts.params)
  const tags = textsAt(rows.length, parts.tags)
  const { latest, metrics } = pointsAt(rows.length, parts.latest)
  const inputs = await inputsOf(db, rows, parts.inputs)
  const [modelInputs, modelOutputs] = ['input', 'output'].map((direction) =>
    modelsAt(parts.models, direction),
  )
  const experiments = new Map(parts.experiments.map(([id, ...experiment]) => [id, experiment]))
  return rows.map((row, i) => {
    const [name, place] = experiments.get(row.experiment)!
    return runFromRow(
      row,
      { name, artifact_location: place },
      {
        params: params[i]!,
        metrics: metrics[i]!,
        tags: tags[i]!,
        latest: latest[i]!,
        inputs: inputs.get(i) ?? [],
        modelInputs: modelInputs!.get(i) ?? [],
        modelOutputs: modelOutputs!.get(i) ?? [],
      },
    )
  })
}

/** A run that has nothing yet but tags. */
export function freshRun(row: RunRow, experiment: ExperimentOfRun, tags: Run['tags']): Run {
  return runFromRow(row, experiment, {
    params: {},
    metrics: {},
    tags: Object.fromEntries(Object.entries(tags).sort(byKey)),
    latest: [],
    inputs: [],
    modelInputs: [],
    modelOutputs: [],
  })
}

export type ExperimentOfRun = Pick<ExperimentRow, 'name' | 'artifact_location'>

type Recorded = 'params' | 'metrics' | 'tags' | 'latest' | 'inputs' | 'modelInputs' | 'modelOutputs'

function runFromRow(
  row: RunRow,
  { name, artifact_location: place }: ExperimentOfRun,
  recorded: Pick<Run, Recorded>,
): Run {
  return {
    id: row.id,
    experiment: name,
    experimentId: String(row.experiment),
    ...(place !== null && { artifactLocation: place }),
    name: row.name,
    status: row.status as RunStatus,
    lifecycle: row.lifecycle === 'active' ? 'active' : 'deleted',
    user: row.user_id,
    ...(row.parent !== null && { parent: row.parent }),
    ...recorded,
    startedAt: row.started_at,
    ...(row.ended_at !== null && { endedAt: row.ended_at }),
  }
}

export async function assembleRun(source: RunSource, row: RunRow): Promise<Run> {
  return (await assembleRuns(source, [row]))[0]!
}
