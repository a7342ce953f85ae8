import { sendLater } from '@mlops/store'
import type { Transaction } from 'kysely'
import { CompiledQuery } from 'kysely'
import type { MetricPoint } from '../model/run.ts'
import { metricToRow } from './rows.ts'
import type { RegistryTables } from './tables.ts'

type Dialect = 'sqlite' | 'postgres'
type MetricTable = 'registry_metrics' | 'registry_latest_metrics'

/** Rows a statement on SQLite: few sizes, so that each is prepared once. */
const SIZES = [500, 50, 5, 1] as const

/** What happens to a row that is there already. The latest stays unless the new one `isLater`; NaN is null there. */
const ON_CONFLICT: Readonly<Record<MetricTable, string>> = {
  registry_metrics: 'on conflict do nothing',
  registry_latest_metrics: `on conflict (run, key) do update set step = excluded.step, at = excluded.at, value_text = excluded.value_text, value = excluded.value
    where excluded.step > registry_latest_metrics.step or (excluded.step = registry_latest_metrics.step and (
      excluded.at > registry_latest_metrics.at or (excluded.at = registry_latest_metrics.at and (
        excluded.value > registry_latest_metrics.value
        or (registry_latest_metrics.value is null and excluded.value is not null)))))`,
}

const COLUMNS = '(run, key, step, at, value_text, value)'

const statements = new Map<string, string>()

/**
 * Writes points of a run. Statements are written by hand, because a builder takes longer over a batch of
 * 1000 than the database does.
 */
export async function insertPoints(
  tx: Transaction<RegistryTables>,
  dialect: Dialect,
  table: MetricTable,
  run: string,
  points: readonly MetricPoint[],
): Promise<void> {
  if (points.length === 0) return
  if (dialect === 'postgres') {
    const rows = points.map((point) => metricToRow(run, point))
    const text = `insert into ${table} ${COLUMNS} select $1, p.* from unnest($2::text[], $3::bigint[], $4::text[], $5::text[], $6::float8[]) p ${ON_CONFLICT[table]}`
    await sendLater(
      tx,
      CompiledQuery.raw(text, [
        run,
        rows.map(({ key }) => key),
        rows.map(({ step }) => step),
        rows.map(({ at }) => at),
        rows.map((row) => row.value_text),
        rows.map(({ value }) => value),
      ]),
    )
    return
  }
  let at = 0
  for (const size of SIZES) {
    for (; points.length - at >= size; at += size) {
      const parameters: unknown[] = [run]
      for (let i = at; i < at + size; i++) {
        const { key, step, at: when, value_text, value } = metricToRow(run, points[i]!)
        parameters.push(key, step, when, value_text, value)
      }
      await tx.executeQuery(CompiledQuery.raw(statementOf(table, size), parameters))
    }
  }
}

function statementOf(table: MetricTable, size: number): string {
  const known = statements.get(`${table} ${size}`)
  if (known !== undefined) return known
  // Binding a value takes longer than keeping it: the run is bound once.
  const rows = Array.from({ length: size }, (_, i) =>
    ['?1', ...[2, 3, 4, 5, 6].map((k) => `?${5 * i + k}`)].join(', '),
  )
    .map((row) => `(${row})`)
    .join(', ')
  const text = `insert into ${table} ${COLUMNS} values ${rows} ${ON_CONFLICT[table]}`
  statements.set(`${table} ${size}`, text)
  return text
}
