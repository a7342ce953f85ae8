import { mlflowInvalid } from './errors.ts'

/** What a field of a request may hold. Numbers may come as texts; null is absent. */
export interface Field {
  readonly type: 'text' | 'enum' | 'whole' | 'number' | 'flag' | 'texts' | 'items' | 'object'
  readonly required?: true
  /** Another name under which clients send it. */
  readonly or?: string
  readonly max?: number
}

export type Fields = Readonly<Record<string, Field>>

/** A request's fields after reading; absent ones are undefined. */
export type Input = Readonly<Record<string, unknown>>

const SEE = ' See the API docs for more information about request parameters.'

/**
 * Reads a request's fields by their table. Unknown fields are ignored, as protobuf does.
 *
 * @throws `invalid` `mlflow.invalid-parameter`, in the words that MLflow's clients look for.
 */
export function readFields(fields: Fields, body: Input, raw: string): Input {
  const input: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(fields)) {
    const own = ownField(body, name)
    const value = own ?? (field.or === undefined ? undefined : ownField(body, field.or))
    if (field.required && (value === undefined || value === '')) throw missingField(name)
    if (value === undefined) continue
    const read = readField(field, value)
    if (read === undefined) throw invalidField(name, value, raw)
    if (field.max !== undefined && (read as number) > field.max) {
      throw mlflowInvalid(
        `Invalid value ${read} for parameter '${name}' supplied: It must be at most ${field.max}, but got value ${read}.${SEE}`,
      )
    }
    input[name] = read
  }
  return input
}

export function missingField(name: string) {
  return mlflowInvalid(`Missing value for required parameter '${name}'.${SEE}`)
}

export function invalidField(name: string, value: unknown, raw = '') {
  const kind = Array.isArray(value) ? 'list' : typeof value
  return mlflowInvalid(
    `Invalid value ${written(name, value, raw)} for parameter '${name}' supplied: Hint: Value was of type '${kind}'.${SEE}`,
  )
}

/** What one request may list; both databases take as many parameters. */
const MAX_LIST = 10_000
const NUMBER_LENGTH = 400
/** How much of a value is told back. */
const MESSAGE = 1000

/** PostgreSQL keeps no NUL, and half a character is none. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && !/\0|[\ud800-\udfff]/u.test(value)
}

/** The value as JSON. @throws `invalid` `mlflow.invalid-parameter` when it is nested too deeply. */
export function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch {
    throw mlflowInvalid('the value is nested too deeply to be kept')
  }
}

function ownField(body: Input, name: string): unknown {
  return Object.hasOwn(body, name) ? (body[name] ?? undefined) : undefined
}

function readField({ type }: Field, value: unknown): unknown {
  switch (type) {
    case 'enum':
      return typeof value === 'string' || Number.isSafeInteger(value) ? value : undefined
    case 'text':
      return isText(value) ? value : undefined
    case 'whole': {
      const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value
      return Number.isSafeInteger(number) ? number : undefined
    }
    case 'number':
      return readNumber(value)
    case 'flag':
      if (value === 'true' || value === 'false') return value === 'true'
      return typeof value === 'boolean' ? value : undefined
    case 'texts': {
      const list = typeof value === 'string' ? [value] : value
      return Array.isArray(list) && list.length <= MAX_LIST && list.every(isText) ? list : undefined
    }
    case 'object':
      return isObject(value) ? value : undefined
    default:
      return Array.isArray(value) && value.length <= MAX_LIST && value.every(isObject)
        ? value
        : undefined
  }
}

export function isObject(value: unknown): value is Input {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** NaN and the infinities travel as texts. */
export function readNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value !== 'string') return undefined
  if (value === 'NaN' || /^-?Infinity$/.test(value)) return Number(value)
  // No double needs more digits, and texts of millions are no numbers.
  if (value.length > NUMBER_LENGTH) return undefined
  return /^-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?$/.test(value) ? Number(value) : undefined
}

/** The value as the caller wrote it: 9.0 is 9 once parsed, and the message should say 9.0. */
function written(name: string, value: unknown, raw: string): string {
  if (typeof value !== 'number') return jsonOf(value).slice(0, MESSAGE)
  const literal = new RegExp(`"${name}"\\s*:\\s*(-?[0-9][0-9.eE+-]*)`).exec(raw)?.[1]
  return literal !== undefined && Number(literal) === value ? literal : String(value)
}
