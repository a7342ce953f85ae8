import { sendLater } from '@mlops/store'
import type { Kysely, Transaction } from 'kysely'
import { sql } from 'kysely'
import type { RegistryTables } from '../../sql/tables.ts'
import type { Db } from '../context.ts'
import { conflict, notFound } from '../context.ts'

/** Rows per statement: under the parameter limits of both databases. */
const BATCH = 500

type TextTable =
  | 'registry_experiment_tags'
  | 'registry_params'
  | 'registry_run_tags'
  | 'registry_logged_model_params'
  | 'registry_logged_model_tags'
  | 'registry_evaluation_tags'
  | 'registry_trace_tags'
  | 'registry_trace_metadata'
type Owner = string | number
type Texts = Readonly<Record<string, string>>

// One shape for all of these tables: who owns it, a key, a value.
// biome-ignore lint/suspicious/noExplicitAny: the owner's column differs by table
const loose = (db: Db) => db as unknown as Kysely<any>

/** Sets or replaces texts under their keys. */
export function upsertTexts(
  tx: Transaction<RegistryTables>,
  table: TextTable,
  column: string,
  owner: Owner,
  texts: Texts,
): Promise<void> {
  return upsertTextsOf(tx, table, column, [[owner, texts]])
}

/** The same for several owners, each named once. */
export async function upsertTextsOf(
  tx: Transaction<RegistryTables>,
  table: TextTable,
  column: string,
  owned: readonly (readonly [Owner, Texts])[],
): Promise<void> {
  const rows = owned.flatMap(([owner, texts]) =>
    Object.entries(texts).map(([key, value]) => ({ [column]: owner, key, value })),
  )
  for (let i = 0; i < rows.length; i += BATCH) {
    await sendLater(
      tx,
      loose(tx)
        .insertInto(table)
        .values(rows.slice(i, i + BATCH))
        .onConflict((at) =>
          at.columns([column, 'key']).doUpdateSet({ value: sql.ref('excluded.value') }),
        ),
    )
  }
}

/** Adds texts that may be written once. @throws `conflict` `registry.param-exists` */
export async function insertOnce(
  tx: Transaction<RegistryTables>,
  table: TextTable,
  column: string,
  owner: Owner,
  texts: Texts,
): Promise<void> {
  const keys = Object.keys(texts)
  if (keys.length === 0) return
  const known = (await textsOf(tx, table, column, [owner])).get(owner) ?? {}
  const fresh: Record<string, unknown>[] = []
  for (const key of keys) {
    const value = Object.hasOwn(known, key) ? known[key] : undefined
    if (value === undefined) fresh.push({ [column]: owner, key, value: texts[key]! })
    else if (value !== texts[key]) {
      throw conflict(
        'registry.param-exists',
        `param ${key} of ${owner} is '${value}' and stays so`,
        {
          run: owner,
          key,
          value,
          refused: texts[key],
        },
      )
    }
  }
  for (let i = 0; i < fresh.length; i += BATCH) {
    await sendLater(
      tx,
      loose(tx)
        .insertInto(table)
        .values(fresh.slice(i, i + BATCH)),
    )
  }
}

/** @throws `not-found` `registry.no-tag` */
export async function deleteTags(
  tx: Transaction<RegistryTables>,
  table: TextTable,
  column: string,
  owner: Owner,
  keys: readonly string[],
): Promise<void> {
  for (const key of keys) {
    const { numDeletedRows } = await loose(tx)
      .deleteFrom(table)
      .where(column, '=', owner)
      .where('key', '=', key)
      .executeTakeFirst()
    if (numDeletedRows === 0n) {
      throw notFound('registry.no-tag', `${owner} has no tag ${key}`, { owner, key })
    }
  }
}

/** The texts of several owners, in one go. */
export async function textsOf<Id extends Owner>(
  db: Db,
  table: TextTable,
  column: string,
  owners: readonly Id[],
): Promise<ReadonlyMap<Id, Texts>> {
  const rows = await inChunks(owners, (some) =>
    loose(db)
      .selectFrom(table)
      .select([`${column} as owner`, 'key', 'value'])
      .where(column, 'in', some)
      .orderBy('key')
      .execute(),
  )
  const byOwner = new Map<Id, [string, string][]>()
  for (const { owner, key, value } of rows as { owner: Id; key: string; value: string }[]) {
    const entries = byOwner.get(owner)
    if (entries) entries.push([key, value])
    else byOwner.set(owner, [[key, value]])
  }
  return new Map([...byOwner].map(([owner, entries]) => [owner, texts(entries)]))
}

/** Object.fromEntries makes own properties of any key, `__proto__` among them. */
function texts(entries: readonly (readonly [string, string])[]): Texts {
  return Object.fromEntries(entries)
}

/** By code point, as the databases sort texts. */
export function byKey(
  [a]: readonly [string, ...unknown[]],
  [b]: readonly [string, ...unknown[]],
): number {
  return compareCodePoints(a, b)
}

/** Code units do not sort as code points do: surrogates stand before the last of the basic plane. */
export function compareCodePoints(a: string, b: string): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x === y) continue
    const high = isSurrogate(x)
    return high === isSurrogate(y) ? x - y : high ? 1 : -1
  }
  return a.length - b.length
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff
}

/** Asks for a long list in parts. */
export async function inChunks<Item, Row>(
  items: readonly Item[],
  ask: (some: readonly Item[]) => Promise<readonly Row[]>,
): Promise<Row[]> {
  const rows: Row[] = []
  for (let i = 0; i < items.length; i += BATCH) {
    for (const row of await ask(items.slice(i, i + BATCH))) rows.push(row)
  }
  return rows
}
