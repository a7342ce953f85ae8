import { isoTime } from '@mlops/core'
import { readLater, sendLater } from '@mlops/store'
import type { Transaction } from 'kysely'
import type * as z from 'zod'
import type { Run, startRunSchema } from '../../model/run.ts'
import type { ExperimentRow, RegistryTables, RunRow } from '../../sql/tables.ts'
import type { RegistryContext } from '../context.ts'
import { conflict } from '../context.ts'
import type { Outcome } from '../together.ts'
import { together } from '../together.ts'
import { insertExperiment, noExperiment, numericId } from './experiments.ts'
import { upsertTextsOf } from './keyed-texts.ts'
import { describedEvent, insertOrigins, newOrigin } from './origin-records.ts'
import { freshRun, knownRuns, noRun } from './run-records.ts'

type NewRun = z.infer<typeof startRunSchema> & { readonly id: string }
type Tx = Transaction<RegistryTables>
type KnownExperiment = Pick<ExperimentRow, 'id' | 'name' | 'artifact_location' | 'lifecycle'>

/** Runs that are started together, at most. */
const MOST = 50

/** Starts runs; those that wait for the database at the same time in one transaction. */
export function createRunStarts(context: RegistryContext) {
  const start = together<NewRun, Run>(context, (tx, wanted) => startAll(context, tx, wanted), {
    most: MOST,
  })
  return (wanted: NewRun): Promise<Run> => start('runs', wanted)
}

async function startAll(
  context: RegistryContext,
  tx: Tx,
  wanted: readonly NewRun[],
): Promise<readonly Outcome<Run>[]> {
  const experiments = await knownExperiments(tx, wanted)
  const runs = await knownRuns(
    tx,
    wanted.flatMap(({ id, parent }) => (parent === undefined ? [id] : [id, parent])),
  )
  const started: { readonly row: RunRow; readonly command: NewRun; readonly experiment: string }[] =
    []
  const outcomes: Outcome<Run>[] = []
  for (const command of wanted) {
    const found = experiments.of(command)
    const error = refusal(command, found, runs)
    if (error) {
      outcomes.push({ error })
      continue
    }
    const experiment = found ?? experiments.add(await makeExperiment(context, tx, command))
    const row = rowOf(context, command, experiment)
    runs.add(command.id)
    started.push({ row, command, experiment: experiment.name })
    outcomes.push({ result: freshRun(row, experiment, command.tags) })
  }
  if (started.length === 0) return outcomes
  await sendLater(tx, tx.insertInto('registry_runs').values(started.map(({ row }) => row)))
  const tags = started.map(({ command }) => [command.id, command.tags] as const)
  await upsertTextsOf(tx, 'registry_run_tags', 'run', tags)
  const events = started.map(({ command, experiment }) => {
    const { id, by } = command
    const origin = isDescribed(command) ? newOrigin(id, command) : undefined
    const subject = { type: 'run', name: id }
    const event = { actor: by, action: 'run.started', subject, data: { experiment } }
    return { event, origin, by }
  })
  await insertOrigins(
    context,
    tx,
    events.flatMap(({ origin }) => origin ?? []),
  )
  await context.log.append(
    tx,
    events.flatMap(({ event, origin, by }) =>
      origin ? [event, describedEvent(origin.row, by)] : [event],
    ),
  )
  return outcomes
}

function isDescribed({ code, environment, seeds }: NewRun): boolean {
  return [code, environment, seeds].some((part) => part !== undefined)
}

function refusal(
  { id, parent, experimentId }: NewRun,
  experiment: KnownExperiment | undefined,
  runs: ReadonlySet<string>,
): Error | undefined {
  if (experimentId !== undefined && !experiment) return noExperiment(experimentId)
  if (experiment && experiment.lifecycle !== 'active') {
    return conflict(
      'registry.experiment-deleted',
      `experiment ${experiment.name} is deleted: restore it first`,
      { id: String(experiment.id) },
    )
  }
  if (parent !== undefined && !runs.has(parent)) return noRun(parent)
  return runs.has(id)
    ? conflict('registry.run-exists', `there is a run ${id} already`, { run: id })
    : undefined
}

/** Filled once the next statement was awaited. */
async function knownExperiments(tx: Tx, wanted: readonly NewRun[]) {
  const ids = new Set(wanted.flatMap(({ experimentId: id }) => (id === undefined ? [] : [id])))
  const names = new Set(wanted.flatMap(({ experiment: name }) => name ?? []))
  const rows: KnownExperiment[] = []
  const select = tx
    .selectFrom('registry_experiments')
    .select(['id', 'name', 'artifact_location', 'lifecycle'])
    .where((is) =>
      is.or([
        ...(ids.size > 0 ? [is('id', 'in', [...ids].map(numericId))] : []),
        ...(names.size > 0 ? [is('name', 'in', [...names])] : []),
      ]),
    )
  await readLater(tx, select, (found) => rows.push(...found))
  return {
    of: ({ experimentId, experiment }: NewRun) =>
      experimentId === undefined
        ? rows.find(({ name }) => name === experiment)
        : rows.find(({ id }) => id === numericId(experimentId)),
    add(row: KnownExperiment) {
      rows.push(row)
      return row
    },
  }
}

async function makeExperiment(
  context: RegistryContext,
  tx: Tx,
  { experiment, by }: NewRun,
): Promise<KnownExperiment> {
  const made = await insertExperiment(context, tx, { name: experiment!, tags: {}, by })
  return { id: Number(made.id), name: made.name, artifact_location: null, lifecycle: 'active' }
}

function rowOf(
  { clock }: RegistryContext,
  { id, name, parent, user, startedAt }: NewRun,
  experiment: KnownExperiment,
): RunRow {
  return {
    id,
    experiment: experiment.id,
    name: name ?? id,
    status: 'running',
    parent: parent ?? null,
    user_id: user,
    lifecycle: 'active',
    started_at: startedAt === undefined ? isoTime(clock) : new Date(startedAt).toISOString(),
    ended_at: null,
  }
}
