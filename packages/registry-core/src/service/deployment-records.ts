import type { Transaction } from 'kysely'
import { assertText } from '../model/arguments.ts'
import type { Deployment, Serving } from '../model/deployment.ts'
import type { KnownGood } from '../rules/deployments.ts'
import { rollbackOf } from '../rules/deployments.ts'
import type { DeploymentRow } from '../sql/lifecycle-tables.ts'
import type { RegistryTables } from '../sql/tables.ts'
import type { Db } from './context.ts'
import { notFound } from './context.ts'

/** @throws `not-found` `registry.no-deployment` */
export async function loadDeployment(
  db: Db,
  model: string,
  environment: string,
): Promise<Deployment> {
  const row = await deploymentRow(db, model, environment)
  if (row) return assembleDeployment(db, row)
  throw notFound(
    'registry.no-deployment',
    `nothing of ${model} was ever deployed in ${environment}`,
    { model, environment },
  )
}

export async function assembleDeployment(db: Db, row: DeploymentRow): Promise<Deployment> {
  const { model, environment, updated_at, revision } = row
  const serving = JSON.parse(row.state) as Serving
  const back = rollbackOf(serving, await marksOf(db, model, environment))
  return {
    model,
    environment,
    ...serving,
    ...(back && { rollbackTo: back.to }),
    updatedAt: updated_at,
    revision,
  }
}

export async function deploymentRow(db: Db, model: string, environment: string) {
  assertText(model, 'model')
  assertText(environment, 'environment')
  return db
    .selectFrom('registry_deployments')
    .selectAll()
    .where('model', '=', model)
    .where('environment', '=', environment)
    .executeTakeFirst()
}

/** Oldest first, without versions that were removed. */
export async function marksOf(db: Db, model: string, environment: string): Promise<KnownGood[]> {
  const rows = await db
    .selectFrom('registry_known_good as g')
    .innerJoin('registry_versions as v', (on) =>
      on.onRef('v.model', '=', 'g.model').onRef('v.version', '=', 'g.version'),
    )
    .select(['g.version', 'g.revoked'])
    .where('g.model', '=', model)
    .where('g.environment', '=', environment)
    .where('v.deleted_at', 'is', null)
    .orderBy('g.event_seq')
    .execute()
  return rows.map(({ version, revoked }) => ({ version, revoked: revoked === 1 }))
}

export async function keepMark(
  tx: Transaction<RegistryTables>,
  mark: { event_seq: number; model: string; environment: string; version: number; at: string },
): Promise<void> {
  await tx
    .deleteFrom('registry_known_good')
    .where('model', '=', mark.model)
    .where('environment', '=', mark.environment)
    .where('version', '=', mark.version)
    .execute()
  await tx
    .insertInto('registry_known_good')
    .values({ ...mark, revoked: 0 })
    .execute()
}

export async function revokeMarks(
  tx: Transaction<RegistryTables>,
  model: string,
  environment: string,
  versions: readonly number[],
): Promise<void> {
  if (versions.length === 0) return
  await tx
    .updateTable('registry_known_good')
    .set({ revoked: 1 })
    .where('model', '=', model)
    .where('environment', '=', environment)
    .where('version', 'in', versions)
    .execute()
}
