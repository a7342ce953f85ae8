import { parseWith } from '@mlops/core/schema'
import { planOnce } from '@mlops/store'
import { assertText, assertTexts } from '../model/arguments.ts'
import type { ModelVersion } from '../model/model-version.ts'
import { aliasCommandSchema, moveAliasSchema } from '../model/model-version.ts'
import { assertMayMove } from '../rules/protected-aliases.ts'
import { createAliasMoves } from './alias-moves.ts'
import type { AliasCommand } from './alias-records.ts'
import { assertExpected, dropAlias, pointsTo } from './alias-records.ts'
import type { RegistryContext } from './context.ts'
import { notFound, versionsWithAliases, versionWithAliases } from './context.ts'
import { inChunks } from './tracking/keyed-texts.ts'

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

const told = { code: 'registry.invalid-alias', what: 'the alias' }

export function createAliases(context: RegistryContext): Aliases {
  const { db, rules } = context
  const moveAlias = createAliasMoves(context)

  return {
    async move(command) {
      return moveAlias(parseWith(moveAliasSchema, command, told))
    },
    async remove(command) {
      const { model, alias, by, ...rest } = parseWith(aliasCommandSchema, command, told)
      await db.transaction(async (tx) => {
        const from = await pointsTo(tx, model, alias)
        assertExpected({ model, alias, by, ...rest }, from)
        if (from === undefined) return
        assertMayMove(rules.protectedAliases, { model, alias, by, approved: false })
        await dropAlias(context, tx, { model, alias, from, by })
      })
    },
    async resolve(model, alias) {
      assertText(model, 'model')
      assertText(alias, 'alias')
      const query = versionsWithAliases(db.query)
        .where('v.model', '=', model)
        .where('v.version', '=', ({ selectFrom }) =>
          selectFrom('registry_aliases')
            .select('version')
            .where('model', '=', model)
            .where('alias', '=', alias),
        )
      const [row] = (await db.query.executeQuery(planOnce(query.compile()))).rows
      if (row) return versionWithAliases(row)
      throw notFound('registry.no-alias', `model ${model} has no alias ${alias}`, { model, alias })
    },
    async list(models) {
      assertTexts(models, 'models')
      return inChunks(models, (some) =>
        db.query
          .selectFrom('registry_aliases')
          .select(['model', 'alias', 'version'])
          .where('model', 'in', some)
          .orderBy('model')
          .orderBy('alias')
          .execute(),
      )
    },
  }
}
