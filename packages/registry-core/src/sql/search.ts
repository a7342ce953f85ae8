import { decodeCursor, digestOf, encodeCursor, invalid, pageLimit } from '@mlops/core'
import type { RawBuilder } from 'kysely'
import { sql } from 'kysely'
import type { Comparison, Filter, SearchOrder, SearchRequest } from '../model/filter.ts'
import { checkComparison, checkOrder, kindOf } from '../rules/search/check-filter.ts'
import { invalidFilter } from '../rules/search/filter-tokens.ts'
import { parseFilter, parseOrder } from '../rules/search/parse-filter.ts'
import type { SearchFields } from '../rules/search/search-fields.ts'
import type { Db } from '../service/context.ts'
import { compareInstant, compareNumber, compareText } from './search-conditions.ts'

const MAX_CONDITIONS = 100
/** Each of them may be a join, and SQLite has 64. */
const MAX_ORDER = 20

/** One thing to order by: `value`, after those of a lower `rank` (numbers, NaN, missing). */
interface OrderTerm {
  readonly rank?: RawBuilder<unknown>
  /** Whether all rows have the same rank. */
  readonly constant?: boolean
  readonly value: RawBuilder<unknown>
  readonly descending: boolean
}

/** How a kind of thing is searched in SQL. */
export interface Searchable {
  readonly fields: SearchFields
  readonly from: RawBuilder<unknown>
  /** Columns that name one thing; they end every order, so that pages never overlap. */
  readonly key: readonly { readonly name: string; readonly descending?: boolean }[]
  readonly defaultOrder: readonly SearchOrder[]
  attribute(name: string): RawBuilder<unknown>
  /** The value of a tag, param or metric of the thing, or null. */
  valueOf(entity: 'tag' | 'param' | 'metric', name: string, column: string): RawBuilder<unknown>
  /** The same as a join, for orders: it is looked up once for all of its columns. */
  joined?(
    entity: 'tag' | 'param' | 'metric',
    name: string,
    alias: string,
  ): {
    readonly join: RawBuilder<unknown>
    readonly column: (name: string) => RawBuilder<unknown>
  }
  /**
   * The keys of what meets a condition, where an index can list them. Few of them are looked up one
   * by one; many are better met while walking in order.
   */
  listed?(comparison: Comparison): RawBuilder<unknown> | undefined
  /** Things that have a number for a metric, which an index gives in order of it. */
  rankedBy?(metric: string): {
    readonly from: RawBuilder<unknown>
    readonly value: RawBuilder<unknown>
  }
  /** Where a condition is more than a comparison of `valueOf`. */
  condition?(comparison: Comparison): RawBuilder<unknown> | undefined
}

export interface SearchScope {
  readonly db: Db
  readonly dialect: 'sqlite' | 'postgres'
  /** Conditions besides the filter, and what stands for them in page tokens. */
  readonly where: readonly RawBuilder<unknown>[]
  /** The same without the use of an index, for when another one leads. @default where */
  readonly whereOfListed?: readonly RawBuilder<unknown>[]
  readonly token: unknown
  /** @default 10 000 */
  readonly maxLimit?: number
}

export interface FoundKeys {
  readonly keys: readonly Readonly<Record<string, string | number>>[]
  readonly nextCursor?: string
}

/**
 * The keys of the things that match, one page of them. Pages go by the values of the last row
 * (keyset), so page 1000 costs what page 1 does and nothing is skipped when rows come in.
 *
 * @throws `invalid` `registry.invalid-filter`, `core.invalid-limit`, `core.invalid-cursor`.
 */
export async function searchKeys(
  searchable: Searchable,
  scope: SearchScope,
  request: SearchRequest,
): Promise<FoundKeys> {
  const { fields, from, key } = searchable
  const filter = readFilter(request.filter ?? [], fields)
  const order = readOrder(request.orderBy ?? [], fields)
  const limit = pageLimit(request.limit, { fallback: 100, max: scope.maxLimit ?? 10_000 })
  const query = digestOf({ what: fields.what, filter, order, scope: scope.token }).slice(7, 23)
  const { terms, joins } = termsOf(searchable, order.length > 0 ? order : searchable.defaultOrder)
  const width = terms.reduce((sum, { rank }) => sum + (rank ? 2 : 1), 0)
  const position =
    request.cursor === undefined ? undefined : readPosition(request.cursor, query, width)
  const plan = await planOf(searchable, scope, filter)
  const first = order[0]
  const ranked =
    first?.entity === 'metric' && !plan.listed
      ? rankedTerms(searchable, first, terms, position)
      : undefined
  let found: Row[] = []
  if (ranked) {
    // What is ordered by first has no join there.
    const led = {
      from: joinedTo(ranked.from, joins.slice(1)),
      where: [...plan.unled, ranked.holds],
      terms: ranked.terms,
    }
    found = await selectPage(searchable, scope, { ...led, position, limit })
  }
  // Too few with a number: those with NaN or without one follow.
  if (found.length <= limit) {
    const where = plan.listed ? plan.unled : plan.led
    found = await selectPage(searchable, scope, {
      from: joinedTo(from, joins),
      where,
      terms,
      position,
      limit,
    })
  }
  const page = found.slice(0, limit)
  const keys = page.map((row) =>
    Object.fromEntries(key.map(({ name }, i) => [name.split('.').at(-1)!, row[`k${i}`]!])),
  )
  const last = page.at(-1)
  if (found.length <= limit || !last) return { keys }
  const at = Array.from({ length: width }, (_, i) => written(last[`c${i}`]!))
  return { keys, nextCursor: encodeCursor({ query, at }) }
}

type Row = Record<string, string | number | null>

async function selectPage(
  { key }: Searchable,
  { db }: SearchScope,
  plan: {
    readonly from: RawBuilder<unknown>
    readonly where: readonly RawBuilder<unknown>[]
    readonly terms: readonly OrderTerm[]
    readonly position: readonly (string | number | null)[] | undefined
    readonly limit: number
  },
): Promise<Row[]> {
  const { from, terms, position, limit } = plan
  const where = position ? [...plan.where, after(terms, position)] : plan.where
  const columns = terms.flatMap(({ rank, value }) => (rank ? [rank, value] : [value]))
  const selected = [
    ...key.map(({ name }, i) => sql`${sql.ref(name)} as ${sql.ref(`k${i}`)}`),
    ...columns.map((column, i) => sql`${column} as ${sql.ref(`c${i}`)}`),
  ]
  const ordering = terms.flatMap(({ rank, constant, value, descending }) => [
    ...(rank && !constant ? [rank] : []),
    descending ? sql`${value} desc` : value,
  ])
  const { rows } = await sql<Row>`
    select ${sql.join(selected)} from ${from}
    where ${where.length === 0 ? sql`1 = 1` : sql.join(where, sql` and `)}
    order by ${sql.join(ordering)} limit ${limit + 1}`.execute(db)
  return rows
}

/** Up to so many, listing them costs less than walking past the others. */
const FEW = 2000

/** Looks at each condition once: one that few things meet leads the query. */
async function planOf(searchable: Searchable, scope: SearchScope, filter: Filter) {
  const conditions = filter.map((comparison) => conditionOf(searchable, scope, comparison))
  const led = [...scope.where, ...conditions]
  // PostgreSQL knows from its statistics which index to use; SQLite has to be told.
  const outer = scope.dialect === 'sqlite' ? (scope.whereOfListed ?? scope.where) : scope.where
  const unled = [...outer, ...conditions]
  for (const comparison of filter) {
    const list = searchable.listed?.(comparison)
    if (!list) continue
    const { rows } = await sql<{ n: number }>`
      select count(*) as n from (${list} limit ${FEW + 1}) few`.execute(scope.db)
    if (Number(rows[0]!.n) > FEW) continue
    const leading = sql`${sql.ref(searchable.key[0]!.name)} in (${list})`
    return { listed: true, led, unled: [leading, ...unled] }
  }
  return { listed: false, led, unled }
}

function rankedTerms(
  searchable: Searchable,
  { key }: SearchOrder,
  terms: readonly OrderTerm[],
  position: readonly (string | number | null)[] | undefined,
) {
  const ranked = searchable.rankedBy?.(key)
  if (!ranked || (position && position[0] !== 0)) return undefined
  const [first, ...rest] = terms
  const leading = { ...first!, rank: sql`0`, constant: true, value: ranked.value }
  return {
    from: ranked.from,
    holds: sql`${ranked.value} is not null`,
    terms: [leading, ...rest],
  }
}

function readFilter(given: string | Filter, fields: SearchFields): Filter {
  const filter = typeof given === 'string' ? parseFilter(given, fields) : checkedList(given, fields)
  if (filter.length > MAX_CONDITIONS) {
    throw invalidFilter(`a filter has ${MAX_CONDITIONS} conditions at most`, filter.length)
  }
  return filter
}

function checkedList(given: unknown, fields: SearchFields): Filter {
  if (!Array.isArray(given) || given.some((item) => typeof item !== 'object' || item === null)) {
    throw invalidFilter('a filter is a text or a list of conditions', given)
  }
  return given.map((comparison) => checkComparison(comparison as Comparison, fields))
}

function readOrder(
  given: readonly (string | SearchOrder)[],
  fields: SearchFields,
): readonly SearchOrder[] {
  if (!Array.isArray(given)) throw invalidFilter('orderBy is a list', given)
  if (given.length > MAX_ORDER) {
    throw invalidFilter(`an order has ${MAX_ORDER} parts at most`, given.length)
  }
  const seen = new Set<string>()
  return given.map((item: string | SearchOrder) => {
    const parsed =
      typeof item === 'string' ? parseOrder(item, fields) : checkOrder(item ?? { key: '' }, fields)
    const name = `${parsed.entity ?? 'attribute'}.${parsed.key}`
    if (seen.has(name)) throw invalidFilter(`the order names ${name} twice`, given)
    seen.add(name)
    return parsed
  })
}

function joinedTo(from: RawBuilder<unknown>, joins: readonly RawBuilder<unknown>[]) {
  return joins.length === 0 ? from : sql`${from} ${sql.join(joins, sql` `)}`
}

/** What to order by, and what must be joined for it: one join for every metric, param or tag, in their order. */
function termsOf(
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
  const ends = searchable.key.map(({ name, descending = false }) => ({
    value: sql.ref(name),
    descending,
  }))
  return { terms: [...terms, ...ends], joins }
}

function conditionOf(
  searchable: Searchable,
  scope: SearchScope,
  comparison: Comparison,
): RawBuilder<unknown> {
  const special = searchable.condition?.(comparison)
  if (special) return special
  const { entity = 'attribute', key } = comparison
  const expression =
    entity === 'attribute'
      ? searchable.attribute(key)
      : searchable.valueOf(entity as 'tag', key, 'value')
  const kind = kindOf(entity, key, searchable.fields)
  if (kind === 'instant') return compareInstant(expression, comparison)
  if (kind === 'text') return compareText(scope, expression, comparison)
  return compareNumber(entity === 'metric' ? expression : sql`(${expression} + 0.0)`, comparison)
}

type Written = string | null | { readonly n: string }

function written(value: string | number | null): Written {
  return typeof value === 'number' ? { n: Object.is(value, -0) ? '-0' : String(value) } : value
}

function readPosition(cursor: string, query: string, length: number): (string | number | null)[] {
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
function after(
  terms: readonly OrderTerm[],
  position: readonly (string | number | null)[],
): RawBuilder<unknown> {
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
