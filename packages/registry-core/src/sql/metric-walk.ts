import type { RawBuilder } from 'kysely'
import { sql } from 'kysely'
import type { Comparison, Filter } from '../model/filter.ts'
import type { Db } from '../service/context.ts'
import type { RowEstimates } from './row-estimates.ts'
import type { Searchable } from './searchable.ts'

type Sql = RawBuilder<unknown>

/** A page in order of a metric. */
export interface MetricPage {
  readonly searchable: Searchable
  readonly ranked: ReturnType<NonNullable<Searchable['rankedBy']>> & { readonly metric: string }
  /** Conditions besides the filter, and what stands for them. */
  readonly scope: readonly Sql[]
  readonly token: unknown
  readonly filter: Filter
  readonly limit: number
  readonly descending: boolean
  /** A condition for things that are looked up by their own key. */
  conditionOf(comparison: Comparison): Sql
  /** A condition on what the index of the metric names. */
  conditionOn(comparison: Comparison): Sql
}

/**
 * What a walk along the index of a metric costs, in look-ups of one row by its key: they take PostgreSQL
 * about 3 µs, an entry that is only passed 0.3, one that is put on a list 1.
 */
const PASSED = 0.1
const LISTED = 1 / 3
/** Look-ups for each thing that a condition leads to: the run, what it is ordered by, the others. */
const LED = 3
/** What joins of all that is there by hash cost for each row. */
const HASHED = 0.15
/** How many entries are looked at to see how many of them are in the scope and meet what cannot be listed. */
const SAMPLE = 200

/** What of a page is read from where. */
export interface Walk {
  readonly from: Sql
  readonly where: readonly Sql[]
  /** Whether it is laid down, so that one plan serves whatever is looked for. */
  readonly isLaid: boolean
}

/**
 * How PostgreSQL finds a page that is ordered by a metric. By itself it takes metrics, params and experiments
 * for independent of each other: where a metric belongs to one of several experiments it expects to walk far
 * for it, and sorts all runs of the experiment instead. Its joins by hash lose the order, too. So it is asked
 * what it expects of each condition, and the first entries are looked at for the scope and for what it does
 * not know either. Where a walk along the index costs less than what the rarest condition leads to, and than
 * joining all there is, the walk is laid down: run after run, a condition that many meet looked up for each,
 * a rarer one listed once and looked for in the list. Otherwise the planner chooses.
 */
export async function metricWalk(db: Db, estimates: RowEstimates, page: MetricPage): Promise<Walk> {
  const { searchable, ranked, scope, token, filter, limit } = page
  const { what } = searchable.fields
  const key = sql.ref(searchable.key[0]!.name)
  const ordered = JSON.stringify([what, 'metric', ranked.metric])
  const inScope = JSON.stringify([what, token])
  const queries = new Map([
    [ordered, ranked.all],
    [inScope, sql`select ${key} from ${searchable.from} where ${sql.join(scope, sql` and `)}`],
  ])
  const listable = filter.flatMap((comparison) => {
    const list = searchable.listed?.(comparison)
    if (list === undefined) return []
    const name = JSON.stringify([what, nameOf(comparison)])
    queries.set(name, list)
    return { comparison, list, name }
  })
  const isListable = new Set(listable.map(({ comparison }) => comparison))
  // Nobody knows how many meet them but by looking.
  const others = filter.filter((comparison) => !isListable.has(comparison))
  const seen = [...scope, ...others.map(page.conditionOf)]
  const expected = await estimates.of(db, queries)
  const [all, runs] = [expected.get(ordered)!, expected.get(inScope)!]
  const sampled = await estimates.counted(
    db,
    JSON.stringify([inScope, ordered, page.descending, others.map(nameOf)]),
    sql`select ${key} from ${ranked.first(page.descending, SAMPLE)} where ${sql.join(seen, sql` and `)}`,
  )
  const shareOf = (count: number) => Math.min(1, count / all)
  const rarestFirst = listable
    .map((one) => ({ ...one, count: expected.get(one.name)! }))
    .sort((a, b) => a.count - b.count)
  const share = rarestFirst.reduce(
    (product, { count }) => product * shareOf(count),
    // One more than were seen: none of them is not none at all.
    Math.min(1, (sampled + 1) / Math.min(SAMPLE, all)),
  )
  const walked = Math.min(all, limit / share)
  const listed = new Map<Comparison, Sql>()
  let remaining = walked
  let cost = PASSED * walked
  for (const { comparison, list, count } of rarestFirst) {
    if (count * LISTED < remaining) listed.set(comparison, list)
    cost += Math.min(count * LISTED, remaining)
    remaining *= shareOf(count)
  }
  cost += remaining * (1 + others.length)
  const counts = [runs, ...rarestFirst.map(({ count }) => count)]
  const led = LED * Math.min(...counts)
  const joined = HASHED * counts.reduce((sum, count) => sum + count, all)
  if (Math.min(led, joined) < cost) {
    const where = [...scope, ...filter.map(page.conditionOf)]
    return { from: ranked.from, where, isLaid: false }
  }
  const conditions = filter.map((comparison) => {
    const list = listed.get(comparison)
    if (list) return sql`${ranked.id} in (${list})`
    return isListable.has(comparison) ? page.conditionOn(comparison) : page.conditionOf(comparison)
  })
  // Within a `case` nothing is made a join, and nothing is expected of what is looked for.
  const where = [...scope, ...conditions].map((one) => sql`case when ${one} then true end`)
  return { from: ranked.walked, where, isLaid: true }
}

function nameOf({ entity, key, operator, value }: Comparison): readonly string[] {
  return [entity ?? 'attribute', key, operator, String(value)]
}
