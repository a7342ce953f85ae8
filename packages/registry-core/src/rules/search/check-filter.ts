import type { Comparison, FilterOperator, SearchEntity, SearchOrder } from '../../model/filter.ts'
import { invalidFilter } from './filter-tokens.ts'
import type { FieldKind, SearchFields } from './search-fields.ts'
import {
  datasetKeys,
  listOperators,
  nullOperators,
  numberOperators,
  textOperators,
} from './search-fields.ts'

/** Matching costs pattern times text, and both databases have limits of their own. */
const MAX_PATTERN = 1000
const MAX_LIST = 5000

/** Whether the condition makes sense of these things; resolves aliases. @throws `invalid` `registry.invalid-filter` */
export function checkComparison(given: Comparison, fields: SearchFields): Comparison {
  const { entity = 'attribute', operator, value } = given
  const key = resolveKey(entity, given.key, fields, 'filter')
  const allowed = operatorsOf(entity, key, fields)
  if (!allowed.includes(operator)) {
    throw invalidFilter(
      `${entity} ${key} of ${fields.what} cannot be compared by ${shown(operator)}; it can by ${allowed.join(', ')}`,
      { entity, key },
    )
  }
  if (nullOperators.includes(operator)) return { entity, key, operator }
  if (listOperators.includes(operator)) {
    if (!Array.isArray(value) || value.some((item) => typeof item !== 'string')) {
      throw invalidFilter(`${operator} needs a list of texts`, given)
    }
    if (value.length > MAX_LIST) {
      throw invalidFilter(`${operator} takes ${MAX_LIST} texts at most`, value.length)
    }
    return { entity, key, operator, value }
  }
  const wanted = kindOf(entity, key, fields) === 'text' ? 'string' : 'number'
  if (typeof value !== wanted) {
    throw invalidFilter(
      wanted === 'string'
        ? `${entity} ${key} is compared with a quoted text, got ${shown(value)}`
        : `${entity} ${key} is compared with a number, got '${shown(value)}'`,
      { entity, key },
    )
  }
  if (Number.isNaN(value)) {
    throw invalidFilter(
      `${entity} ${key} cannot be compared with NaN: nothing is more, less or the same`,
      { entity, key, operator },
    )
  }
  if (operator.endsWith('LIKE') && (value as string).length > MAX_PATTERN) {
    throw invalidFilter(`${operator} takes ${MAX_PATTERN} characters at most`, { key })
  }
  return { entity, key, operator, value: value! }
}

function shown(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : typeof value
}

/** A thing may have several of these. */
const unordered: readonly SearchEntity[] = ['dataset', 'feedback', 'expectation']

/** @throws `invalid` `registry.invalid-filter` */
export function checkOrder(given: SearchOrder, fields: SearchFields): Required<SearchOrder> {
  const { entity = 'attribute', descending = false } = given
  if (unordered.includes(entity)) {
    throw invalidFilter(`there is no order by ${entity}`, given)
  }
  return { entity, key: resolveKey(entity, given.key, fields, 'order'), descending }
}

export function kindOf(entity: SearchEntity, key: string, fields: SearchFields): FieldKind {
  if (entity === 'metric') return 'number'
  return entity === 'attribute' ? fields.attributes[key]!.kind : 'text'
}

function resolveKey(
  entity: SearchEntity,
  given: string,
  { what, attributes, aliases = {}, entities }: SearchFields,
  use: 'filter' | 'order',
): string {
  if (typeof given !== 'string' || !entities.includes(entity)) {
    throw invalidFilter(
      `${what} are not searched by ${shown(entity)}; they are by ${entities.join(', ')}`,
      {
        entity,
        key: given,
      },
    )
  }
  if (entity === 'dataset' && !(datasetKeys as readonly string[]).includes(given)) {
    throw invalidFilter(`datasets have ${datasetKeys.join(', ')}, not '${given}'`, { key: given })
  }
  if (entity !== 'attribute') return given
  const key = Object.hasOwn(aliases, given) ? aliases[given]! : given
  const field = Object.hasOwn(attributes, key) ? attributes[key] : undefined
  if (field && field[use] !== false) return key
  const names = Object.keys(attributes).filter((name) => attributes[name]![use] !== false)
  throw invalidFilter(
    `Invalid attribute key '${given}' specified: ${what} have ${names.join(', ')}`,
    { key: given },
  )
}

function operatorsOf(
  entity: SearchEntity,
  key: string,
  fields: SearchFields,
): readonly FilterOperator[] {
  if (entity === 'metric') return numberOperators
  if (entity === 'dataset') return [...textOperators, ...listOperators]
  if (entity === 'attribute') {
    const { kind, lists } = fields.attributes[key]!
    if (kind !== 'text') return numberOperators
    return lists ? [...textOperators, ...listOperators] : textOperators
  }
  return fields.nulls ? [...textOperators, ...nullOperators] : textOperators
}
