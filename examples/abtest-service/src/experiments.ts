import { registerPlan } from '@mlops/abtest'
import type { Assigner, Experiment } from '@mlops/abtest/assignment'
import { createAssigner } from '@mlops/abtest/assignment'
import type { ExperimentCheck } from '@mlops/abtest/guards'
import { registerSequentialPlan } from '@mlops/abtest/sequential'
import type { Actor, Clock, Evidence } from '@mlops/core'
import { createEvidence, invalid, isoTime } from '@mlops/core'
import type { EventLog, Store } from '@mlops/store'
import type { Registration } from './bodies.ts'
import { conflict } from './errors.ts'
import type { ExperimentRecord, Plan, Query, Reading } from './experiment-record.ts'
import { checksOf, gather, readingOf, recordOf } from './experiment-record.ts'
import type { Tables } from './tables.ts'

const SERVICE: Actor = { type: 'service', id: 'abtest-service' }

/** The life of an experiment: registered, dealt, observed, looked at, stopped. */
export interface Experiments {
  register(input: Registration): Promise<ExperimentRecord>
  /** The unit's arm, kept before it is told; null for a unit that does not take part. */
  assign(key: string, unit: string): Promise<{ arm: string | null; reason: string; propensity: number | null }>
  /** Keeps outcomes; those of units that were never exposed, or have one already, are counted and left out. */
  observe(
    key: string,
    outcomes: readonly { readonly unit: string; readonly value: number }[],
  ): Promise<{ kept: number; repeated: number; unknown: number }>
  look(key: string, stage: 'interim' | 'final'): Promise<Reading>
  standing(key: string): Promise<{ record: ExperimentRecord; checks: ExperimentCheck; units: readonly number[] }>
  stop(
    key: string,
    decision: { readonly decision: 'control' | 'treatment'; readonly reason: string; readonly by: string },
  ): Promise<Evidence>
}

export function createExperiments({
  store,
  log,
  clock,
}: {
  readonly store: Store<Tables>
  readonly log: EventLog
  readonly clock: Clock
}): Experiments {
  const assigners = new Map<string, Assigner>()

  function assignerOf({ key, assignment }: ExperimentRecord): Assigner {
    if (assignment === null)
      throw conflict('experiments.shadow', `'${key}' shows every request to both models; ask for predictions`, { key })
    let assigner = assigners.get(key)
    if (assigner === undefined) {
      assigner = createAssigner(assignment.experiment, { digest: assignment.digest })
      assigners.set(key, assigner)
    }
    return assigner
  }

  async function running(query: Query, key: string): Promise<ExperimentRecord> {
    const record = await recordOf(query, key)
    if (record.decided === null) return record
    throw conflict('experiments.stopped', `'${key}' was stopped for '${record.decided}'; its result stands`, { key })
  }

  return {
    async register(input) {
      const plan = planOf(input, clock)
      const experiment = assignmentOf(input)
      const assignment = experiment && { experiment, digest: createAssigner(experiment).digest }
      return await store.transaction(async (tx) => {
        const known = await tx.selectFrom('experiments').select('key').where('key', '=', input.key).executeTakeFirst()
        if (known !== undefined)
          throw conflict('experiments.exists', `there is an experiment '${input.key}'; take another key`, {})
        await tx
          .insertInto('experiments')
          .values({
            key: input.key,
            plan: JSON.stringify(plan),
            assignment: assignment && JSON.stringify(assignment),
            outcome: input.metric.outcome,
            readout: null,
            evidence: null,
            decided: null,
          })
          .execute()
        const subject = { type: 'experiment', name: input.key, digest: plan.digest }
        await log.append(tx, { actor: SERVICE, action: 'experiment.registered', subject, data: plan })
        return await recordOf(tx, input.key)
      })
    },

    async assign(key, unit) {
      const record = await recordOf(store.query, key)
      if (record.decided !== null) return { arm: record.decided, reason: 'stopped', propensity: null }
      const { arm, reason, propensity } = assignerOf(record).assign({ id: unit })
      if (arm === null) return { arm, reason, propensity }
      const at = isoTime(clock)
      const row = { experiment: key, unit, arm, at }
      await store.query
        .insertInto('exposures')
        .values(row)
        .onConflict((on) => on.doNothing())
        .execute()
      return { arm, reason, propensity }
    },

    async observe(key, outcomes) {
      const at = isoTime(clock)
      return await store.transaction(async (tx) => {
        const { outcome } = await running(tx, key)
        const wrong = outcomes.find(({ value }) => outcome === 'conversion' && value !== 0 && value !== 1)
        if (wrong !== undefined)
          throw invalid('experiments.no-conversion', `'${key}' counts conversions, so a value is 0 or 1`, { ...wrong })
        const units = outcomes.map(({ unit }) => unit)
        const exposed = await tx
          .selectFrom('exposures')
          .select('unit')
          .where('experiment', '=', key)
          .where('unit', 'in', units)
          .execute()
        const dealt = new Set(exposed.map(({ unit }) => unit))
        const known = outcomes.filter(({ unit }) => dealt.has(unit))
        let kept = 0
        for (const { unit, value } of known) {
          const { numInsertedOrUpdatedRows } = await tx
            .insertInto('outcomes')
            .values({ experiment: key, unit, value, at })
            .onConflict((on) => on.doNothing())
            .executeTakeFirst()
          kept += Number(numInsertedOrUpdatedRows)
        }
        return { kept, repeated: known.length - kept, unknown: outcomes.length - known.length }
      })
    },

    async look(key, stage) {
      return await store.transaction(async (tx) => {
        const record = await running(tx, key)
        const reading = readingOf(record, await gather(tx, record), { clock, stage })
        // The history of looks is what keeps the next one honest: no readout leaves before it is kept.
        await tx
          .updateTable('experiments')
          .set({ readout: JSON.stringify(reading) })
          .where('key', '=', key)
          .execute()
        const subject = { type: 'experiment', name: key, digest: record.plan.digest }
        const { verdict, reasons } = reading
        await log.append(tx, { actor: SERVICE, action: 'experiment.looked-at', subject, data: { verdict, reasons } })
        return reading
      })
    },

    async standing(key) {
      const record = await recordOf(store.query, key)
      const gathered = await gather(store.query, record)
      return { record, checks: checksOf(record, gathered), units: gathered.assigned }
    },

    async stop(key, { decision, reason, by }) {
      return await store.transaction(async (tx) => {
        const record = await running(tx, key)
        const checks = checksOf(record, await gather(tx, record))
        if (decision === 'treatment' && (record.readout?.verdict !== 'pass' || checks.verdict === 'fail'))
          throw conflict(
            'experiments.not-shown',
            `the treatment of '${key}' was not shown to be better; look first, or stop for control`,
            { verdict: record.readout?.verdict ?? null, checks: checks.verdict },
          )
        // Stopped before anything could be read: the checks are all there is to keep.
        const result = record.readout ?? checks
        const subject = { type: 'experiment', name: key, digest: record.plan.digest }
        const actor: Actor = { type: 'human', id: by }
        const { kind, verdict } = result
        const evidence = createEvidence({ kind, subject, verdict, result, producedBy: SERVICE }, { clock })
        await tx
          .updateTable('experiments')
          .set({ evidence: JSON.stringify(evidence), decided: decision })
          .where('key', '=', key)
          .execute()
        const data = { decision, reason, evidence: evidence.digest }
        await log.append(tx, { actor, action: 'experiment.stopped', subject, data })
        return evidence
      })
    },
  }
}

function planOf({ key, hypothesis, metric, treatmentShare, alpha, schedule }: Registration, clock: Clock): Plan {
  const common = {
    name: key,
    hypothesis,
    metric: { name: metric.name, better: metric.better },
    ...(alpha !== undefined && { alpha }),
  }
  const allocation = [1 - treatmentShare, treatmentShare] as const
  if (schedule.kind === 'sequential')
    return registerSequentialPlan({ ...common, allocation, unit: 'user', method: schedule.method }, { clock })
  if (schedule.kind === 'shadow') {
    const sampleSize = { control: schedule.pairs, treatment: schedule.pairs }
    return registerPlan({ ...common, unit: 'request', design: 'paired', test: 'paired-t', sampleSize }, { clock })
  }
  const { sampleSize, notBefore } = schedule
  const test = metric.outcome === 'conversion' ? 'two-proportion-z' : 'welch'
  return registerPlan(
    { ...common, allocation, unit: 'user', design: 'unpaired', test, sampleSize, ...(notBefore && { notBefore }) },
    { clock },
  )
}

function assignmentOf({ key, coverage, treatmentShare, schedule }: Registration): Experiment | null {
  if (schedule.kind === 'shadow') return null
  const arms = [
    { key: 'control', weight: 1 - treatmentShare },
    { key: 'treatment', weight: treatmentShare },
  ]
  return { key, coverage, arms }
}
