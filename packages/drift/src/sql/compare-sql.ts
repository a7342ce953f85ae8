import { MlopsError } from '@mlops/core'
import type { ColumnComparison } from '../column-outline.ts'
import { notCompared, outlineOf, sideOf, sideOfReference, tooFew } from '../column-outline.ts'
import { displayed } from '../compare.ts'
import { compareCategoryCounts } from '../compare-categorical.ts'
import type { CompareOptions } from '../compare-options.ts'
import { checkOptions } from '../compare-options.ts'
import { judge, refuseUnknown } from '../judge-columns.ts'
import { reportOf } from '../judge-table.ts'
import { isNumericType } from '../profile/data-profile.ts'
import type {
  CategoricalReference,
  ColumnReference,
  DriftReference,
  NumericReference,
} from '../reference.ts'
import { checkReference } from '../reference.ts'
import type { DriftReport } from '../report.ts'
import { compareNumericSql } from './compare-numeric-sql.ts'
import { countCategories } from './count-categories.ts'
import type { SqlTable } from './sql-columns.ts'
import { openTable } from './sql-columns.ts'
import type { SqlEngine, SqlSource } from './sql-engine.ts'

export interface CompareSqlOptions
  extends Omit<CompareOptions, 'bins' | 'binnings' | 'types' | 'missingKeys' | 'preset'> {
  /** More categories than this are refused. @default 10000 */
  readonly maxCategories?: number
}

/**
 * Compares a table with a reference where the table lies: only bins, counts and a few figures leave the
 * engine, and the report is that of `compare` on the same rows.
 *
 * KS statistic, place and p-value, bins, categories and all binned distances are equal to the last
 * digit; Wasserstein distances and moments to the rounding of the engine's sums.
 *
 * Input: a reference of `fitReference` or {@link fitReferenceSql}; a table or a trusted SELECT. NULL
 * and NaN are missing.
 * Cost: six queries a numeric column, of which three sort it; up to ten a column of instants; one a
 * categorical column. The reference's
 * sample travels to the engine with the query: 10 000 numbers by default.
 *
 * @throws `invalid`: those of `compare` about options and reference, `core.empty-table`; `unsupported`:
 *   `drift.sql-unsupported-type`, `drift.too-many-categories`, `drift.sql-dialect`; `unavailable`
 *   `drift.sql-query-failed`.
 * @example
 * ```ts
 * import type { DriftReference } from '@mlops/drift'
 * import { compareSql, type SqlEngine } from '@mlops/drift/sql'
 *
 * const nightly = (reference: DriftReference, engine: SqlEngine) =>
 *   compareSql(reference, engine, { query: `SELECT * FROM orders WHERE day = CURRENT_DATE` })
 * console.log(typeof nightly) // 'function'
 * ```
 */
export async function compareSql(
  reference: DriftReference,
  engine: SqlEngine,
  source: SqlSource,
  options: CompareSqlOptions = {},
): Promise<DriftReport> {
  const { ignore = [], minCount = 10, maxCategories = 10_000 } = options
  checkOptions(options)
  checkReference(reference)
  const table = await openTable(engine, source, ignore)
  refuseUnknown(
    options,
    new Set([...table.types.keys(), ...reference.columns.map(({ name }) => name), ...ignore]),
  )
  const known = reference.columns.filter(({ name }) => !ignore.includes(name))
  const comparisons: ColumnComparison[] = []
  for (const before of known)
    comparisons.push(await compareOne(before, table, { minCount, maxCategories }))
  for (const [name, type] of table.types) {
    if (known.some((column) => column.name === name)) continue
    comparisons.push(
      notCompared({ name, type, status: 'new-column' }, 'the reference has no such column'),
    )
  }
  const counts = new Map(reference.columns.map(({ name, count }) => [name, count]))
  const judged = comparisons.map((comparison) =>
    judge(comparison, counts.get(comparison.name) ?? 0, options),
  )
  return displayed(reportOf(judged, { fitted: reference, table }, options))
}

async function compareOne(
  before: ColumnReference,
  table: SqlTable,
  { minCount, maxCategories }: { readonly minCount: number; readonly maxCategories: number },
): Promise<ColumnComparison> {
  const { name, type } = before
  if (type === 'text' || type === 'embedding') {
    throw new MlopsError({
      kind: 'unsupported',
      code: 'drift.column-not-compared',
      message: `column '${name}': ${type} columns are not compared inside a database; name it in ignore, and compare it with compare()`,
      details: { column: name, type },
    })
  }
  const found = table.types.get(name)
  if (!found || (found !== type && before.count > 0)) {
    return notCompared(
      {
        name,
        type,
        reference: sideOfReference(before),
        status: found ? 'type-changed' : 'missing-column',
      },
      found ? `the column was ${type} and is ${found} now` : 'the current table has no such column',
    )
  }
  if (isNumericType(type)) return compareNumericSql(before as NumericReference, table, minCount)
  const counted = await countCategories(table, name, maxCategories)
  if (counted.count === 0 || before.count === 0) {
    const outline = outlineOf(before, sideOf(counted.count, counted.missing))
    return notCompared({ ...outline, status: 'insufficient-data' }, tooFew(outline, 1)!)
  }
  return compareCategoryCounts(before as CategoricalReference, counted, minCount)
}
