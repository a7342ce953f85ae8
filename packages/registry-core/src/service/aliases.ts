import type { Actor } from '@mlops/core'
import { isoTime } from '@mlops/core'
import { parseWith } from '@mlops/core/schema'
import { sendLater } from '@mlops/store'
import type { Transaction } from 'kysely'
import type { ModelVersion } from '../model/model-version.ts'
import { aliasCommandSchema } from '../model/model-version.ts'
import { aliasSchema } from '../model/names.ts'
import { assertMayMove } from '../rules/protected-aliases.ts'
import type { RegistryTables } from '../sql/tables.ts'
import type { Db, RegistryContext } from './context.ts'
import {
  conflict,
  notFound,
  noVersion,
  record,
  versionSubject,
  versionsWithAliases,
  versionWithAliases,
} from './context.ts'
import { compareCodePoints, inChunks } from './tracking/keyed-texts.ts'

export interface AliasCommand {
  readonly model: string
  readonly alias: string
  /** Refuse when the alias points elsewhere meanwhile; `null`: when it exists at all. */
  readonly expectedVersion?: number | null
  readonly by: Actor
}

export interface Aliases {
  /**
   * Points an alias to a version, in one step: readers see the old one or the new one.
   *
   * @throws `not-found` `registry.no-version`, `conflict` `registry.alias-moved`, `invalid`
   *   `registry.invalid-alias`; `denied` `registry.alias-protected` with what is missing.
   */
  move(command: AliasCommand & { readonly version: number }): Promise<ModelVersion>
  /**
   * Removes it; absent is no error.
   *
   * @throws `conflict` `registry.alias-moved`, `denied` `registry.alias-protected`
   */
  remove(command: AliasCommand): Promise<void>
  /** The version that it points to. @throws `not-found` `registry.no-alias` */
  resolve(model: string, alias: string): Promise<ModelVersion>
  /** All aliases of several models. */
  list(
    models: readonly string[],
  ): Promise<
    readonly { readonly model: string; readonly alias: string; readonly version: number }[]
  >
}

export function createAliases(context: RegistryContext): Aliases {
  const { db, rules } = context

  function assertExpected(
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

  const parse = (command: AliasCommand) => {
    const { by, model, alias, ...rest } = command
    const told = { code: 'registry.invalid-alias', what: 'the alias' }
    parseWith(aliasSchema, alias, told)
    const { expectedVersion } = { ...rest }
    return parseWith(
      aliasCommandSchema,
      { by, model, alias, ...(expectedVersion !== undefined && { expectedVersion }) },
      told,
    ) as AliasCommand
  }

  return {
    async move({ version: number, ...command }) {
      const { model, alias, by, ...rest } = parse(command)
      return db.transaction(async (tx) => {
        const row = await versionsWithAliases(tx)
          .leftJoin('registry_aliases as wanted', (on) =>
            on.onRef('wanted.model', '=', 'v.model').on('wanted.alias', '=', alias),
          )
          .select('wanted.version as pointed')
          .where('v.model', '=', model)
          .where('v.version', '=', number)
          .executeTakeFirst()
        if (!row) throw noVersion(model, number)
        const { pointed, ...kept } = row
        const version = versionWithAliases(kept)
        const from = pointed ?? undefined
        assertExpected({ model, alias, by, ...rest }, from)
        if (from === number) return version
        assertMayMove(rules.protectedAliases, { model, alias, by, approved: false })
        await pointAlias(context, tx, { model, alias, version: number, from, by })
        return { ...version, aliases: [...version.aliases, alias].sort(compareCodePoints) }
      })
    },
    async remove(command) {
      const { model, alias, by, ...rest } = parse(command)
      await db.transaction(async (tx) => {
        const from = await pointsTo(tx, model, alias)
        assertExpected({ model, alias, by, ...rest }, from)
        if (from === undefined) return
        assertMayMove(rules.protectedAliases, { model, alias, by, approved: false })
        await dropAlias(context, tx, { model, alias, from, by })
      })
    },
    async resolve(model, alias) {
      const row = await versionsWithAliases(db.query)
        .innerJoin('registry_aliases as wanted', (on) =>
          on.onRef('wanted.model', '=', 'v.model').onRef('wanted.version', '=', 'v.version'),
        )
        .where('wanted.model', '=', model)
        .where('wanted.alias', '=', alias)
        .executeTakeFirst()
      if (row) return versionWithAliases(row)
      throw notFound('registry.no-alias', `model ${model} has no alias ${alias}`, { model, alias })
    },
    list: (models) =>
      inChunks(models, (some) =>
        db.query
          .selectFrom('registry_aliases')
          .select(['model', 'alias', 'version'])
          .where('model', 'in', some)
          .orderBy('model')
          .orderBy('alias')
          .execute(),
      ),
  }
}

interface AliasChange {
  readonly model: string
  readonly alias: string
  readonly by: Actor
  /** The request that was approved for it. */
  readonly request?: string
}

export async function pointAlias(
  context: RegistryContext,
  tx: Transaction<RegistryTables>,
  change: AliasChange & { readonly version: number; readonly from: number | undefined },
): Promise<void> {
  const { model, alias, version, from, by, request } = change
  const moved = { version, moved_at: isoTime(context.clock) }
  await sendLater(
    tx,
    tx
      .insertInto('registry_aliases')
      .values({ model, alias, ...moved })
      .onConflict((key) => key.columns(['model', 'alias']).doUpdateSet(moved)),
  )
  await record(context, tx, by, 'alias.moved', versionSubject(model, version), {
    alias,
    from: from ?? null,
    ...(request !== undefined && { request }),
  })
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
