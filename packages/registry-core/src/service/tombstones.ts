import type { Db } from './context.ts'

/** Removed versions of a model, newest number first, with what is known of their collection. */
export async function tombstoneRows(
  db: Db,
  model: string,
  scope: { version?: number; limit?: number; before?: number | undefined },
) {
  let select = db
    .selectFrom('registry_versions as v')
    .leftJoin('registry_collected as c', (on) =>
      on.onRef('c.model', '=', 'v.model').onRef('c.version', '=', 'v.version'),
    )
    .select(['v.version', 'v.semver', 'v.stage', 'v.deleted_at', 'v.revision'])
    .select(['c.manifest', 'c.collected_at'])
    .where('v.model', '=', model)
    .where('v.deleted_at', 'is not', null)
  if (scope.version !== undefined) select = select.where('v.version', '=', scope.version)
  if (scope.before !== undefined) select = select.where('v.version', '<', scope.before)
  return select
    .orderBy('v.version', 'desc')
    .limit(scope.limit ?? 1)
    .execute()
}
