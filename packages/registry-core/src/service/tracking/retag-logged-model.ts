import type { Actor } from '@mlops/core'
import { parseWith } from '@mlops/core/schema'
import type { Transaction } from 'kysely'
import { tagsSchema } from '../../model/names.ts'
import type { RegistryTables } from '../../sql/tables.ts'
import type { RegistryContext } from '../context.ts'
import { record } from '../context.ts'
import { textsOf, upsertTexts } from './keyed-texts.ts'
import { loadLoggedModel } from './logged-model-records.ts'

type Tags = Readonly<Record<string, string>>

/** Sets tags that depend on the ones it has. @throws `not-found` `registry.no-logged-model` */
export async function retagLoggedModel(
  context: RegistryContext,
  tx: Transaction<RegistryTables>,
  id: string,
  { retag, at, by }: { retag: (tags: Tags) => Tags; at: string; by: Actor },
): Promise<void> {
  await loadLoggedModel(tx, id)
  const table = 'registry_logged_model_tags'
  const known = (await textsOf(tx, table, 'model', [id])).get(id) ?? {}
  const tags = parseWith(tagsSchema, retag(known), {
    code: 'registry.invalid-logged-model',
    what: 'the tags',
  })
  await upsertTexts(tx, table, 'model', id, tags)
  const set = { updated_at: at }
  await tx.updateTable('registry_logged_models').set(set).where('id', '=', id).execute()
  const facts = { tags: Object.keys(tags) }
  await record(context, tx, by, 'logged-model.changed', { type: 'logged-model', name: id }, facts)
}
