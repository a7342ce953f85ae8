import { digestOf, encodeCursor, givenOptions, pageLimit } from '@mlops/core'
import { planOnce } from '@mlops/store'
import type { RawBuilder } from 'kysely'
import { sql } from 'kysely'
import type { Comparison, Filter, SearchOrder, SearchRequest } from '../model/filter.ts'
import { kindOf } from '../rules/search/check-filter.ts'
import { readFilter, readOrder } from '../rules/search/read-search.ts'
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
  readonly along?: ReadAlong
}

/** Reads of what a page has in the statement that finds it, if its plan can be kept: a journey less. */
export interface ReadAlong {
  /** The longest page for which it does. */
  readonly most: number
  /** A statement of one row: what the other one finds as a text of JSON, `found`, and what else there is to it. */
  statement(found: RawBuilder<unknown>, wanted: number): RawBuilder<unknown>
}

type AlongRow = Readonly<Record<string, string | null>>

export interface FoundKeys {
  /** By the names of the columns: the key, and what else is wanted. */
  readonly keys: readonly Readonly<Record<string, string | number | null>>[]
  /** The row of {@link ReadAlong}, if the keys were found by it. */
  readonly along?: AlongRow
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
  const plan = await planOf(searchable, scope, filter)
  const search = { filter, order, plan, terms, joins, position, limit }
  let page = await rankedPage(searchable, scope, search)
  // Too few with a number: those with NaN or without one follow.
  if (!page || page.rows.length <= limit) {
    const where = plan.listed ? plan.unled : plan.led
    const all = { from: joinedTo(from, joins), where, terms }
    page = await selectPage(searchable, scope, { ...all, position, limit })
  }
  const wanted = page.rows.slice(0, limit)
  const named = [
    ...key.map(({ name }, i) => [bare(name), `k${i}`] as const),
    ...columns.map((name, i) => [bare(name), `c${i}`] as const),
  ]
  const keys = wanted.map((row) => {
    const found: Record<string, string | number | null> = {}
    for (const [name, as] of named) found[name] = row[as]!
    return found
  })
  const along = page.along && { along: page.along }
  const last = wanted.at(-1)
  if (page.rows.length <= limit || !last) return { keys, ...along }
  const at = positionOf(page.terms, last)
  return { keys, ...along, nextCursor: encodeCursor({ query, at }) }
}

/** A condition as JSON may carry it: it has no ±Infinity. */
function withText(comparison: Comparison): Comparison {
  const { value } = comparison
  return value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY
    ? { ...comparison, value: String(value) }
    : comparison
}

interface FoundPage {
  /** One more than are wanted, if there are. */
  readonly rows: readonly SearchRow[]
  readonly terms: readonly OrderTerm[]
  readonly along?: AlongRow
}

interface Paging {
  readonly position: Position | undefined
  readonly limit: number
}

/** A page of those that have a number for the metric that is ordered by first, if an index is of use for it. */
async function rankedPage(
  searchable: Searchable,
  scope: SearchScope,
  search: Paging & {
    readonly filter: Filter
    readonly order: readonly SearchOrder[]
    readonly plan: SearchPlan
    readonly terms: readonly OrderTerm[]
    readonly joins: readonly RawBuilder<unknown>[]
  },
): Promise<FoundPage | undefined> {
  const { filter, order, plan, joins, position, limit } = search
  const first = order[0]
  if (first?.entity !== 'metric' || plan.listed) return undefined
  const ranked = rankedTerms(searchable, first, search.terms, position)
  if (!ranked) return undefined
  if (scope.dialect === 'sqlite' && (await isAmongOthers(searchable, scope, ranked))) {
    return undefined
  }
  const { terms } = ranked
  const walk = scope.estimates
    ? await metricWalk(scope.db, scope.estimates, {
        ...{ searchable, ranked, scope: scope.where, token: scope.token, filter, limit },
        descending: terms[0]!.descending,
        conditionOf: (one) => conditionOf(searchable, scope, one),
        conditionOn: (one) => compared(searchable, scope, one, ranked.valueOf),
      })
    : { from: ranked.from, where: plan.unled, isLaid: false }
  // What is ordered by first has no join there.
  const from = joinedTo(walk.from, joins.slice(1))
  const where = [...walk.where, ranked.holds]
  return selectPage(searchable, scope, { from, where, terms, position, limit, keep: walk.isLaid })
}

async function selectPage(
  { key, columns = [] }: Searchable,
  { db, along }: SearchScope,
  plan: Paging & {
    readonly from: RawBuilder<unknown>
    readonly where: readonly RawBuilder<unknown>[]
    readonly terms: readonly OrderTerm[]
    /** Whether one plan serves whatever is looked for. */
    readonly keep?: boolean
  },
): Promise<FoundPage> {
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
  const found = sql`
    select ${sql.join(selected)} from ${from}
    where ${where.length === 0 ? sql`1 = 1` : sql.join(where, sql` and `)}
    order by ${sql.join(ordering)} limit ${sql.lit(limit + 1)}`
  if (plan.keep && along && limit <= along.most) {
    const query = planOnce(along.statement(found, limit).compile(db))
    const row = (await db.executeQuery<AlongRow>(query)).rows[0]!
    // An infinite value is a text in JSON, and one to compare with just the same.
    return { rows: JSON.parse(row['found'] ?? '[]'), terms, along: row }
  }
  const query = found.compile(db)
  return { rows: (await db.executeQuery<SearchRow>(query)).rows, terms }
}

const bare = (name: string) => name.slice(name.indexOf('.') + 1)

/** Up to so many, listing them costs less than walking past the others. */
const FEW = 2000

/** Whether a walk along the index of a metric would pass others for long: SQLite has to count. */
async function isAmongOthers(
  { from }: Searchable,
  { db, where }: SearchScope,
  { all }: NonNullable<ReturnType<typeof rankedTerms>>,
): Promise<boolean> {
  if (await isFew(db, all)) return false
  return isFew(db, sql`select 1 from ${from} where ${sql.join(where, sql` and `)}`)
}

async function isFew(db: Db, query: RawBuilder<unknown>): Promise<boolean> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from (${query} limit ${FEW + 1}) few`.execute(db)
  return Number(rows[0]!.n) <= FEW
}

function joinedTo(from: RawBuilder<unknown>, joins: readonly RawBuilder<unknown>[]) {
  return joins.length === 0 ? from : sql`${from} ${sql.join(joins, sql` `)}`
}

interface SearchPlan {
  /** Whether a list of the few that meet a condition leads. */
  readonly listed: boolean
  /** Conditions where the scope leads, and where something else does. */
  readonly led: readonly RawBuilder<unknown>[]
  readonly unled: readonly RawBuilder<unknown>[]
}

/** Looks at each condition once: one that few things meet leads the query. */
async function planOf(
  searchable: Searchable,
  scope: SearchScope,
  filter: Filter,
): Promise<SearchPlan> {
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
    if (!list || !(await isFew(scope.db, list))) continue
    const leading = sql`${sql.ref(searchable.key[0]!.name)} in (${list})`
    const rest = conditionsOf(ordered.filter((other) => other !== comparison))
    return { listed: true, led: [], unled: [leading, ...outer, ...rest] }
  }
  const conditions = conditionsOf(ordered)
  return { listed: false, led: [...scope.where, ...conditions], unled: [...outer, ...conditions] }
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
