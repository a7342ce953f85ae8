import type { Table } from '@mlops/core'
import { invalid } from '@mlops/core'
import type { ColumnComparison } from './column-outline.ts'
import type { RuleOptions } from './column-rules.ts'
import { ruleOf } from './column-rules.ts'
import { compareTable } from './compare-column.ts'
import type { CompareOptions } from './compare-options.ts'
import type { Measured } from './finding.ts'
import { measure } from './finding.ts'
import type { DriftReference } from './reference.ts'

/** A column that was compared and measured by its rule, before all are judged together. */
export interface JudgedColumn {
  readonly comparison: Omit<ColumnComparison, 'sides'>
  readonly measured: Measured | null
}

/** Measures a column by its rule. */
export function judge(
  { sides, ...comparison }: ColumnComparison,
  referenceCount: number,
  options: RuleOptions,
): JudgedColumn {
  if (comparison.status !== 'compared') return { comparison, measured: null }
  const { rule, warnings } = ruleOf({ ...comparison, sides }, referenceCount, options)
  return {
    comparison:
      warnings.length === 0
        ? comparison
        : { ...comparison, warnings: [...comparison.warnings, ...warnings] },
    measured: measure({ ...comparison, sides }, rule),
  }
}

/** Compares and measures each column by itself. Plain values: this part can run anywhere. */
export function judgeColumns(
  fitted: DriftReference,
  table: Table,
  options: CompareOptions,
): JudgedColumn[] {
  const { ignore = [], minCount = 10 } = options
  const counts = new Map(fitted.columns.map(({ name, count }) => [name, count]))
  return compareTable(fitted, table, { ignore, minCount }).map((comparison) =>
    judge(comparison, counts.get(comparison.name) ?? 0, options),
  )
}

/** Refuses options that name a column which neither side has. */
export function refuseUnknown(
  { columns = {}, ignore = [], roles = {} }: CompareOptions,
  known: ReadonlySet<string>,
): void {
  for (const name of [...Object.keys(columns), ...ignore, ...Object.values(roles)]) {
    if (known.has(name)) continue
    throw invalid(
      'drift.unknown-column',
      `options name a column '${name}' that neither table has`,
      { column: name },
    )
  }
}
