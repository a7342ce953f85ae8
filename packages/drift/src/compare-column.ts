import type {
  CategoricalColumn,
  Column,
  EmbeddingColumn,
  NumericColumn,
  Table,
  TextColumn,
} from '@mlops/core'
import type { ColumnComparison } from './column-outline.ts'
import { notCompared, outlineOf, sideOf, sideOfReference, tooFew } from './column-outline.ts'
import { compareCategorical } from './compare-categorical.ts'
import { compareDatetime } from './compare-datetime.ts'
import { compareEmbedding } from './compare-embedding.ts'
import { compareNumeric } from './compare-numeric.ts'
import { compareText } from './compare-text.ts'
import type { ColumnReference, DriftReference } from './reference.ts'

/** Compares every column that either side has and `ignore` does not name. */
export function compareTable(
  reference: DriftReference,
  table: Table,
  { ignore, minCount }: { readonly ignore: readonly string[]; readonly minCount: number },
): ColumnComparison[] {
  const left = new Set(ignore)
  const names = new Set(reference.columns.map(({ name }) => name))
  const known = reference.columns.filter(({ name }) => !left.has(name))
  const fresh = [...table.columns].filter(([name]) => !left.has(name) && !names.has(name))
  return [
    ...known.map((before) => compareWithReference(before, table, minCount)),
    ...fresh.map(([name, { type }]) =>
      notCompared({ name, type, status: 'new-column' }, 'the reference has no such column'),
    ),
  ]
}

/** Compares one column of a table with its reference, or says why it cannot be. */
function compareWithReference(
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
  return compareColumn(before, after, minCount)
}

/** Compares one column with its reference. The two are of the same type. */
function compareColumn(
  reference: ColumnReference,
  current: Column,
  minCount: number,
): ColumnComparison {
  switch (reference.type) {
    case 'numeric':
      return compareNumeric(reference, current as NumericColumn, minCount)
    case 'datetime':
      return compareDatetime(reference, current as NumericColumn, minCount)
    case 'categorical':
    case 'boolean':
      return compareCategorical(reference, current as CategoricalColumn, minCount)
    case 'text':
      return compareText(reference, current as TextColumn, minCount)
    case 'embedding':
      return compareEmbedding(reference, current as EmbeddingColumn, minCount)
  }
}

/** Compares what can be compared where a side has no value at all: the shares of missing values. */
function compareEmpty(reference: ColumnReference, { length, missing }: Column): ColumnComparison {
  const outline = outlineOf(reference, sideOf(length - missing, missing))
  return notCompared({ ...outline, status: 'insufficient-data' }, tooFew(outline, 1)!)
}
