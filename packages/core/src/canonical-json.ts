import { invalid } from './errors.ts'

const MAX_DEPTH = 500

/**
 * The one JSON text of a value: keys sorted by UTF-16 code units, no white space, numbers as
 * ECMAScript prints them. Equal values give equal bytes on every runtime, so they can be hashed.
 *
 * Members that are `undefined` are left out, `toJSON` is honoured, as `JSON.stringify` does.
 * What has no JSON form is refused rather than turned into `null`.
 * Cost: O(size · log keys).
 *
 * @throws `invalid` `core.not-json` for NaN, ±Infinity, bigint, function, symbol, `undefined` in an
 *   array, a lone surrogate, a cycle or a depth over 500; `details.path` says where.
 * @example
 * ```ts
 * import { canonicalJson } from '@mlops/core'
 *
 * console.log(canonicalJson({ b: [1e21, -0], a: 'é' })) // '{"a":"é","b":[1e+21,0]}'
 * ```
 * Source: RFC 8785.
 */
export function canonicalJson(value: unknown): string {
  return write(value, '$', 0)
}

function write(input: unknown, path: string, depth: number): string {
  if (depth > MAX_DEPTH) throw notJson(path, `nested deeper than ${MAX_DEPTH}, or a cycle`)
  const value = hasToJson(input) ? input.toJSON() : input
  if (value === null) return 'null'
  switch (typeof value) {
    case 'boolean':
      return value ? 'true' : 'false'
    case 'number':
      if (!Number.isFinite(value)) throw notJson(path, `${value} has no JSON form`)
      return JSON.stringify(value)
    case 'string':
      return writeString(value, path)
    case 'object':
      return Array.isArray(value)
        ? writeArray(value, path, depth)
        : writeObject(value as object, path, depth)
    default:
      throw notJson(path, `${typeof value} has no JSON form`)
  }
}

function writeArray(items: readonly unknown[], path: string, depth: number): string {
  let text = '['
  for (let i = 0; i < items.length; i++) {
    if (i > 0) text += ','
    text += write(items[i], `${path}[${i}]`, depth + 1)
  }
  return `${text}]`
}

function writeObject(object: object, path: string, depth: number): string {
  if (ArrayBuffer.isView(object) || object instanceof Map || object instanceof Set) {
    throw notJson(
      path,
      `${object.constructor.name} has no JSON form; convert it to an array or object first`,
    )
  }
  const members: string[] = []
  for (const key of Object.keys(object).sort()) {
    const member = (object as Record<string, unknown>)[key]
    if (member === undefined) continue
    members.push(`${writeString(key, path)}:${write(member, `${path}.${key}`, depth + 1)}`)
  }
  return `{${members.join(',')}}`
}

function writeString(text: string, path: string): string {
  if (!text.isWellFormed()) throw notJson(path, 'a lone surrogate is not Unicode text')
  return JSON.stringify(text)
}

function hasToJson(value: unknown): value is { toJSON(): unknown } {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { toJSON?: unknown }).toJSON === 'function'
  )
}

function notJson(path: string, reason: string) {
  return invalid('core.not-json', `not JSON at ${path}: ${reason}`, { path, reason })
}
