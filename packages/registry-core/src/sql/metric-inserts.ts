import { sendLater } from '@mlops/store'
import type { Transaction } from 'kysely'
import { CompiledQuery } from 'kysely'
import type { MetricPoint } from '../model/run.ts'
import { blocksOf } from './metric-blocks.ts'
import { metricToRow } from './rows.ts'
import type { RegistryTables } from './tables.ts'

type Dialect = 'sqlite' | 'postgres'

/** An insert of many rows that have their run in common. */
interface Insert {
  readonly table: string
  /** But for the run, with their types on PostgreSQL. */
  readonly columns: Readonly<Record<string, string>>
  readonly onConflict: string
}

/** Rows a statement on SQLite: few sizes, so that each is prepared once. */
const SIZES = [500, 50, 5, 1] as const

const BLOCKS: Insert = {
  table: 'registry_metric_blocks',
  columns: { key: 'text', first_step: 'bigint', first_at: 'text', points: 'text' },
  onConflict: '',
}

/** The latest stays unless the new one `isLater`; NaN is null there. */
const LATEST: Insert = {
  table: 'registry_latest_metrics',
  columns: { key: 'text', step: 'bigint', at: 'text', value_text: 'text', value: 'float8' },
  onConflict: `on conflict (run, key) do update set step = excluded.step, at = excluded.at, value_text = excluded.value_text, value = excluded.value
    where excluded.step > registry_latest_metrics.step or (excluded.step = registry_latest_metrics.step and (
      excluded.at > registry_latest_metrics.at or (excluded.at = registry_latest_metrics.at and (
        excluded.value > registry_latest_metrics.value
        or (registry_latest_metrics.value is null and excluded.value is not null)))))`,
}

/** Keeps points of a run. The same point may be kept twice: histories tell it once. */
export async function insertPoints(
  tx: Transaction<RegistryTables>,
  dialect: Dialect,
  run: string,
  points: readonly MetricPoint[],
): Promise<void> {
  const rows = blocksOf(points).map(({ key, first_step, first_at, points: text }) => [
    key,
    first_step,
    first_at,
    text,
  ])
  await insertRows(tx, dialect, BLOCKS, run, rows)
}

/** Replaces the latest points of a run by those of its keys that are later. One of each key. */
export async function upsertLatest(
  tx: Transaction<RegistryTables>,
  dialect: Dialect,
  run: string,
  points: readonly MetricPoint[],
): Promise<void> {
  const rows = points.map((point) => {
    const { key, step, at, value_text, value } = metricToRow(run, point)
    return [key, step, at, value_text, value]
  })
  await insertRows(tx, dialect, LATEST, run, rows)
}

/**
 * Statements are written by hand, because a builder takes longer over a batch of 1000 than the database
 * does.
 */
async function insertRows(
  tx: Transaction<RegistryTables>,
  dialect: Dialect,
  insert: Insert,
  run: string,
  rows: readonly (readonly unknown[])[],
): Promise<void> {
  if (rows.length === 0) return
  if (dialect === 'postgres') {
    const lists = Object.keys(insert.columns).map((_, k) => rows.map((row) => row[k]))
    await sendLater(tx, CompiledQuery.raw(postgresText(insert), [run, ...lists]))
    return
  }
  let at = 0
  for (const size of SIZES) {
    for (; rows.length - at >= size; at += size) {
      const parameters = [run, ...rows.slice(at, at + size).flat()]
      await tx.executeQuery(CompiledQuery.raw(sqliteText(insert, size), parameters))
    }
  }
}

const statements = new Map<string, string>()

function postgresText(insert: Insert): string {
  return known(insert.table, () => {
    const lists = Object.values(insert.columns).map((type, k) => `$${k + 2}::${type}[]`)
    return `${beginning(insert)} select $1, p.* from unnest(${lists.join(', ')}) p ${insert.onConflict}`
  })
}

function sqliteText(insert: Insert, size: number): string {
  return known(`${insert.table} ${size}`, () => {
    const width = Object.keys(insert.columns).length
    // Binding a value takes longer than keeping it: the run is bound once.
    const row = (i: number) =>
      `(${['?1', ...Array.from({ length: width }, (_, k) => `?${width * i + k + 2}`)].join(', ')})`
    const rows = Array.from({ length: size }, (_, i) => row(i)).join(', ')
    return `${beginning(insert)} values ${rows} ${insert.onConflict}`
  })
}

function beginning({ table, columns }: Insert): string {
  return `insert into ${table} (${['run', ...Object.keys(columns)].join(', ')})`
}

function known(name: string, write: () => string): string {
  const text = statements.get(name) ?? write()
  statements.set(name, text)
  return text
}
