import type { CategoricalColumn, Column, EmbeddingColumn, NumericColumn, Table } from '@mlops/core'
import { invalid } from '@mlops/core'

/**
 * The rows of two tables with the same columns, the second below the first. A column without any
 * value takes the type of the other side's.
 *
 * @throws `invalid`: `drift.missing-column`, `drift.type-changed`.
 */
export function joinTables(before: Table, after: Table): Table {
  const columns = new Map<string, Column>()
  for (const name of after.columns.keys()) {
    if (!before.columns.has(name)) throw missing(name, 'reference')
  }
  for (const [name, a] of before.columns) {
    const b = after.columns.get(name)
    if (!b) throw missing(name, 'current table')
    columns.set(name, joined(name, a, b))
  }
  return { rowCount: before.rowCount + after.rowCount, columns }
}

function joined(name: string, a: Column, b: Column): Column {
  const length = a.length + b.length
  const missing = a.missing + b.missing
  const [noneA, noneB] = [a.missing === a.length, b.missing === b.length]
  const shape = noneA && !noneB ? b : a
  const fits = (column: Column, none: boolean) =>
    none ||
    (column.type === shape.type &&
      (column.type !== 'embedding' || column.dimension === (shape as EmbeddingColumn).dimension))
  if (!fits(a, noneA) || !fits(b, noneB)) {
    throw invalid(
      'drift.type-changed',
      `column '${name}' was ${a.type}${a.type === 'embedding' ? ` of ${a.dimension}` : ''} in the reference and is ${b.type}${b.type === 'embedding' ? ` of ${b.dimension}` : ''} now; give its type, or ignore it`,
      { column: name, reference: a.type, current: b.type },
    )
  }
  if (shape.type === 'categorical' || shape.type === 'boolean') {
    const categories = [
      ...new Set(
        [a, b].flatMap((one, i) =>
          [noneA, noneB][i] ? [] : (one as CategoricalColumn).categories,
        ),
      ),
    ]
    const place = new Map(categories.map((category, k) => [category, k]))
    const codes = new Int32Array(length).fill(-1)
    for (const [column, none, start] of [
      [a, noneA, 0],
      [b, noneB, a.length],
    ] as const) {
      if (none) continue
      const { codes: own, categories: names } = column as CategoricalColumn
      for (let i = 0; i < own.length; i++)
        if (own[i]! >= 0) codes[start + i] = place.get(names[own[i]!]!)!
    }
    return { type: shape.type, length, codes, categories, missing }
  }
  const width = shape.type === 'embedding' ? shape.dimension : 1
  const values = new Float64Array(length * width).fill(Number.NaN)
  if (!noneA) values.set((a as NumericColumn).values)
  if (!noneB) values.set((b as NumericColumn).values, a.length * width)
  return { ...(shape as NumericColumn | EmbeddingColumn), length, values, missing }
}

function missing(name: string, side: string) {
  return invalid(
    'drift.missing-column',
    `column '${name}' is not in the ${side}; a joint comparison needs the same columns on both sides: put it into 'ignore', or read it`,
    { column: name, side },
  )
}
