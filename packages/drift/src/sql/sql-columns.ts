import { invalid, MlopsError } from '@mlops/core'
import type { Dialect, SqlColumnType } from './dialect.ts'
import { DIALECTS, fromItem } from './dialect.ts'
import type { SqlEngine, SqlSource } from './sql-engine.ts'
import { checkSource, numberOf } from './sql-engine.ts'

/** A table in an engine: how to ask, and what there is. */
export interface SqlTable {
  readonly engine: SqlEngine
  readonly dialect: Dialect
  readonly from: string
  readonly rowCount: number
  readonly types: ReadonlyMap<string, SqlColumnType>
}

/** Finds out the rows, columns and types of a source. */
export async function openTable(
  engine: SqlEngine,
  source: SqlSource,
  ignore: readonly string[],
): Promise<SqlTable> {
  const dialect = DIALECTS[engine?.dialect]
  if (!dialect) {
    throw new MlopsError({
      kind: 'unsupported',
      code: 'drift.sql-dialect',
      message: `there is no dialect '${String(engine?.dialect)}'; there are ${Object.keys(DIALECTS).join(', ')}`,
      details: { dialect: engine?.dialect },
    })
  }
  checkSource(source)
  const from = fromItem(source, dialect)
  const [counted] = await engine.query(`SELECT count(*) AS n FROM ${from}`)
  const rowCount = numberOf(counted?.['n'])
  if (rowCount === 0) {
    throw invalid(
      'core.empty-table',
      'the source has no rows; check the query or the table it names',
      { rows: 0 },
    )
  }
  const types = new Map<string, SqlColumnType>()
  for (const [name, declared] of await declaredTypes(engine, dialect, from)) {
    if (ignore.includes(name)) continue
    const type = dialect.columnType(declared)
    if (!type) {
      throw new MlopsError({
        kind: 'unsupported',
        code: 'drift.sql-unsupported-type',
        message: `column '${name}' is of type ${declared}, which has no distribution to compare; put it into ignore, or cast it in a query`,
        details: { column: name, type: declared },
      })
    }
    types.set(name, type)
  }
  return { engine, dialect, from, rowCount, types }
}

async function declaredTypes(
  engine: SqlEngine,
  { quoteName }: Dialect,
  from: string,
): Promise<[name: string, type: string][]> {
  if (engine.dialect === 'duckdb') {
    const rows = await engine.query(`DESCRIBE SELECT * FROM ${from}`)
    return rows.map((row) => [String(row['column_name']), String(row['column_type'])])
  }
  if (engine.dialect === 'clickhouse') {
    const rows = await engine.query(`DESCRIBE TABLE (SELECT * FROM ${from})`)
    return rows.map((row) => [String(row['name']), String(row['type'])])
  }
  // PostgreSQL describes no query; one row tells the names, and another the types.
  const names = await engine.query(
    `SELECT k AS name FROM (SELECT row_to_json(t.*) AS j FROM (SELECT * FROM ${from} LIMIT 1) t) o, json_object_keys(o.j) AS k`,
  )
  const columns = names.map((row) => String(row['name']))
  const [row] = await engine.query(
    `SELECT ${columns.map((name, i) => `pg_typeof(${quoteName(name)})::text AS t${i}`).join(', ')} FROM (SELECT * FROM ${from} LIMIT 1) t`,
  )
  return columns.map((name, i) => [name, String(row![`t${i}`])])
}

/** A numeric column's present values as a FROM item with one column `x`. */
export function presentNumbers({ dialect, from, types }: SqlTable, name: string): string {
  const type = types.get(name)!
  // Renamed first: the expression must not meet a column that is called as its result is.
  const cells = `(SELECT ${dialect.quoteName(name)} AS cell FROM ${from}) AS cells`
  const nan = type === 'datetime' ? '' : ` AND NOT (${dialect.isNaN('x')})`
  return `(SELECT x FROM (SELECT ${dialect.asDouble('cell', type)} AS x FROM ${cells}) AS doubles WHERE x IS NOT NULL${nan})`
}
