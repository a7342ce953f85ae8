import type { Actor } from '@mlops/core'
import { canonicalJson, isoTime } from '@mlops/core'
import { expectRevision, sendLater } from '@mlops/store'
import type { Transaction } from 'kysely'
import type { Deployment, DeploymentAction, Serving } from '../model/deployment.ts'
import type { KnownGood } from '../rules/deployments.ts'
import { assertDeployable, NOTHING, rollbackOf, single } from '../rules/deployments.ts'
import type { RegistryTables } from '../sql/tables.ts'
import type { RegistryContext } from './context.ts'
import { conflict, loadVersion, record } from './context.ts'
import {
  deploymentRow,
  keepMark,
  loadDeployment,
  marksOf,
  revokeMarks,
} from './deployment-records.ts'

export interface DeploymentWish {
  readonly model: string
  readonly environment: string
  readonly reason: string
  readonly expectedRevision?: number
  readonly by: Actor
}

export interface DeploymentScope {
  readonly serving: Serving
  readonly marks: readonly KnownGood[]
  /** Checks a version that is to serve. */
  use(version: number): Promise<void>
}

/** What is to serve, from what serves. */
export type Decision = (scope: DeploymentScope) => Serving | Promise<Serving>

/** Reads what serves, decides, writes and records, in one transaction. */
export async function changeDeployment(
  context: RegistryContext,
  tx: Transaction<RegistryTables>,
  { model, environment, reason, expectedRevision, by }: DeploymentWish,
  {
    action,
    decide,
    facts = {},
  }: {
    readonly action: DeploymentAction
    readonly decide: Decision
    readonly facts?: object
  },
): Promise<Deployment> {
  const { clock, rules } = context
  const row = await deploymentRow(tx, model, environment)
  const what = `the deployment of ${model} in ${environment}`
  expectRevision(what, { expected: expectedRevision, actual: row?.revision ?? 0 })
  const serving = row ? (JSON.parse(row.state) as Serving) : NOTHING
  const marks = await marksOf(tx, model, environment)
  const use = async (version: number) =>
    assertDeployable(rules.environments, environment, await loadVersion(tx, model, version))
  const next = await decide({ serving, marks, use })
  const at = isoTime(clock)
  const state = canonicalJson(next)
  const set = { state, updated_at: at, revision: (row?.revision ?? 0) + 1 }
  await sendLater(
    tx,
    tx
      .insertInto('registry_deployments')
      .values({ model, environment, ...set })
      .onConflict((key) => key.columns(['model', 'environment']).doUpdateSet(set)),
  )
  const subject = { type: 'deployment', name: model, version: environment }
  const told = { ...facts, ...next, reason }
  const { seq } = await record(context, tx, by, `deployment.${action}`, subject, told)
  const kept = { event_seq: seq, model, environment, action, state, reason, at }
  await sendLater(
    tx,
    tx.insertInto('registry_deployment_changes').values({ ...kept, by_actor: canonicalJson(by) }),
  )
  if (action === 'marked-good') {
    await keepMark(tx, {
      model,
      environment,
      at,
      event_seq: seq,
      ...(facts as { version: number }),
    })
  }
  return loadDeployment(tx, model, environment)
}

/** See `Deployments.rollback`; who may is judged before. */
export function rollBack(
  context: RegistryContext,
  tx: Transaction<RegistryTables>,
  wish: DeploymentWish,
): Promise<Deployment> {
  const { model, environment } = wish
  return changeDeployment(context, tx, wish, {
    action: 'rolled-back',
    async decide({ serving, marks }) {
      const back = rollbackOf(serving, marks)
      if (!back) {
        throw conflict(
          'registry.no-known-good',
          `nothing known to be good came before in ${environment}: deploy a version of ${model}`,
          { model, environment },
        )
      }
      // Not `use`: it served here and was let through then, as a rollback of stages is.
      await loadVersion(tx, model, back.to)
      await revokeMarks(tx, model, environment, back.suspects)
      return single(back.to)
    },
  })
}
