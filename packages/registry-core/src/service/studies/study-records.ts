import type { Actor } from '@mlops/core'
import type { Transaction } from 'kysely'
import { assertText } from '../../model/arguments.ts'
import type { Objective, SearchSpace, Study, Trial, TrialStatus } from '../../model/study.ts'
import type { StudyRow, TrialRow } from '../../sql/study-tables.ts'
import type { ExperimentRow, RegistryTables } from '../../sql/tables.ts'
import type { Db } from '../context.ts'
import { conflict, notFound } from '../context.ts'
import { loadExperiment } from '../tracking/experiments.ts'

/** @throws `not-found` `registry.no-study` */
export async function loadStudy(db: Db, id: string): Promise<StudyRow> {
  assertText(id, 'study')
  const row = await db
    .selectFrom('registry_studies')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  if (row) return row
  throw notFound('registry.no-study', `there is no study ${id}`, { id })
}

/** One that may be changed. @throws also `conflict` `registry.experiment-deleted` */
export async function loadActiveStudy(db: Db, id: string): Promise<StudyRow> {
  const row = await loadStudy(db, id)
  await loadActiveExperiment(db, String(row.experiment))
  return row
}

/** @throws `not-found` `registry.no-experiment`; `conflict` `registry.experiment-deleted` */
export async function loadActiveExperiment(db: Db, id: string): Promise<ExperimentRow> {
  const experiment = await loadExperiment(db, id)
  if (experiment.lifecycle === 'active') return experiment
  throw conflict(
    'registry.experiment-deleted',
    `experiment ${experiment.name} is deleted: restore it first`,
    { id },
  )
}

/** @throws `not-found` `registry.no-trial` */
export async function loadTrial(
  tx: Transaction<RegistryTables>,
  study: string,
  number: number,
): Promise<TrialRow> {
  const row = await tx
    .selectFrom('registry_trials')
    .selectAll()
    .where('study', '=', study)
    .where('number', '=', number)
    .executeTakeFirst()
  if (row) return row
  throw notFound('registry.no-trial', `study ${study} has no trial ${number}`, { study, number })
}

export const spaceOf = ({ space }: StudyRow) => JSON.parse(space) as SearchSpace

export const objectivesOf = ({ objectives }: StudyRow) => JSON.parse(objectives) as Objective[]

export function studyFromRow(row: StudyRow): Study {
  return {
    id: row.id,
    experimentId: String(row.experiment),
    name: row.name,
    strategy: row.strategy,
    space: spaceOf(row),
    objectives: objectivesOf(row),
    budget: {
      ...(row.max_trials !== null && { trials: row.max_trials }),
      ...(row.max_ms !== null && { ms: row.max_ms }),
    },
    ...(row.seed !== null && { seed: row.seed }),
    status: row.status as Study['status'],
    trials: row.trials,
    createdAt: row.created_at,
    createdBy: JSON.parse(row.created_by) as Actor,
    ...(row.closed_at !== null && { closedAt: row.closed_at }),
    reason: row.reason,
    revision: row.revision,
  }
}

export function trialFromRow(row: TrialRow): Trial {
  return {
    study: row.study,
    number: row.number,
    params: JSON.parse(row.params) as Trial['params'],
    ...(row.run !== null && { run: row.run }),
    status: row.status as TrialStatus,
    values: measuredFrom(row.measured),
    reason: row.reason,
    startedAt: row.started_at,
    ...(row.ended_at !== null && { endedAt: row.ended_at }),
  }
}

/** Numbers as JSON may carry them: exact, with NaN, ±Infinity and -0. */
export function measuredTexts(values: Trial['values']): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(values).map(([metric, value]) => [
      metric,
      Object.is(value, -0) ? '-0' : String(value),
    ]),
  )
}

export function measuredFrom(json: string): Trial['values'] {
  const texts = JSON.parse(json) as Record<string, string>
  return Object.fromEntries(Object.entries(texts).map(([metric, text]) => [metric, Number(text)]))
}
