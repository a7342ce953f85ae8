import type { AbReadout, ArmData, FixedHorizonPlan } from '@mlops/abtest'
import { readPlan } from '@mlops/abtest'
import type { Experiment } from '@mlops/abtest/assignment'
import type { ExperimentCheck } from '@mlops/abtest/guards'
import { checkExperiment } from '@mlops/abtest/guards'
import type { PeekReadout, SequentialPlan } from '@mlops/abtest/sequential'
import { peekPlan } from '@mlops/abtest/sequential'
import type { Clock, Digest, Evidence } from '@mlops/core'
import type { Store } from '@mlops/store'
import { notFound } from './errors.ts'
import type { Tables } from './tables.ts'

export type Query = Store<Tables>['query']
export type Plan = FixedHorizonPlan | SequentialPlan
export type Reading = AbReadout | PeekReadout

/** An experiment as it is kept. */
export interface ExperimentRecord {
  readonly key: string
  readonly plan: Plan
  /** With the digest of what deals the units: code that would deal them otherwise is refused. */
  readonly assignment: { readonly experiment: Experiment; readonly digest: Digest } | null
  readonly outcome: Tables['experiments']['outcome']
  /** The last look; of a fixed plan the only one. */
  readonly readout: Reading | null
  readonly evidence: Evidence | null
  readonly decided: string | null
}

/** Units by arm, control first, and what they did. */
export interface Gathered {
  readonly assigned: readonly [number, number]
  readonly observed: readonly [number, number]
  readonly control: ArmData
  readonly treatment: ArmData
}

/** @throws `not-found` `experiments.unknown` */
export async function recordOf(query: Query, key: string): Promise<ExperimentRecord> {
  const row = await query.selectFrom('experiments').selectAll().where('key', '=', key).executeTakeFirst()
  if (row === undefined)
    throw notFound('experiments.unknown', `there is no experiment '${key}'; register it first`, { key })
  const parsed = (text: string | null) => (text === null ? null : JSON.parse(text))
  return {
    ...row,
    plan: JSON.parse(row.plan),
    assignment: parsed(row.assignment),
    readout: parsed(row.readout),
    evidence: parsed(row.evidence),
  }
}

/** All outcomes so far, as the plan's test takes them. */
export async function gather(query: Query, { key, assignment, outcome }: ExperimentRecord): Promise<Gathered> {
  if (assignment === null) return gatherPairs(query, key)
  const rows = await query
    .selectFrom('exposures as e')
    .leftJoin('outcomes as o', (join) => join.onRef('o.experiment', '=', 'e.experiment').onRef('o.unit', '=', 'e.unit'))
    .select(['e.arm', 'o.value'])
    .where('e.experiment', '=', key)
    .orderBy('e.unit')
    .execute()
  const [control, treatment] = ['control', 'treatment'].map((arm) =>
    rows.filter((row) => row.arm === arm).map(({ value }) => value),
  ) as [(number | null)[], (number | null)[]]
  const seen = (values: readonly (number | null)[]) => values.filter((value) => value !== null)
  const summed = (values: readonly (number | null)[]) => ({
    successes: seen(values).reduce((sum, value) => sum + value, 0),
    n: values.length,
  })
  const counts = {
    assigned: [control.length, treatment.length],
    observed: [seen(control).length, seen(treatment).length],
  } as const
  return outcome === 'conversion'
    ? { ...counts, control: summed(control), treatment: summed(treatment) }
    : { ...counts, control, treatment }
}

/** Absolute errors of both models on the requests whose truth is known. */
async function gatherPairs(query: Query, key: string): Promise<Gathered> {
  const rows = await query
    .selectFrom('predictions')
    .select(['champion', 'challenger', 'truth'])
    .where('experiment', '=', key)
    .orderBy('id')
    .execute()
  const known = rows.filter(({ truth }) => truth !== null)
  const error = (prediction: number | null, truth: number | null) =>
    prediction === null ? null : Math.abs(prediction - truth!)
  const control = known.map((row) => error(row.champion, row.truth))
  const treatment = known.map((row) => error(row.challenger, row.truth))
  const answered = rows.filter(({ challenger }) => challenger !== null)
  return {
    assigned: [rows.length, rows.length],
    observed: [known.length, answered.filter(({ truth }) => truth !== null).length],
    control,
    treatment,
  }
}

/**
 * Looks at the outcomes as the plan allows it.
 *
 * @throws `conflict`: `abtest.too-early`, `abtest.already-stopped`, `abtest.no-new-data`, …
 */
export function readingOf(
  { plan, readout }: ExperimentRecord,
  { control, treatment }: Gathered,
  { clock, stage }: { readonly clock: Clock; readonly stage: 'interim' | 'final' },
): Reading {
  const data = { control, treatment }
  if (plan.horizon === 'sequential') {
    const before = readout as PeekReadout | null
    return peekPlan(plan, data, { clock, stage, ...(before && { history: before.history }) })
  }
  // What was read stays read, whatever came in since.
  return (readout as AbReadout | null) ?? readPlan(plan, data, { clock })
}

/** Whether the data can be believed. */
export function checksOf(
  { plan, outcome, assignment }: ExperimentRecord,
  { assigned, observed }: Gathered,
): ExperimentCheck {
  // A pair has no split, and a conversion that did not happen is not missing.
  if (assignment === null) return checkExperiment({})
  const { allocation } = plan
  return checkExperiment({ assigned, allocation, ...(outcome === 'value' && { observed }) })
}
