import { canonicalJson, digestOf, invalid, isoTime } from '@mlops/core'
import { parseWith } from '@mlops/core/schema'
import { sendLater } from '@mlops/store'
import type { Transaction } from 'kysely'
import type { EndTrial, ReadEndTrial, StartTrial, Trial } from '../../model/study.ts'
import { endTrialSchema, startTrialSchema } from '../../model/study.ts'
import { assertInSpace } from '../../rules/search-space.ts'
import type { StudyRow, TrialRow } from '../../sql/study-tables.ts'
import type { RegistryTables } from '../../sql/tables.ts'
import type { RegistryContext } from '../context.ts'
import { conflict, record } from '../context.ts'
import { loadActiveRow } from '../tracking/run-records.ts'
import {
  loadActiveStudy,
  loadTrial,
  measuredTexts,
  objectivesOf,
  spaceOf,
  trialFromRow,
} from './study-records.ts'

type Tx = Transaction<RegistryTables>

const told = { code: 'registry.invalid-trial', what: 'the trial' }
const subject = (study: string, number: number) => ({
  type: 'trial',
  name: study,
  version: String(number),
})

/** See `Studies.startTrial`. */
export async function startTrial(context: RegistryContext, command: StartTrial): Promise<Trial> {
  const { study: id, params, run, by } = parseWith(startTrialSchema, command, told)
  const { db, clock } = context
  return db.transaction(async (tx) => {
    const study = await loadActiveStudy(tx, id)
    const at = isoTime(clock)
    assertOpen(study, at)
    assertInSpace(spaceOf(study), params)
    if (run !== undefined) await assertFreeRun(tx, run)
    const row: TrialRow = {
      study: id,
      number: study.trials + 1,
      params: canonicalJson(params),
      run: run ?? null,
      status: 'running',
      measured: '{}',
      reason: '',
      started_at: at,
      ended_at: null,
      ended_with: null,
    }
    await sendLater(tx, tx.insertInto('registry_trials').values(row))
    await touchStudy(tx, study, { trials: row.number })
    const facts = { params: digestOf(params), ...(run !== undefined && { run }) }
    await record(context, tx, by, 'trial.started', subject(id, row.number), facts)
    return trialFromRow(row)
  })
}

/** See `Studies.endTrial`. */
export async function endTrial(context: RegistryContext, command: EndTrial): Promise<Trial> {
  const wanted = parseWith(endTrialSchema, command, told)
  const { study: id, trial: number, status, reason, by } = wanted
  const { db, clock } = context
  const endedWith = digestOf({ status, reason, values: measuredTexts(wanted.values) })
  return db.transaction(async (tx) => {
    const study = await loadActiveStudy(tx, id)
    const row = await loadTrial(tx, id, number)
    if (row.ended_with === endedWith) return trialFromRow(row)
    if (row.status !== 'running') {
      throw conflict(
        'registry.trial-ended',
        `trial ${number} of study ${id} ended as ${row.status} already`,
        { study: id, number, status: row.status },
      )
    }
    const measured = measuredTexts(await valuesOf(tx, study, row, wanted))
    const set = {
      status,
      measured: JSON.stringify(measured),
      reason,
      ended_at: isoTime(clock),
      ended_with: endedWith,
    }
    await sendLater(
      tx,
      tx
        .updateTable('registry_trials')
        .set(set)
        .where('study', '=', id)
        .where('number', '=', number),
    )
    await touchStudy(tx, study)
    const facts = { status, values: measured, ...(reason && { reason }) }
    await record(context, tx, by, 'trial.ended', subject(id, number), facts)
    return trialFromRow({ ...row, ...set })
  })
}

/** Marks a study as changed. Called by every change of it or of its trials. */
export async function touchStudy(
  tx: Tx,
  { id, revision }: StudyRow,
  set: Partial<StudyRow> = {},
): Promise<void> {
  await sendLater(
    tx,
    tx
      .updateTable('registry_studies')
      .set({ ...set, revision: revision + 1 })
      .where('id', '=', id),
  )
}

function assertOpen(study: StudyRow, at: string): void {
  const { id, status, trials, max_trials: most, max_ms: ms, created_at: createdAt } = study
  if (status !== 'open') {
    throw conflict('registry.study-closed', `study ${id} is closed: create another one`, { id })
  }
  if (most !== null && trials >= most) {
    throw conflict('registry.budget-used', `study ${id} has had its ${most} trials`, {
      id,
      trials: most,
    })
  }
  if (ms !== null && Date.parse(at) - Date.parse(createdAt) >= ms) {
    throw conflict('registry.budget-used', `study ${id} has had its ${ms} ms`, { id, ms })
  }
}

async function assertFreeRun(tx: Tx, run: string): Promise<void> {
  await loadActiveRow(tx, run)
  const taken = await tx
    .selectFrom('registry_trials')
    .select(['study', 'number'])
    .where('run', '=', run)
    .executeTakeFirst()
  if (!taken) return
  const { study, number } = taken
  throw conflict(
    'registry.run-in-trial',
    `run ${run} is that of trial ${number} of study ${study}: a run carries out one trial`,
    { run, study, number },
  )
}

async function valuesOf(
  tx: Tx,
  study: StudyRow,
  { run }: TrialRow,
  { status, values: given }: ReadEndTrial,
): Promise<Trial['values']> {
  const metrics = objectivesOf(study).map(({ metric }) => metric)
  const unknown = Object.keys(given).filter((metric) => !metrics.includes(metric))
  if (unknown.length > 0) {
    throw invalid(
      'registry.unknown-objective',
      `no objective of study ${study.id}: ${unknown.slice(0, 5).join(', ')}; log other metrics to the run`,
      { unknown, metrics },
    )
  }
  if (status !== 'complete') return given
  const left = metrics.filter((metric) => !Object.hasOwn(given, metric))
  const latest =
    run === null || left.length === 0
      ? []
      : await tx
          .selectFrom('registry_latest_metrics')
          .select(['key', 'value_text'])
          .where('run', '=', run)
          .where('key', 'in', left)
          .execute()
  const missing = left.filter((metric) => !latest.some(({ key }) => key === metric))
  if (missing.length > 0) {
    throw invalid(
      'registry.missing-value',
      `a complete trial has a value of each objective: give that of ${missing.join(', ')}, or log it to the trial's run`,
      { missing },
    )
  }
  const logged = latest.map(({ key, value_text: text }) => [key, Number(text)] as const)
  return { ...given, ...Object.fromEntries(logged) }
}
