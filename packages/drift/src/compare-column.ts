import type { Column, Table } from '@mlops/core'
import type { ColumnComparison } from './column-outline.ts'
import { notCompared, outlineOf, sideOf, sideOfReference, tooFew } from './column-outline.ts'
import { compareCategorical } from './compare-categorical.ts'
import { compareNumeric } from './compare-numeric.ts'
import type { CategoricalReference, ColumnReference, NumericReference } from './reference.ts'
import { isNumeric } from './reference.ts'

/** Compares one column of a table with its reference, or says why it cannot be. */
export function compareWithReference(
  before: ColumnReference,
  table: Table,
  minCount: number,
): ColumnComparison {
  const { name, type } = before
  const after = table.columns.get(name)
  const reference = sideOfReference(before)
  if (!after)
    return notCompared(
      { name, type, reference, status: 'missing-column' },
      'the current table has no such column',
    )
  const allMissing = after.missing === after.length
  if (after.type !== type && !allMissing && before.count > 0) {
    return notCompared(
      { name, type, reference, status: 'type-changed' },
      `the column was ${type} and is ${after.type} now`,
    )
  }
  if (allMissing || before.count === 0) return compareEmpty(before, after)
  return compareColumn(before, after, { minCount })
}

/** Compares one column with its reference. The two are of the same type. */
function compareColumn(
  reference: ColumnReference,
  current: Column,
  { minCount }: { readonly minCount: number },
): ColumnComparison {
  return isNumeric(current)
    ? compareNumeric(reference as NumericReference, current, minCount)
    : compareCategorical(reference as CategoricalReference, current, minCount)
}

/** Compares what can be compared where a side has no value at all: the shares of missing values. */
function compareEmpty(reference: ColumnReference, { length, missing }: Column): ColumnComparison {
  const outline = outlineOf(reference, sideOf(length - missing, missing))
  return notCompared({ ...outline, status: 'insufficient-data' }, tooFew(outline, 1)!)
}
