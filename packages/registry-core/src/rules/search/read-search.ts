import type { Comparison, Filter, SearchOrder } from '../../model/filter.ts'
import { checkComparison, checkOrder } from './check-filter.ts'
import { invalidFilter } from './filter-tokens.ts'
import { parseFilter, parseOrder } from './parse-filter.ts'
import type { SearchFields } from './search-fields.ts'

const MAX_CONDITIONS = 100
/** Each of them may be a join, and SQLite has 64. */
const MAX_ORDER = 20

/** The conditions of a filter, as text or as a list. @throws `invalid` `registry.invalid-filter` */
export function readFilter(given: string | Filter, fields: SearchFields): Filter {
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

/** What to order by, each of it once. @throws `invalid` `registry.invalid-filter` */
export function readOrder(
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
