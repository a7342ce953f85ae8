import type { Actor } from '@mlops/core'
import { canonicalJson, isoTime } from '@mlops/core'
import { sendLater } from '@mlops/store'
import type { Transaction } from 'kysely'
import type { RegistryTables } from '../sql/tables.ts'
import type { Db, RegistryContext } from './context.ts'
import { conflict, record, versionSubject } from './context.ts'

export interface AliasCommand {
  readonly model: string
  readonly alias: string
  /** Refuse when the alias points elsewhere meanwhile; `null`: when it exists at all. */
  readonly expectedVersion?: number | null | undefined
  readonly by: Actor
}

/** @throws `conflict` `registry.alias-moved` */
export function assertExpected(
  { model, alias, expectedVersion: expected }: AliasCommand,
  current: number | undefined,
): void {
  if (expected === undefined || expected === (current ?? null)) return
  throw conflict(
    'registry.alias-moved',
    `alias ${alias} of ${model} points to ${current ?? 'nothing'}, not to ${expected ?? 'nothing'}`,
    { alias, expected, actual: current ?? null },
  )
}

interface AliasChange {
  readonly model: string
  readonly alias: string
  readonly by: Actor
  /** The request that was approved for it. */
  readonly request?: string
}

/** Points aliases to versions, in order. */
export async function pointAliases(
  context: RegistryContext,
  tx: Transaction<RegistryTables>,
  changes: readonly (AliasChange & {
    readonly version: number
    readonly from: number | undefined
  })[],
): Promise<void> {
  if (changes.length === 0) return
  const at = isoTime(context.clock)
  const last = new Map(
    changes.map((change) => [canonicalJson([change.model, change.alias]), change]),
  )
  const rows = [...last.values()].map(({ model, alias, version }) => ({
    model,
    alias,
    version,
    moved_at: at,
  }))
  await sendLater(
    tx,
    tx
      .insertInto('registry_aliases')
      .values(rows)
      .onConflict((key) =>
        key.columns(['model', 'alias']).doUpdateSet((is) => ({
          version: is.ref('excluded.version'),
          moved_at: is.ref('excluded.moved_at'),
        })),
      ),
  )
  await context.log.append(
    tx,
    changes.map(({ model, alias, version, from, by, request }) => ({
      actor: by,
      action: 'alias.moved',
      subject: versionSubject(model, version),
      data: { alias, from: from ?? null, ...(request !== undefined && { request }) },
    })),
  )
}

export async function dropAlias(
  context: RegistryContext,
  tx: Transaction<RegistryTables>,
  { model, alias, from, by, request }: AliasChange & { readonly from: number },
): Promise<void> {
  await sendLater(
    tx,
    tx.deleteFrom('registry_aliases').where('model', '=', model).where('alias', '=', alias),
  )
  await record(context, tx, by, 'alias.removed', versionSubject(model, from), {
    alias,
    ...(request !== undefined && { request }),
  })
}

export async function pointsTo(db: Db, model: string, alias: string): Promise<number | undefined> {
  const row = await db
    .selectFrom('registry_aliases')
    .select('version')
    .where('model', '=', model)
    .where('alias', '=', alias)
    .executeTakeFirst()
  return row?.version
}
