import { MlopsError } from '@mlops/core'
import type { CategoricalReference } from '../reference.ts'
import type { SqlTable } from './sql-columns.ts'
import { numberOf } from './sql-engine.ts'

/** Every category with its count, the most frequent first, as in the process. */
export async function countCategories(
  { dialect, engine, from, types }: SqlTable,
  name: string,
  most: number,
): Promise<Pick<CategoricalReference, 'count' | 'missing' | 'categories'>> {
  const cells = `(SELECT ${dialect.quoteName(name)} AS cell FROM ${from}) AS cells`
  const rows = await engine.query(
    `SELECT item, count(*) AS n FROM (SELECT ${dialect.asText('cell', types.get(name)!)} AS item FROM ${cells}) AS items GROUP BY item ORDER BY n DESC LIMIT ${most + 2}`,
  )
  const categories = rows.flatMap(({ item, n }): [string, number][] =>
    item === null ? [] : [[String(item), numberOf(n)]],
  )
  if (categories.length > most) {
    throw new MlopsError({
      kind: 'unsupported',
      code: 'drift.too-many-categories',
      message: `column '${name}' has over ${most} categories; put it into ignore if it is an identifier, or raise maxCategories`,
      details: { column: name, maxCategories: most },
    })
  }
  const missing = rows.reduce((sum, { item, n }) => (item === null ? sum + numberOf(n) : sum), 0)
  return {
    count: categories.reduce((sum, [, n]) => sum + n, 0),
    missing,
    categories: categories.sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)),
  }
}
