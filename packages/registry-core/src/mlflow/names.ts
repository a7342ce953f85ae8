import { mlflowInvalid } from './errors.ts'
import type { Input } from './fields.ts'
import { isText, jsonOf, missingField } from './fields.ts'

const KEY = /^[/\p{L}\p{N}\p{M}_.\- :]*$/u

/** Keys of params, metrics and tags: path-like texts that stay below their root. */
export function checkKey(what: string, key: string): string {
  if (key.length > 250)
    throw mlflowInvalid(`${what} name '${key.slice(0, 40)}…' exceeds 250 characters`)
  const parts = key.split('/')
  const normal = parts.every(
    (part, i) => part !== '.' && part !== '..' && (part !== '' || i === -1),
  )
  if (!KEY.test(key) || !normal) {
    throw mlflowInvalid(
      `Invalid ${what} name: '${key}'. Names may only contain letters, digits, underscores, dashes, periods, spaces, colons and slashes, and no empty, . or .. parts.`,
    )
  }
  return key
}

/** Param and tag values are cut off rather than refused, as MLflow does. */
export const cut = (value: string, length: number): string => value.slice(0, length)

export const PARAM_LENGTH = 6000
export const TAG_LENGTH = 8000

/** A list of `{ key, value }` as a record; the same key twice must say the same. */
export function readPairs(
  list: readonly Input[],
  { field, what, length }: { field: string; what: string; length: number },
): Record<string, string> {
  const pairs = new Map<string, string>()
  list.forEach(({ key, value }, i) => {
    if (typeof key !== 'string' || key === '') throw missingField(`${field}[${i}].key`)
    const read = cut(textOf(value), length)
    checkKey(what, key)
    if (what === 'param' && pairs.has(key) && pairs.get(key) !== read) {
      throw mlflowInvalid(
        `Duplicate parameter keys have been submitted: ['${key}'] with different values`,
      )
    }
    pairs.set(key, read)
  })
  return Object.fromEntries(pairs)
}

/** Values are texts; numbers are written as such, and absent is empty. */
function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  const read = typeof value === 'object' ? jsonOf(value) : String(value)
  if (isText(read)) return read
  throw mlflowInvalid('a value holds NUL or half a character, which no text may')
}

/** `1`, never `latest`. */
export function readVersion(value: string): number {
  if (/^\d{1,15}$/.test(value)) return Number(value)
  throw mlflowInvalid(`Parameter 'version' must be an integer, got '${value}'.`)
}

const FIRST = [
  'amber',
  'bold',
  'brisk',
  'calm',
  'clever',
  'copper',
  'gentle',
  'golden',
  'keen',
  'lively',
  'mellow',
  'nimble',
  'quiet',
  'rapid',
  'silver',
  'steady',
] as const
const SECOND = [
  'badger',
  'crane',
  'dolphin',
  'falcon',
  'finch',
  'heron',
  'ibex',
  'lynx',
  'marten',
  'otter',
  'panda',
  'raven',
  'robin',
  'seal',
  'stoat',
  'wren',
] as const

/** A name that people can say, for what came without one; the same for the same id. */
export function nameOfId(id: string): string {
  const tail = Number.parseInt(id.replace(/[^0-9a-f]/g, '').slice(-8) || '0', 16)
  return `${FIRST[tail % 16]}-${SECOND[(tail >>> 4) % 16]}-${(tail >>> 8) % 1000}`
}
