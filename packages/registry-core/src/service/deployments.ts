import { parseWith } from '@mlops/core/schema'
import type {
  Deployment,
  DeploymentAction,
  DeploymentCommand,
  DeployVersion,
  SetCanary,
  SplitTraffic,
} from '../model/deployment.ts'
import {
  canarySchema,
  deploymentCommandSchema,
  deployVersionSchema,
  splitSchema,
} from '../model/deployment.ts'
import { denied } from '../rules/approvals.ts'
import {
  aborted,
  NOTHING,
  promotedCanary,
  rollbackRule,
  single,
  splitOf,
  switched,
  withCanary,
  withStandby,
} from '../rules/deployments.ts'
import type { RegistryContext } from './context.ts'
import { conflict } from './context.ts'
import type { Decision, DeploymentScope, DeploymentWish } from './deployment-change.ts'
import { changeDeployment, rollBack } from './deployment-change.ts'
import type { DeploymentReads } from './deployment-reads.ts'
import { createDeploymentReads } from './deployment-reads.ts'

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
   * @throws `conflict` `registry.no-known-good`; `denied` `registry.approval-required` where the
   *   environment's `rollback` asks for approvals: then it is an approval's target.
   */
  rollback(command: DeploymentCommand): Promise<Deployment>
  /** Takes everything down; the history stays. */
  retire(command: DeploymentCommand): Promise<Deployment>
}

const told = { code: 'registry.invalid-deployment', what: 'the deployment' }

export function createDeployments(context: RegistryContext): Deployments {
  const { db, rules } = context

  const change = (
    command: DeploymentWish,
    action: DeploymentAction,
    decide: Decision,
    facts: object = {},
  ): Promise<Deployment> =>
    db.transaction((tx) => changeDeployment(context, tx, command, { action, decide, facts }))

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
      const decide = ({ serving }: DeploymentScope) => {
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
      if (rollbackRule(rules.environments, environment)) {
        throw denied(
          'registry.approval-required',
          `a rollback of ${model} in ${environment} needs an approved request: propose it`,
          { model, environment },
        )
      }
      return db.transaction((tx) => rollBack(context, tx, wanted))
    },
    async retire(command) {
      const wanted = parseWith(deploymentCommandSchema, command, told)
      return change(wanted, 'retired', () => NOTHING)
    },
    ...createDeploymentReads(context),
  }
}
