import { isoTime } from '@mlops/core'
import type { Serving } from '../model/deployment.ts'
import type { Use } from '../model/retention.ts'
import { rollbackOf } from '../rules/deployments.ts'
import { protectionsOf } from '../rules/protected-aliases.ts'
import { previousProduction } from '../rules/stages.ts'
import type { Db, RegistryContext } from './context.ts'
import { conflict } from './context.ts'
import { marksOf } from './deployment-records.ts'
import { changesOf } from './stage-changes.ts'

interface VersionKey {
  readonly model: string
  readonly version: number
}

/** Everything that a version is needed for; empty when it may go. */
export async function usesOf(
  context: RegistryContext,
  db: Db,
  { model, version, stage }: VersionKey & { readonly stage: string },
): Promise<Use[]> {
  const { stages } = context
  const uses: Use[] = []
  if (stage === stages.production) {
    uses.push({ code: 'production', message: `it is in ${stages.production}` })
  }
  const line = previousProduction(await changesOf(db, model), stages)
  if (line?.previous === version) {
    uses.push({ code: 'rollback-target', message: `a rollback of ${model} leads to it` })
  }
  for (const alias of await aliasesOf(db, { model, version })) {
    uses.push({ code: 'alias', message: `alias ${alias}` })
  }
  const requests = await db
    .selectFrom('registry_approvals')
    .select('id')
    .where('model', '=', model)
    .where('version', '=', version)
    .where('status', 'in', ['proposed', 'approved'])
    .where('expires_at', '>', isoTime(context.clock))
    .execute()
  for (const { id } of requests) {
    uses.push({ code: 'approval', message: `request ${id} is open` })
  }
  return [...uses, ...(await strongUsesOf(context, db, { model, version }))]
}

/**
 * Refuses to remove what others need or what is protected. Plain aliases and stages do not stand in
 * the way of somebody who removes a version on purpose.
 *
 * @throws `conflict` `registry.version-in-use`
 */
export async function assertRemovable(
  context: RegistryContext,
  db: Db,
  { model, version }: VersionKey,
): Promise<void> {
  const rules = context.rules.protectedAliases
  const guarded = (await aliasesOf(db, { model, version })).filter(
    (alias) => protectionsOf(rules, { model, alias }).length > 0,
  )
  const uses: Use[] = [
    ...guarded.map((alias) => ({ code: 'alias' as const, message: `protected alias ${alias}` })),
    ...(await strongUsesOf(context, db, { model, version })),
  ]
  if (uses.length === 0) return
  throw conflict(
    'registry.version-in-use',
    `version ${version} of ${model} is in use (${uses.map(({ message }) => message).join('; ')}): end that first`,
    { model, version, uses },
  )
}

/** Holds on a version or its model that are in force. */
export async function holdsOn(
  { clock }: RegistryContext,
  db: Db,
  { model, version }: VersionKey,
): Promise<Use[]> {
  const rows = await db
    .selectFrom('registry_holds')
    .select(['id', 'reason'])
    .where('model', '=', model)
    .where('version', 'in', [0, version])
    .where((on) => on.or([on('until', 'is', null), on('until', '>', isoTime(clock))]))
    .orderBy('placed_at')
    .execute()
  return rows.map(({ id, reason }) => ({ code: 'hold', message: `hold ${id}: ${reason}` }))
}

async function strongUsesOf(context: RegistryContext, db: Db, key: VersionKey): Promise<Use[]> {
  return [
    ...(await deploymentsOf(db, key)),
    ...(await holdsOn(context, db, key)),
    ...(await dependentsOf(db, key)),
  ]
}

async function aliasesOf(db: Db, { model, version }: VersionKey): Promise<string[]> {
  const rows = await db
    .selectFrom('registry_aliases')
    .select('alias')
    .where('model', '=', model)
    .where('version', '=', version)
    .orderBy('alias')
    .execute()
  return rows.map(({ alias }) => alias)
}

async function deploymentsOf(db: Db, { model, version }: VersionKey): Promise<Use[]> {
  const rows = await db
    .selectFrom('registry_deployments')
    .select(['environment', 'state'])
    .where('model', '=', model)
    .orderBy('environment')
    .execute()
  const uses: Use[] = []
  for (const { environment, state } of rows) {
    const serving = JSON.parse(state) as Serving
    const serves = serving.shares.some((share) => share.version === version)
    if (serves || serving.standby === version) {
      const how = serves ? 'serves' : 'stands by'
      uses.push({ code: 'deployment', message: `it ${how} in ${environment}` })
    } else if (serving.strategy !== 'none') {
      const back = rollbackOf(serving, await marksOf(db, model, environment))
      if (back?.to === version) {
        const message = `a rollback in ${environment} leads to it`
        uses.push({ code: 'rollback-target', message })
      }
    }
  }
  return uses
}

async function dependentsOf(db: Db, { model, version }: VersionKey): Promise<Use[]> {
  const rows = await db
    .selectFrom('registry_versions')
    .select(['model', 'version', 'depends_on'])
    .where('deleted_at', 'is', null)
    .where('depends_on', '<>', '[]')
    .execute()
  return rows
    .filter(({ depends_on }) =>
      (JSON.parse(depends_on) as VersionKey[]).some(
        (other) => other.model === model && other.version === version,
      ),
    )
    .map((row) => ({
      code: 'dependency',
      message: `version ${row.version} of ${row.model} depends on it`,
    }))
}
