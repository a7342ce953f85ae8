import type { StageChange } from '../rules/stages.ts'
import type { Db } from './context.ts'

/** The recorded stage changes of a model's versions, oldest first. */
export async function changesOf(db: Db, model: string): Promise<StageChange[]> {
  const rows = await db
    .selectFrom('registry_stage_changes as c')
    .innerJoin('registry_versions as v', (on) =>
      on.onRef('v.model', '=', 'c.model').onRef('v.version', '=', 'c.version'),
    )
    .selectAll('c')
    .where('c.model', '=', model)
    .where('v.deleted_at', 'is', null)
    .orderBy('c.event_seq')
    .execute()
  return rows.map(({ version, from_stage, to_stage, kind }) => ({
    version,
    from: from_stage,
    to: to_stage,
    kind: kind as StageChange['kind'],
  }))
}
