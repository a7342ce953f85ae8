import { decodeCursor, invalid } from '@mlops/core'
import type { RawBuilder } from 'kysely'
import { sql } from 'kysely'
import type { SearchOrder } from '../model/filter.ts'
import type { Searchable } from './searchable.ts'

/** One thing to order by: `value`, after those of a lower `rank` (numbers, NaN, missing). */
export interface OrderTerm {
  readonly rank?: RawBuilder<unknown>
  /** Whether all rows have the same rank. */
  readonly constant?: boolean
  readonly value: RawBuilder<unknown>
  /** Which column of the key it is, if it is one. */
  readonly key?: number
  readonly descending: boolean
}

/** A row that was found: `k…` is its key, `r…` and `v…` what it is ordered by. */
export type SearchRow = Readonly<Record<string, string | number | null>>

/** What the last row of a page was ordered by: rank and value of every term. */
export type Position = readonly (string | number | null)[]

/** What to order by, and what must be joined for it: one join for every metric, param or tag, in their order. */
export function termsOf(
  searchable: Searchable,
  order: readonly SearchOrder[],
): { readonly terms: readonly OrderTerm[]; readonly joins: readonly RawBuilder<unknown>[] } {
  const joins: RawBuilder<unknown>[] = []
  const columnsOf = (entity: 'tag' | 'param' | 'metric', key: string) => {
    const joined = searchable.joined?.(entity, key, `o${joins.length + 1}`)
    if (!joined) return (column: string) => searchable.valueOf(entity, key, column)
    joins.push(joined.join)
    return joined.column
  }
  const terms = order.map(({ entity = 'attribute', key, descending = false }): OrderTerm => {
    if (entity === 'attribute') {
      const value = searchable.attribute(key)
      // Nothing stands between the order and an index where no value is missing.
      if (!searchable.fields.attributes[key]!.missing) return { value, descending }
      return { rank: sql`case when ${value} is null then 1 else 0 end`, value, descending }
    }
    const column = columnsOf(entity as 'tag', key)
    const value = column('value')
    if (entity !== 'metric') {
      return { rank: sql`case when ${value} is null then 1 else 0 end`, value, descending }
    }
    const text = column('value_text')
    const rank = sql`case when ${text} is null then 2 when ${text} = 'NaN' then 1 else 0 end`
    return { rank, value, descending }
  })
  const ends = searchable.key.map(({ name, descending = false }, i) => ({
    value: sql.ref(name),
    key: i,
    descending,
  }))
  return { terms: [...terms, ...ends], joins }
}

/** The same order where an index gives those with a number in it: their rank is one and the same. */
export function rankedTerms(
  searchable: Searchable,
  { key }: SearchOrder,
  terms: readonly OrderTerm[],
  position: Position | undefined,
) {
  const ranked = searchable.rankedBy?.(key)
  if (!ranked || (position && position[0] !== 0)) return undefined
  const [first, ...rest] = terms
  const leading = { ...first!, rank: sql`0`, constant: true, value: ranked.value }
  return {
    ...ranked,
    metric: key,
    holds: sql`${ranked.value} is not null`,
    terms: [leading, ...rest],
  }
}

/** The columns of a {@link SearchRow}: a column costs the driver time, so none is there twice. */
export function selectedOf(
  key: Searchable['key'],
  terms: readonly OrderTerm[],
): readonly RawBuilder<unknown>[] {
  return [
    ...key.map(({ name }, i) => sql`${sql.ref(name)} as ${sql.ref(`k${i}`)}`),
    ...terms.flatMap(({ rank, constant, value, key: of }, i) => [
      ...(rank && !constant ? [sql`${rank} as ${sql.ref(`r${i}`)}`] : []),
      ...(of === undefined ? [sql`${value} as ${sql.ref(`v${i}`)}`] : []),
    ]),
  ]
}

export function widthOf(terms: readonly OrderTerm[]): number {
  return terms.reduce((sum, { rank }) => sum + (rank ? 2 : 1), 0)
}

/** The position of a row, as a cursor holds it. */
export function positionOf(terms: readonly OrderTerm[], row: SearchRow): readonly Written[] {
  return terms.flatMap(({ rank, constant, key: of }, i) => [
    ...(rank ? [written(constant ? 0 : row[`r${i}`]!)] : []),
    written(row[of === undefined ? `v${i}` : `k${of}`]!),
  ])
}

type Written = string | null | { readonly n: string }

function written(value: string | number | null): Written {
  return typeof value === 'number' ? { n: Object.is(value, -0) ? '-0' : String(value) } : value
}

/** @throws `invalid` `core.invalid-cursor` */
export function readPosition(cursor: string, query: string, length: number): Position {
  const position = decodeCursor(cursor) as { query?: unknown; at?: unknown } | null
  const at = position?.at
  if (position?.query !== query || !Array.isArray(at) || at.length !== length) throw foreign()
  return at.map((value: Written) => {
    if (value === null || typeof value === 'string') return value
    const number = typeof value?.n === 'string' ? Number(value.n) : Number.NaN
    if (Number.isNaN(number)) throw foreign()
    return number
  })
}

function foreign() {
  return invalid(
    'core.invalid-cursor',
    'the cursor is not one that this search gave out: start again without it',
    {},
  )
}

/** Rows behind the position, in the order of the terms. */
export function after(terms: readonly OrderTerm[], position: Position): RawBuilder<unknown> {
  const single: { expression: RawBuilder<unknown>; descending: boolean }[] = []
  const at: (string | number | null)[] = []
  let next = 0
  for (const { rank, constant, value, descending } of terms) {
    if (rank) {
      const given = position[next++]!
      if (!constant) {
        single.push({ expression: rank, descending: false })
        at.push(given)
      }
    }
    single.push({ expression: value, descending })
    at.push(position[next++] as string | number | null)
  }
  const ways: RawBuilder<unknown>[] = []
  const same: RawBuilder<unknown>[] = []
  single.forEach(({ expression, descending }, i) => {
    const value = at[i]!
    // Of one rank either all values are there or none is.
    if (value === null) return
    const beyond = descending ? sql`${expression} < ${value}` : sql`${expression} > ${value}`
    ways.push(sql`(${sql.join([...same, beyond], sql` and `)})`)
    same.push(sql`${expression} = ${value}`)
  })
  const [leading, ...rest] = single
  const start = at[0]
  // Where the order follows an index, it says where in it the page begins; the ways alone do not.
  if (leading === undefined || rest.length === 0 || start === null || start === undefined) {
    return sql`(${sql.join(ways, sql` or `)})`
  }
  const from = leading.descending
    ? sql`${leading.expression} <= ${start}`
    : sql`${leading.expression} >= ${start}`
  return sql`(${from} and (${sql.join(ways, sql` or `)}))`
}
