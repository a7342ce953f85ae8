import type { Actor } from '@mlops/core'
import { canonicalJson, isoTime } from '@mlops/core'
import { parseWith } from '@mlops/core/schema'
import { expectRevision } from '@mlops/store'
import type { Transaction } from 'kysely'
import type {
  Deployment,
  DeploymentAction,
  DeploymentCommand,
  DeployVersion,
  Serving,
  SetCanary,
  SplitTraffic,
} from '../model/deployment.ts'
import {
  canarySchema,
  deploymentCommandSchema,
  deployVersionSchema,
  splitSchema,
} from '../model/deployment.ts'
import type { KnownGood } from '../rules/deployments.ts'
import {
  aborted,
  assertDeployable,
  NOTHING,
  promotedCanary,
  rollbackOf,
  single,
  splitOf,
  switched,
  withCanary,
  withStandby,
} from '../rules/deployments.ts'
import type { RegistryTables } from '../sql/tables.ts'
import type { RegistryContext } from './context.ts'
import { conflict, loadVersion, record } from './context.ts'
import type { DeploymentReads } from './deployment-reads.ts'
import { createDeploymentReads } from './deployment-reads.ts'
import {
  deploymentRow,
  keepMark,
  loadDeployment,
  marksOf,
  revokeMarks,
} from './deployment-records.ts'

export interface Deployments extends DeploymentReads {
  /**
   * All traffic of an environment to one version.
   *
   * @throws `not-found` `registry.no-version`; `conflict` `registry.stage-not-deployable`,
   *   `store.revision-conflict`; `invalid` `registry.invalid-deployment`,
   *   `registry.unknown-environment`. The others throw these, too.
   */
  deploy(command: DeployVersion): Promise<Deployment>
  /** Gives a canary its part, or another one. @throws `conflict` `registry.deployment-state` */
  canary(command: SetCanary): Promise<Deployment>
  /** All traffic to the canary. @throws `conflict` `registry.deployment-state` */
  promoteCanary(command: DeploymentCommand): Promise<Deployment>
  /** Any number of versions. @throws `invalid` `registry.invalid-weights` */
  split(command: SplitTraffic): Promise<Deployment>
  /** Blue/green: a version that is up without traffic. @throws `conflict` `registry.deployment-state` */
  standBy(command: DeployVersion): Promise<Deployment>
  /** Blue/green: traffic and standby change places. @throws `conflict` `registry.deployment-state` */
  switchOver(command: DeploymentCommand): Promise<Deployment>
  /** Ends the canary or the standby; the stable version serves alone. */
  abort(command: DeploymentCommand): Promise<Deployment>
  /**
   * Says that a version works where it serves: a place that a rollback may lead to.
   *
   * @throws `conflict` `registry.not-serving`
   */
  markGood(command: DeployVersion): Promise<Deployment>
  /**
   * All traffic to the version last known to be good, in one step. What is rolled back from is no
   * longer known to be good, so that a second rollback goes further back.
   *
   * @throws `conflict` `registry.no-known-good`
   */
  rollback(command: DeploymentCommand): Promise<Deployment>
  /** Takes everything down; the history stays. */
  retire(command: DeploymentCommand): Promise<Deployment>
}

const told = { code: 'registry.invalid-deployment', what: 'the deployment' }

interface Change {
  readonly model: string
  readonly environment: string
  readonly reason: string
  readonly expectedRevision?: number
  readonly by: Actor
}

interface Scope {
  readonly tx: Transaction<RegistryTables>
  readonly serving: Serving
  readonly marks: readonly KnownGood[]
  /** Checks a version that is to serve. */
  use(version: number): Promise<void>
}

export function createDeployments(context: RegistryContext): Deployments {
  const { db, clock, rules } = context

  /** Reads what serves, decides, writes and records, in one transaction. */
  async function change(
    command: Change,
    action: DeploymentAction,
    decide: (scope: Scope) => Serving | Promise<Serving>,
    facts: object = {},
  ): Promise<Deployment> {
    const { model, environment, reason, expectedRevision, by } = command
    return db.transaction(async (tx) => {
      const row = await deploymentRow(tx, model, environment)
      const what = `the deployment of ${model} in ${environment}`
      expectRevision(what, { expected: expectedRevision, actual: row?.revision ?? 0 })
      const serving = row ? (JSON.parse(row.state) as Serving) : NOTHING
      const marks = await marksOf(tx, model, environment)
      const use = async (version: number) =>
        assertDeployable(rules.environments, environment, await loadVersion(tx, model, version))
      const next = await decide({ tx, serving, marks, use })
      const at = isoTime(clock)
      const state = canonicalJson(next)
      const set = { state, updated_at: at, revision: (row?.revision ?? 0) + 1 }
      await tx
        .insertInto('registry_deployments')
        .values({ model, environment, ...set })
        .onConflict((key) => key.columns(['model', 'environment']).doUpdateSet(set))
        .execute()
      const subject = { type: 'deployment', name: model, version: environment }
      const told = { ...facts, ...next, reason }
      const { seq } = await record(context, tx, by, `deployment.${action}`, subject, told)
      const kept = { event_seq: seq, model, environment, action, state, reason, at }
      await tx
        .insertInto('registry_deployment_changes')
        .values({ ...kept, by_actor: canonicalJson(by) })
        .execute()
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
    })
  }

  return {
    async deploy(command) {
      const wanted = parseWith(deployVersionSchema, command, told)
      return change(wanted, 'deployed', async ({ use }) => {
        await use(wanted.version)
        return single(wanted.version)
      })
    },
    async canary(command) {
      const { version, weight, ...wanted } = parseWith(canarySchema, command, told)
      return change(wanted, 'canary-set', async ({ serving, use }) => {
        await use(version)
        return withCanary(serving, version, weight)
      })
    },
    async promoteCanary(command) {
      const wanted = parseWith(deploymentCommandSchema, command, told)
      return change(wanted, 'canary-promoted', async ({ serving, use }) => {
        const next = promotedCanary(serving)
        await use(next.shares[0]!.version)
        return next
      })
    },
    async split(command) {
      const { shares, ...wanted } = parseWith(splitSchema, command, told)
      const next = splitOf(shares)
      return change(wanted, 'split', async ({ use }) => {
        for (const { version } of shares) await use(version)
        return next
      })
    },
    async standBy(command) {
      const { version, ...wanted } = parseWith(deployVersionSchema, command, told)
      return change(wanted, 'standby-set', async ({ serving, use }) => {
        await use(version)
        return withStandby(serving, version)
      })
    },
    async switchOver(command) {
      const wanted = parseWith(deploymentCommandSchema, command, told)
      return change(wanted, 'switched', async ({ serving, use }) => {
        const next = switched(serving)
        await use(next.shares[0]!.version)
        return next
      })
    },
    async abort(command) {
      const wanted = parseWith(deploymentCommandSchema, command, told)
      return change(wanted, 'aborted', ({ serving }) => aborted(serving))
    },
    async markGood(command) {
      const { version, ...wanted } = parseWith(deployVersionSchema, command, told)
      const decide = ({ serving }: Scope) => {
        if (serving.shares.some((share) => share.version === version)) return serving
        throw conflict(
          'registry.not-serving',
          `version ${version} of ${wanted.model} does not serve in ${wanted.environment}`,
          { version, shares: serving.shares },
        )
      }
      return change(wanted, 'marked-good', decide, { version })
    },
    async rollback(command) {
      const wanted = parseWith(deploymentCommandSchema, command, told)
      const { model, environment } = wanted
      return change(wanted, 'rolled-back', async ({ tx, serving, marks }) => {
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
      })
    },
    async retire(command) {
      const wanted = parseWith(deploymentCommandSchema, command, told)
      return change(wanted, 'retired', () => NOTHING)
    },
    ...createDeploymentReads(context),
  }
}
