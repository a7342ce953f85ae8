import type { RetentionItem, RetentionPlan, RetentionPolicy, Use } from '../model/retention.ts'
import { matchesPattern } from '../rules/patterns.ts'
import type { Db, RegistryContext } from './context.ts'
import { usesOf } from './uses.ts'

/** What policies speak of. A version that several would let go is listed under the first. */
export async function planRetention(
  context: RegistryContext,
  db: Db,
  policies: readonly RetentionPolicy[],
): Promise<RetentionPlan> {
  const listed = new Map<string, RetentionItem>()
  for (const policy of policies) {
    const rows = await db
      .selectFrom('registry_versions')
      .select(['model', 'version'])
      .where('deleted_at', 'is', null)
      .where('stage', 'in', [...policy.stages])
      .where(ageColumn(policy), '<=', limitOf(context, policy))
      .orderBy('model')
      .orderBy('version')
      .execute()
    for (const { model, version } of rows) {
      const key = `${version} ${model}`
      if ((listed.get(key)?.keptBy.length ?? 1) === 0) continue
      const item = await itemOf(context, db, { model, version, policy })
      if (item) listed.set(key, item)
    }
  }
  const items = [...listed.values()]
  return {
    remove: items.filter(({ keptBy }) => keptBy.length === 0),
    keep: items.filter(({ keptBy }) => keptBy.length > 0),
  }
}

/** A version under a policy; undefined when the policy does not, or no longer, speak of it. */
export async function itemOf(
  context: RegistryContext,
  db: Db,
  {
    model,
    version,
    policy,
  }: { readonly model: string; readonly version: number; readonly policy: RetentionPolicy },
): Promise<RetentionItem | undefined> {
  if (!matchesPattern(policy.models ?? '*', model)) return undefined
  const row = await db
    .selectFrom('registry_versions')
    .select(['semver', 'stage', 'created_at', 'updated_at'])
    .where('model', '=', model)
    .where('version', '=', version)
    .where('deleted_at', 'is', null)
    .where('stage', 'in', [...policy.stages])
    .where(ageColumn(policy), '<=', limitOf(context, policy))
    .executeTakeFirst()
  if (!row) return undefined
  const { semver, stage } = row
  const keptBy: Use[] = await usesOf(context, db, { model, version, stage })
  if (await isAmongNewest(db, { model, version, policy })) {
    const message = `it is one of the newest ${policy.keepLast}`
    keptBy.push({ code: 'keep-last', message })
  }
  const ageMs = context.clock.now() - Date.parse(row[ageColumn(policy)])
  return { model, version, semver, stage, policy: policy.name, ageMs, keptBy }
}

function ageColumn({ since = 'changed' }: RetentionPolicy): 'updated_at' | 'created_at' {
  return since === 'changed' ? 'updated_at' : 'created_at'
}

function limitOf({ clock }: RegistryContext, { olderThanMs }: RetentionPolicy): string {
  return new Date(Math.max(0, clock.now() - olderThanMs)).toISOString()
}

async function isAmongNewest(
  db: Db,
  { model, version, policy }: { model: string; version: number; policy: RetentionPolicy },
): Promise<boolean> {
  const { keepLast = 0, stages } = policy
  if (keepLast === 0) return false
  const rows = await db
    .selectFrom('registry_versions')
    .select('version')
    .where('model', '=', model)
    .where('deleted_at', 'is', null)
    .where('stage', 'in', [...stages])
    .orderBy('version', 'desc')
    .limit(keepLast)
    .execute()
  return rows.some((row) => row.version === version)
}
