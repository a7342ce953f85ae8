import type { Comparison, Filter, FilterOperator, SearchOrder } from '../../model/filter.ts'
import { checkComparison, checkOrder } from './check-filter.ts'
import type { FilterToken } from './filter-tokens.ts'
import { filterTokens, invalidFilter } from './filter-tokens.ts'
import type { SearchFields } from './search-fields.ts'
import { entityNames } from './search-fields.ts'

/**
 * Reads the text form of a filter: comparisons joined by `AND`. Identifiers may be `key`,
 * `entity.key`, and the key in backticks or double quotes; strings stand in single or double quotes;
 * numbers are digits, `inf` or `-inf`.
 *
 * Cost: O(length). @throws `invalid` `registry.invalid-filter`
 */
export function parseFilter(text: string, fields: SearchFields): Filter {
  const reader = tokenReader(text)
  const filter: Comparison[] = []
  if (reader.done()) return filter
  for (;;) {
    filter.push(checkComparison(readComparison(reader, fields), fields))
    if (reader.done()) return filter
    if (!reader.word('and')) {
      throw invalidFilter(
        `expected AND at ${reader.place()}; conditions are joined by AND only`,
        text,
      )
    }
  }
}

/** Reads `key`, `entity.key ASC`, `entity.key DESC`. @throws `invalid` `registry.invalid-filter` */
export function parseOrder(text: string, fields: SearchFields): SearchOrder {
  const plain = /^\s*(.*?)(?:\s+(asc|desc))?\s*$/is.exec(text)!
  const descending = plain[2]?.toLowerCase() === 'desc'
  const { aliases = {} } = fields
  const alias = Object.hasOwn(aliases, plain[1]!) ? aliases[plain[1]!] : undefined
  if (alias !== undefined) return { entity: 'attribute', key: alias, descending }
  const reader = tokenReader(plain[1]!)
  const identifier = readIdentifier(reader, fields)
  if (!reader.done()) throw invalidFilter(`cannot read ${reader.place()} in the order`, text)
  return checkOrder({ ...identifier, descending }, fields)
}

interface TokenReader {
  readonly text: string
  done(): boolean
  next(): FilterToken | undefined
  peek(): FilterToken | undefined
  /** Consumes the word when it is there, in any case. */
  word(word: string): boolean
  mark(mark: string): boolean
  place(): string
}

function tokenReader(text: string): TokenReader {
  const tokens = filterTokens(text)
  let at = 0
  const takes = (type: FilterToken['type'], wanted: string) => {
    const token = tokens[at]
    if (token?.type !== type || token.text.toLowerCase() !== wanted) return false
    at += 1
    return true
  }
  return {
    text,
    done: () => at >= tokens.length,
    next: () => tokens[at++],
    peek: () => tokens[at],
    word: (word) => takes('word', word),
    mark: (mark) => takes('mark', mark),
    place: () => quoted(tokens[at]),
  }
}

function quoted(token: FilterToken | undefined): string {
  return token ? `'${token.text}'` : 'the end'
}

function readIdentifier(
  reader: TokenReader,
  { what, entities }: SearchFields,
): Pick<Comparison, 'entity' | 'key'> {
  const first = reader.next()
  if (first === undefined || !isName(first)) {
    throw invalidFilter(
      `expected a name such as metrics.accuracy before ${reader.place()}`,
      reader.text,
    )
  }
  if (!reader.mark('.')) return { entity: 'attribute', key: first.text }
  const entity = entityNames[first.text]
  if (entity === undefined || !Object.hasOwn(entityNames, first.text)) {
    throw invalidFilter(
      `Invalid entity '${first.text}.': ${what} are searched by ${entities.map((one) => `${one}.`).join(', ')}`,
      reader.text,
    )
  }
  let key = ''
  for (;;) {
    const part = reader.next()
    if (part === undefined || !(isName(part) || part.type === 'number')) {
      throw invalidFilter(`expected a key after '${first.text}.'`, reader.text)
    }
    key += part.text
    if (!reader.mark('.')) return { entity, key }
    key += '.'
  }
}

function isName(token: FilterToken): boolean {
  return token.type === 'word' || (token.type === 'quoted' && token.quote !== "'")
}

function readComparison(reader: TokenReader, fields: SearchFields): Comparison {
  const identifier = readIdentifier(reader, fields)
  const operator = readOperator(reader)
  if (operator === 'IS NULL' || operator === 'IS NOT NULL') return { ...identifier, operator }
  if (operator === 'IN' || operator === 'NOT IN') {
    return { ...identifier, operator, value: readList(reader) }
  }
  const token = reader.next()
  const number = token === undefined ? undefined : numberOf(token)
  if (number !== undefined) return { ...identifier, operator, value: number }
  if (token?.type === 'quoted' && token.quote !== '`') {
    return { ...identifier, operator, value: token.text }
  }
  throw invalidFilter(
    `expected a number or a quoted text after ${operator}, got ${quoted(token)}`,
    reader.text,
  )
}

const NOT_FINITE = /^([-+]?)(?:(nan)|inf(?:inity)?)$/i

/** Digits, or as people and languages write the others: `inf`, `-Infinity`, `nan`. */
function numberOf({ type, text }: FilterToken): number | undefined {
  if (type !== 'number' && type !== 'word') return undefined
  const [is, sign, nan] = NOT_FINITE.exec(text) ?? []
  if (is === undefined) return type === 'number' ? Number(text) : undefined
  if (nan !== undefined) return Number.NaN
  return sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
}

function readOperator(reader: TokenReader): FilterOperator {
  const token = reader.next()
  if (token?.type === 'operator' && token.text !== '==' && token.text !== '<>') {
    return token.text as FilterOperator
  }
  const word = token?.type === 'word' ? token.text.toUpperCase() : ''
  if (word === 'LIKE' || word === 'ILIKE' || word === 'IN') return word
  if (word === 'NOT' && reader.word('in')) return 'NOT IN'
  if (word === 'IS') {
    const not = reader.word('not')
    if (reader.word('null')) return not ? 'IS NOT NULL' : 'IS NULL'
  }
  throw invalidFilter(
    `expected one of = != > >= < <= LIKE ILIKE IN 'IS NULL', got ${quoted(token)}`,
    reader.text,
  )
}

function readList(reader: TokenReader): readonly string[] {
  const list: string[] = []
  if (!reader.mark('(')) {
    throw invalidFilter(`expected a list ('a', 'b') at ${reader.place()}`, reader.text)
  }
  for (;;) {
    const token = reader.next()
    if (token?.type !== 'quoted' || token.quote === '`') {
      throw invalidFilter('a list holds quoted texts only', reader.text)
    }
    list.push(token.text)
    if (reader.mark(')')) return list
    if (!reader.mark(',')) {
      throw invalidFilter(`expected , or ) at ${reader.place()}`, reader.text)
    }
    if (reader.mark(')')) return list
  }
}
