import { readLater } from '@mlops/store'
import type { Transaction } from 'kysely'
import type { ModelVersion } from '../model/model-version.ts'
import { assertMayMove } from '../rules/protected-aliases.ts'
import type { RegistryTables } from '../sql/tables.ts'
import type { AliasCommand } from './alias-records.ts'
import { assertExpected, pointAliases } from './alias-records.ts'
import type { RegistryContext } from './context.ts'
import { noVersion, versionsWithAliases, versionWithAliases } from './context.ts'
import type { Outcome } from './together.ts'
import { together } from './together.ts'
import { compareCodePoints } from './tracking/keyed-texts.ts'

export interface AliasMove extends AliasCommand {
  readonly version: number
}

type Tx = Transaction<RegistryTables>

/** Aliases that are moved together, at most. */
const MOST = 50

/** Moves aliases; those of a model that wait for the database at the same time in one transaction. */
export function createAliasMoves(context: RegistryContext) {
  const move = together<AliasMove, ModelVersion>(
    context,
    (tx, wanted) => moveAll(context, tx, wanted),
    { most: MOST },
  )
  return (wanted: AliasMove): Promise<ModelVersion> => move(wanted.model, wanted)
}

/** In order: each finds what those before it left. */
async function moveAll(
  context: RegistryContext,
  tx: Tx,
  wanted: readonly AliasMove[],
): Promise<readonly Outcome<ModelVersion>[]> {
  const { versions, pointed } = await known(tx, wanted)
  const moved: (AliasMove & { readonly from: number | undefined })[] = []
  const outcomes = wanted.map((command): Outcome<ModelVersion> => {
    const { model, alias, version: number, by } = command
    const version = versions.get(number)
    if (!version) return { error: noVersion(model, number) }
    const from = pointed.get(alias)
    try {
      assertExpected(command, from)
      if (from === number) return { result: version }
      assertMayMove(context.rules.protectedAliases, { model, alias, by, approved: false })
    } catch (error) {
      return { error }
    }
    moved.push({ ...command, from })
    pointed.set(alias, number)
    const before = from === undefined ? undefined : versions.get(from)
    if (before) {
      versions.set(from!, { ...before, aliases: before.aliases.filter((one) => one !== alias) })
    }
    const after = { ...version, aliases: [...version.aliases, alias].sort(compareCodePoints) }
    versions.set(number, after)
    return { result: after }
  })
  await pointAliases(context, tx, moved)
  return outcomes
}

/** The versions that are asked for, and where the aliases point. */
async function known(tx: Tx, wanted: readonly AliasMove[]) {
  const [{ model }] = wanted as [AliasMove]
  const pointed = new Map<string, number>()
  const aliases = tx
    .selectFrom('registry_aliases')
    .select(['alias', 'version'])
    .where('model', '=', model)
    .where('alias', 'in', [...new Set(wanted.map(({ alias }) => alias))])
  await readLater(tx, aliases, (rows) => {
    for (const { alias, version } of rows) pointed.set(alias, version)
  })
  const rows = await versionsWithAliases(tx)
    .where('v.model', '=', model)
    .where('v.version', 'in', [...new Set(wanted.map(({ version }) => version))])
    .execute()
  const versions = new Map(rows.map((row) => [row.version, versionWithAliases(row)]))
  return { versions, pointed }
}
