import { digestOf, encodeCursor, givenOptions, pageLimit } from '@mlops/core'
import type { RawBuilder } from 'kysely'
import { sql } from 'kysely'
import type { Comparison, Filter, SearchOrder, SearchRequest } from '../model/filter.ts'
import { checkComparison, checkOrder, kindOf } from '../rules/search/check-filter.ts'
import { invalidFilter } from '../rules/search/filter-tokens.ts'
import { parseFilter, parseOrder } from '../rules/search/parse-filter.ts'
import type { SearchFields } from '../rules/search/search-fields.ts'
import type { Db } from '../service/context.ts'
import { metricWalk } from './metric-walk.ts'
import type { RowEstimates } from './row-estimates.ts'
import { compareInstant, compareNumber, compareText } from './search-conditions.ts'
import type { OrderTerm, Position, SearchRow } from './search-order.ts'
import {
  after,
  positionOf,
  rankedTerms,
  readPosition,
  selectedOf,
  termsOf,
  widthOf,
} from './search-order.ts'
import type { Searchable } from './searchable.ts'

const MAX_CONDITIONS = 100
/** Each of them may be a join, and SQLite has 64. */
const MAX_ORDER = 20

export interface SearchScope {
  readonly db: Db
  readonly dialect: 'sqlite' | 'postgres'
  /** Conditions besides the filter, and what stands for them in page tokens. */
  readonly where: readonly RawBuilder<unknown>[]
  /** The same without the use of an index, for when another one leads. @default where */
  readonly whereOfListed?: readonly RawBuilder<unknown>[]
  readonly token: unknown
  /** What PostgreSQL expects of conditions. It is asked for searches that can walk along an index. */
  readonly estimates?: RowEstimates
  /** @default 10 000 */
  readonly maxLimit?: number
}

export interface FoundKeys {
  /** By the names of the columns: the key, and what else is wanted. */
  readonly keys: readonly Readonly<Record<string, string | number | null>>[]
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
  given: SearchRequest,
): Promise<FoundKeys> {
  const request = givenOptions(given, 'registry.invalid-search')
  const { fields, from, key, columns = [] } = searchable
  const filter = readFilter(request.filter ?? [], fields)
  const order = readOrder(request.orderBy ?? [], fields)
  const limit = pageLimit(request.limit, { fallback: 100, max: scope.maxLimit ?? 10_000 })
  const token = { what: fields.what, filter: filter.map(withText), order, scope: scope.token }
  const query = digestOf(token).slice(7, 23)
  const { terms, joins } = termsOf(searchable, order.length > 0 ? order : searchable.defaultOrder)
  const position =
    request.cursor === undefined ? undefined : readPosition(request.cursor, query, widthOf(terms))
  const condition = (one: Comparison) => conditionOf(searchable, scope, one)
  const plan = await planOf(searchable, scope, filter)
  const first = order[0]
  const ranked =
    first?.entity === 'metric' && !plan.listed
      ? rankedTerms(searchable, first, terms, position)
      : undefined
  let found: SearchRow[] = []
  let ordered = terms
  if (ranked) {
    const walk = scope.estimates
      ? await metricWalk(scope.db, scope.estimates, {
          ...{ searchable, ranked, scope: scope.where, token: scope.token, filter, limit },
          descending: ranked.terms[0]!.descending,
          conditionOf: condition,
          conditionOn: (one) => compared(searchable, scope, one, ranked.valueOf),
        })
      : { from: ranked.from, where: plan.unled }
    // What is ordered by first has no join there.
    const led = {
      from: joinedTo(walk.from, joins.slice(1)),
      where: [...walk.where, ranked.holds],
      terms: ranked.terms,
    }
    found = await selectPage(searchable, scope, { ...led, position, limit })
    ordered = ranked.terms
  }
  // Too few with a number: those with NaN or without one follow.
  if (found.length <= limit) {
    const where = plan.listed ? plan.unled : plan.led
    ordered = terms
    found = await selectPage(searchable, scope, {
      from: joinedTo(from, joins),
      where,
      terms,
      position,
      limit,
    })
  }
  const page = found.slice(0, limit)
  const named = [
    ...key.map(({ name }, i) => [bare(name), `k${i}`] as const),
    ...columns.map((name, i) => [bare(name), `c${i}`] as const),
  ]
  const keys = page.map((row) => {
    const found: Record<string, string | number | null> = {}
    for (const [name, as] of named) found[name] = row[as]!
    return found
  })
  const last = page.at(-1)
  if (found.length <= limit || !last) return { keys }
  return { keys, nextCursor: encodeCursor({ query, at: positionOf(ordered, last) }) }
}

/** A condition as JSON may carry it: it has no ±Infinity. */
function withText(comparison: Comparison): Comparison {
  const { value } = comparison
  return value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY
    ? { ...comparison, value: String(value) }
    : comparison
}

async function selectPage(
  { key, columns = [] }: Searchable,
  { db }: SearchScope,
  plan: {
    readonly from: RawBuilder<unknown>
    readonly where: readonly RawBuilder<unknown>[]
    readonly terms: readonly OrderTerm[]
    readonly position: Position | undefined
    readonly limit: number
  },
): Promise<SearchRow[]> {
  const { from, terms, position, limit } = plan
  const where = position ? [...plan.where, after(terms, position)] : plan.where
  const selected = [
    ...selectedOf(key, terms),
    ...columns.map((name, i) => sql`${sql.ref(name)} as ${sql.ref(`c${i}`)}`),
  ]
  const ordering = terms.flatMap(({ rank, constant, value, descending }) => [
    ...(rank && !constant ? [rank] : []),
    descending ? sql`${value} desc` : value,
  ])
  const { rows } = await sql<SearchRow>`
    select ${sql.join(selected)} from ${from}
    where ${where.length === 0 ? sql`1 = 1` : sql.join(where, sql` and `)}
    order by ${sql.join(ordering)} limit ${limit + 1}`.execute(db)
  return rows
}

const bare = (name: string) => name.slice(name.indexOf('.') + 1)

/** Up to so many, listing them costs less than walking past the others. */
const FEW = 2000

function joinedTo(from: RawBuilder<unknown>, joins: readonly RawBuilder<unknown>[]) {
  return joins.length === 0 ? from : sql`${from} ${sql.join(joins, sql` `)}`
}

/** Looks at each condition once: one that few things meet leads the query. */
async function planOf(searchable: Searchable, scope: SearchScope, filter: Filter) {
  // In the order in which SQLite checks them: what few things meet spares looking at the rest.
  const selective = filter.filter(({ operator }) => operator === '=')
  const others = filter.filter(({ operator }) => operator !== '=')
  const conditionsOf = (some: Filter) =>
    some.map((comparison) => conditionOf(searchable, scope, comparison))
  const ordered = [...selective, ...others]
  // PostgreSQL knows from its statistics which index to use; SQLite has to be told.
  const outer = scope.dialect === 'sqlite' ? (scope.whereOfListed ?? scope.where) : scope.where
  for (const comparison of ordered) {
    const list = scope.dialect === 'sqlite' && searchable.listed?.(comparison)
    if (!list) continue
    const { rows } = await sql<{ n: number }>`
      select count(*) as n from (${list} limit ${FEW + 1}) few`.execute(scope.db)
    if (Number(rows[0]!.n) > FEW) continue
    const leading = sql`${sql.ref(searchable.key[0]!.name)} in (${list})`
    const rest = conditionsOf(ordered.filter((other) => other !== comparison))
    return { listed: true, led: [], unled: [leading, ...outer, ...rest] }
  }
  const conditions = conditionsOf(ordered)
  return { listed: false, led: [...scope.where, ...conditions], unled: [...outer, ...conditions] }
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

function conditionOf(
  searchable: Searchable,
  scope: SearchScope,
  comparison: Comparison,
): RawBuilder<unknown> {
  const special = searchable.condition?.(comparison)
  return special ?? compared(searchable, scope, comparison, searchable.valueOf)
}

function compared(
  searchable: Searchable,
  scope: SearchScope,
  comparison: Comparison,
  lookUp: Searchable['valueOf'],
): RawBuilder<unknown> {
  const { entity = 'attribute', key } = comparison
  const expression =
    entity === 'attribute' ? searchable.attribute(key) : lookUp(entity as 'tag', key, 'value')
  const kind = kindOf(entity, key, searchable.fields)
  if (kind === 'instant') return compareInstant(expression, comparison)
  if (kind === 'text') return compareText(scope, expression, comparison)
  return compareNumber(entity === 'metric' ? expression : sql`(${expression} + 0.0)`, comparison)
}
