import type { Page, PageRequest } from '@mlops/core'
import { canonicalJson, digestOf, isoTime, pageLimit } from '@mlops/core'
import { parseWith } from '@mlops/core/schema'
import { expectRevision, sendLater } from '@mlops/store'
import type {
  CloseStudy,
  CreateStudy,
  EndTrial,
  StartTrial,
  Study,
  Trial,
  TrialStatus,
} from '../../model/study.ts'
import {
  closeStudySchema,
  createStudySchema,
  listStudiesSchema,
  listTrialsSchema,
} from '../../model/study.ts'
import { bestTrials } from '../../rules/pareto.ts'
import type { RegistryContext } from '../context.ts'
import { conflict, record } from '../context.ts'
import { cursorSeq, nextCursor } from '../cursors.ts'
import { numericId } from '../tracking/experiments.ts'
import { inChunks } from '../tracking/keyed-texts.ts'
import {
  loadActiveExperiment,
  loadActiveStudy,
  loadStudy,
  measuredFrom,
  objectivesOf,
  studyFromRow,
  trialFromRow,
} from './study-records.ts'
import { endTrial, startTrial, touchStudy } from './trials.ts'

/** Searches for hyperparameters, as they went. Which params to try next is the caller's to say. */
export interface Studies {
  /**
   * @throws `conflict` `registry.study-exists`, `registry.experiment-deleted`; `not-found`
   *   `registry.no-experiment`; `invalid` `registry.invalid-study`.
   */
  create(command: CreateStudy): Promise<Study>
  /**
   * Numbers the params that are tried next. The budget holds however many processes start trials.
   *
   * @throws `invalid` `registry.outside-space`, `registry.invalid-trial`; `conflict`
   *   `registry.study-closed`, `registry.budget-used`, `registry.run-in-trial`,
   *   `registry.run-deleted`, `registry.experiment-deleted`; `not-found` `registry.no-study`,
   *   `registry.no-run`.
   */
  startTrial(command: StartTrial): Promise<Trial>
  /**
   * Says how a trial ended; also in a study that was closed meanwhile. The same again does no harm.
   *
   * @throws `conflict` `registry.trial-ended`, `registry.experiment-deleted`; `invalid`
   *   `registry.missing-value`, `registry.unknown-objective`, `registry.invalid-trial`; `not-found`
   *   `registry.no-study`, `registry.no-trial`.
   */
  endTrial(command: EndTrial): Promise<Trial>
  /**
   * No trial is started any more. The same again does no harm.
   *
   * @throws `conflict` `registry.study-closed` (for another reason), `store.revision-conflict`,
   *   `registry.experiment-deleted`; `not-found` `registry.no-study`; `invalid`
   *   `registry.invalid-study`.
   */
  close(command: CloseStudy): Promise<Study>
  /** @throws `not-found` `registry.no-study` */
  get(study: string): Promise<Study>
  /** Newest first. @throws `invalid` `registry.invalid-study` */
  list(options: PageRequest & { readonly experimentId: string }): Promise<Page<Study>>
  /**
   * In the order of their numbers.
   *
   * @throws `not-found` `registry.no-study`; `invalid` `registry.invalid-study`
   */
  trials(
    options: PageRequest & {
      readonly study: string
      /** @default any */
      readonly status?: TrialStatus
    },
  ): Promise<Page<Trial>>
  /**
   * Of one objective the complete trial with the best value, the earlier of equals; of several the
   * Pareto front: those that no other is at least as good as in each objective and better than in one.
   * In the order of their numbers; a NaN is never best. Cost: reads the values of all complete trials,
   * O(n log n + n · front).
   *
   * @throws `not-found` `registry.no-study`
   */
  best(study: string): Promise<{ readonly trials: readonly Trial[] }>
}

const told = { code: 'registry.invalid-study', what: 'the study' }
const subject = (name: string) => ({ type: 'study', name })

export function createStudies(context: RegistryContext): Studies {
  const { db, clock, ids } = context

  return {
    async create(command) {
      const wanted = parseWith(createStudySchema, command, told)
      const { experimentId, name, strategy, space, objectives, budget, seed, by } = wanted
      const id = ids.next()
      return db.transaction(async (tx) => {
        const experiment = await loadActiveExperiment(tx, experimentId)
        const known = await tx
          .selectFrom('registry_studies')
          .select('id')
          .where('experiment', '=', experiment.id)
          .where('name', '=', name)
          .executeTakeFirst()
        if (known) {
          throw conflict(
            'registry.study-exists',
            `there is a study ${name} in experiment ${experimentId} already`,
            { experimentId, name, id: known.id },
          )
        }
        const facts = {
          experimentId,
          name,
          strategy,
          space: digestOf(space),
          objectives,
          budget,
          ...(seed !== undefined && { seed }),
        }
        const { seq } = await record(context, tx, by, 'study.created', subject(id), facts)
        const row = {
          id,
          event_seq: seq,
          experiment: experiment.id,
          name,
          strategy,
          space: canonicalJson(space),
          objectives: canonicalJson(objectives),
          max_trials: budget.trials ?? null,
          max_ms: budget.ms ?? null,
          seed: seed ?? null,
          status: 'open',
          trials: 0,
          created_at: isoTime(clock),
          created_by: canonicalJson(by),
          closed_at: null,
          reason: '',
          revision: 1,
        }
        await sendLater(tx, tx.insertInto('registry_studies').values(row))
        return studyFromRow(row)
      })
    },
    startTrial: (command) => startTrial(context, command),
    endTrial: (command) => endTrial(context, command),
    async close(command) {
      const { study: id, reason, expectedRevision, by } = parseWith(closeStudySchema, command, told)
      return db.transaction(async (tx) => {
        const row = await loadActiveStudy(tx, id)
        if (row.status === 'closed') {
          if (row.reason === reason) return studyFromRow(row)
          throw conflict('registry.study-closed', `study ${id} is closed already`, {
            id,
            reason: row.reason,
          })
        }
        expectRevision(`study ${id}`, { expected: expectedRevision, actual: row.revision })
        const set = { status: 'closed', closed_at: isoTime(clock), reason }
        await touchStudy(tx, row, set)
        const facts = { trials: row.trials, ...(reason && { reason }) }
        await record(context, tx, by, 'study.closed', subject(id), facts)
        return studyFromRow({ ...row, ...set, revision: row.revision + 1 })
      })
    },
    get: async (study) => studyFromRow(await loadStudy(db.query, study)),
    async list(options) {
      const { experimentId } = parseWith(listStudiesSchema, options, told)
      const { cursor } = options
      const limit = pageLimit(options.limit)
      let select = db.query
        .selectFrom('registry_studies')
        .selectAll()
        .where('experiment', '=', numericId(experimentId))
      if (cursor !== undefined) select = select.where('event_seq', '<', cursorSeq(cursor))
      const rows = await select
        .orderBy('event_seq', 'desc')
        .limit(limit + 1)
        .execute()
      const items = rows.slice(0, limit).map(studyFromRow)
      return { items, ...nextCursor(rows, limit, ({ event_seq }) => event_seq) }
    },
    async trials(options) {
      const { study, status } = parseWith(listTrialsSchema, options, told)
      const { cursor } = options
      const limit = pageLimit(options.limit)
      const { id } = await loadStudy(db.query, study)
      let select = db.query.selectFrom('registry_trials').selectAll().where('study', '=', id)
      if (status !== undefined) select = select.where('status', '=', status)
      if (cursor !== undefined) select = select.where('number', '>', cursorSeq(cursor))
      const rows = await select
        .orderBy('number')
        .limit(limit + 1)
        .execute()
      const items = rows.slice(0, limit).map(trialFromRow)
      return { items, ...nextCursor(rows, limit, ({ number }) => number) }
    },
    async best(study) {
      const row = await loadStudy(db.query, study)
      const complete = await db.query
        .selectFrom('registry_trials')
        .select(['number', 'measured'])
        .where('study', '=', row.id)
        .where('status', '=', 'complete')
        .execute()
      const measured = complete.map(({ number, measured: json }) => ({
        number,
        values: measuredFrom(json),
      }))
      const rows = await inChunks(bestTrials(measured, objectivesOf(row)), (some) =>
        db.query
          .selectFrom('registry_trials')
          .selectAll()
          .where('study', '=', row.id)
          .where('number', 'in', some)
          .orderBy('number')
          .execute(),
      )
      return { trials: rows.map(trialFromRow) }
    },
  }
}
